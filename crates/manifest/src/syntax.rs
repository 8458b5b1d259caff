//! The lossless syntax tree: where each mapping, key and value stands in the text, in bytes.
//!
//! Owns: every touch of the tree's own types. Must never: change a tree; edits are made on the text.

use std::ops::Range;

use yaml_edit::{Document, Mapping, MappingEntry, YamlFile, YamlNode};

use crate::edit::{EditError, Path, Step};

/// A text's syntax tree.
pub(crate) struct Tree<'a> {
    text: &'a str,
    documents: Vec<Document>,
}

impl<'a> Tree<'a> {
    /// The tree of a text that was read before and has `documents` documents that are not empty. `None`
    /// when the two readings do not agree.
    pub(crate) fn parse(text: &'a str, documents: usize) -> Option<Self> {
        let parsed = YamlFile::parse(text);
        if parsed.has_errors() {
            return None;
        }
        let found: Vec<_> = parsed.tree().documents().filter(|document| !is_empty(document)).collect();
        (found.len() == documents).then_some(Self { text, documents: found })
    }

    /// The mapping at `path` of a document.
    pub(crate) fn mapping(&self, document: usize, path: &[Step]) -> Result<Site<'a>, EditError> {
        let missing = |steps: &[Step]| EditError::Missing { path: Path(steps).to_string() };
        let root = self.documents.get(document).and_then(Document::as_mapping).ok_or_else(|| missing(&[]))?;
        let mut site = Site { text: self.text, mapping: root, holder: None, path: Vec::new() };
        let mut node = YamlNode::Mapping(site.mapping.clone());
        for (depth, step) in path.iter().enumerate() {
            let here = path.get(..=depth).unwrap_or(path);
            let (next, holder) = match (step, &node) {
                (Step::Key(key), YamlNode::Mapping(mapping)) => {
                    site.mapping = mapping.clone();
                    let entry = site.find(key).ok_or_else(|| missing(here))?;
                    site.refuse_shared(&entry)?;
                    (entry.value.clone(), Some(entry))
                }
                (Step::Index(index), YamlNode::Sequence(sequence)) => (sequence.get(*index), None),
                (_, YamlNode::Alias(_)) => return Err(EditError::Alias { path: Path(here).to_string() }),
                _ => return Err(EditError::Unsupported { path: Path(here).to_string() }),
            };
            node = next.ok_or_else(|| missing(here))?;
            site.path.push(step.clone());
            site.holder = holder.map(Box::new);
        }
        match node {
            YamlNode::Mapping(mapping) => Ok(Site { mapping, ..site }),
            YamlNode::Alias(_) => Err(EditError::Alias { path: Path(path).to_string() }),
            _ => Err(EditError::Unsupported { path: Path(path).to_string() }),
        }
    }
}

fn is_empty(document: &Document) -> bool {
    document.as_mapping().is_none()
        && document.as_sequence().is_none()
        && document.as_tagged().is_none()
        && document.as_scalar().is_none_or(|scalar| scalar.is_null())
}

/// One mapping and how it was reached.
pub(crate) struct Site<'a> {
    text: &'a str,
    mapping: Mapping,
    /// The entry whose value the mapping is.
    pub(crate) holder: Option<Box<Present>>,
    path: Vec<Step>,
}

impl Site<'_> {
    /// The entry of a key; merge keys are not followed.
    pub(crate) fn find(&self, key: &str) -> Option<Present> {
        self.entries().into_iter().find(|entry| entry.key == key)
    }

    /// The entries with plain keys, in the order of the text.
    pub(crate) fn entries(&self) -> Vec<Present> {
        self.mapping.entries().filter_map(|entry| Present::new(self.text, &entry)).collect()
    }

    /// Whether the mapping is written in braces.
    pub(crate) fn is_flow(&self) -> bool {
        self.mapping.is_flow_style()
    }

    /// The bytes of the mapping, braces included.
    pub(crate) fn range(&self) -> Range<usize> {
        node_range(&YamlNode::Mapping(self.mapping.clone()))
    }

    /// The path of a key of the mapping.
    pub(crate) fn path_of(&self, key: &str) -> String {
        let mut path = self.path.clone();
        path.push(Step::key(key));
        Path(&path).to_string()
    }

    /// Refuses an entry whose value an alias repeats, or that is one.
    pub(crate) fn refuse_shared(&self, entry: &Present) -> Result<(), EditError> {
        let shared = entry.is_anchored || matches!(entry.value, Some(YamlNode::Alias(_)));
        if shared { Err(EditError::Alias { path: self.path_of(&entry.key) }) } else { Ok(()) }
    }
}

