//! Names of entries that came together: rewritten, converted, judged. The order is External Secrets Operator's.
//!
//! Must never: let one value take the place of another unless a merge was asked to, or carry a value in an error.

mod convert;
mod merge;

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::ConversionStrategy;
use sealbridge_api::keys;
use sealbridge_manifest::RewriteStep;
use sealbridge_provider::SelectError;
use sealbridge_secret::SecretBytes;
use sealbridge_template::TemplateError;

use crate::template::Transform;

/// Names and values.
pub(crate) type Named = BTreeMap<String, SecretBytes>;

/// Why the entries of a source cannot be named. Names are no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// Two entries would have one name.
    #[error("{first:?} and {second:?} both become {name:?}; correct rewrite, or conversionStrategy")]
    Collision {
        /// The name of both.
        name: String,
        /// One of the old names.
        first: String,
        /// The other.
        second: String,
    },
    /// A name cannot be made anew.
    #[error("rewrite.transform: {0}")]
    Template(TemplateError),
    /// Kubernetes refuses a name.
    #[error(
        "the key {name:?} cannot be the name of an entry; use 1 to 253 of letters, digits, '-', '.' and '_', or change it by rewrite"
    )]
    Invalid {
        /// The name.
        name: String,
    },
    /// A value that is to be merged is no object.
    #[error("the value of {name:?} cannot be merged: {problem}")]
    NotMergeable {
        /// The entry's name.
        name: String,
        /// Why.
        problem: SelectError,
    },
    /// A name under `priority` is not there.
    #[error("there is no {name:?}, which priority names; correct it, or set priorityPolicy: IgnoreNotFound")]
    PriorityMissing {
        /// The name.
        name: String,
    },
    /// Two merged values have the same key.
    #[error("the key {key:?} is in {first:?} and in {second:?}; set conflictPolicy: Ignore to take the later one")]
    Conflict {
        /// The key.
        key: String,
        /// The entry that brought it first.
        first: String,
        /// The entry that brought it again.
        second: String,
    },
}

/// The entries after all steps; then, of a source without steps, with converted names, and only such as may stand.
pub(crate) fn named(
    found: Vec<(String, SecretBytes)>,
    rewrite: &[RewriteStep],
    conversion: Option<ConversionStrategy>,
) -> Result<Named, NameError> {
    let mut entries: Named = found.into_iter().collect();
    for step in rewrite {
        entries = match step {
            RewriteStep::Regexp { source, target } => renamed(entries, |name| Ok(source.replaced(name, target)))?,
            RewriteStep::Transform(text) => {
                let transform = Transform::new(text).map_err(NameError::Template)?;
                renamed(entries, |name| transform.name_of(name).map_err(NameError::Template))?
            }
            RewriteStep::Merge(merge) => merge::merge(entries, merge)?,
        };
    }
    if let Some(conversion) = conversion.filter(|_| rewrite.is_empty()) {
        entries = renamed(entries, |name| Ok(convert::convert(name, conversion)))?;
    }
    // An empty name is left out, as there; it can only come from a rewrite, or stand so in the store.
    entries.remove("");
    match entries.keys().find(|name| !keys::is_valid_data_key(name)) {
        Some(name) => Err(NameError::Invalid { name: name.clone() }),
        None => Ok(entries),
    }
}

