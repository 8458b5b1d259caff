//! INI: sections of keys, as the library that sops uses reads them: comments begin with `#` or `;` anywhere, three
//! kinds of quotes, lines that go on after a backslash.
//!
//! Owns the lines. Must never lose a comment: those that sops drops, behind the last key, are kept and encrypted.

use std::collections::HashSet;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::error::SopsError;
use crate::limits::Budget;
use crate::scalar::Scalar;
use crate::splice::{line_end, next_line};
use crate::tree::{Comment, Entry, Item, Leaf, Map, Node, Shape, Site, Tree};

/// The name of the section that keys before any other belong to.
const DEFAULT: &str = "DEFAULT";
const TRIPLE: &str = "\"\"\"";

pub(crate) fn read(text: &str) -> Result<Tree, SopsError> {
    let mut reader = Reader { text, at: 0, budget: Budget::default(), comment: None, sections: Vec::new(), seen: HashSet::new() };
    while reader.at < text.len() {
        reader.line()?;
    }
    if let Some(range) = reader.comment.take() {
        let item = Item::Comment(comment(text, range));
        let end = reader.sections.last().map_or(0, |(_, range, _)| range.end);
        reader.add(0, end, [item]);
    }
    let items = reader.sections.into_iter().map(|(key, range, map)| Item::Entry(Entry { key, range, node: Node::Map(map) }));
    let shape = Shape { range: 0..text.len(), flow: false, indent: 0 };
    Ok(Tree { documents: vec![Map { items: items.collect(), shape }] })
}

/// A value, its place, and that of the comment beside it.
type Value = (Zeroizing<String>, Range<usize>, Option<Range<usize>>);

struct Reader<'a> {
    text: &'a str,
    at: usize,
    budget: Budget,
    /// Comment lines that belong to the next key or section.
    comment: Option<Range<usize>>,
    sections: Vec<(String, Range<usize>, Map)>,
    seen: HashSet<String>,
}

fn comment(text: &str, range: Range<usize>) -> Comment {
    Comment::new(text.get(range.clone()).unwrap_or_default(), Site { range, flow: false, indent: 0 })
}

