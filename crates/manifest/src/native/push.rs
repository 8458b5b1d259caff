//! `PushSecret` of the native API into a [`PushPlan`].

use std::time::Duration;

use sealbridge_api::bridged_secret::{MIN_REFRESH_INTERVAL, StoreRef};
use sealbridge_api::duration;
use sealbridge_api::expression::Expression;
use sealbridge_api::push_secret::{
    PushConversion, PushDeletionPolicy, PushEntry as Entry, PushSecretSpec, PushSeveral as Several, PushSource as Source,
    PushTemplate, StoreSelector, UpdatePolicy,
};
use sealbridge_provider::{PushKey, Pusher, push_metadata};
use serde_json::{Map, Value};

use super::store_name;
use crate::document::decode;
use crate::plan::{DataTemplate, StoreGroup};
use crate::push::{
    KeyConversion, Piece, PushEntry, PushPlan, PushPlanError, PushSeveral, PushSource, StoreChoice, rewrite, template,
};

/// The kind that writes Secrets into stores.
pub const PUSH_KIND: &str = "PushSecret";
/// How often stores are looked at when `refreshInterval` is absent.
const DEFAULT_INTERVAL: Duration = Duration::from_hours(1);

/// Reads a PushSecret's spec.
///
/// # Errors
/// [`PushPlanError`] for the first thing that cannot be acted upon.
pub fn push_plan(spec: &Value) -> Result<PushPlan, PushPlanError> {
    let spec: PushSecretSpec = decode(spec, "spec")?;
    let stores = chosen(&spec)?;
    let several = spec.data_to.iter().enumerate();
    let plan = PushPlan {
        refresh_interval: interval(spec.refresh_interval.as_deref())?,
        source: source(&spec.source)?,
        several: several.map(|(position, several)| several_of(position, several, &stores)).collect::<Result<_, _>>()?,
        entries: spec.data.iter().enumerate().map(|(position, one)| entry(position, one)).collect(),
        stores,
        template: spec.template.as_ref().map_or_else(|| Ok(DataTemplate::default()), templates)?,
        only_if_absent: spec.update_policy.unwrap_or_default() == UpdatePolicy::IfNotExists,
        takes_back: spec.deletion_policy.unwrap_or_default() == PushDeletionPolicy::Delete,
        pusher: Pusher::Native,
    };
    plan.ensure_sound("spec.secretStoreRefs", "spec.data")
}

/// The stores that a PushSecret names, as far as they can be told whatever else is wrong with it.
#[must_use]
pub fn push_stores(spec: &Value) -> Vec<StoreChoice> {
    let list = |field: &str| spec.get(field).and_then(Value::as_array).into_iter().flatten();
    let named = list("secretStoreRefs").filter_map(|store| decode::<StoreRef>(store, "").ok());
    let selected = list("storeSelectors").filter_map(|store| decode::<StoreSelector>(store, "").ok());
    let selected = selected.filter_map(|store| selection("", &store).ok());
    named.map(|store| StoreChoice::Named(store_name(&store))).chain(selected).collect()
}

fn chosen(spec: &PushSecretSpec) -> Result<Vec<StoreChoice>, PushPlanError> {
    let named = spec.secret_store_refs.iter().map(|store| Ok(StoreChoice::Named(store_name(store))));
    let selected = spec.store_selectors.iter().enumerate();
    let selected = selected.map(|(position, store)| selection(&format!("spec.storeSelectors[{position}]"), store));
    named.chain(selected).collect()
}

fn selection(path: &str, store: &StoreSelector) -> Result<StoreChoice, PushPlanError> {
    let problem = "selector is missing; set it, and an empty one for every store of the kind";
    let selector = store.selector.clone().ok_or_else(|| PushPlanError::field(path, problem))?;
    Ok(StoreChoice::Selected { group: StoreGroup::Native, kind: store.kind.unwrap_or_default(), selector })
}

fn interval(text: Option<&str>) -> Result<Duration, PushPlanError> {
    let Some(text) = text else { return Ok(DEFAULT_INTERVAL) };
    match duration::parse(text) {
        Ok(interval) if interval.is_zero() || interval >= MIN_REFRESH_INTERVAL => Ok(interval),
        _ => Err(PushPlanError::field("spec.refreshInterval", "write a duration of at least 10s, for example 1h, or 0 for never")),
    }
}

fn source(source: &Source) -> Result<PushSource, PushPlanError> {
    match (source.secret_name.clone().filter(|name| !name.is_empty()), source.selector.clone()) {
        (Some(name), None) => Ok(PushSource::Named(name)),
        (None, Some(selector)) => Ok(PushSource::Selected(selector)),
        _ => Err(PushPlanError::field("spec.source", "set exactly one of secretName and selector")),
    }
}

fn entry(position: usize, entry: &Entry) -> PushEntry {
    PushEntry {
        path: format!("spec.data[{position}]"),
        key: entry.key.clone().filter(|key| !key.is_empty()),
        at: PushKey {
            key: entry.remote_ref.key.clone(),
            property: entry.remote_ref.property.clone().filter(|name| !name.is_empty()),
        },
        metadata: about(entry.metadata.as_ref()),
        conversion: conversion(entry.conversion_strategy),
    }
}

