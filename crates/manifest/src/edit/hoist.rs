//! The fields of a mapping take the place of the field that holds it: `a: {b: …, c: …}` becomes `b: …` and `c: …`.
//!
//! Must never: drop a field, or a comment.

use serde_json::Value;

use super::moved::moved;
use super::splice::{self, Splice};
use super::{EditError, Step, at_mut};
use crate::syntax::{Present, Site};

/// Puts what is in the field `outer` of a mapping in that field's place.
///
/// # Errors
/// [`EditError`] when there is nothing in it, a field of one of these names stands beside it, or it cannot be edited in place.
pub fn hoist(text: &str, document: usize, mapping: &[Step], outer: &str) -> Result<String, EditError> {
    let around = [mapping, &[Step::key(outer)]].concat();
    moved(
        text,
        document,
        &around,
        |root| perform(root, mapping, outer),
        |tree, ()| {
            let holder = tree.mapping(document, mapping)?;
            let Some(old) = holder.find(outer) else { return Ok(None) };
            let site = tree.mapping(document, &around)?;
            Ok(match (site.is_flow(), holder.is_flow()) {
                (false, _) => in_lines(text, &old, &site),
                (true, true) => in_braces(&old, &site),
                (true, false) => out_of_braces(text, &old, &site),
            })
        },
    )
}

fn perform(root: &mut Value, mapping: &[Step], outer: &str) -> Option<()> {
    let fields = at_mut(root, mapping)?.as_object_mut()?;
    let Value::Object(inner) = fields.remove(outer)? else { return None };
    let is_any = !inner.is_empty();
    let are_new = inner.into_iter().all(|(name, value)| fields.insert(name, value).is_none());
    (is_any && are_new).then_some(())
}

fn in_lines(text: &str, old: &Present, site: &Site<'_>) -> Option<Vec<Splice>> {
    let entries = site.entries();
    let (first, last) = (entries.first()?, entries.last()?);
    let indent = splice::indent_of(text, old.start)?;
    let deeper = splice::indent_of(text, first.start)?.len().checked_sub(indent.len())?;
    let between = text.get(old.colon_end..first.start)?;
    let comments = between.lines().map(str::trim).filter(|line| line.starts_with('#'));
    let line_break = splice::line_break(text);
    let comments: String = comments.map(|comment| format!("{comment}{line_break}{indent}")).collect();
    let mut splices = vec![Splice::replace(old.start..first.start, comments)];
    let mut start = splice::next_line(text, first.start);
    while start < last.end {
        let blanks = text.get(start..)?.bytes().take(deeper).take_while(|byte| *byte == b' ').count();
        splices.push(Splice::delete(start..start + blanks));
        start = splice::next_line(text, start);
    }
    Some(splices)
}

fn in_braces(old: &Present, site: &Site<'_>) -> Option<Vec<Splice>> {
    let entries = site.entries();
    Some(vec![Splice::delete(old.start..entries.first()?.start), Splice::delete(entries.last()?.end..site.range().end)])
}

/// Each field gets a line of its own; what stands behind the braces stays behind the last one.
fn out_of_braces(text: &str, old: &Present, site: &Site<'_>) -> Option<Vec<Splice>> {
    let between = format!("{}{}", splice::line_break(text), splice::indent_of(text, old.start)?);
    let entries = site.entries();
    let ends = entries.iter().map(|entry| entry.end);
    let nexts = entries.iter().skip(1).map(|entry| entry.start);
    let gaps = ends.zip(nexts).map(|(end, next)| Some((end..next, text.get(end..next)?)));
    let gaps = gaps.collect::<Option<Vec<_>>>()?;
    let (first, last) = (entries.first()?.start, entries.last()?.end);
    let edges = [text.get(old.colon_end..first)?, text.get(last..site.range().end)?];
    if gaps.iter().map(|(_, gap)| *gap).chain(edges).any(|text| text.contains('#')) {
        return None;
    }
    let mut splices = vec![Splice::delete(old.start..first), Splice::delete(last..site.range().end)];
    splices.extend(gaps.into_iter().map(|(range, _)| Splice::replace(range, between.as_str())));
    Some(splices)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn hoisted(text: &str) -> Result<String, EditError> {
        hoist(text, 0, &[Step::key("from"), Step::Index(0)], "match")
    }

    #[rstest]
    #[case::lines(
        "from:\n  - match: # why\n      # who\n      ref: # which\n        # called\n        name: a # name\n        kind: b\n      key: c\n    find: {}\n",
        "from:\n  - # why\n    # who\n    ref: # which\n      # called\n      name: a # name\n      kind: b\n    key: c\n    find: {}\n"
    )]
    #[case::one_in_braces("from:\n- find: {}\n  match:\n    ref: {name: a}  # c\n", "from:\n- find: {}\n  ref: {name: a}  # c\n")]
    #[case::out_of_braces(
        "from:\n- match: {ref: {name: a, x: [b]},  key: \"c\"} # d\n  find: {}\n",
        "from:\n- ref: {name: a, x: [b]}\n  key: \"c\" # d\n  find: {}\n"
    )]
    #[case::out_of_braces_over_lines(
        "from:\n- match: {\n    ref: {name: a},\n    key: c\n  }\n  find: {}\n",
        "from:\n- ref: {name: a}\n  key: c\n  find: {}\n"
    )]
    #[case::braces("from: [{match: {ref: {name: a}, key: c}, find: {}}]\n", "from: [{ref: {name: a}, key: c, find: {}}]\n")]
    #[case::json(
        "{\"from\": [{\"match\": {\"ref\": {\"name\": \"a\"}, \"key\": \"c\"}}]}",
        "{\"from\": [{\"ref\": {\"name\": \"a\"}, \"key\": \"c\"}]}"
    )]
    #[case::windows("from:\r\n- match:\r\n    ref:\r\n      name: a\r\n", "from:\r\n- ref:\r\n    name: a\r\n")]
    fn take_the_place(#[case] before: &str, #[case] after: &str) {
        assert_eq!(hoisted(before).as_deref(), Ok(after));
    }

    #[rstest]
    #[case::nothing_in_it("from: [{match: {}}]\n")]
    #[case::nothing_there("from: [{find: {}}]\n")]
    #[case::no_mapping("from: [{match: [a]}]\n")]
    #[case::name_taken("from: [{match: {ref: {name: a}}, ref: {}}]\n")]
    #[case::comment_in_braces("from:\n- match: {ref: {name: a}, # who\n    key: c}\n")]
    fn refused(#[case] text: &str) {
        assert_eq!(hoisted(text), Err(EditError::Unsupported { path: "from[0].match".to_owned() }));
    }

    #[test]
    fn what_stands_elsewhere_too_is_left_alone() {
        let refused = hoisted("from:\n- match: &all {ref: {name: a}}\nother: *all\n");
        assert!(matches!(refused, Err(EditError::Alias { .. })), "{refused:?}");
    }
}
