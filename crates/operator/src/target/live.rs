//! A Secret as the API server has it.
//!
//! Owns: reading it out of an answer; values go from base64 straight into wiped buffers.
//! Must never: forward a parser's error (it quotes the text) or keep more than one look needs.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use sealbridge_engine::Tree;
use sealbridge_secret::{SecretBytes, SecretMap};
use serde::Deserialize;
use zeroize::Zeroize;

use super::TargetError;

/// Where client-side apply keeps a copy of what it was given: of a Secret, with the values.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What a look at the metadata of a Secret tells.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LiveMeta {
    pub(super) uid: String,
    pub(super) resource_version: String,
    pub(super) labels: BTreeMap<String, String>,
    /// Without [`LAST_APPLIED`].
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) owner_references: Vec<OwnerReference>,
    pub(super) deletion_timestamp: Option<String>,
    pub(super) managed_fields: Vec<FieldManager>,
    /// Whether client-side apply left a copy of values in an annotation.
    #[serde(skip)]
    pub(super) has_last_applied: bool,
}

/// Who wrote, and when last; which fields is of no use, since a deleted entry leaves no trace there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FieldManager {
    pub(super) manager: String,
    /// RFC 3339 in UTC with whole seconds, so that the order of texts is that of times.
    pub(super) time: String,
}

/// A Secret as it stands.
#[derive(Debug)]
pub(super) struct LiveSecret {
    pub(super) meta: LiveMeta,
    pub(super) type_: String,
    pub(super) immutable: bool,
    /// The entries, or of another kind than a Secret the leaves of the content, maps with members included.
    pub(super) data: SecretMap,
    /// The content of another kind than a Secret.
    pub(super) content: Option<Tree>,
}

impl LiveSecret {
    /// Reads a `v1` Secret.
    pub(super) fn read(body: &[u8]) -> Result<Self, TargetError> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            metadata: LiveMeta,
            #[serde(rename = "type", default)]
            type_: String,
            immutable: Option<bool>,
            // Names and base64 have no character that JSON escapes, so both can be borrowed.
            #[serde(borrow)]
            data: Option<BTreeMap<&'a str, Option<&'a str>>>,
        }
        let wire: Wire<'_> = serde_json::from_slice(body).map_err(|_| TargetError::ClusterUnavailable)?;
        let data =
            wire.data.unwrap_or_default().into_iter().map(|(name, text)| Ok((name.to_owned(), decoded(text.unwrap_or_default())?)));
        Ok(Self {
            meta: wire.metadata.without_last_applied(),
            type_: wire.type_,
            immutable: wire.immutable.unwrap_or_default(),
            data: data.collect::<Result<_, TargetError>>()?,
            content: None,
        })
    }

    /// Reads an object of any other kind.
    pub(super) fn read_other(body: &[u8]) -> Result<Self, TargetError> {
        let meta = LiveMeta::read(body)?;
        let content: Tree = serde_json::from_slice(body).map_err(|_| TargetError::ClusterUnavailable)?;
        let content = content.content_of();
        Ok(Self { meta, type_: String::new(), immutable: false, data: content.all_leaves(), content: Some(content) })
    }
}

impl LiveMeta {
    /// Reads the metadata of a `PartialObjectMetadata`, or of a whole object.
    pub(super) fn read(body: &[u8]) -> Result<Self, TargetError> {
        #[derive(Deserialize)]
        struct Wire {
            metadata: LiveMeta,
        }
        let wire: Wire = serde_json::from_slice(body).map_err(|_| TargetError::ClusterUnavailable)?;
        Ok(wire.metadata.without_last_applied())
    }

    fn without_last_applied(mut self) -> Self {
        if let Some(mut text) = self.annotations.remove(LAST_APPLIED) {
            text.zeroize();
            self.has_last_applied = true;
        }
        self
    }

