//! What stands in a text is moved: said once as values and once as bytes, and held to be the same.
//!
//! Must never: hand out a text that reads otherwise than the values say.

use serde_json::Value;

use super::splice::{self, Splice};
use super::{EditError, Path, Step};
use crate::document;
use crate::syntax::Tree;

/// Makes a change of one document, counted from 0 without empty ones: `change` makes it of the values, `splices` of the bytes,
/// of what the first one answers. Where either has none, what stands at `path` cannot be edited in place.
///
/// # Errors
/// [`EditError`] when the text cannot be read or edited in place; the result was read again and is equal to the changed values.
pub(super) fn moved<T>(
    text: &str,
    document: usize,
    path: &[Step],
    change: impl FnOnce(&mut Value) -> Option<T>,
    splices: impl FnOnce(&Tree<'_>, T) -> Result<Option<Vec<Splice>>, EditError>,
) -> Result<String, EditError> {
    let unsupported = || EditError::Unsupported { path: Path(path).to_string() };
    let mut expected = document::parse(text)?;
    let documents = expected.len();
    let changed = expected.get_mut(document).and_then(change).ok_or_else(unsupported)?;
    let tree = Tree::parse(text, documents).ok_or(EditError::Verification)?;
    let splices = splices(&tree, changed)?.ok_or_else(unsupported)?;
    drop(tree);
    let edited = splice::apply(text, splices).ok_or(EditError::Verification)?;
    if document::parse(&edited)? == expected { Ok(edited) } else { Err(EditError::Verification) }
}
