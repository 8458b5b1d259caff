//! YAML text into a tree, by one pass over its events.
//!
//! Owns which map or list a comment belongs to, and what an alias may cost. Must never put a parser's message
//! into an error: it quotes the text.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, Placement, ScalarStyle, Span, StrInput, StructureStyle, Tag, options};

use super::resolve::{Resolved, resolve};
use crate::error::SopsError;
use crate::limits::{Budget, MAX_DEPTH, MAX_LEAVES};
use crate::splice;
use crate::tree::{Comment, Element, Entry, Item, Leaf, List, Map, Node, Shape, Site, Tree};

/// Reads all documents. Comments alone are no document; an empty document is an empty map.
pub(crate) fn read(text: &str) -> Result<Tree, SopsError> {
    ensure_line_feeds(text)?;
    let options = options! {
        max_buffered_comment_events: MAX_LEAVES,
        flow_nesting_limit: MAX_DEPTH * 2,
        block_nesting_limit: MAX_DEPTH * 2,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    let reader =
        Reader { text, parser, pending: Vec::new(), anchors: HashMap::new(), budget: Budget::default(), last_end: 0, line: 1 };
    reader.stream()
}

/// Refuses lines that end with a carriage return alone: YAML takes it for a break, and whatever goes line by line does
/// not. In a value it is written as an escape.
fn ensure_line_feeds(text: &str) -> Result<(), SopsError> {
    let is_alone = |(at, _): &(usize, char)| !text.get(at + 1..).is_some_and(|rest| rest.starts_with('\n'));
    let Some((at, _)) = text.char_indices().filter(|(_, c)| *c == '\r').find(is_alone) else { return Ok(()) };
    let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    Err(SopsError::Syntax { line, problem: "a carriage return without a line feed" })
}

/// A comment whose owner is not known before the next event.
struct Pending {
    comment: Comment,
    column: usize,
    is_beside: bool,
}

struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    pending: Vec<Pending>,
    /// What an anchor stands for, and whether comments in it were left out.
    anchors: HashMap<usize, (Node, bool)>,
    budget: Budget,
    /// Where the last scalar, alias or bracket ended.
    last_end: usize,
    line: usize,
}

/// Where a node is: the column of its map or list, and how deep.
#[derive(Clone, Copy)]
struct Level {
    indent: usize,
    flow: bool,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn stream(mut self) -> Result<Tree, SopsError> {
        let mut documents = Vec::new();
        loop {
            let (event, span) = self.event()?;
            match event {
                Event::StreamStart => {}
                Event::DocumentStart(..) => documents.push(self.document(&span)?),
                Event::StreamEnd => break,
                _ => return Err(self.syntax("this is no valid YAML")),
            }
        }
        if let Some(last) = documents.last_mut() {
            let pending = std::mem::take(&mut self.pending);
            last.items.extend(pending.into_iter().map(|pending| Item::Comment(pending.comment)));
        }
        Ok(Tree { documents })
    }

    fn syntax(&self, problem: &'static str) -> SopsError {
        SopsError::Syntax { line: self.line, problem }
    }

    /// The next event that is no comment.
    fn event(&mut self) -> Result<(Event<'a>, Span), SopsError> {
        loop {
            let next = self.parser.next().ok_or_else(|| self.syntax("the text ends too early"))?;
            let (event, span) =
                next.map_err(|error| SopsError::Syntax { line: error.marker().line(), problem: "this is no valid YAML" })?;
            self.line = span.start.line();
            let range = span.byte_range().ok_or_else(|| self.syntax("this is no valid YAML"))?;
            let Event::Comment(content, placement) = event else { return Ok((event, span)) };
            self.budget.leaf()?;
            let column = span.start.col();
            let site = Site { range: range.start + 1..range.end, flow: false, indent: column };
            let is_beside = placement == Placement::Right;
            self.pending.push(Pending { comment: Comment::new(&content, site), column, is_beside });
        }
    }

