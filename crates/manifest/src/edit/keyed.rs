//! A list of named items becomes a mapping: `- name: a` with its fields becomes `a:` with the others.
//!
//! Must never: change anything but how the items are named, or lose a comment.

use serde_json::{Map, Value};

use super::moved::moved;
use super::splice::{self, Splice};
use super::{EditError, Step, at_mut, remove, render};
use crate::syntax::{Present, Site};

/// By how much entries are indented below a key whose list was not.
const STEP: &str = "  ";

/// Turns the list under `key` of a mapping into a mapping, in which the field `name` of each item is the item's key.
///
/// # Errors
/// [`EditError`] when an item has no such text, two have the same one, or the list cannot be edited in place.
pub fn key_items(text: &str, document: usize, mapping: &[Step], key: &str, name: &str) -> Result<String, EditError> {
    let list = with(mapping, Step::key(key));
    let change = |root: &mut Value| {
        let place = at_mut(root, &list)?;
        let (names, keyed) = keyed(place, name)?;
        *place = Value::Object(keyed);
        Some(names)
    };
    moved(text, document, &list, change, |tree, names| {
        let site = tree.mapping(document, mapping)?;
        let Some(present) = site.find(key) else { return Ok(None) };
        site.refuse_shared(&present)?;
        let items = (0..names.len()).map(|item| tree.mapping(document, &with(&list, Step::Index(item))));
        let items: Vec<_> = items.zip(&names).map(|(item, name)| Ok((item?, name.as_str()))).collect::<Result<_, EditError>>()?;
        Ok(splices(text, &present, &items, name))
    })
}

fn with(path: &[Step], step: Step) -> Vec<Step> {
    [path, &[step]].concat()
}

/// The items' names, and what the list is afterwards.
fn keyed(list: &Value, name: &str) -> Option<(Vec<String>, Map<String, Value>)> {
    let (mut names, mut keyed) = (Vec::new(), Map::new());
    for item in list.as_array()? {
        let mut fields = item.as_object()?.clone();
        let key = fields.remove(name)?.as_str()?.to_owned();
        if keyed.insert(key.clone(), Value::Object(fields)).is_some() {
            return None;
        }
        names.push(key);
    }
    Some((names, keyed))
}

