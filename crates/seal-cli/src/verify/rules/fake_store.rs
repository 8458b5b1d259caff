//! Values that stand in a store of the provider `fake`, ours or External Secrets Operator's: they are in Git as they are.

use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::Step;
use serde_json::Value;

use super::super::draft::Draft;
use super::super::file::label;
use super::super::likely_secret::{is_harmless, name, shape};
use super::super::rule::{Rule, Severity};
use super::declared_secret::at;

/// Judges one store.
pub(in super::super) fn judge(object: &Object<'_>, drafts: &mut Vec<Draft>) {
    if !matches!(object.kind(), "SecretStore" | "ClusterSecretStore") {
        return;
    }
    let data = object.value.pointer("/spec/provider/fake/data").and_then(Value::as_array);
    for (position, entry) in data.into_iter().flatten().enumerate() {
        let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
        let Some((severity, problem)) = looks_secret(text("key"), text("value")) else { continue };
        let path = ["spec", "provider", "fake", "data"].map(Step::key).into_iter().chain([Step::Index(position)]);
        let advice = "keep it in a real store, or seal it as an entry of a BridgedSecret";
        let draft = Draft::new(Rule::StorePlain, at(object, path.collect()), problem, advice).severity(severity);
        drafts.push(draft.of(&label(object)).entry(text("key")));
    }
}

/// A made-up value for a trial has the name of a secret too; the shape of a credential it need not have.
fn looks_secret(key: &str, text: &str) -> Option<(Severity, &'static str)> {
    if shape(text) {
        return Some((Severity::Error, "its value has the shape of a credential"));
    }
    let members = serde_json::from_str::<serde_json::Map<String, Value>>(text).unwrap_or_default();
    let mut named = members.iter().filter_map(|(member, value)| Some((member.as_str(), value.as_str()?)));
    let is_named = |(key, text): (&str, &str)| name(key) && !is_harmless(text);
    let speaks_of_one = if members.is_empty() { is_named((key, text)) } else { named.any(is_named) };
    speaks_of_one.then_some((Severity::Warning, "its value lies in the clear, under a name that speaks of a secret"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("shop/db-password", "hunter2", Some(Severity::Warning))]
    #[case("shop/db", r#"{"user": "app", "password": "hunter2"}"#, Some(Severity::Warning))]
    #[case("shop/db", "postgres://app:hunter2@db", Some(Severity::Error))]
    #[case("shop/db", r#"{"key": "ghp_0123456789abcdefghijABCDEFGHIJ012345"}"#, Some(Severity::Error))]
    #[case("shop/db", r#"{"user": "app", "password": "", "port": 5432}"#, None)]
    #[case("shop/token", r#"{"ttl": "1h"}"#, None)]
    #[case("shop/db", "app", None)]
    fn values_of_a_fake_store(#[case] key: &str, #[case] text: &str, #[case] expected: Option<Severity>) {
        assert_eq!(looks_secret(key, text).map(|(severity, _)| severity), expected);
    }
}
