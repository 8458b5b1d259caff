//! `ClusterBridgedSecret` into a [`FanOut`].

use sealbridge_api::ClusterBridgedSecretSpec;
use serde_json::Value;

use crate::document::{DecodeError, decode};
use crate::fan_out::FanOut;

/// The kind that declares a BridgedSecret for several namespaces.
pub const CLUSTER_KIND: &str = "ClusterBridgedSecret";

/// Where in such an object the spec of its BridgedSecrets stands.
pub const SPEC_OF_COPIES: &[&str] = &["spec", "template", "spec"];

/// Reads a ClusterBridgedSecret's spec. The template has to be one of a BridgedSecret; each copy answers for the rest.
///
/// # Errors
/// [`DecodeError`] with the path of the first field that does not fit.
pub fn fan_out(spec: &Value) -> Result<FanOut, DecodeError> {
    let typed: ClusterBridgedSecretSpec = decode(spec, "spec")?;
    let metadata = typed.template.metadata.unwrap_or_default();
    Ok(FanOut {
        name: metadata.name,
        labels: metadata.labels,
        annotations: metadata.annotations,
        selectors: typed.namespace_selector.into_iter().collect(),
        namespaces: typed.namespaces,
        spec: spec.pointer("/template/spec").cloned().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[test]
    fn a_copy_is_what_the_template_says() {
        let spec = json!({"namespaces": ["shop"], "namespaceSelector": {"matchLabels": {"a": "b"}}, "template": {
            "metadata": {"name": "tls", "labels": {"team": "x"}}, "spec": {"data": {"A": {"plain": "1"}}}}});
        let fan_out = fan_out(&spec).expect("a spec");
        assert_eq!((fan_out.name.as_deref(), fan_out.selectors.len()), (Some("tls"), 1));
        assert_eq!((&fan_out.spec, fan_out.namespaces), (&json!({"data": {"A": {"plain": "1"}}}), vec!["shop".to_owned()]));
    }

    #[rstest]
    #[case::misspelt(json!({"namespaceSelectors": [], "template": {"spec": {}}}), "spec.namespaceSelectors")]
    #[case::in_the_copy(json!({"template": {"spec": {"dat": {}}}}), "spec.template.spec.dat")]
    #[case::in_its_metadata(json!({"template": {"metadata": {"namespace": "canary"}, "spec": {}}}), "spec.template.metadata.namespace")]
    #[case::without_a_template(json!({"namespaces": []}), "spec")]
    fn what_does_not_fit_is_named_by_its_path(#[case] spec: Value, #[case] path: &str) {
        let error = fan_out(&spec).expect_err("refused").to_string();
        assert!(error.starts_with(path) && !error.contains("canary"), "{error}");
    }
}
