//! Edits that share one reading of the text, so that many of them do not read it many times.
//!
//! Must never: join edits of which one moves or hides the place of another.

use std::collections::HashSet;

use yaml_edit::YamlNode;

use super::splice::Splice;
use super::{Change, Edit, EditError, Node, insert, remove, replace};
use crate::syntax::{Present, Site, Tree};

/// What the first of the edits, and those behind it that can be made together with it, do to the text; and how many
/// they are, at least one.
///
/// # Errors
/// [`EditError`] when the first one cannot be made.
pub(super) fn first(text: &str, tree: &Tree<'_>, document: usize, edits: &[Edit]) -> Result<(Vec<Splice>, usize), EditError> {
    let Some(edit) = edits.first() else { return Ok((Vec::new(), 0)) };
    let site = tree.mapping(document, &edit.mapping)?;
    match (&edit.change, site.find(&edit.key)) {
        (Change::Set(_), None) => {
            let entries = new_entries(&site, edits);
            Ok((insert::insert(text, &site, &entries)?, entries.len()))
        }
        (Change::Set(node), Some(present)) => {
            let mut splices = replace::replace(text, &site, &present, node)?;
            let behind = if is_text_for_text(&present, node) { edits.get(1..).unwrap_or_default() } else { &[] };
            let more = replaced_texts(text, tree, document, behind, present.start);
            let done = 1 + more.len();
            splices.extend(more.into_iter().flatten());
            Ok((splices, done))
        }
        (Change::Remove, Some(present)) => Ok((remove::remove(text, &site, &present)?, 1)),
        (Change::Remove, None) => Err(EditError::Missing { path: site.path_of(&edit.key) }),
    }
}

/// The entries that the edits up to the first of another kind add to one mapping.
fn new_entries(site: &Site<'_>, edits: &[Edit]) -> Vec<(String, Node)> {
    let mut keys: HashSet<String> = site.entries().into_iter().map(|entry| entry.key).collect();
    let mapping = edits.first().map(|edit| &edit.mapping);
    let entry = |edit: &Edit| match &edit.change {
        Change::Set(node) if Some(&edit.mapping) == mapping && keys.insert(edit.key.clone()) => {
            Some((edit.key.clone(), node.clone()))
        }
        _ => None,
    };
    edits.iter().map_while(entry).collect()
}

/// The replacements that the edits up to the first of another kind make, wherever they stand: a text in the place of
/// a text moves nothing else.
fn replaced_texts(text: &str, tree: &Tree<'_>, document: usize, edits: &[Edit], first: usize) -> Vec<Vec<Splice>> {
    let mut starts = HashSet::from([first]);
    let splices = |edit: &Edit| {
        let Change::Set(node) = &edit.change else { return None };
        let site = tree.mapping(document, &edit.mapping).ok()?;
        let present = site.find(&edit.key).filter(|present| is_text_for_text(present, node))?;
        starts.insert(present.start).then(|| replace::replace(text, &site, &present, node).ok()).flatten()
    };
    edits.iter().map_while(splices).collect()
}

fn is_text_for_text(present: &Present, node: &Node) -> bool {
    matches!((&present.value, node), (Some(YamlNode::Scalar(scalar)), Node::Text(_)) if !scalar.is_null())
}
