//! What an entry tells Secrets Manager beside the value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tags::ensure_may_be_set;
use crate::PushError;
use crate::push::MetadataSpec;

const FORMATS: [(&str, Format); 2] = [("string", Format::Text), ("binary", Format::Binary)];

/// As what a value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws) enum Format {
    /// `SecretString`.
    Text,
    /// `SecretBinary`.
    Binary,
}

/// `metadata.spec`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct About<'m> {
    /// All tags beside the mark.
    pub(super) tags: Option<BTreeMap<String, String>>,
    /// The description.
    pub(super) description: Option<&'m str>,
    /// As what the value is kept; absent, a new one as bytes.
    pub(super) format: Option<Format>,
    /// The key that a new secret is encrypted with.
    pub(super) kms_key_id: Option<&'m str>,
}

impl<'m> About<'m> {
    pub(super) fn of(metadata: Option<&'m Value>) -> Result<Self, PushError> {
        let mut spec = MetadataSpec::of(metadata)?;
        let about = Self {
            tags: spec.texts("tags")?,
            description: spec.text("description")?.filter(|text| !text.is_empty()),
            format: spec.word("secretPushFormat", &FORMATS, "it is neither string nor binary; write one of them")?,
            kms_key_id: spec.text("kmsKeyId")?.filter(|text| !text.is_empty()),
        };
        spec.refuse("resourcePolicy", "resource policies are not written here and stay as they are; leave it out")?;
        spec.refuse("replicationLocations", "replicas are not made or removed here and stay as they are; leave it out")?;
        spec.finish()?;
        if let Some(tags) = &about.tags {
            ensure_may_be_set(tags)?;
        }
        Ok(about)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::push::push_metadata;

    #[test]
    fn what_is_told() {
        let spec = json!({"tags": {"team": "shop"}, "description": "d", "secretPushFormat": "string", "kmsKeyId": "alias/x"});
        let metadata = push_metadata(&spec);
        let about = About::of(Some(&metadata)).unwrap();
        assert_eq!(about.tags, Some([("team".to_owned(), "shop".to_owned())].into()));
        assert_eq!((about.description, about.format, about.kms_key_id), (Some("d"), Some(Format::Text), Some("alias/x")));
        assert_eq!(About::of(None), Ok(About::default()));
    }

    #[rstest]
    #[case(json!({"resourcePolicy": {"policySourceRef": {}}}), "metadata.spec.resourcePolicy")]
    #[case(json!({"replicationLocations": ["eu-west-1"]}), "metadata.spec.replicationLocations")]
    #[case(json!({"secretPushFormat": "json"}), "metadata.spec.secretPushFormat")]
    #[case(json!({"kmsKeyID": "x"}), "metadata.spec.kmsKeyID")]
    #[case(json!({"tags": {"managed-by": "me"}}), "metadata.spec.tags.managed-by")]
    #[case(json!({"tags": {"aws:x": "me"}}), "metadata.spec.tags.aws:x")]
    fn what_is_refused(#[case] spec: Value, #[case] path: &str) {
        let metadata = push_metadata(&spec);
        let error = About::of(Some(&metadata)).unwrap_err();
        assert!(matches!(&error, PushError::Invalid { field, .. } if field == path), "{error}");
    }
}
