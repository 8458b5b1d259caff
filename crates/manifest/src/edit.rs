//! YAML and JSON edited in place: one entry changes, every other byte stays.
//!
//! ```text
//!   Edit ─▶ run (which at once) ─▶ syntax (where) ─▶ insert | replace | remove ─▶ Splice ─▶ text ─▶ verify
//! ```
//!
//! Owns: where bytes go. Must never: hand out a text that was not read again and found equal everywhere but
//! at the edited paths, or change what an alias repeats elsewhere.

mod entry;
mod gather;
mod hoist;
mod insert;
mod items;
mod keyed;
mod moved;
mod only_item;
mod remove;
mod rename;
mod render;
mod replace;
mod run;
mod splice;
mod texts;
mod verify;

use std::fmt;

use serde_json::Value;

use crate::document::DocumentError;
use crate::syntax;

pub use entry::{EntrySource, remove_entry, remove_sealed_secret_value, set_entries, set_sealed_secret_values, set_sops_document};
pub use gather::gather;
pub use hoist::hoist;
pub use items::set_items;
pub use keyed::key_items;
pub use only_item::only_item;
pub use rename::rename;
pub use render::{Node, inline, quoted, written};
pub use texts::replace_texts;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// The item of a sequence, from 0.
    Index(usize),
}

impl Step {
    /// The value of a key.
    #[must_use]
    pub fn key(name: &str) -> Self {
        Self::Key(name.to_owned())
    }
}

/// What happens to one key of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The key gets this value; it is added at the end if it is not there.
    Set(Node),
    /// The key is removed.
    Remove,
}

/// One change of one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The mapping's path in its document.
    pub mapping: Vec<Step>,
    /// The key in it.
    pub key: String,
    /// What happens to it.
    pub change: Change,
}

/// Why a text could not be edited; nothing is changed then. Names the path, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The path is repeated elsewhere, or stands for something elsewhere.
    #[error("{path} is an alias or has an anchor, so that a change would reach other places; write it out there first")]
    Alias {
        /// The path.
        path: String,
    },
    /// There is nothing at the path.
    #[error("{path} is not there; check the name")]
    Missing {
        /// The path.
        path: String,
    },
    /// At the path stands something else than what can be edited in place.
    #[error("{path} is written in a way that cannot be edited in place; edit it by hand")]
    Unsupported {
        /// The path.
        path: String,
    },
    /// The result would differ from what was asked for. A bulwark against a wrong edit.
    #[error("the edit would change more than was asked for, so nothing was written; edit the file by hand")]
    Verification,
}

/// Applies `edits` in order to one document of `text`, counted from 0 without empty ones. Texts without an
/// edit are returned as they are.
///
/// # Errors
/// [`EditError`] when the text cannot be read or edited in place; the result was read again and is equal to
/// the old one everywhere but at the edited paths.
pub fn apply(text: &str, document: usize, edits: &[Edit]) -> Result<String, EditError> {
    apply_to(text, crate::document::parse(text)?, document, edits)
}

/// [`apply`] where the documents of `text` are read already, as `before`.
fn apply_to(text: &str, before: Vec<Value>, document: usize, edits: &[Edit]) -> Result<String, EditError> {
    let mut edited = text.to_owned();
    let mut rest = edits;
    while !rest.is_empty() {
        let tree = syntax::Tree::parse(&edited, before.len()).ok_or(EditError::Verification)?;
        let (splices, done) = run::first(&edited, &tree, document, rest)?;
        drop(tree);
        edited = splice::apply(&edited, splices).ok_or(EditError::Verification)?;
        rest = rest.get(done..).unwrap_or_default();
    }
    verify::verify(before, &edited, document, edits)?;
    Ok(edited)
}

/// What stands at a path.
fn at_mut<'v>(root: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

/// A path as people write it, `spec.data.KEY`.
pub(crate) struct Path<'a>(pub(crate) &'a [Step]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