impl<'a> Reader<'a> {
    fn syntax(&self, problem: &'static str) -> SopsError {
        let before = self.text.get(..self.at).unwrap_or_default();
        SopsError::Syntax { line: before.matches('\n').count() + 1, problem }
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// Adds to the last section, which then ends at `end`.
    fn add(&mut self, start: usize, end: usize, items: impl IntoIterator<Item = Item>) {
        if self.sections.is_empty() {
            self.sections.push((DEFAULT.to_owned(), start..end, Map::default()));
        }
        if let Some((_, range, map)) = self.sections.last_mut() {
            range.end = range.end.max(end);
            map.shape.range.end = range.end;
            map.items.extend(items);
        }
    }

    fn line(&mut self) -> Result<(), SopsError> {
        let end = line_end(self.text, self.at);
        let raw = self.slice(self.at..end);
        let start = self.at + (raw.len() - raw.trim_start().len());
        let line = raw.trim();
        if line.is_empty() {
            self.at = next_line(self.text, end);
            return Ok(());
        }
        self.budget.leaf()?;
        if line.starts_with(['#', ';']) {
            let body = start + (line.len() - line.trim_start_matches([line.chars().next().unwrap_or('#'), ' ']).len());
            let begin = self.comment.as_ref().map_or(body, |range| range.start);
            self.comment = Some(begin..(start + line.len()).max(begin));
            self.at = next_line(self.text, end);
            return Ok(());
        }
        if line.starts_with('[') {
            let close = line.rfind(']').ok_or_else(|| self.syntax("a section is not closed"))?;
            let name = line.get(1..close).filter(|name| !name.is_empty()).ok_or_else(|| self.syntax("a section has no name"))?;
            let above = self.comment.take().map(|range| Item::Comment(comment(self.text, range)));
            // What stands before the metadata stood at the end of the plain document.
            let items = if name == "sops" {
                let end = self.sections.last().map_or(0, |(_, range, _)| range.end);
                above.into_iter().for_each(|item| self.add(0, end, [item]));
                None
            } else {
                above
            };
            let shape = Shape { range: start..start + line.len(), flow: false, indent: 0 };
            self.sections.push((name.to_owned(), start..start + line.len(), Map { items: items.into_iter().collect(), shape }));
            self.seen.clear();
            self.at = next_line(self.text, end);
            return Ok(());
        }
        self.key(start, line)
    }

    fn key(&mut self, start: usize, line: &str) -> Result<(), SopsError> {
        if line.starts_with(['"', '`']) {
            return Err(self.syntax("a key in quotes; write it without"));
        }
        let delimiter = line.find(['=', ':']).ok_or_else(|| self.syntax("there is no = in it"))?;
        let key = line.get(..delimiter).unwrap_or_default().trim_end().to_owned();
        if key.is_empty() || key == "-" {
            return Err(self.syntax("a key has no name"));
        }
        if !self.seen.insert(key.clone()) {
            return Err(SopsError::DuplicateKey { path: key });
        }
        let (value, range, beside) = self.value(start + delimiter + 1)?;
        let end = range.end.max(beside.as_ref().map_or(0, |beside| beside.end));
        self.at = next_line(self.text, end);
        let above = self.comment.take();
        let text = self.text;
        let leaf = Leaf::new(Scalar::text(&value), Site { range, flow: false, indent: 0 });
        let entry = Item::Entry(Entry { key, range: start..end, node: Node::Leaf(leaf) });
        // A key's comments follow it in sops' tree, wherever they are written.
        let comments = [above, beside].into_iter().flatten().map(|range| Item::Comment(comment(text, range)));
        self.add(start, end, std::iter::once(entry).chain(comments));
        Ok(())
    }

    /// The value that begins behind the delimiter, its place, and that of the comment beside it.
    fn value(&self, from: usize) -> Result<Value, SopsError> {
        let end = line_end(self.text, from);
        let raw = self.slice(from..end);
        let start = from + (raw.len() - raw.trim_start().len());
        let line = raw.trim();
        let whole = start..start + line.len();
        if line.is_empty() {
            return Ok((Zeroizing::new(String::new()), start..start, None));
        }
        for quote in [TRIPLE, "`"] {
            if let Some(first) = line.strip_prefix(quote).filter(|first| !first.is_empty() || quote == "`") {
                if let Some(close) = first.rfind(quote) {
                    let body = first.get(..close).unwrap_or_default();
                    return Ok((Zeroizing::new(body.to_owned()), whole, None));
                }
                return self.lines_until(start, quote);
            }
        }
        if line.ends_with('\\') {
            return Ok(self.continued(whole));
        }
        let (value, beside) = match line.find(['#', ';']) {
            Some(at) => (line.get(..at).unwrap_or_default().trim_end(), line.get(at..)),
            None => (line, None),
        };
        let beside = beside.map(|beside| {
            let body = beside.trim_start_matches(['#', ';', ' ']);
            whole.end - body.len()..whole.end
        });
        let inner = ['\'', '"']
            .iter()
            .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote).filter(|inner| !inner.contains(*quote)));
        Ok((Zeroizing::new(inner.unwrap_or(value).to_owned()), start..start + value.len(), beside))
    }

    fn lines_until(&self, start: usize, quote: &str) -> Result<Value, SopsError> {
        let body = start + quote.len();
        let rest = self.text.get(body..).unwrap_or_default();
        let close = rest.find(quote).ok_or_else(|| self.syntax("a quote is not closed"))?;
        // The closing line is searched from its end.
        let close_line = line_end(self.text, body + close);
        let close = self.slice(body..close_line).rfind(quote).unwrap_or(close);
        let value = self.slice(body..body + close).replace("\r\n", "\n");
        Ok((Zeroizing::new(value), start..body + close + quote.len(), None))
    }

    fn continued(&self, first: Range<usize>) -> Value {
        let mut value = Zeroizing::new(self.slice(first.clone()).to_owned());
        let mut end = first.end;
        while value.ends_with('\\') {
            value.pop();
            let begin = next_line(self.text, end);
            let next = self.slice(begin..line_end(self.text, begin));
            if next.trim().is_empty() {
                break;
            }
            value.push_str(next.trim());
            end = begin + next.trim_end().len();
        }
        (value, first.start..end, None)
    }
}

