//! SealedSecrets, by their form; with private keys of their controller at hand also by whether they open.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_manifest::document::Object;
use sealbridge_seal::Scope;
use sealbridge_sealed_secrets::OpenError;
use serde_json::Value;

use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::likely_secret::is_placeholder;
use super::super::rule::{Rule, Severity};
use crate::sealed_secret::SealedSecretAt;

/// Sizes of RSA moduli, in bytes, that a session key can be wrapped with.
const MODULUS: std::ops::RangeInclusive<usize> = 128..=2048;
const TAG_BYTES: usize = 16;

/// Judges one object.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, drafts: &mut Vec<Draft>) {
    if object.kind() != "SealedSecret" || !object.api_version().starts_with("bitnami.com/") {
        return;
    }
    let label = label(object);
    if object.value.pointer("/spec/data").is_some_and(|data| !data.is_null()) {
        let at = At::within(object.place, &["spec", "data"]);
        let advice = "seal its entries one by one with kubeseal";
        drafts.push(
            Draft::new(Rule::SealedSecretV1, at, "it holds a whole Secret in one value, the form of the first version", advice)
                .of(&label),
        );
    }
    let entries = object.value.pointer("/spec/encryptedData").and_then(Value::as_object);
    for (key, value) in entries.into_iter().flatten() {
        if let Some(problem) = broken(value) {
            let at = At::within(object.place, &["spec", "encryptedData", key]);
            let advice = "restore the entry from Git, or seal it again with kubeseal";
            drafts.push(Draft::new(Rule::SealedSecretMalformed, at, problem, advice).of(&label).entry(key));
        } else if let Some(text) = value.as_str().filter(|text| !is_placeholder(text)) {
            open(subject, object, &label, (key, text), drafts);
        }
    }
    scope(subject, object, &label, drafts);
}

/// With private keys at hand: whether the value opens for its place. Which key it was sealed with nobody can tell, so one
/// that no key opens is judged only where the rule's certificate is that of a key at hand, or no rule names one.
fn open(subject: &Subject<'_>, object: &Object<'_>, label: &str, (key, text): (&str, &str), drafts: &mut Vec<Draft>) {
    let Some(ring) = subject.opening.map(|opening| &opening.recovery).filter(|ring| !ring.is_empty()) else { return };
    let secret = SealedSecretAt::new(*object);
    let Ok(namespace) = subject.surroundings.namespace(subject.path, object) else { return };
    let severity = match ring.open(text, &secret.scope().label(&namespace, secret.name())) {
        Ok(_) => return,
        Err(OpenError::NoKey { .. }) if subject.surroundings.wants_another_certificate(subject.path, ring) => return,
        Err(OpenError::NoKey { .. }) => Severity::Warning,
        Err(_) => Severity::Error,
    };
    let (problem, advice) = if severity == Severity::Warning {
        let problem = "none of the private keys at hand opens it: it was sealed with another certificate, or for another place";
        (problem, "seal it again with `seal set`, or name the older private keys too")
    } else {
        ("it was changed after it was sealed", "restore the entry from Git, or seal it again")
    };
    let at = At::within(object.place, &["spec", "encryptedData", key]);
    drafts.push(Draft::new(Rule::SealedSecretUnopened, at, problem, advice).of(label).entry(key).severity(severity));
}

/// The controller leaves out what it cannot read without a word.
fn broken(value: &Value) -> Option<&'static str> {
    let Some(text) = value.as_str() else { return Some("it is not text, and the controller would leave it out") };
    if is_placeholder(text) {
        return None;
    }
    let compact: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let Ok(bytes) = BASE64_STANDARD.decode(compact) else { return Some("it is not base64, so it may lie in the clear") };
    let wrapped = bytes.first_chunk::<2>().map(|length| usize::from(u16::from_be_bytes(*length)));
    let fits = wrapped.is_some_and(|wrapped| MODULUS.contains(&wrapped) && bytes.len() >= 2 + wrapped + TAG_BYTES);
    (!fits).then_some("it is base64, but not of a sealed value, so it may lie in the clear")
}

fn scope(subject: &Subject<'_>, object: &Object<'_>, label: &str, drafts: &mut Vec<Draft>) {
    let annotations = object.value.pointer("/metadata/annotations");
    let says = |name: &str| annotations.and_then(|annotations| annotations.get(name)).and_then(Value::as_str) == Some("true");
    let (scope, name) = if says("sealedsecrets.bitnami.com/cluster-wide") {
        (Scope::Cluster, "sealedsecrets.bitnami.com/cluster-wide")
    } else if says("sealedsecrets.bitnami.com/namespace-wide") {
        (Scope::Namespace, "sealedsecrets.bitnami.com/namespace-wide")
    } else {
        return;
    };
    let rule = subject.surroundings.rule_for(subject.path);
    let allowed = rule.map(|rule| rule.scope.unwrap_or_default());
    if allowed.is_some_and(|allowed| scope <= allowed) {
        return;
    }
    let problem = match allowed {
        Some(allowed) => format!("it has scope {scope}, and the rule says {allowed}"),
        None => format!("it has scope {scope}, wider than strict"),
    };
    let at = At::within(object.place, &["metadata", "annotations", name]);
    let severity = if allowed.is_some() { Rule::SealedSecretScope.severity() } else { Severity::Note };
    let advice = "see that this is meant; otherwise remove the annotation and seal it again";
    drafts.push(Draft::new(Rule::SealedSecretScope, at, problem, advice).of(label).severity(severity));
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn sealed(wrapped: u16, rest: usize) -> Value {
        let bytes = [&wrapped.to_be_bytes()[..], &vec![7; rest]].concat();
        json!(BASE64_STANDARD.encode(bytes))
    }

    #[rstest]
    #[case::smallest(sealed(512, 512 + 16), true)]
    #[case::other_modulus(sealed(256, 256 + 40), true)]
    #[case::cut(sealed(512, 512 + 15), false)]
    #[case::no_modulus(sealed(7, 600), false)]
    #[case::plain(json!("hunter2"), false)]
    #[case::plain_base64(json!("aHVudGVyMg=="), false)]
    #[case::number(json!(12), false)]
    #[case::empty(json!(""), false)]
    fn entries_are_judged_by_their_form(#[case] value: Value, #[case] is_fine: bool) {
        assert_eq!(broken(&value).is_none(), is_fine);
    }
}