fn several_of(position: usize, several: &Several, stores: &[StoreChoice]) -> Result<PushSeveral, PushPlanError> {
    let path = format!("spec.dataTo[{position}]");
    let wrong = |field: &str, problem: &str| PushPlanError::field(&format!("{path}{field}"), problem);
    let chosen = match (&several.secret_store_ref, &several.store_selector) {
        (Some(store), None) => StoreChoice::Named(store_name(store)),
        (None, Some(store)) => selection(&path, store)?,
        _ => return Err(wrong("", "set exactly one of secretStoreRef and storeSelector")),
    };
    if !stores.contains(&chosen) {
        return Err(wrong("", "its store is none of spec.secretStoreRefs and spec.storeSelectors; name it there too"));
    }
    let bundle = several.remote_key.clone().filter(|key| !key.is_empty());
    if bundle.is_some() && !several.rewrite.is_empty() {
        return Err(wrong(".rewrite", "beside remoteKey all entries go to one key; leave one of the two out"));
    }
    let matching = several.matching.as_ref().map(|matching| Expression::parse(&matching.regexp)).transpose();
    Ok(PushSeveral {
        stores: chosen,
        matching: matching.map_err(|problem| wrong(".match.regexp", &problem.to_string()))?,
        rewrite: rewrite(&path, several.rewrite.iter().map(|step| (step.regexp.as_ref(), step.transform.as_ref())))?,
        bundle,
        metadata: about(several.metadata.as_ref()),
        conversion: conversion(several.conversion_strategy),
        path,
    })
}

/// What the store is to know, as providers take it; no field says nothing.
fn about(metadata: Option<&Map<String, Value>>) -> Option<Value> {
    metadata.filter(|metadata| !metadata.is_empty()).map(|metadata| push_metadata(&Value::Object(metadata.clone())))
}

fn conversion(strategy: Option<PushConversion>) -> KeyConversion {
    match strategy.unwrap_or_default() {
        PushConversion::None => KeyConversion::None,
        PushConversion::ReverseUnicode => KeyConversion::ReverseUnicode,
    }
}

fn templates(spec: &PushTemplate) -> Result<DataTemplate, PushPlanError> {
    let pieces = spec.template_from.iter().map(|from| Piece {
        config_map: from.config_map.as_ref(),
        secret: from.secret.as_ref(),
        literal: from.literal.as_deref(),
        target: from.target.as_deref().unwrap_or_default(),
        decoding: from.values_decoding_strategy.unwrap_or_default(),
    });
    template(spec.data.clone(), pieces)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn spec(change: impl FnOnce(&mut Value)) -> Value {
        let mut spec = json!({"source": {"secretName": "app"}, "secretStoreRefs": [{"name": "vault"}],
            "data": [{"key": "a", "remoteRef": {"key": "shop/a", "property": "p"}}]});
        change(&mut spec);
        spec
    }

    #[test]
    fn what_is_absent_has_its_default() {
        let plan = push_plan(&spec(|_| ())).unwrap();
        assert_eq!((plan.refresh_interval, plan.pusher), (Duration::from_hours(1), Pusher::Native));
        assert!(!plan.only_if_absent && !plan.takes_back && plan.template == DataTemplate::default());
        let [entry] = plan.entries.as_slice() else { panic!("{plan:?}") };
        assert_eq!((entry.key.as_deref(), entry.at.property.as_deref(), &entry.metadata), (Some("a"), Some("p"), &None));
    }

    #[test]
    fn stores_are_told_whatever_else_is_wrong() {
        let spec = spec(|spec| {
            spec["storeSelectors"] = json!([{"kind": "ClusterSecretStore", "selector": {}}, {"kind": "ClusterSecretStore"}]);
            spec["data"] = json!("canary");
        });
        assert!(push_plan(&spec).is_err());
        assert_eq!(push_stores(&spec).len(), 2);
    }

    #[test]
    fn metadata_is_what_providers_take() {
        let plan = push_plan(&spec(|spec| spec["data"][0]["metadata"] = json!({"tags": {"a": "b"}}))).unwrap();
        assert_eq!(plan.entries[0].metadata.as_ref().unwrap()["spec"], json!({"tags": {"a": "b"}}));
    }

    #[rstest]
    #[case::misspelt(|spec: &mut Value| spec["sauce"] = json!({}), "spec.sauce")]
    #[case::two_sources(|spec: &mut Value| spec["source"]["selector"] = json!({}), "spec.source")]
    #[case::no_store(|spec: &mut Value| spec["secretStoreRefs"] = json!([]), "spec.secretStoreRefs")]
    #[case::nothing(|spec: &mut Value| spec["data"] = json!([]), "spec.data")]
    #[case::no_selector(|spec: &mut Value| spec["storeSelectors"] = json!([{}]), "spec.storeSelectors[0]")]
    #[case::same_place(|spec: &mut Value| spec["data"] = json!([spec["data"][0], spec["data"][0]]), "spec.data[1]")]
    #[case::interval(|spec: &mut Value| spec["refreshInterval"] = json!("1s"), "spec.refreshInterval")]
    #[case::other_store(|spec: &mut Value| spec["dataTo"] = json!([{"secretStoreRef": {"name": "other"}}]), "spec.dataTo[0]")]
    #[case::expression(
        |spec: &mut Value| spec["dataTo"] = json!([{"secretStoreRef": {"name": "vault"}, "match": {"regexp": "("}}]),
        "spec.dataTo[0].match.regexp"
    )]
    #[case::both(
        |spec: &mut Value| spec["dataTo"] = json!([{"secretStoreRef": {"name": "vault"}, "remoteKey": "k", "rewrite": [{}]}]),
        "spec.dataTo[0].rewrite"
    )]
    #[case::random(|spec: &mut Value| spec["template"] = json!({"data": {"A": "{{ uuidv4 }}"}}), "spec.template.data.A")]
    fn what_cannot_be_meant_is_named(#[case] change: fn(&mut Value), #[case] path: &str) {
        assert_eq!(push_plan(&spec(change)).unwrap_err().path(), path);
    }
}