fn splices(text: &str, list: &Present, items: &[(Site<'_>, &str)], name: &str) -> Option<Vec<Splice>> {
    let range = list.value_range()?;
    let written = text.get(range.clone())?;
    if written.starts_with('[') {
        let end = range.start + written.trim_end().len();
        let mut splices = vec![Splice::replace(range.start..range.start + 1, "{"), Splice::replace(end.checked_sub(1)?..end, "}")];
        for (item, key) in items {
            splices.extend(flow_item(text, item, item.range().start, key, name)?);
        }
        return Some(splices);
    }
    let mut splices = Vec::new();
    let mut gone = Vec::new();
    let shift = shift(text, list, items)?;
    for (item, key) in items {
        let dash = splice::dash(text, item)?;
        if item.is_flow() {
            splices.extend(flow_item(text, item, dash, key, name)?);
        } else {
            splices.extend(block_item(text, item, dash, key, name, shift, &mut gone)?);
        }
    }
    let mut start = splice::next_line(text, list.start);
    let mut shifts = Vec::new();
    while !shift.is_empty() && start < list.end {
        let is_blank = text.get(start..splice::line_end(text, start))?.trim().is_empty();
        if !is_blank && !gone.contains(&start) {
            shifts.push(Splice::insert(start, shift));
        }
        start = splice::next_line(text, start);
    }
    // What is inserted where a line begins comes before what is replaced there.
    shifts.append(&mut splices);
    Some(shifts)
}

/// A list may stand as far left as its key, a mapping may not.
fn shift(text: &str, list: &Present, items: &[(Site<'_>, &str)]) -> Option<&'static str> {
    let (first, _) = items.first()?;
    let dash = splice::dash(text, first)?;
    let is_deeper = dash - splice::line_start(text, dash) > splice::indent_of(text, list.start)?.len();
    Some(if is_deeper { "" } else { STEP })
}

/// `{name: a, …}` becomes `a: {…}`.
fn flow_item(text: &str, item: &Site<'_>, start: usize, key: &str, name: &str) -> Option<Vec<Splice>> {
    let entry = item.find(name)?;
    let word = render::word(key, entry.key_is_quoted);
    let mut splices = vec![Splice::replace(start..item.range().start, format!("{word}: "))];
    splices.extend(remove::remove(text, item, &entry).ok()?);
    Some(splices)
}

/// The line with the dash gets the name; a comment behind the name stays behind it. Lines that go are told.
fn block_item(
    text: &str,
    item: &Site<'_>,
    dash: usize,
    key: &str,
    name: &str,
    shift: &str,
    gone: &mut Vec<usize>,
) -> Option<Vec<Splice>> {
    let entries = item.entries();
    let (first, entry) = (entries.first()?, item.find(name)?);
    let word = render::word(key, entry.key_is_quoted);
    if text.get(entry.start..entry.end)?.contains('\n') {
        return None;
    }
    if first.start == entry.start {
        return Some(vec![Splice::replace(dash..entry.end, format!("{word}:"))]);
    }
    let behind = text.get(entry.end..splice::line_end(text, entry.end))?.trim();
    let comment = if behind.is_empty() { String::new() } else { format!("  {behind}") };
    let line_break = splice::line_break(text);
    let indent = splice::indent_of(text, first.start)?;
    gone.push(splice::line_start(text, entry.start));
    let mut splices = vec![Splice::replace(dash..first.start, format!("{word}:{comment}{line_break}{shift}{indent}"))];
    splices.extend(remove::remove(text, item, &entry).ok()?);
    Some(splices)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn keyed(text: &str) -> Result<String, EditError> {
        key_items(text, 0, &[Step::key("spec")], "data", "name")
    }

    #[rstest]
    #[case::indented(
        "spec:\n  data:\n    # first\n    - name: A # a\n      ref:\n        key: x # x\n    # second\n    - name: B\n      ref: {key: y}\n  z: 1\n",
        "spec:\n  data:\n    # first\n    A: # a\n      ref:\n        key: x # x\n    # second\n    B:\n      ref: {key: y}\n  z: 1\n"
    )]
    #[case::as_far_left_as_the_key(
        "spec:\n  data:\n  # first\n  - name: A\n    ref:\n      key: x\n\n  - name: B\n    ref:\n      key: y\n  z: 1\n",
        "spec:\n  data:\n    # first\n    A:\n      ref:\n        key: x\n\n    B:\n      ref:\n        key: y\n  z: 1\n"
    )]
    #[case::name_last(
        "spec:\n  data:\n  - ref:\n      key: x\n    name: A # a\n  - ref: {key: y} # y\n    name: \"ON\"",
        "spec:\n  data:\n    A:  # a\n      ref:\n        key: x\n    \"ON\":\n      ref: {key: y} # y"
    )]
    #[case::in_braces(
        "spec:\n  data:\n  - {name: A, ref: {key: x}} # a\n  - {ref: {key: y}, name: 'NO'}\n",
        "spec:\n  data:\n    A: {ref: {key: x}} # a\n    \"NO\": {ref: {key: y}}\n"
    )]
    #[case::in_brackets(
        "spec: {data: [{name: A, ref: {key: x}}, {name: B, ref: {key: y}}], z: 1}\n",
        "spec: {data: {A: {ref: {key: x}}, B: {ref: {key: y}}}, z: 1}\n"
    )]
    #[case::json(
        "{\"spec\": {\"data\": [\n  {\n    \"name\": \"A\",\n    \"ref\": {\"key\": \"x\"}\n  }\n]}}\n",
        "{\"spec\": {\"data\": {\n  \"A\": {\n    \"ref\": {\"key\": \"x\"}\n  }\n}}}\n"
    )]
    #[case::windows(
        "spec:\r\n  data:\r\n  - name: A\r\n    ref: {key: x}\r\n",
        "spec:\r\n  data:\r\n    A:\r\n      ref: {key: x}\r\n"
    )]
    #[case::wide(
        "spec:\n  data:\n  -   name: A\n      ref:\n          key: x\n",
        "spec:\n  data:\n    A:\n        ref:\n            key: x\n"
    )]
    fn becomes_a_mapping(#[case] before: &str, #[case] after: &str) {
        assert_eq!(keyed(before).as_deref(), Ok(after));
    }

    #[rstest]
    #[case::no_list("spec: {data: {A: {}}}\n")]
    #[case::no_name("spec: {data: [{ref: {}}]}\n")]
    #[case::number("spec: {data: [{name: 1}]}\n")]
    #[case::twice("spec: {data: [{name: A}, {name: A}]}\n")]
    #[case::name_over_lines("spec:\n  data:\n  - name: >-\n      A\n    ref: {}\n")]
    #[case::dash_alone("spec:\n  data:\n  -\n    name: A\n    ref: {}\n")]
    fn refused(#[case] text: &str) {
        assert_eq!(keyed(text), Err(EditError::Unsupported { path: "spec.data".to_owned() }));
    }

    #[rstest]
    #[case("spec:\n  data: &all\n  - name: A\n    ref: {}\n  other: *all\n")]
    #[case("x: &x {name: A, ref: {}}\nspec:\n  data: [*x]\n")]
    fn what_stands_elsewhere_too_is_left_alone(#[case] text: &str) {
        assert!(matches!(keyed(text), Err(EditError::Alias { .. })), "{:?}", keyed(text));
    }

    proptest! {
        #[test]
        fn any_layout_gives_the_same_mapping(
            names in prop::collection::btree_set("[A-Za-z0-9_.-]{1,8}", 1..6),
            deep in any::<bool>(),
            first in any::<bool>(),
            flow in any::<bool>(),
            comments in any::<bool>(),
        ) {
            let indent = if deep { "    " } else { "  " };
            let comment = if comments { " # here" } else { "" };
            let mut text = String::from("spec:\n  data:\n");
            for name in &names {
                let name = render::word(name, false);
                if comments {
                    text.push_str(&format!("{indent}# above\n"));
                }
                text.push_str(&match (flow, first) {
                    (true, true) => format!("{indent}- {{name: {name}, ref: {{key: x}}}}{comment}\n"),
                    (true, false) => format!("{indent}- {{ref: {{key: x}}, name: {name}}}{comment}\n"),
                    (false, true) => format!("{indent}- name: {name}{comment}\n{indent}  ref:{comment}\n{indent}    key: x{comment}\n"),
                    (false, false) => format!("{indent}- ref:{comment}\n{indent}    key: x{comment}\n{indent}  name: {name}{comment}\n"),
                });
            }
            text.push_str("  z: 1\n");
            let after = keyed(&text).expect("edited");
            prop_assert_eq!(text.matches('#').count(), after.matches('#').count());
        }
    }
}
