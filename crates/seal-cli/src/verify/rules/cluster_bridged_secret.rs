//! What a ClusterBridgedSecret has stand in several namespaces: the BridgedSecret in it, as far as it is the same in all, and what
//! it reads and writes in those that it names.

use sealbridge_manifest::document::Object;
use sealbridge_manifest::{StoreGroup, native};
use sealbridge_seal::{Scope, SealedValue};
use serde_json::Value;

use super::super::across::{Declared, StoreUse};
use super::super::draft::Draft;
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::secret_spec::SecretSpec;
use super::{bridged_secret, declared_secret};

/// Judges one object. Its own schema is judged with those of the other kinds.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let label = label(object);
    let fan_out = native::fan_out(object.value.get("spec").unwrap_or(&Value::Null)).ok();
    let Some(spec) = SecretSpec::of_copies(object, fan_out.as_ref()) else { return };
    spec.judge(subject, object, &label, drafts);
    entries(subject, &spec, &label, drafts);
    stores(&spec, &label, declared);
    for namespace in fan_out.iter().flat_map(|fan_out| &fan_out.namespaces) {
        declared_secret::note(subject, &spec, namespace, &label, declared);
    }
}

fn entries(subject: &Subject<'_>, spec: &SecretSpec<'_>, label: &str, drafts: &mut Vec<Draft>) {
    for (key, entry) in spec.value.get("data").and_then(Value::as_object).into_iter().flatten() {
        let at = spec.within(&["data", key]);
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
fn stores(spec: &SecretSpec<'_>, label: &str, declared: &mut Declared) {
    for named in bridged_secret::named_stores(spec.value).filter(|named| named.is_cluster) {
        declared.uses.push(StoreUse {
            group: StoreGroup::Native,
            is_cluster: true,
            namespace: None,
            name: named.name.to_owned(),
            at: spec.within(&named.path),
            label: label.to_owned(),
        });
    }
}
