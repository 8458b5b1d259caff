//! The fields that an object leaves out, by what they then are. Pure.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::{Plan, external_secrets, sealed_secrets};
use serde_json::Value;

use crate::moment::span;

/// The defaults that apply to an object of a kind with a `spec`, by the path of the field in it.
pub(crate) fn defaults(kind: &str, spec: &Value, plan: &Plan) -> BTreeMap<&'static str, String> {
    if kind == sealed_secrets::KIND {
        // It has none of these fields.
        return BTreeMap::new();
    }
    let is_left_out = |path: &str| spec.pointer(path).is_none_or(Value::is_null);
    let has_template = !is_left_out("/target/template");
    let follows_the_clock = !plan.sources().is_empty() && !plan.refresh_interval.is_zero();
    let is_external = kind == external_secrets::KIND;
    let rows = [
        ("refreshInterval", follows_the_clock && is_left_out("/refreshInterval"), span(plan.refresh_interval)),
        ("refreshPolicy", is_external && follows_the_clock && is_left_out("/refreshPolicy"), "Periodic".to_owned()),
        ("target.name", is_left_out("/target/name"), plan.target.name.clone()),
        ("target.creationPolicy", is_left_out("/target/creationPolicy"), format!("{:?}", plan.target.creation_policy)),
        ("target.deletionPolicy", is_left_out("/target/deletionPolicy"), format!("{:?}", plan.target.deletion_policy)),
        ("target.template.type", plan.target.manifest.is_none() && is_left_out("/target/template/type"), "Opaque".to_owned()),
        (
            "target.template.mergePolicy",
            has_template && !plan.target.template.is_empty() && is_left_out("/target/template/mergePolicy"),
            "Replace".to_owned(),
        ),
        ("secretStoreRef.kind", leaves_out_a_kind(spec, is_external), StoreKind::default().as_str().to_owned()),
    ];
    rows.into_iter().filter(|(_, applies, _)| *applies).map(|(field, _, value)| (field, value)).collect()
}

/// Whether a store is named without its kind.
fn leaves_out_a_kind(spec: &Value, is_external: bool) -> bool {
    let of_source = |source: &Value| {
        let reference = if is_external { source.pointer("/sourceRef/storeRef") } else { source.get("secretStoreRef") };
        reference.cloned()
    };
    let members = |field: &str| match spec.get(field) {
        Some(Value::Object(entries)) => entries.values().filter_map(of_source).collect::<Vec<_>>(),
        Some(Value::Array(sources)) => sources.iter().filter_map(of_source).collect(),
        _ => Vec::new(),
    };
    let named = spec.get("secretStoreRef").cloned().into_iter().chain(members("data")).chain(members("dataFrom"));
    named.into_iter().any(|reference| reference.get("kind").is_none_or(|kind| kind.as_str().is_none_or(str::is_empty)))
}
