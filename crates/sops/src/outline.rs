//! The values of a document with their paths, and which of them the selector covers.
//!
//! Owns that a path and the judgement of a walk are of the same leaf. Must never open a value.

use crate::cipher;
use crate::error::SopsError;
use crate::scalar::Scalar;
use crate::selector::Rule;
use crate::tree::{Comment, Leaf, Map, Node, Site, Step, Tree};
use crate::walk::{Place, Visit, walk};

/// A value and where it stands.
#[derive(Debug)]
pub struct LeafAt<'a> {
    /// The document, from 0.
    pub document: usize,
    /// The path in it.
    pub path: Vec<Step>,
    /// Whether the selector covers it, so that it is to be encrypted.
    pub is_selected: bool,
    /// The value; of a document that was not opened the ciphertext.
    pub value: &'a Scalar,
}

impl LeafAt<'_> {
    /// Whether this is written as a ciphertext, or as nothing, which SOPS never encrypts.
    #[must_use]
    pub fn is_ciphertext(&self) -> bool {
        self.value.bytes().is_empty() || self.value.as_str().is_some_and(cipher::is_sealed)
    }
}

/// Whether the leaves of a tree are ciphertexts or values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Sealed,
    Open,
}

/// All values in the order of the text. Comments that stand in lists like items are none.
pub(crate) fn leaves<'a>(tree: &'a mut Tree, rule: &Rule, state: State) -> Result<Vec<LeafAt<'a>>, SopsError> {
    let mut judge = Judge { state, selected: Vec::new() };
    walk(tree, rule, &mut judge)?;
    let tree: &'a Tree = tree;
    let mut judged = judge.selected.into_iter();
    let mut found = Vec::new();
    for (document, map) in tree.documents.iter().enumerate() {
        let mut leaves = Vec::new();
        collect(map, &mut Vec::new(), &mut leaves);
        for (path, value) in leaves {
            let is_selected = judged.next().unwrap_or_default();
            found.push(LeafAt { document, path, is_selected, value });
        }
    }
    Ok(found)
}

struct Judge {
    state: State,
    selected: Vec<bool>,
}

impl Visit for Judge {
    fn leaf(&mut self, place: &Place<'_>, leaf: &mut Leaf) -> Result<(), SopsError> {
        // What an opened value looks like says nothing of it.
        let is_sealed = self.state == State::Sealed && place.is_selected;
        leaf.is_comment |= is_sealed && leaf.value.as_str().is_some_and(cipher::is_sealed_comment);
        if !leaf.is_comment {
            self.selected.push(place.is_selected);
        }
        Ok(())
    }

    fn comment(&mut self, _: &Place<'_>, _: &mut Comment) -> Result<(), SopsError> {
        Ok(())
    }

    fn expanded(&mut self, _: &Place<'_>, _: &Site, _: &Node) -> Result<(), SopsError> {
        Ok(())
    }
}

/// The leaves below a map with their paths.
pub(crate) fn collect<'a>(map: &'a Map, path: &mut Vec<Step>, leaves: &mut Vec<(Vec<Step>, &'a Scalar)>) {
    for entry in map.entries() {
        path.push(Step::Key(entry.key.clone()));
        collect_node(&entry.node, path, leaves);
        path.pop();
    }
}

fn collect_node<'a>(node: &'a Node, path: &mut Vec<Step>, leaves: &mut Vec<(Vec<Step>, &'a Scalar)>) {
    match node.inner() {
        Node::Map(map) => collect(map, path, leaves),
        Node::List(list) => list.nodes().enumerate().for_each(|(index, (node, _))| {
            path.push(Step::Index(index));
            collect_node(node, path, leaves);
            path.pop();
        }),
        Node::Leaf(leaf) => leaves.push((path.clone(), &leaf.value)),
        Node::Null(_) | Node::Expanded(..) => {}
    }
}
