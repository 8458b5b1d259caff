//! What all formats are read into: ordered maps, lists, leaves and comments, each with its place in the text.
//!
//! Owns the shape. Must never know a format.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::scalar::Scalar;

/// All documents of a file, in order; only YAML has more than one.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) documents: Vec<Map>,
}

/// Where a scalar stands in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Site {
    /// What is replaced when the value changes, in bytes.
    pub(crate) range: Range<usize>,
    /// Whether it stands in brackets or braces.
    pub(crate) flow: bool,
    /// The column of the map or list that it is in.
    pub(crate) indent: usize,
}

/// A map or list as written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// All bytes, brackets included.
    pub(crate) range: Range<usize>,
    /// Whether it is written in brackets or braces.
    pub(crate) flow: bool,
    /// The column of its keys or dashes.
    pub(crate) indent: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Map {
    pub(crate) items: Vec<Item>,
    pub(crate) shape: Shape,
}

#[derive(Debug)]
pub(crate) enum Item {
    Entry(Entry),
    Comment(Comment),
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// From the key to the end of the value.
    pub(crate) range: Range<usize>,
    pub(crate) node: Node,
}

#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) elements: Vec<Element>,
    pub(crate) shape: Shape,
}

#[derive(Debug)]
pub(crate) enum Element {
    /// The value, and its bytes without a dash or comma.
    Node(Node, Range<usize>),
    Comment(Comment),
}

#[derive(Debug)]
pub(crate) enum Node {
    Map(Map),
    List(List),
    Leaf(Leaf),
    /// Nothing, where a value can be written.
    Null(Site),
    /// An alias and what it stands for; the places of the inner leaves are not their own. And whether comments
    /// in it were left out.
    Expanded(Site, Box<Node>, bool),
}

#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) value: Scalar,
    pub(crate) site: Site,
    /// The value is not what stands in the text.
    pub(crate) is_dirty: bool,
    /// An encrypted comment that stands in a list like an item.
    pub(crate) is_comment: bool,
}

impl Leaf {
    pub(crate) fn new(value: Scalar, site: Site) -> Self {
        Self { value, site, is_dirty: false, is_comment: false }
    }
}

#[derive(Debug)]
pub(crate) struct Comment {
    /// What stands behind the comment's sign.
    pub(crate) text: Zeroizing<String>,
    pub(crate) site: Site,
    /// The text was opened from a ciphertext.
    pub(crate) is_opened: bool,
}

impl Comment {
    pub(crate) fn new(text: &str, site: Site) -> Self {
        Self { text: Zeroizing::new(text.to_owned()), site, is_opened: false }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// The item of a list, from 0; comments do not count.
    Index(usize),
}

impl Step {
    /// The value of a key.
    #[must_use]
    pub fn key(name: &str) -> Self {
        Self::Key(name.to_owned())
    }
}

/// A path as people write it, `a.b[0]`.
pub(crate) fn display_path(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

impl Map {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(entry),
            Item::Comment(_) => None,
        })
    }

    pub(crate) fn find(&self, key: &str) -> Option<&Entry> {
        self.entries().find(|entry| entry.key == key)
    }

    pub(crate) fn find_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.items.iter_mut().find_map(|item| match item {
            Item::Entry(entry) if entry.key == key => Some(entry),
            _ => None,
        })
    }

    /// The node at a path; the map itself is not a node.
    pub(crate) fn at(&self, path: &[Step]) -> Option<&Node> {
        let (Step::Key(first), rest) = path.split_first()? else { return None };
        rest.iter().try_fold(&self.find(first)?.node, |node, step| match (step, node.inner()) {
            (Step::Key(key), Node::Map(map)) => Some(&map.find(key)?.node),
            (Step::Index(index), Node::List(list)) => list.nodes().nth(*index).map(|(node, _)| node),
            _ => None,
        })
    }

    pub(crate) fn at_mut(&mut self, path: &[Step]) -> Option<&mut Node> {
        let (Step::Key(first), rest) = path.split_first()? else { return None };
        rest.iter().try_fold(&mut self.find_mut(first)?.node, |node, step| match (step, node) {
            (Step::Key(key), Node::Map(map)) => Some(&mut map.find_mut(key)?.node),
            (Step::Index(index), Node::List(list)) => list.nodes_mut().nth(*index),
            _ => None,
        })
    }
}

impl List {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&Node, &Range<usize>)> {
        self.elements.iter().filter_map(|element| match element {
            Element::Node(node, range) if !node.is_comment() => Some((node, range)),
            _ => None,
        })
    }

    fn nodes_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.elements.iter_mut().filter_map(|element| match element {
            Element::Node(node, _) if !node.is_comment() => Some(node),
            _ => None,
        })
    }
}

impl Node {
    /// The node, looked at through an alias.
    pub(crate) fn inner(&self) -> &Self {
        match self {
            Self::Expanded(_, node, _) => node.inner(),
            node => node,
        }
    }

    fn is_comment(&self) -> bool {
        matches!(self, Self::Leaf(leaf) if leaf.is_comment)
    }

    pub(crate) fn has_comments(&self) -> bool {
        match self {
            Self::Map(map) => map.items.iter().any(|item| match item {
                Item::Entry(entry) => entry.node.has_comments(),
                Item::Comment(_) => true,
            }),
            Self::List(list) => list.elements.iter().any(|element| match element {
                Element::Node(node, _) => node.has_comments(),
                Element::Comment(_) => true,
            }),
            Self::Expanded(_, node, _) => node.has_comments(),
            Self::Leaf(_) | Self::Null(_) => false,
        }
    }

    /// A copy without comments, whose inner places are not its own.
    pub(crate) fn copied(&self) -> Self {
        match self {
            Self::Map(map) => {
                let items = map.entries().map(|entry| {
                    Item::Entry(Entry { key: entry.key.clone(), range: entry.range.clone(), node: entry.node.copied() })
                });
                Self::Map(Map { items: items.collect(), shape: map.shape.clone() })
            }
            Self::List(list) => {
                let elements = list.nodes().map(|(node, range)| Element::Node(node.copied(), range.clone()));
                Self::List(List { elements: elements.collect(), shape: list.shape.clone() })
            }
            Self::Leaf(leaf) => Self::Leaf(Leaf::new(leaf.value.duplicate(), leaf.site.clone())),
            Self::Null(site) => Self::Null(site.clone()),
            Self::Expanded(_, node, _) => node.copied(),
        }
    }

    /// How many leaves and nulls there are.
    pub(crate) fn leaves(&self) -> usize {
        match self {
            Self::Map(map) => map.entries().map(|entry| entry.node.leaves()).sum::<usize>() + 1,
            Self::List(list) => list.nodes().map(|(node, _)| node.leaves()).sum::<usize>() + 1,
            Self::Leaf(_) | Self::Null(_) => 1,
            Self::Expanded(_, node, _) => node.leaves(),
        }
    }

    /// How many levels there are.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Map(map) => map.entries().map(|entry| entry.node.depth()).max().unwrap_or(0) + 1,
            Self::List(list) => list.nodes().map(|(node, _)| node.depth()).max().unwrap_or(0) + 1,
            Self::Leaf(_) | Self::Null(_) => 0,
            Self::Expanded(_, node, _) => node.depth(),
        }
    }
}
