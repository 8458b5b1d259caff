//! What a ClusterBridgedSecret has stand in several namespaces: the BridgedSecret in it, as far as it is the same in all.

use sealbridge_api::bridged_secret::BridgedSecretSpec;
use sealbridge_manifest::document::Object;
use sealbridge_manifest::{StoreGroup, native};
use sealbridge_seal::{Scope, SealedValue};
use serde::Deserialize as _;
use serde_json::Value;

use super::super::across::{Declared, StoreUse};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::bridged_secret;

const SPEC: [&str; 3] = ["spec", "template", "spec"];

/// Judges one object. Its schema is judged with those of the other kinds.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let Some(spec) = object.value.pointer("/spec/template/spec") else { return };
    let label = label(object);
    let typed = BridgedSecretSpec::deserialize(spec);
    if !subject.surroundings.is_patch(subject.path)
        && let Ok(typed) = typed
        && let Err(problem) = native::plan("", object.name(), &typed)
    {
        drafts.push(Draft::of_error(Rule::Schema, At::within(object.place, &SPEC), &problem).of(&label));
    }
    entries(subject, object, spec, &label, drafts);
    stores(object, spec, &label, declared);
}

fn entries(subject: &Subject<'_>, object: &Object<'_>, spec: &Value, label: &str, drafts: &mut Vec<Draft>) {
    for (key, entry) in spec.get("data").and_then(Value::as_object).into_iter().flatten() {
        let at = At::within(object.place, &[SPEC.as_slice(), &["data", key]].concat());
        let text = |field: &str| entry.get(field).and_then(Value::as_str);
        if let Some(plain) = text("plain") {
            bridged_secret::plain(subject, plain, key, at, label, drafts);
        } else if let Some(Ok(sealed)) = text("sealed").map(SealedValue::parse)
            && sealed.scope() != Scope::Cluster
        {
            let problem = format!("it has scope {}, and so opens in one of the namespaces at most", sealed.scope());
            let advice = "seal it again with `seal value --scope cluster`, or declare a BridgedSecret in each namespace";
            drafts.push(Draft::new(Rule::SealedElsewhere, at, problem, advice).of(label).entry(key));
        }
    }
}

/// The stores of the whole cluster that it names. A SecretStore each namespace has for itself.
fn stores(object: &Object<'_>, spec: &Value, label: &str, declared: &mut Declared) {
    for named in bridged_secret::named_stores(spec).filter(|named| named.is_cluster) {
        declared.uses.push(StoreUse {
            group: StoreGroup::Native,
            is_cluster: true,
            namespace: None,
            name: named.name.to_owned(),
            at: At::within(object.place, &[&SPEC, named.path.as_slice()].concat()),
            label: label.to_owned(),
        });
    }
}