    fn document(&mut self, start: &Span) -> Result<Map, SopsError> {
        self.anchors.clear();
        self.last_end = bytes(start).end;
        let (event, span) = self.event()?;
        let mut map = match event {
            Event::MappingStart(style, _, _) => self.map(style, &span, Level { indent: 0, flow: false, depth: 0 })?,
            Event::Scalar(ref text, ScalarStyle::Plain, _, None) if matches!(resolve(text, None, true), Resolved::Null) => {
                let at = bytes(&span).start;
                Map { items: Vec::new(), shape: Shape { range: at..at, flow: false, indent: 0 } }
            }
            _ => return Err(self.syntax("a document must be a map at its top")),
        };
        let (event, span) = self.event()?;
        if !matches!(event, Event::DocumentEnd) {
            return Err(self.syntax("this is no valid YAML"));
        }
        let rest: Vec<_> = self
            .pending
            .extract_if(.., |pending| !map.items.is_empty() && pending.comment.site.range.end <= bytes(&span).start)
            .collect();
        map.items.extend(rest.into_iter().map(|pending| Item::Comment(pending.comment)));
        if map.items.is_empty() && !map.shape.flow {
            map.shape.range = splice::next_line(self.text, self.last_end)..splice::next_line(self.text, self.last_end);
        } else if !map.shape.flow {
            map.shape.range.end = bytes(&span).start.max(self.last_end);
        }
        Ok(map)
    }

    fn map(&mut self, style: StructureStyle, start: &Span, level: Level) -> Result<Map, SopsError> {
        Budget::depth(level.depth)?;
        let here = bytes(start);
        let flow = style == StructureStyle::Flow;
        let indent = if flow { level.indent } else { start.start.col() };
        self.last_end = self.last_end.max(here.end);
        let mut map = Map { items: Vec::new(), shape: Shape { range: here, flow, indent } };
        let inner = Level { indent, flow, depth: level.depth + 1 };
        let mut seen = std::collections::HashSet::new();
        loop {
            let (event, span) = self.event()?;
            match event {
                Event::MappingEnd => {
                    self.end(&mut map.shape, &span);
                    let settled = self.settle(&map.shape, false);
                    settled.into_iter().for_each(|pending| attach_to_map(&mut map, pending));
                    return Ok(map);
                }
                Event::Scalar(key, style, anchor, tag) => {
                    std::mem::take(&mut self.pending).into_iter().for_each(|pending| attach_to_map(&mut map, pending));
                    let Resolved::Scalar(name) = resolve(&key, core(tag.as_deref()), style == ScalarStyle::Plain) else {
                        return Err(self.syntax("a key is no text; put it in quotes"));
                    };
                    if name.kind() != crate::Kind::Str {
                        return Err(self.syntax("a key is no text; put it in quotes"));
                    }
                    let key = key.into_owned();
                    if !seen.insert(key.clone()) {
                        return Err(SopsError::DuplicateKey { path: key });
                    }
                    if anchor > 0 {
                        self.anchors.insert(anchor, (Node::Leaf(Leaf::new(name, Site::default())), false));
                    }
                    let key_range = bytes(&span);
                    self.last_end = key_range.end;
                    let node = self.value(&mut map, inner)?;
                    map.items.push(Item::Entry(Entry { key, range: key_range.start..self.last_end, node }));
                }
                _ => return Err(self.syntax("a key is no text")),
            }
        }
    }

    /// The value behind a key.
    fn value(&mut self, map: &mut Map, level: Level) -> Result<Node, SopsError> {
        let (event, span) = self.event()?;
        let is_collection = matches!(event, Event::MappingStart(..) | Event::SequenceStart(..));
        let header = block_header(&event, self.last_end, &span);
        for pending in std::mem::take(&mut self.pending) {
            let own_line_of_child = is_collection && !pending.is_beside;
            // A comment on the first line of a block scalar goes with it.
            let in_header = header.as_ref().is_some_and(|range| range.contains(&pending.comment.site.range.start));
            if own_line_of_child {
                self.pending.push(pending);
            } else if !in_header {
                map.items.push(Item::Comment(pending.comment));
            }
        }
        self.node(&event, &span, level)
    }

