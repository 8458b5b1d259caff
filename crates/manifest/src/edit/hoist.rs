//! A mapping takes the place of the one around it, under another name: `a: {b: {…}}` becomes `c: {…}`.
//!
//! Must never: drop a field that stands beside it, or a comment.

use serde_json::Value;

use super::splice::{self, Splice};
use super::{EditError, Path, Step, at_mut};
use crate::document;
use crate::syntax::{Present, Site, Tree};

/// Puts what is under `inner` of the field `outer` of a mapping in that field's place, which is then called `name`.
///
/// # Errors
/// [`EditError`] when `inner` is not there, or something else beside it, or it cannot be edited in place.
pub fn hoist(text: &str, document: usize, mapping: &[Step], [outer, inner, name]: [&str; 3]) -> Result<String, EditError> {
    let mut expected = document::parse(text)?;
    let documents = expected.len();
    let around = [mapping, &[Step::key(outer)]].concat();
    let unsupported = || EditError::Unsupported { path: Path(&around).to_string() };
    let root = expected.get_mut(document).ok_or_else(unsupported)?;
    perform(root, mapping, [outer, inner, name]).ok_or_else(unsupported)?;
    let tree = Tree::parse(text, documents).ok_or(EditError::Verification)?;
    let old = tree.mapping(document, mapping)?.find(outer).ok_or_else(unsupported)?;
    let site = tree.mapping(document, &around)?;
    let kept = site.find(inner).ok_or_else(unsupported)?;
    site.refuse_shared(&kept)?;
    let splices = splices(text, &old, &site, &kept, name).ok_or_else(unsupported)?;
    drop(tree);
    let edited = splice::apply(text, splices).ok_or(EditError::Verification)?;
    if document::parse(&edited)? == expected { Ok(edited) } else { Err(EditError::Verification) }
}

fn perform(root: &mut Value, mapping: &[Step], [outer, inner, name]: [&str; 3]) -> Option<()> {
    let fields = at_mut(root, mapping)?.as_object_mut()?;
    let mut old = fields.remove(outer)?;
    let old = old.as_object_mut()?;
    let kept = old.remove(inner)?;
    (old.is_empty() && kept.is_object() && fields.insert(name.to_owned(), kept).is_none()).then_some(())
}

fn splices(text: &str, old: &Present, site: &Site<'_>, kept: &Present, name: &str) -> Option<Vec<Splice>> {
    let key = if old.key_is_quoted { format!("\"{name}\":") } else { format!("{name}:") };
    if site.is_flow() {
        let value = text.get(kept.value_range()?)?.trim_end();
        return Some(vec![Splice::replace(old.start..old.colon_end, key), Splice::replace(site.range(), value)]);
    }
    let indent = splice::indent_of(text, old.start)?;
    let deeper = splice::indent_of(text, kept.start)?.len().checked_sub(indent.len())?;
    let between = text.get(old.colon_end..kept.start)?;
    let comments = between.lines().map(str::trim).filter(|line| line.starts_with('#'));
    let line_break = splice::line_break(text);
    let comments: String = comments.map(|comment| format!("{comment}{line_break}{indent}")).collect();
    let mut splices = vec![Splice::replace(old.start..kept.colon_end, format!("{comments}{key}"))];
    let mut start = splice::next_line(text, kept.start);
    while start < kept.end {
        let blanks = text.get(start..)?.bytes().take(deeper).take_while(|byte| *byte == b' ').count();
        splices.push(Splice::delete(start..start + blanks));
        start = splice::next_line(text, start);
    }
    Some(splices)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn hoisted(text: &str) -> Result<String, EditError> {
        hoist(text, 0, &[Step::key("from"), Step::Index(0)], ["sourceRef", "storeRef", "secretStoreRef"])
    }

    #[rstest]
    #[case::lines(
        "from:\n  - sourceRef: # why\n      # who\n      storeRef: # which\n        # called\n        name: a # name\n        kind: b\n    find: {}\n",
        "from:\n  - # why\n    # who\n    secretStoreRef: # which\n      # called\n      name: a # name\n      kind: b\n    find: {}\n"
    )]
    #[case::braces_in_lines(
        "from:\n- find: {}\n  sourceRef:\n    storeRef: {name: a}  # c\n",
        "from:\n- find: {}\n  secretStoreRef: {name: a}  # c\n"
    )]
    #[case::braces("from: [{sourceRef: {storeRef: {name: a}}, find: {}}]\n", "from: [{secretStoreRef: {name: a}, find: {}}]\n")]
    #[case::json(
        "{\"from\": [{\"sourceRef\": {\"storeRef\": {\"name\": \"a\"}}}]}",
        "{\"from\": [{\"secretStoreRef\": {\"name\": \"a\"}}]}"
    )]
    #[case::windows("from:\r\n- sourceRef:\r\n    storeRef:\r\n      name: a\r\n", "from:\r\n- secretStoreRef:\r\n    name: a\r\n")]
    fn takes_the_place(#[case] before: &str, #[case] after: &str) {
        assert_eq!(hoisted(before).as_deref(), Ok(after));
    }

    #[rstest]
    #[case::something_beside("from: [{sourceRef: {storeRef: {name: a}, generatorRef: {}}}]\n")]
    #[case::nothing_there("from: [{sourceRef: {}}]\n")]
    #[case::name_taken("from: [{sourceRef: {storeRef: {name: a}}, secretStoreRef: {}}]\n")]
    fn refused(#[case] text: &str) {
        assert_eq!(hoisted(text), Err(EditError::Unsupported { path: "from[0].sourceRef".to_owned() }));
    }
}
