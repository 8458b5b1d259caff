//! Fields of a mapping go together into a new one below it: `a: …` and `b: …` become `n: {x: …, y: …}`.
//!
//! Must never: drop a comment, or change what the fields hold.

use serde_json::{Map, Value};

use super::moved::moved;
use super::splice::{self, Splice};
use super::{EditError, Step, at_mut, remove, render};
use crate::syntax::{Present, Site};

/// By how much the fields are indented below the new one.
const STEP: &str = "  ";

/// Puts fields of a mapping, each under a new name, into a new field `name`, which stands where the last of them stood.
///
/// # Errors
/// [`EditError`] when one of them is not there, or `name` is, or they cannot be edited in place.
pub fn gather(text: &str, document: usize, mapping: &[Step], name: &str, fields: &[(&str, &str)]) -> Result<String, EditError> {
    let new = [mapping, &[Step::key(name)]].concat();
    moved(
        text,
        document,
        &new,
        |root| perform(root, mapping, name, fields),
        |tree, ()| {
            let site = tree.mapping(document, mapping)?;
            let present = fields.iter().map(|(old, new)| Some((site.find(old)?, *new))).collect::<Option<Vec<_>>>();
            let Some((last, others)) = present.as_deref().and_then(<[Field<'_>]>::split_last) else { return Ok(None) };
            others.iter().chain([last]).try_for_each(|(field, _)| site.refuse_shared(field))?;
            let write = if site.is_flow() { in_braces } else { in_lines };
            Ok(write(text, &site, name, last, others))
        },
    )
}

fn perform(root: &mut Value, mapping: &[Step], name: &str, fields: &[(&str, &str)]) -> Option<()> {
    let holder = at_mut(root, mapping)?.as_object_mut()?;
    let moved = fields.iter().map(|(old, new)| Some(((*new).to_owned(), holder.remove(*old)?)));
    let moved = moved.collect::<Option<Map<_, _>>>()?;
    holder.insert(name.to_owned(), Value::Object(moved)).is_none().then_some(())
}

type Field<'a> = (Present, &'a str);

fn in_braces(text: &str, site: &Site<'_>, name: &str, (last, key): &Field<'_>, others: &[Field<'_>]) -> Option<Vec<Splice>> {
    let value = |field: &Present| Some((field.value_range()?.start, text.get(field.value_range()?)?.trim_end()));
    let word = |word: &str| render::word(word, last.key_is_quoted);
    let mut before = String::new();
    let mut gone = Vec::new();
    for (field, key) in others {
        before.push_str(&format!("{}: {}, ", word(key), value(field)?.1));
        gone.append(&mut remove::remove(text, site, field).ok()?);
    }
    let (start, written) = value(last)?;
    let opened = Splice::replace(last.start..last.colon_end, format!("{}: {{{before}{}:", word(name), word(key)));
    // What is inserted behind a field comes before what is removed from there on.
    Some([opened, Splice::insert(start + written.len(), "}")].into_iter().chain(gone).collect())
}

fn in_lines(text: &str, site: &Site<'_>, name: &str, (last, key): &Field<'_>, others: &[Field<'_>]) -> Option<Vec<Splice>> {
    let indent = splice::indent_of(text, last.start)?;
    let line_break = splice::line_break(text);
    let mut before = format!("{}:{line_break}", render::word(name, last.key_is_quoted));
    let mut splices = Vec::new();
    for (field, key) in others {
        let of_key = splice::next_line(text, field.start);
        let behind = text.get(field.colon_end..of_key)?.trim_end();
        before.push_str(&format!("{indent}{STEP}{}:{behind}{line_break}", render::word(key, field.key_is_quoted)));
        for line in lines(text, of_key, field.end) {
            let written = text.get(line..splice::line_end(text, line))?;
            let shift = if written.is_empty() { "" } else { STEP };
            before.push_str(&format!("{shift}{written}{line_break}"));
        }
        splices.extend(remove::remove(text, site, field).ok()?);
    }
    let word = render::word(key, last.key_is_quoted);
    splices.push(Splice::replace(last.start..last.colon_end, format!("{before}{indent}{STEP}{word}:")));
    let shifted = lines(text, splice::next_line(text, last.start), last.end);
    splices.extend(shifted.filter(|line| splice::line_end(text, *line) > *line).map(|line| Splice::insert(line, STEP)));
    Some(splices)
}

/// Where the lines begin that begin within a range.
fn lines(text: &str, start: usize, end: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(start), move |line| Some(splice::next_line(text, *line))).take_while(move |line| *line < end)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn gathered(text: &str, fields: &[(&str, &str)]) -> Result<String, EditError> {
        gather(text, 0, &[Step::key("spec")], "template", fields)
    }

    #[rstest]
    #[case::lines(
        "spec:\n  # first\n  about: # who\n    # what\n    labels: {a: b} # why\n\n    notes:\n      c: d\n  of: # how\n    # which\n    data:\n    - k\n\n    text: |\n      one\n        two\n\n      three\n  z: 1 # last\n",
        "spec:\n  # first\n  template:\n    metadata: # who\n      # what\n      labels: {a: b} # why\n\n      notes:\n        c: d\n    spec: # how\n      # which\n      data:\n      - k\n\n      text: |\n        one\n          two\n\n        three\n  z: 1 # last\n"
    )]
    #[case::the_other_behind(
        "spec:\n  of:\n    text: |\n      one\n  z: 1\n  about: {a: b} # who",
        "spec:\n  template:\n    metadata: {a: b} # who\n    spec:\n      text: |\n        one\n  z: 1"
    )]
    #[case::braces_in_lines(
        "spec:\n  of: {a: b,\n    c: d}\n  about: {}\n",
        "spec:\n  template:\n    metadata: {}\n    spec: {a: b,\n      c: d}\n"
    )]
    #[case::braces("spec: {about: {a: b}, of: {c: d}, z: 1}\n", "spec: {template: {metadata: {a: b}, spec: {c: d}}, z: 1}\n")]
    #[case::json(
        "{\"spec\": {\n  \"of\": {\"c\": \"d\"},\n  \"about\": {\"a\": \"b\"}\n}}\n",
        "{\"spec\": {\n  \"template\": {\"metadata\": {\"a\": \"b\"}, \"spec\": {\"c\": \"d\"}}\n}}\n"
    )]
    #[case::windows(
        "spec:\r\n  about:\r\n    a: b\r\n  of:\r\n    c: d\r\n",
        "spec:\r\n  template:\r\n    metadata:\r\n      a: b\r\n    spec:\r\n      c: d\r\n"
    )]
    fn go_together(#[case] before: &str, #[case] after: &str) {
        assert_eq!(gathered(before, &[("about", "metadata"), ("of", "spec")]).as_deref(), Ok(after));
    }

    #[rstest]
    #[case::lines("spec:\n  of:\n    a: b\n", "spec:\n  template:\n    spec:\n      a: b\n")]
    #[case::blanks_in_a_text(
        "spec:\n  of: |\n    a\n      \n    b\n",
        "spec:\n  template:\n    spec: |\n      a\n        \n      b\n"
    )]
    fn one_alone(#[case] before: &str, #[case] after: &str) {
        assert_eq!(gathered(before, &[("of", "spec")]).as_deref(), Ok(after));
    }

    #[rstest]
    #[case::nothing_there("spec: {about: {}}\n")]
    #[case::name_taken("spec: {of: {}, template: {}}\n")]
    fn refused(#[case] text: &str) {
        assert_eq!(gathered(text, &[("of", "spec")]), Err(EditError::Unsupported { path: "spec.template".to_owned() }));
    }

    #[test]
    fn what_stands_elsewhere_too_is_left_alone() {
        let refused = gathered("spec:\n  of: &all {a: b}\n  other: *all\n", &[("of", "spec")]);
        assert!(matches!(refused, Err(EditError::Alias { .. })), "{refused:?}");
    }
}