    fn list(&mut self, style: StructureStyle, start: &Span, level: Level) -> Result<List, SopsError> {
        Budget::depth(level.depth)?;
        let here = bytes(start);
        let flow = style == StructureStyle::Flow;
        let indent = if flow { level.indent } else { dash_column(self.text, here.start) };
        self.last_end = self.last_end.max(here.end);
        let mut list = List { elements: Vec::new(), shape: Shape { range: here, flow, indent } };
        let inner = Level { indent, flow, depth: level.depth + 1 };
        loop {
            let (event, span) = self.event()?;
            if matches!(event, Event::SequenceEnd) {
                self.end(&mut list.shape, &span);
                let is_outer = indent == level.indent;
                let settled = self.settle(&list.shape, is_outer);
                settled.into_iter().for_each(|pending| attach_to_list(&mut list, pending));
                return Ok(list);
            }
            let header = block_header(&event, self.last_end, &span);
            for pending in std::mem::take(&mut self.pending) {
                let in_header = header.as_ref().is_some_and(|range| range.contains(&pending.comment.site.range.start));
                // Before the dash it is about the item before; behind it about this one.
                let behind_dash = pending.is_beside && list.elements.is_empty();
                if behind_dash && !in_header {
                    list.elements.push(Element::Comment(pending.comment));
                } else if !in_header {
                    attach_to_list(&mut list, pending);
                }
            }
            let begin = bytes(&span).start;
            let node = self.node(&event, &span, inner)?;
            let begin = begin.min(self.last_end);
            list.elements.push(Element::Node(node, begin..self.last_end));
        }
    }

    fn end(&mut self, shape: &mut Shape, span: &Span) {
        if shape.flow {
            self.last_end = bytes(span).end;
        }
        shape.range.end = self.last_end;
    }

    /// The pending comments that belong to a collection which ends; those further left belong outside.
    fn settle(&mut self, shape: &Shape, is_outer: bool) -> Vec<Pending> {
        let inside = |pending: &Pending| shape.flow || pending.is_beside || (pending.column >= shape.indent && !is_outer);
        let count = self.pending.iter().take_while(|pending| inside(pending)).count();
        self.pending.drain(..count).collect()
    }

