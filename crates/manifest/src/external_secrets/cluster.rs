//! The fields of `ClusterExternalSecret` of `external-secrets.io/v1`, named as there.
//!
//! Must never: judge what the ExternalSecrets themselves say: each of them answers for that.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_api::{duration, selection};
use serde::Deserialize;
use serde_json::Value;

use crate::document::{DecodeError, decode};
use crate::fan_out::FanOut;

/// The kind that declares an ExternalSecret for several namespaces.
pub const CLUSTER_KIND: &str = "ClusterExternalSecret";

/// Where in such an object the spec of its ExternalSecrets stands.
pub const SPEC_OF_COPIES: &[&str] = &["spec", "externalSecretSpec"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Spec {
    external_secret_spec: serde_json::Map<String, Value>,
    external_secret_name: Option<String>,
    external_secret_metadata: Option<Metadata>,
    #[serde(default, deserialize_with = "selection::strict")]
    namespace_selector: Option<LabelSelector>,
    #[serde(default, deserialize_with = "selection::strict_list")]
    namespace_selectors: Option<Vec<LabelSelector>>,
    namespaces: Option<Vec<String>>,
    refresh_time: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
}

/// Reads a ClusterExternalSecret's spec. How often namespaces are looked at says nothing here, since they are watched; it
/// has to be a duration all the same.
///
/// # Errors
/// [`DecodeError`] with the path of the first field that does not fit.
pub fn fan_out(spec: &Value) -> Result<FanOut, DecodeError> {
    let spec: Spec = decode(spec, "spec")?;
    let is_duration = |text: &String| duration::parse(text).is_ok_and(|time| time >= Duration::ZERO);
    if !spec.refresh_time.as_ref().is_none_or(is_duration) {
        return Err(DecodeError::WrongType { path: "spec.refreshTime".to_owned() });
    }
    let metadata = spec.external_secret_metadata.unwrap_or_default();
    Ok(FanOut {
        name: spec.external_secret_name.filter(|name| !name.is_empty()),
        labels: metadata.labels.unwrap_or_default(),
        annotations: metadata.annotations.unwrap_or_default(),
        selectors: spec.namespace_selectors.into_iter().flatten().chain(spec.namespace_selector).collect(),
        namespaces: spec.namespaces.unwrap_or_default(),
        spec: Value::Object(spec.external_secret_spec),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[test]
    fn both_ways_to_select_count() {
        let spec = json!({"externalSecretSpec": {"data": []}, "namespaceSelector": {"matchLabels": {"a": "b"}},
            "namespaceSelectors": [{"matchLabels": {"c": "d"}}], "namespaces": ["shop"], "externalSecretName": "",
            "externalSecretMetadata": {"labels": {"team": "x"}}, "refreshTime": "1m"});
        let fan_out = fan_out(&spec).expect("a spec");
        assert_eq!((fan_out.selectors.len(), fan_out.namespaces.len(), fan_out.name), (2, 1, None));
        assert_eq!(fan_out.labels.get("team").map(String::as_str), Some("x"));
    }

    #[rstest]
    #[case::misspelt(json!({"externalSecretSpec": {}, "namespaceSelektor": {}}), "spec.namespaceSelektor")]
    #[case::would_select_all(json!({"externalSecretSpec": {}, "namespaceSelector": {"matchLabel": {"a": "b"}}}),
        "spec.namespaceSelector.matchLabel")]
    #[case::one_of_a_list_would(json!({"externalSecretSpec": {}, "namespaceSelectors": [{}, {"matchLabel": {"a": "b"}}]}),
        "spec.namespaceSelectors[1].matchLabel")]
    #[case::deeper(json!({"externalSecretSpec": {}, "externalSecretMetadata": {"label": {}}}), "spec.externalSecretMetadata.label")]
    #[case::without_a_spec(json!({"namespaces": []}), "spec")]
    #[case::no_object(json!({"externalSecretSpec": "canary"}), "spec.externalSecretSpec")]
    #[case::no_duration(json!({"externalSecretSpec": {}, "refreshTime": "canary"}), "spec.refreshTime")]
    fn what_does_not_fit_is_named_by_its_path(#[case] spec: Value, #[case] path: &str) {
        let error = fan_out(&spec).expect_err("refused").to_string();
        assert!(error.starts_with(path) && !error.contains("canary"), "{error}");
    }
}
