//! Whether a new object stands for what the old one stands for, by what they say and not by any value: where that is the
//! same, the Secrets are the same whatever the stores hold.

use sealbridge_manifest::external_secrets::MARKS;
use sealbridge_manifest::{Origin, Plan, StoreGroup, Unowned, is_template};

use super::refused::Why;

/// Refuses a new plan that differs in anything but whose objects and stores they are, and from whom the live Secret is
/// taken over.
pub(super) fn ensure(old: &Plan, new: &Plan) -> Result<(), Why> {
    let old = native(old);
    let new = Plan { target: sealbridge_manifest::TargetPlan { adopt: None, ..new.target.clone() }, ..new.clone() };
    let parts = [
        ("name", old.name == new.name && old.namespace == new.namespace && old.target.name == new.target.name),
        ("refreshInterval", old.refresh_interval == new.refresh_interval && old.refresh == new.refresh),
        ("syncWindows", old.windows == new.windows),
        ("data", old.entries == new.entries),
        ("dataFrom", old.from == new.from),
        ("labels", old.target.labels == new.target.labels),
        ("annotations", old.target.annotations == new.target.annotations),
        ("template", old.target.template == new.target.template),
        ("target", old.target == new.target),
        ("fields", old == new),
    ];
    match parts.into_iter().find(|(_, is_same)| !is_same) {
        Some((part, _)) => Err(Why::Differs(part)),
        None => Ok(()),
    }
}

/// What a BridgedSecret that stands for the same would say.
fn native(old: &Plan) -> Plan {
    let mut plan = old.clone();
    for entry in plan.entries.values_mut() {
        if let sealbridge_manifest::Entry::Remote { source, .. } = entry {
            source.store.group = StoreGroup::Native;
        }
    }
    for from in &mut plan.from {
        if let Origin::Members { source, .. } | Origin::Found { source, .. } = &mut from.origin {
            source.store.group = StoreGroup::Native;
        }
    }
    let target = &mut plan.target;
    target.labels.retain(|key, _| !key.starts_with(MARKS));
    // In a BridgedSecret texts are templates where one of them holds something to be done.
    target.has_metadata_templates &= target.labels.values().chain(target.annotations.values()).any(|text| is_template(text));
    target.unowned = Unowned::LeftAlone;
    if target.template.is_empty() && target.template.further.is_empty() {
        target.template.keeps_values = false;
    }
    plan
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rstest::rstest;
    use sealbridge_manifest::external_secrets::{self, Around};
    use sealbridge_manifest::native as native_objects;
    use serde_json::{Value, json};

    use super::*;

    fn old() -> Plan {
        let spec = json!({
            "secretStoreRef": {"name": "vault"},
            "data": [{"secretKey": "A", "remoteRef": {"key": "a", "property": "p"}}],
            "dataFrom": [{"find": {"name": {"regexp": "^x"}}}],
            "target": {"template": {"type": "t", "metadata": {"labels": {"l": "v"}}, "data": {"A": "{{ .A }}"}}},
        });
        let (labels, annotations) = (BTreeMap::new(), BTreeMap::new());
        let around = Around { namespace: "shop", name: "app", labels: &labels, annotations: &annotations };
        external_secrets::plan(around, &serde_json::from_value(spec).unwrap()).unwrap()
    }

    fn new(change: &str, value: Value) -> Plan {
        let mut spec = json!({
            "secretStoreRef": {"name": "vault"},
            "refreshInterval": "1h",
            "data": {"A": {"remoteRef": {"key": "a", "property": "p"}}},
            "dataFrom": [{"find": {"name": {"regexp": "^x"}}}],
            "target": {
                "adopt": {"from": "ExternalSecret", "name": "app"},
                "template": {"type": "t", "metadata": {"labels": {"l": "v"}}, "data": {"A": "{{ .A }}"}},
            },
        });
        if let Some((parent, field)) = change.rsplit_once('/') {
            spec.pointer_mut(parent).unwrap()[field] = value;
        }
        native_objects::plan("shop", "app", &serde_json::from_value(spec).unwrap()).unwrap()
    }

    #[test]
    fn whose_the_objects_and_stores_are_makes_no_difference() {
        assert!(ensure(&old(), &new("", Value::Null)).is_ok());
    }

    #[rstest]
    #[case("/refreshInterval", json!("5m"), "refreshInterval")]
    #[case("/data/A/remoteRef/key", json!("b"), "data")]
    #[case("/data/A/remoteRef/version", json!("1"), "data")]
    #[case("/data/A/remoteRef/decodingStrategy", json!("Auto"), "data")]
    #[case("/data/A/secretStoreRef", json!({"name": "other"}), "data")]
    #[case("/data/A/optional", json!(true), "data")]
    #[case("/dataFrom/0/find/conversionStrategy", json!("Unicode"), "dataFrom")]
    #[case("/target/name", json!("other"), "name")]
    #[case("/target/template/metadata/labels", json!({"l": "w"}), "labels")]
    #[case("/target/template/metadata/annotations", json!({"l": "w"}), "annotations")]
    #[case("/target/template/metadata/labels", json!({"l": "{{ .A }}"}), "labels")]
    #[case("/target/template/data", json!({"A": "{{ .A | upper }}"}), "template")]
    #[case("/target/template/templateFrom", json!([{"literal": "A: b"}]), "template")]
    #[case("/syncWindows", json!({"kind": "deny", "windows": [{"schedule": "@daily", "duration": "1h"}]}), "syncWindows")]
    #[case("/target/template/mergePolicy", json!("Merge"), "template")]
    #[case("/target/template/type", json!("u"), "target")]
    #[case("/target/immutable", json!(true), "target")]
    #[case("/target/deletionPolicy", json!("Delete"), "target")]
    #[case("/rollout", json!([{"kind": "Deployment", "name": "app"}]), "fields")]
    fn anything_else_does(#[case] change: &str, #[case] value: Value, #[case] part: &str) {
        let refused = ensure(&old(), &new(change, value)).unwrap_err().to_string();
        assert!(refused.contains(&format!("in its {part},")), "{refused}");
    }
}
