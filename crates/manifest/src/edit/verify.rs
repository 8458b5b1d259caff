//! The bulwark: an edited text is read again and must hold exactly what was asked for.

use serde_json::Value;

use super::{Change, Edit, EditError, at_mut};

/// Compares the edited text with what the edits say, applied to the values that stood there before.
pub(super) fn verify(mut expected: Vec<Value>, edited: &str, document: usize, edits: &[Edit]) -> Result<(), EditError> {
    for edit in edits {
        let root = expected.get_mut(document).ok_or(EditError::Verification)?;
        perform(root, edit).ok_or(EditError::Verification)?;
    }
    match crate::document::parse(edited) {
        Ok(found) if found == expected => Ok(()),
        _ => Err(EditError::Verification),
    }
}

fn perform(root: &mut Value, edit: &Edit) -> Option<()> {
    let mapping = at_mut(root, &edit.mapping)?;
    if mapping.is_null() {
        *mapping = Value::Object(serde_json::Map::new());
    }
    let mapping = mapping.as_object_mut()?;
    match &edit.change {
        Change::Set(node) => {
            mapping.insert(edit.key.clone(), node.value());
        }
        Change::Remove => {
            mapping.remove(&edit.key)?;
        }
    }
    Some(())
}