fn renamed(entries: Named, new_name: impl Fn(&str) -> Result<String, NameError>) -> Result<Named, NameError> {
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    let mut renamed = Named::new();
    for (old, value) in entries {
        let name = new_name(&old)?;
        if let Some(first) = origins.get(&name) {
            return Err(NameError::Collision { name, first: first.clone(), second: old });
        }
        origins.insert(name.clone(), old);
        renamed.insert(name, value);
    }
    Ok(renamed)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::{ConflictPolicy, MergeStrategy, PriorityPolicy, RewriteMerge};
    use sealbridge_api::expression::Expression;

    use super::*;

    fn regexp(source: &str, target: &str) -> RewriteStep {
        RewriteStep::Regexp { source: Expression::parse(source).unwrap(), target: target.to_owned() }
    }

    fn named_texts(
        found: &[(&str, &str)],
        rewrite: &[RewriteStep],
        conversion: ConversionStrategy,
    ) -> Result<Vec<(String, String)>, NameError> {
        let found = found.iter().map(|(name, value)| ((*name).to_owned(), SecretBytes::new(value.as_bytes().to_vec()))).collect();
        let text = |value: &SecretBytes| String::from_utf8(value.expose().to_vec()).unwrap();
        let named = named(found, rewrite, Some(conversion))?;
        Ok(named.iter().map(|(name, value)| (name.clone(), text(value))).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[rstest]
    #[case::underscores(ConversionStrategy::Default, "a/b c", "a_b_c")]
    #[case::code_points(ConversionStrategy::Unicode, "a/b", "a_U002f_b")]
    #[case::long_code_points(ConversionStrategy::Unicode, "😀", "_U1f600_")]
    #[case::kept(ConversionStrategy::Unicode, "a-B.9_", "a-B.9_")]
    fn names_are_converted(#[case] conversion: ConversionStrategy, #[case] name: &str, #[case] expected: &str) {
        assert_eq!(named_texts(&[(name, "v")], &[], conversion), Ok(pairs(&[(expected, "v")])));
    }

    #[test]
    fn a_template_makes_names_anew() {
        let transform = |text: &str| [RewriteStep::Transform(text.to_owned())];
        let upper = named_texts(
            &[("a/b", "1"), ("c", "2")],
            &transform("{{ .value | upper | replace `/` `_` }}"),
            ConversionStrategy::Default,
        );
        assert_eq!(upper, Ok(pairs(&[("A_B", "1"), ("C", "2")])));
        let failed = named_texts(&[("a", "hunter2")], &transform("{{ fail .value }}"), ConversionStrategy::Default).unwrap_err();
        assert!(failed.to_string().starts_with("rewrite.transform: template transform, line 1: fail failed"), "{failed}");
        let bytes = named_texts(&[("a", "1")], &transform("{{ `/w==` | b64dec }}"), ConversionStrategy::Default).unwrap_err();
        assert!(matches!(bytes, NameError::Invalid { .. }), "{bytes}");
    }

    #[test]
    fn a_rewrite_takes_the_place_of_conversion() {
        let steps = [regexp("^path/to/", ""), regexp("(.*)-(.*)", "${2}_$1")];
        let found = [("path/to/a-b", "1"), ("path/to/c", "2")];
        assert_eq!(named_texts(&found, &steps, ConversionStrategy::Default), Ok(pairs(&[("b_a", "1"), ("c", "2")])));
        let kept = named_texts(&[("a/b", "1")], &[regexp("x", "y")], ConversionStrategy::Default);
        assert_eq!(kept, Err(NameError::Invalid { name: "a/b".to_owned() }));
    }

    #[rstest]
    #[case::by_conversion(&[], "a_b")]
    #[case::by_rewrite(&[regexp(".", "x")], "xxx")]
    fn two_values_never_share_a_name(#[case] rewrite: &[RewriteStep], #[case] name: &str) {
        let collision = NameError::Collision { name: name.to_owned(), first: "a/b".to_owned(), second: "a:b".to_owned() };
        assert_eq!(named_texts(&[("a:b", "1"), ("a/b", "2")], rewrite, ConversionStrategy::Default), Err(collision));
    }

    #[test]
    fn an_empty_name_is_left_out_and_one_that_cannot_stand_is_refused() {
        assert_eq!(named_texts(&[("a", "1"), ("", "2")], &[], ConversionStrategy::Default), Ok(pairs(&[("a", "1")])));
        for name in ["é", "..a", &"a".repeat(254)] {
            let refused = named_texts(&[(name, "1")], &[], ConversionStrategy::Default);
            assert_eq!(refused, Err(NameError::Invalid { name: name.to_owned() }));
        }
    }

    fn merge(change: impl FnOnce(&mut RewriteMerge)) -> [RewriteStep; 1] {
        let mut merge = RewriteMerge::default();
        change(&mut merge);
        [RewriteStep::Merge(merge)]
    }

    const TWO: [(&str, &str); 2] = [("one", r#"{"a":1,"b":"<x>"}"#), ("two", r#"{"a":2,"c":{"z":1,"y":[true]}}"#)];

    #[test]
    fn members_of_all_values_are_the_entries() {
        let steps = merge(|merge| merge.conflict_policy = Some(ConflictPolicy::Ignore));
        let merged = named_texts(&TWO, &steps, ConversionStrategy::Default);
        assert_eq!(merged, Ok(pairs(&[("a", "2"), ("b", "<x>"), ("c", r#"{"y":[true],"z":1}"#)])));
        let steps = merge(|merge| {
            merge.conflict_policy = Some(ConflictPolicy::Ignore);
            merge.priority = vec!["two".to_owned(), "one".to_owned()];
        });
        let merged = named_texts(&TWO, &steps, ConversionStrategy::Default).unwrap();
        assert_eq!(merged.first(), Some(&("a".to_owned(), "1".to_owned())));
    }

    #[test]
    fn a_merged_object_stands_beside_the_others_without_html_escapes() {
        let steps = merge(|merge| {
            merge.conflict_policy = Some(ConflictPolicy::Ignore);
            merge.strategy = Some(MergeStrategy::Json);
            merge.into = Some("all".to_owned());
        });
        let merged = named_texts(&TWO, &steps, ConversionStrategy::Default).unwrap();
        assert_eq!(merged.first(), Some(&("all".to_owned(), r#"{"a":2,"b":"<x>","c":{"y":[true],"z":1}}"#.to_owned())));
        assert_eq!(merged.len(), 3);
    }

    #[test]
    fn what_cannot_be_merged_is_named() {
        let conflict = NameError::Conflict { key: "a".to_owned(), first: "one".to_owned(), second: "two".to_owned() };
        assert_eq!(named_texts(&TWO, &merge(|_| ()), ConversionStrategy::Default), Err(conflict));
        let strict = merge(|merge| merge.priority = vec!["three".to_owned()]);
        let missing = NameError::PriorityMissing { name: "three".to_owned() };
        assert_eq!(named_texts(&TWO[..1], &strict, ConversionStrategy::Default), Err(missing));
        let lax = merge(|merge| {
            merge.priority = vec!["three".to_owned()];
            merge.priority_policy = Some(PriorityPolicy::IgnoreNotFound);
        });
        assert!(named_texts(&TWO[..1], &lax, ConversionStrategy::Default).is_ok());
        let refused = named_texts(&[("x", "hunter2")], &merge(|_| ()), ConversionStrategy::Default).unwrap_err();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}
