//! What an entry tells of a Secret beside its data.

use std::collections::BTreeMap;

use sealbridge_api::labels::PUSHED_BY;
use serde_json::Value;

use super::Standing;
use crate::push::{MetadataSpec, invalid};
use crate::{PushError, Pusher};

/// What becomes of labels and annotations that a Secret has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Policy {
    /// They stay beside those of the entry.
    #[default]
    Merge,
    /// They go, unless the entry names them.
    Replace,
    /// They stay, and those of the entry are only set on a new Secret.
    Ignore,
}

/// `metadata.spec`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    policy: Policy,
}

impl About {
    pub(super) fn of(metadata: Option<&Value>) -> Result<Self, PushError> {
        let mut spec = MetadataSpec::of(metadata)?;
        let policies = [("Merge", Policy::Merge), ("Replace", Policy::Replace), ("Ignore", Policy::Ignore)];
        let about = Self {
            labels: spec.texts("labels")?.unwrap_or_default(),
            annotations: spec.texts("annotations")?.unwrap_or_default(),
            policy: spec
                .word("targetMergePolicy", &policies, "it is none of Merge, Replace and Ignore; write one of them")?
                .unwrap_or_default(),
        };
        let replaces = [("Replace", ())];
        let only_these =
            "labels and annotations of the source are not pushed, only those that stand here; write Replace or leave it out";
        spec.word("sourceMergePolicy", &replaces, only_these)?;
        spec.refuse("remoteNamespace", "a store writes to its own remoteNamespace; name another store, or leave it out")?;
        spec.finish()?;
        if about.labels.contains_key(PUSHED_BY) {
            return Err(invalid(&format!("metadata.spec.labels.{PUSHED_BY}"), "this label is set by who pushes; leave it out"));
        }
        Ok(about)
    }

    /// The labels of a new Secret.
    pub(super) fn labels_with_mark(&self, pusher: Pusher) -> BTreeMap<&str, &str> {
        let own = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        own.chain([(PUSHED_BY, pusher.mark())]).collect()
    }

    /// What differs in the labels, of which the mark stays.
    pub(super) fn labels_over(&self, standing: &Standing) -> BTreeMap<String, Option<String>> {
        let mut change = self.change(&standing.labels, &self.labels);
        change.remove(PUSHED_BY);
        change
    }

    /// What differs in the annotations.
    pub(super) fn annotations_over(&self, standing: &Standing) -> BTreeMap<String, Option<String>> {
        self.change(&standing.annotations, &self.annotations)
    }

    fn change(&self, there: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> BTreeMap<String, Option<String>> {
        if self.policy == Policy::Ignore {
            return BTreeMap::new();
        }
        let differs = |(name, value): &(&String, &String)| there.get(*name) != Some(*value);
        let set = wanted.iter().filter(differs).map(|(name, value)| (name.clone(), Some(value.clone())));
        let goes = |name: &&String| self.policy == Policy::Replace && !wanted.contains_key(*name);
        set.chain(there.keys().filter(goes).map(|name| (name.clone(), None))).collect()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::push::push_metadata;

    fn standing() -> Standing {
        let texts = |texts: &[(&str, &str)]| texts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Standing {
            uid: "u".to_owned(),
            version: "1".to_owned(),
            labels: texts(&[(PUSHED_BY, "external-secrets"), ("team", "a"), ("theirs", "x")]),
            annotations: texts(&[("note", "a")]),
            data: BTreeMap::new(),
        }
    }

    #[rstest]
    #[case(json!({}), &[], &[])]
    #[case(json!({"labels": {"team": "b", "new": "x"}, "annotations": {"note": "a"}}), &[("new", Some("x")), ("team", Some("b"))], &[])]
    #[case(json!({"labels": {"team": "a"}, "targetMergePolicy": "Replace", "sourceMergePolicy": "Replace"}), &[("theirs", None)], &[("note", None)])]
    #[case(json!({"labels": {"team": "b"}, "targetMergePolicy": "Ignore"}), &[], &[])]
    fn what_differs(#[case] spec: Value, #[case] labels: &[(&str, Option<&str>)], #[case] annotations: &[(&str, Option<&str>)]) {
        let about = About::of(Some(&push_metadata(&spec))).unwrap();
        let wanted = |texts: &[(&str, Option<&str>)]| -> BTreeMap<String, Option<String>> {
            texts.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect()
        };
        assert_eq!(about.labels_over(&standing()), wanted(labels));
        assert_eq!(about.annotations_over(&standing()), wanted(annotations));
        assert_eq!(about.labels_with_mark(Pusher::Native).get(PUSHED_BY), Some(&"sealbridge"));
    }

    #[rstest]
    #[case(json!({"remoteNamespace": "other"}), "metadata.spec.remoteNamespace")]
    #[case(json!({"sourceMergePolicy": "Merge"}), "metadata.spec.sourceMergePolicy")]
    #[case(json!({"targetMergePolicy": "Keep"}), "metadata.spec.targetMergePolicy")]
    #[case(json!({"labels": {"sealbridge.dev/pushed-by": "x"}}), "metadata.spec.labels.sealbridge.dev/pushed-by")]
    #[case(json!({"label": {}}), "metadata.spec.label")]
    fn what_is_refused(#[case] spec: Value, #[case] path: &str) {
        let error = About::of(Some(&push_metadata(&spec))).unwrap_err();
        assert!(matches!(&error, PushError::Invalid { field, .. } if field == path), "{error}");
    }
}