    /// The controller, where an owner reference names one.
    pub(super) fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|reference| reference.controller == Some(true))
    }

    /// The field manager of the last foreign write, if it came after the last of ours. It only serves to say
    /// who: whoever writes can choose the name, and a deleted entry is not listed.
    pub(super) fn last_foreign_manager(&self) -> Option<&str> {
        let ours = |entry: &&FieldManager| is_ours(&entry.manager);
        let last_of_ours = self.managed_fields.iter().filter(ours).map(|entry| entry.time.as_str()).max().unwrap_or_default();
        self.managed_fields
            .iter()
            .filter(|entry| !is_ours(&entry.manager) && entry.time.as_str() >= last_of_ours)
            .max_by_key(|entry| entry.time.as_str())
            .map(|entry| entry.manager.as_str())
            .filter(|manager| !manager.is_empty())
    }
}

fn is_ours(manager: &str) -> bool {
    manager == super::FIELD_MANAGER || manager.starts_with(super::MERGE_MANAGER_PREFIX)
}

fn decoded(text: &str) -> Result<SecretBytes, TargetError> {
    // The capacity is an upper bound, so that no copy is left behind by growing.
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let decoded = STANDARD.decode_vec(text, &mut bytes);
    let value = SecretBytes::new(bytes);
    decoded.map(|()| value).map_err(|_| TargetError::ClusterUnavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SECRET: &str = r#"{"apiVersion":"v1","kind":"Secret","type":"Opaque","immutable":true,"data":{"a":"AP8=","b":"","c":null},
        "metadata":{"uid":"u","resourceVersion":"7","labels":{"l":"1"},
        "annotations":{"x":"y","kubectl.kubernetes.io/last-applied-configuration":"{\"data\":\"canary\"}"}}}"#;

    #[test]
    fn a_secret_is_read_whole_and_without_copies_of_values() {
        let live = LiveSecret::read(SECRET.as_bytes()).unwrap();
        assert_eq!(live.data.get("a").unwrap().expose(), [0, 255]);
        assert!(live.data.get("b").unwrap().is_empty() && live.data.get("c").unwrap().is_empty());
        assert!(live.immutable && live.meta.has_last_applied);
        assert_eq!(live.meta.annotations.len(), 1);
        assert!(!format!("{live:?}").contains("canary"));
    }

    #[rstest]
    #[case::no_data(r#"{"metadata":{}}"#)]
    #[case::null_data(r#"{"metadata":{},"data":null}"#)]
    fn a_secret_may_have_no_data(#[case] body: &str) {
        assert!(LiveSecret::read(body.as_bytes()).unwrap().data.is_empty());
    }

    #[rstest]
    #[case::no_base64(r#"{"metadata":{},"data":{"a":"canary!"}}"#)]
    #[case::not_json("canary")]
    fn what_cannot_be_read_is_not_quoted(#[case] body: &str) {
        assert_eq!(LiveSecret::read(body.as_bytes()).unwrap_err(), TargetError::ClusterUnavailable);
    }

    fn entry(manager: &str, time: &str) -> FieldManager {
        FieldManager { manager: manager.to_owned(), time: time.to_owned() }
    }

    #[rstest]
    #[case::nobody(vec![entry("sealbridge", "2026-01-01T00:00:00Z")], None)]
    #[case::before_ours(vec![entry("kubectl", "2026-01-01T00:00:00Z"), entry("sealbridge", "2026-01-01T00:00:01Z")], None)]
    #[case::after_ours(vec![entry("sealbridge", "2026-01-01T00:00:00Z"), entry("kubectl", "2026-01-01T00:00:01Z")], Some("kubectl"))]
    #[case::the_latest(
        vec![entry("b", "2026-01-01T00:00:03Z"), entry("a", "2026-01-01T00:00:02Z"), entry("sealbridge/u", "2026-01-01T00:00:00Z")],
        Some("b")
    )]
    #[case::forged_empty_entry(vec![FieldManager::default()], None)]
    fn managed_fields_say_who(#[case] managed_fields: Vec<FieldManager>, #[case] expected: Option<&str>) {
        let meta = LiveMeta { managed_fields, ..LiveMeta::default() };
        assert_eq!(meta.last_foreign_manager(), expected);
    }
}
