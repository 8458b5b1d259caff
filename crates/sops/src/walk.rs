//! One pass over all leaves and comments in the order of the text, with path and selection at hand.
//!
//! Owns the path that a ciphertext is bound to, and how a match is inherited. Must never change a leaf itself.

use crate::error::SopsError;
use crate::selector::Rule;
use crate::tree::{Comment, Element, Item, Leaf, List, Map, Node, Site, Tree};

/// The path of a document's top level.
pub(crate) const ROOT: &str = ":";

/// Where a leaf or comment stands.
pub(crate) struct Place<'a> {
    /// The keys of the path, each followed by a colon; positions in lists are not part of it.
    pub(crate) aad: &'a str,
    /// Whether the selector covers it.
    pub(crate) is_selected: bool,
    /// Whether it is the copy of something that stands elsewhere.
    pub(crate) is_copy: bool,
}

impl Place<'_> {
    /// The path for people.
    pub(crate) fn path(&self) -> String {
        self.aad.trim_end_matches(':').replace(':', ".")
    }
}

/// What is done at each leaf and comment.
pub(crate) trait Visit {
    fn leaf(&mut self, place: &Place<'_>, leaf: &mut Leaf) -> Result<(), SopsError>;
    fn comment(&mut self, place: &Place<'_>, comment: &mut Comment) -> Result<(), SopsError>;
    /// Called after all leaves of what an alias stands for.
    fn expanded(&mut self, place: &Place<'_>, site: &Site, node: &Node) -> Result<(), SopsError>;
}

pub(crate) fn walk(tree: &mut Tree, rule: &Rule, visit: &mut impl Visit) -> Result<(), SopsError> {
    let mut walker = Walker { rule, visit, aad: String::new(), copies: 0 };
    tree.documents.iter_mut().try_for_each(|map| walker.map(map, false))
}

struct Walker<'a, V> {
    rule: &'a Rule,
    visit: &'a mut V,
    aad: String,
    copies: usize,
}

impl<V: Visit> Walker<'_, V> {
    fn map(&mut self, map: &mut Map, inherited: bool) -> Result<(), SopsError> {
        let mut commented = false;
        for item in &mut map.items {
            match item {
                Item::Comment(comment) => self.comment(comment, inherited, &mut commented)?,
                Item::Entry(entry) => {
                    let hit = inherited || commented || self.rule.hits_key(&entry.key);
                    let length = self.aad.len();
                    self.aad.push_str(&entry.key);
                    self.aad.push(':');
                    self.node(&mut entry.node, hit)?;
                    self.aad.truncate(length);
                    commented = false;
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &mut List, inherited: bool) -> Result<(), SopsError> {
        let mut commented = false;
        for element in &mut list.elements {
            match element {
                Element::Comment(comment) => self.comment(comment, inherited, &mut commented)?,
                Element::Node(node, _) => {
                    self.node(node, inherited || commented)?;
                    commented = false;
                }
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &mut Node, hit: bool) -> Result<(), SopsError> {
        match node {
            Node::Map(map) => self.map(map, hit),
            Node::List(list) => self.list(list, hit),
            Node::Leaf(leaf) => {
                let place = Place { aad: &self.aad, is_selected: self.rule.encrypts(hit), is_copy: self.copies > 0 };
                self.visit.leaf(&place, leaf)
            }
            Node::Null(_) => Ok(()),
            Node::Expanded(site, inner, has_comments) => {
                if *has_comments && self.rule.looks_at_comments() {
                    return Err(SopsError::AliasedComments { path: self.aad.trim_end_matches(':').replace(':', ".") });
                }
                self.copies += 1;
                self.node(inner, hit)?;
                self.copies -= 1;
                let place = Place { aad: &self.aad, is_selected: self.rule.encrypts(hit), is_copy: self.copies > 0 };
                if place.is_copy { Ok(()) } else { self.visit.expanded(&place, site, inner) }
            }
        }
    }

    /// A comment speaks for what follows it on its level; comments that follow add to it.
    fn comment(&mut self, comment: &mut Comment, inherited: bool, commented: &mut bool) -> Result<(), SopsError> {
        let hits_itself = self.rule.hits_comment(&comment.text);
        let is_selected = self.rule.encrypts_comment(inherited || *commented, hits_itself);
        // The path of no keys is written with its colon all the same.
        let aad = if self.aad.is_empty() { ROOT } else { &self.aad };
        let place = Place { aad, is_selected, is_copy: self.copies > 0 };
        self.visit.comment(&place, comment)?;
        *commented |= hits_itself;
        Ok(())
    }
}
