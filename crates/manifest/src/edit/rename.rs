//! A field gets another name; its value stays as it is.

use serde_json::Value;

use super::moved::moved;
use super::splice::Splice;
use super::{EditError, Step, at_mut, render};

/// Names the field `old` of a mapping `new`.
///
/// # Errors
/// [`EditError`] when it is not there, `new` is, or it cannot be edited in place.
pub fn rename(text: &str, document: usize, mapping: &[Step], old: &str, new: &str) -> Result<String, EditError> {
    let path = [mapping, &[Step::key(old)]].concat();
    let change = |root: &mut Value| perform(root, mapping, old, new);
    moved(text, document, &path, change, |tree, ()| {
        let Some(present) = tree.mapping(document, mapping)?.find(old) else { return Ok(None) };
        let word = render::word(new, present.key_is_quoted);
        Ok(Some(vec![Splice::replace(present.start..present.colon_end, format!("{word}:"))]))
    })
}

fn perform(root: &mut Value, mapping: &[Step], old: &str, new: &str) -> Option<()> {
    let fields = at_mut(root, mapping)?.as_object_mut()?;
    let value = fields.remove(old)?;
    fields.insert(new.to_owned(), value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn renamed(text: &str) -> Result<String, EditError> {
        rename(text, 0, &[Step::key("spec")], "old", "new")
    }

    #[rstest]
    #[case::lines("spec:\n  old : # which\n    a: b\n  z: 1\n", "spec:\n  new: # which\n    a: b\n  z: 1\n")]
    #[case::braces("spec: {z: 1, old: {a: b}}\n", "spec: {z: 1, new: {a: b}}\n")]
    #[case::json("{\"spec\": {\"old\": 1}}\n", "{\"spec\": {\"new\": 1}}\n")]
    #[case::anchor("spec:\n  old: &a b\n  z: *a\n", "spec:\n  new: &a b\n  z: *a\n")]
    fn has_another_name(#[case] before: &str, #[case] after: &str) {
        assert_eq!(renamed(before).as_deref(), Ok(after));
    }

    #[rstest]
    #[case::nothing_there("spec: {z: 1}\n")]
    #[case::name_taken("spec: {old: 1, new: 2}\n")]
    #[case::no_mapping("spec: [old]\n")]
    fn refused(#[case] text: &str) {
        assert_eq!(renamed(text), Err(EditError::Unsupported { path: "spec.old".to_owned() }));
    }
}
