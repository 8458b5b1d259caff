//! One store of External Secrets Operator becomes a native one of the same kind and name.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::labels;
use sealbridge_api::store::{ClusterSecretStoreSpec, NamespaceCondition, ProviderSpec, RetrySettings, SecretStoreSpec};
use sealbridge_manifest::document::{self, Object, Place};
use sealbridge_manifest::edit;
use sealbridge_manifest::external_secrets::{StoreSpec, Users};
use serde_json::Value;

use super::super::edits::{Edits, Empty, keys};
use super::refused::Why;

/// One that became native.
pub(super) struct Store {
    pub(super) kind: StoreKind,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    /// Whether the old one stays beside it.
    pub(super) is_kept: bool,
}

impl Store {
    /// Its name for people.
    pub(super) fn shown(&self) -> String {
        self.namespace.as_ref().map_or_else(|| self.name.clone(), |namespace| format!("{namespace}/{}", self.name))
    }
}

/// What both kinds of store say, whosever they are.
#[derive(PartialEq)]
struct Said {
    provider: ProviderSpec,
    conditions: Vec<NamespaceCondition>,
    retry: Option<RetrySettings>,
}

/// Migrates the store in a text, where it stands at `place`.
pub(super) fn migrated(text: &str, object: Object<'_>, place: Place) -> Result<String, Why> {
    if object.value.pointer("/metadata/annotations").is_some_and(|annotations| annotations.get(labels::LIMITS).is_some()) {
        let path = format!("metadata.annotations[{}]", labels::LIMITS);
        return Err(Why::field(path, "a native store has its limits under spec.limits; migrate it by hand"));
    }
    let spec: StoreSpec = document::decode(object.value.get("spec").unwrap_or(&Value::Null), "spec")?;
    let is_retried = spec.provider.vault.is_some() || spec.provider.open_bao.is_some() || spec.provider.aws.is_some();
    let retry = if is_retried { spec.retry_settings.as_ref().map(retry).transpose()? } else { None };
    let Users { conditions, expressions } =
        spec.users().ok_or_else(|| Why::field("spec.conditions", "an expression is none; correct it"))?;
    if !expressions.is_empty() {
        return Err(Why::Absent { path: "spec.conditions.namespaceRegexes".to_owned() });
    }
    let old = Said { provider: spec.provider, conditions, retry };
    let of_spec = keys(&["spec"]);
    let mut edits = Edits::native(Object { place, ..object }, object.kind());
    // Who serves the old one, and how often it was looked at: no native store says either.
    edits.remove(&of_spec, "controller");
    edits.remove(&of_spec, "refreshInterval");
    if !is_retried {
        edits.remove(&of_spec, "retrySettings");
    }
    if old.conditions.is_empty() {
        edits.remove(&of_spec, "conditions");
    }
    edits.remove_empty(&of_spec, Empty::Nulls);
    let new_text = edit::apply(text, place.document, edits.all())?;
    if said(&new_text, place)? == old { Ok(new_text) } else { Err(Why::Differs("spec")) }
}

/// The bounds are those of native stores, which the operator holds old ones to without a word.
fn retry(settings: &sealbridge_manifest::external_secrets::RetrySettings) -> Result<RetrySettings, Why> {
    let most = settings.max_retries.filter(|most| (0..=10).contains(most)).ok_or_else(|| {
        Why::field("spec.retrySettings.maxRetries", "a native store says a number from 0 to 10; where none is said, it is 0")
    })?;
    let interval = settings.retry_interval.clone();
    let is_short = interval.as_ref().is_none_or(|text| {
        sealbridge_api::duration::parse(text).is_ok_and(|interval| interval <= std::time::Duration::from_secs(10))
    });
    if !is_short {
        return Err(Why::field("spec.retrySettings.retryInterval", "a native store waits at most 10s; write that"));
    }
    Ok(RetrySettings { max_retries: Some(most), retry_interval: interval })
}

fn said(text: &str, place: Place) -> Result<Said, Why> {
    let documents = document::parse(text).map_err(|_| Why::Differs("text"))?;
    let objects = document::objects(&documents);
    let object = objects.iter().find(|object| object.place == place).ok_or(Why::Differs("place"))?;
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    if object.kind() == "ClusterSecretStore" {
        let spec: ClusterSecretStoreSpec = document::decode(spec, "spec").map_err(Why::not_native)?;
        Ok(Said { provider: spec.provider, conditions: spec.conditions, retry: spec.retry_settings })
    } else {
        let spec: SecretStoreSpec = document::decode(spec, "spec").map_err(Why::not_native)?;
        Ok(Said { provider: spec.provider, conditions: Vec::new(), retry: spec.retry_settings })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn migrated_spec(kind: &str, spec: &str) -> Result<String, String> {
        let text = format!("apiVersion: external-secrets.io/v1\nkind: {kind}\nmetadata: {{name: s}}\nspec: {spec}\n");
        let documents = document::parse(&text).unwrap();
        let object = document::objects(&documents)[0];
        let text = migrated(&text, object, object.place).map_err(|why| why.to_string())?;
        Ok(text.rsplit_once("spec: ").unwrap().1.trim_end().to_owned())
    }

    const VAULT: &str = "vault: {server: \"https://v\", auth: {tokenSecretRef: {name: t, key: t}}}";

    #[rstest]
    #[case::class_and_interval(
        "{controller: x, refreshInterval: 60, provider: {fake: {data: []}}}",
        "{provider: {fake: {data: []}}}"
    )]
    #[case::retries_of_none("{provider: {fake: {data: []}}, retrySettings: {maxRetries: 99}}", "{provider: {fake: {data: []}}}")]
    #[case::no_conditions("{conditions: [], provider: {fake: {data: []}}}", "{provider: {fake: {data: []}}}")]
    #[case::nulls(
        "{provider: {fake: {data: [{key: a, value: '', version: ''}]}, aws: null}}",
        "{provider: {fake: {data: [{key: a, value: '', version: ''}]}}}"
    )]
    fn what_says_nothing_goes(#[case] old: &str, #[case] new: &str) {
        assert_eq!(migrated_spec("SecretStore", old).as_deref(), Ok(new));
    }

    #[rstest]
    #[case::regexes(
        "ClusterSecretStore",
        "{conditions: [{namespaceRegexes: [a]}], provider: {fake: {data: []}}}",
        "spec.conditions.namespaceRegexes: "
    )]
    #[case::conditions(
        "SecretStore",
        "{conditions: [{namespaces: [a]}], provider: {fake: {data: []}}}",
        "spec.conditions: it says nothing in a SecretStore"
    )]
    #[case::many_retries("SecretStore", &format!("{{provider: {{{VAULT}}}, retrySettings: {{maxRetries: 11}}}}"), "spec.retrySettings.maxRetries: ")]
    #[case::no_number("SecretStore", &format!("{{provider: {{{VAULT}}}, retrySettings: {{retryInterval: 1s}}}}"), "spec.retrySettings.maxRetries: ")]
    #[case::long_wait("SecretStore", &format!("{{provider: {{{VAULT}}}, retrySettings: {{maxRetries: 1, retryInterval: 1m}}}}"), "spec.retrySettings.retryInterval: ")]
    #[case::unknown("SecretStore", "{provider: {gcpsm: {}}}", "spec.provider.gcpsm is not a known field")]
    fn what_cannot_be_said_is_refused(#[case] kind: &str, #[case] spec: &str, #[case] words: &str) {
        let refused = migrated_spec(kind, spec).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    }
}