    fn node(&mut self, event: &Event<'a>, span: &Span, level: Level) -> Result<Node, SopsError> {
        self.budget.leaf()?;
        let (node, anchor) = match *event {
            Event::MappingStart(style, anchor, _) => (Node::Map(self.map(style, span, level)?), anchor),
            Event::SequenceStart(style, anchor, _) => (Node::List(self.list(style, span, level)?), anchor),
            Event::Scalar(ref text, style, anchor, ref tag) => {
                let range = self.scalar_range(style, span, tag.is_some());
                self.last_end = range.end;
                let site = Site { range, flow: level.flow, indent: level.indent };
                let node = match resolve(text, core(tag.as_deref()), style == ScalarStyle::Plain) {
                    Resolved::Null => Node::Null(site),
                    Resolved::Scalar(scalar) => Node::Leaf(Leaf::new(scalar, site)),
                    Resolved::TooLarge => return Err(self.syntax("a whole number has more than 64 bits; put it in quotes")),
                };
                (node, anchor)
            }
            Event::Alias(anchor) => return self.alias(anchor, span, level),
            _ => return Err(self.syntax("this is no valid YAML")),
        };
        if anchor > 0 {
            let copy = node.copied();
            self.anchors.insert(anchor, (copy, node.has_comments()));
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, span: &Span, level: Level) -> Result<Node, SopsError> {
        let site = Site { range: bytes(span), flow: level.flow, indent: level.indent };
        self.last_end = site.range.end;
        let (copy, has_comments) =
            self.anchors.get(&anchor).ok_or(SopsError::Syntax { line: self.line, problem: "an alias stands for what it is in" })?;
        for _ in 0..copy.leaves() {
            self.budget.leaf()?;
        }
        Budget::depth(level.depth + copy.depth())?;
        Ok(match copy.copied() {
            // What is repeated must be written out once it is encrypted: the path is another one.
            Node::Leaf(leaf) => Node::Leaf(Leaf { is_dirty: true, ..Leaf::new(leaf.value, site) }),
            Node::Null(_) => Node::Null(site),
            node => Node::Expanded(site, Box::new(node), *has_comments),
        })
    }

    /// All that is replaced when a scalar changes: its tag and the first line of a block are part of it.
    fn scalar_range(&self, style: ScalarStyle, span: &Span, is_tagged: bool) -> Range<usize> {
        let range = bytes(span);
        let tag = span.tag_span().and_then(|tag| tag.byte_range()).filter(|_| is_tagged);
        let start = tag.as_ref().map_or(range.start, |tag| tag.start.min(range.start));
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let from = tag.as_ref().map_or(self.last_end, |tag| tag.end);
                let between = self.text.get(from..range.start).unwrap_or_default();
                let header = between.find(['|', '>']).map_or(range.start, |found| from + found);
                let header_end = header + self.text.get(header..).unwrap_or_default().find(char::is_whitespace).unwrap_or(0);
                let content = self.text.get(range.clone()).unwrap_or_default().trim_end().len();
                let end = if content == 0 { header_end } else { range.start + content };
                tag.map_or(header, |tag| tag.start)..end
            }
            _ if range.is_empty() => {
                let rest = self.text.get(range.start..).unwrap_or_default();
                let at = if rest.starts_with(':') { range.start + 1 } else { range.start };
                if is_tagged { start.min(at)..at } else { at..at }
            }
            _ => start..range.end,
        }
    }
}

fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}

/// The first line of a block scalar, and all before its content.
fn block_header(event: &Event<'_>, from: usize, span: &Span) -> Option<Range<usize>> {
    matches!(event, Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..)).then(|| from..bytes(span).end)
}

/// The suffix of a tag of YAML's core schema, or another word for any other tag.
fn core(tag: Option<&Tag>) -> Option<&str> {
    tag.map(|tag| if tag.handle() == "tag:yaml.org,2002:" { tag.suffix() } else { tag.core_suffix().unwrap_or("other") })
}

/// The column of the dash before the first item of a block list.
fn dash_column(text: &str, first: usize) -> usize {
    let begin = splice::line_start(text, first);
    let before = text.get(begin..first).unwrap_or_default();
    if text.get(first..).is_some_and(|rest| rest.starts_with('-')) && before.trim().is_empty() {
        return before.chars().count();
    }
    before.rfind('-').map_or(before.chars().count(), |dash| before.get(..dash).unwrap_or_default().chars().count())
}

/// A comment beside a value speaks for it; beside a closing bracket for what is in the brackets.
fn attach_to_map(map: &mut Map, pending: Pending) {
    if pending.is_beside
        && let Some(Item::Entry(last)) = map.items.last_mut()
    {
        match &mut last.node {
            Node::Map(inner) if inner.shape.flow => inner.items.insert(0, Item::Comment(pending.comment)),
            Node::List(inner) if inner.shape.flow => inner.elements.insert(0, Element::Comment(pending.comment)),
            _ => {
                let at = map.items.len() - 1;
                map.items.insert(at, Item::Comment(pending.comment));
            }
        }
        return;
    }
    map.items.push(Item::Comment(pending.comment));
}

fn attach_to_list(list: &mut List, pending: Pending) {
    let at = list.elements.len();
    if pending.is_beside && matches!(list.elements.last(), Some(Element::Node(..))) {
        list.elements.insert(at - 1, Element::Comment(pending.comment));
    } else {
        list.elements.push(Element::Comment(pending.comment));
    }
}