/// One entry of a mapping.
#[derive(Clone)]
pub(crate) struct Present {
    /// The key as read.
    pub(crate) key: String,
    /// Whether the key is written in quotes.
    pub(crate) key_is_quoted: bool,
    /// Where the key begins.
    pub(crate) start: usize,
    /// Just behind the colon.
    pub(crate) colon_end: usize,
    /// The value, when one is written.
    pub(crate) value: Option<YamlNode>,
    /// Where the value's last character ends; that of the colon without a value. Block scalars end behind
    /// their last line break.
    pub(crate) end: usize,
    is_anchored: bool,
}

impl Present {
    fn new(text: &str, entry: &MappingEntry) -> Option<Self> {
        let key = entry.key_node()?;
        let key_range = node_range(&key);
        let scalar = key.as_scalar()?;
        let value = entry.value_node();
        let after_key = text.get(key_range.end..)?;
        let colon_end = key_range.end + after_key.find(':')? + 1;
        let is_anchored = match &value {
            Some(value) => text.get(colon_end..node_range(value).start).is_some_and(has_anchor),
            None => false,
        };
        let end = value.as_ref().map_or(colon_end, |value| content_end(text, value));
        Some(Self {
            key: scalar.as_string(),
            key_is_quoted: scalar.is_quoted(),
            start: key_range.start,
            colon_end,
            value,
            end,
            is_anchored,
        })
    }

    /// The value as a mapping.
    pub(crate) fn mapping<'a>(&self, text: &'a str) -> Option<Site<'a>> {
        let mapping = self.value.as_ref()?.as_mapping()?.clone();
        Some(Site { text, mapping, holder: None, path: Vec::new() })
    }

    /// The bytes of the value.
    pub(crate) fn value_range(&self) -> Option<Range<usize>> {
        self.value.as_ref().map(node_range)
    }
}

/// Whether an anchor stands in the text between a colon and its value.
fn has_anchor(between: &str) -> bool {
    between.lines().any(|line| {
        let uncommented = line.split('#').next().unwrap_or_default();
        uncommented.split_whitespace().any(|word| word.starts_with('&'))
    })
}

fn node_range(node: &YamlNode) -> Range<usize> {
    let position = node.byte_range();
    usize::try_from(position.start).unwrap_or(usize::MAX)..usize::try_from(position.end).unwrap_or(usize::MAX)
}

fn content_end(text: &str, node: &YamlNode) -> usize {
    let last = match node {
        YamlNode::Mapping(mapping) if !mapping.is_flow_style() => {
            mapping.entries().last().and_then(|entry| entry.value_node().or_else(|| entry.key_node()))
        }
        YamlNode::Sequence(sequence) if !sequence.is_flow_style() => sequence.last(),
        _ => None,
    };
    last.map_or_else(|| without_blank_lines(text, node), |last| content_end(text, &last))
}

/// Where a node ends. Blank lines behind a block scalar are not its own unless its header keeps them (`|+`).
fn without_blank_lines(text: &str, node: &YamlNode) -> usize {
    let range = node_range(node);
    let written = text.get(range.clone()).unwrap_or_default();
    let header = written.lines().next().unwrap_or_default();
    if !written.ends_with('\n') || (header.starts_with(['|', '>']) && header.contains('+')) {
        return range.end;
    }
    let kept = written.trim_end().len();
    let line_break = written.get(kept..).and_then(|rest| rest.find('\n')).map_or(0, |found| found + 1);
    range.start + kept + line_break
}