/// A value. All values are text here.
pub(crate) fn plain_text(scalar: &Scalar) -> Result<Zeroizing<String>, &'static str> {
    let text = scalar.as_str().ok_or("it is no UTF-8 text")?;
    let is_plain = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '_' | '.' | '/' | '+' | '=' | '@' | ':' | '-' | ',' | '[' | ']' | '%' | '(' | ')' | '$' | ' ')
    };
    if text.chars().all(is_plain) && text.trim() == text {
        return Ok(Zeroizing::new(text.to_owned()));
    }
    if text.contains('\r') {
        return Err("it has a carriage return, which INI does not keep");
    }
    // Three quotes at the end of a line are a value of their own.
    let begins_with_break = text.split_once('\n').is_some_and(|(first, _)| first.trim().is_empty());
    if !text.contains('`') && (begins_with_break || !text.contains('\n')) {
        return Ok(Zeroizing::new(format!("`{text}`")));
    }
    if begins_with_break || text.contains(TRIPLE) || text.ends_with('"') {
        return Err("it has line breaks or backticks beside quotes, for which INI has no way");
    }
    Ok(Zeroizing::new(format!("{TRIPLE}{text}{TRIPLE}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn value(text: &str) -> Option<String> {
        let tree = read(text).ok()?;
        match tree.documents[0].at(&[crate::Step::key("s"), crate::Step::key("k")])? {
            Node::Leaf(leaf) => leaf.value.as_str().map(str::to_owned),
            _ => None,
        }
    }

    #[rstest]
    #[case("k = v", Some("v"))]
    #[case("k: v ", Some("v"))]
    #[case("k = a#b", Some("a"))]
    #[case("k = v ; c", Some("v"))]
    #[case("k = \"a b\"", Some("a b"))]
    #[case("k = 'a'", Some("a"))]
    #[case("k = `a#b`", Some("a#b"))]
    #[case("k = a\\\n   b\nx = y", Some("ab"))]
    #[case("k = \"\"\"x\ny\"\"\"\nx = y", Some("x\ny"))]
    #[case("k =", Some(""))]
    #[case("k", None)]
    #[case("k = 1\nk = 2", None)]
    #[case("k = `a", None)]
    #[case("k = v\r\nx = y\r\n", Some("v"))]
    fn values_as_the_library_reads_them(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(value(&format!("[s]\n{line}")).as_deref(), expected);
    }

    #[test]
    fn comments_belong_to_the_key_or_section_below() {
        let tree = read("; top\n\n# two\n[s]\n# kc\nk = v ; in\n; last\n").unwrap();
        let Node::Map(section) = &tree.documents[0].find("s").unwrap().node else { panic!("no section") };
        let texts: Vec<&str> = section
            .items
            .iter()
            .map(|item| match item {
                Item::Comment(comment) => comment.text.as_str(),
                Item::Entry(entry) => entry.key.as_str(),
            })
            .collect();
        assert_eq!(texts, ["top\n\n# two", "k", "kc", "in", "last"]);
    }

    proptest! {
        #[test]
        fn a_value_is_read_back_or_refused(text in prop_oneof![any::<String>(), "[\n`\"'#;=\\\\ a]{0,8}"]) {
            if let Ok(written) = plain_text(&Scalar::text(&text)) {
                prop_assert_eq!(value(&format!("[s]\nk = {}\nx = y\n", written.as_str())), Some(text));
            }
        }

        #[test]
        fn any_text_is_judged_without_panic(text in "[ -~\n]{0,80}") {
            drop(read(&text));
        }
    }
}
