//! A list of one mapping becomes that mapping: `a: [{…}]` becomes `a: {…}`.
//!
//! Must never: choose one of several items, or drop a comment.

use serde_json::Value;

use super::moved::moved;
use super::splice::{self, Splice};
use super::{EditError, Step, at_mut};
use crate::syntax::{Present, Site};

/// Puts the only item of the list under `key` of a mapping in the list's place.
///
/// # Errors
/// [`EditError`] when the list has another number of items, or its item is no mapping or cannot be edited in place.
pub fn only_item(text: &str, document: usize, mapping: &[Step], key: &str) -> Result<String, EditError> {
    let list = [mapping, &[Step::key(key)]].concat();
    moved(
        text,
        document,
        &list,
        |root| perform(root, &list),
        |tree, ()| {
            let site = tree.mapping(document, mapping)?;
            let Some(present) = site.find(key) else { return Ok(None) };
            site.refuse_shared(&present)?;
            let item = tree.mapping(document, &[list.as_slice(), &[Step::Index(0)]].concat())?;
            Ok(splices(text, &present, &item))
        },
    )
}

fn perform(root: &mut Value, list: &[Step]) -> Option<()> {
    let value = at_mut(root, list)?;
    let items = value.as_array_mut()?;
    let item = items.pop().filter(|item| items.is_empty() && item.is_object())?;
    *value = item;
    Some(())
}

fn splices(text: &str, list: &Present, item: &Site<'_>) -> Option<Vec<Splice>> {
    let range = list.value_range()?;
    let written = text.get(range.clone())?;
    if written.starts_with('[') {
        let end = range.start + written.trim_end().len();
        return Some(vec![Splice::delete(range.start..range.start + 1), Splice::delete(end.checked_sub(1)?..end)]);
    }
    let dash = splice::dash(text, item)?;
    Some(vec![Splice::replace(dash..dash + 1, " ")])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn taken(text: &str) -> Result<String, EditError> {
        only_item(text, 0, &[Step::key("spec")], "selector")
    }

    #[rstest]
    #[case::as_far_left_as_the_key(
        "spec:\n  selector: # which\n  # the one\n  - labels: # of\n      a: b\n    z: 1\n  y: 2\n",
        "spec:\n  selector: # which\n  # the one\n    labels: # of\n      a: b\n    z: 1\n  y: 2\n"
    )]
    #[case::indented(
        "spec:\n  selector:\n    - labels: {a: b}\n      z: 1\n",
        "spec:\n  selector:\n      labels: {a: b}\n      z: 1\n"
    )]
    #[case::item_in_braces("spec:\n  selector:\n  - {a: b} # it\n", "spec:\n  selector:\n    {a: b} # it\n")]
    #[case::brackets("spec:\n  selector: [{a: b}] # it\n", "spec:\n  selector: {a: b} # it\n")]
    #[case::json("{\"spec\": {\"selector\": [{\"a\": \"b\"}]}}\n", "{\"spec\": {\"selector\": {\"a\": \"b\"}}}\n")]
    #[case::windows("spec:\r\n  selector:\r\n  - a: b\r\n", "spec:\r\n  selector:\r\n    a: b\r\n")]
    fn takes_the_place(#[case] before: &str, #[case] after: &str) {
        assert_eq!(taken(before).as_deref(), Ok(after));
    }

    #[rstest]
    #[case::none("spec: {selector: []}\n")]
    #[case::two("spec: {selector: [{a: b}, {c: d}]}\n")]
    #[case::no_mapping("spec: {selector: [a]}\n")]
    #[case::no_list("spec: {selector: {a: b}}\n")]
    #[case::dash_alone("spec:\n  selector:\n  -\n    a: b\n")]
    fn refused(#[case] text: &str) {
        assert_eq!(taken(text), Err(EditError::Unsupported { path: "spec.selector".to_owned() }));
    }
}
