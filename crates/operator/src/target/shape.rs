//! How objects that are no Secrets are written: which of their fields are an object's own, and what a request says.
//!
//! A `ConfigMap` is held as a Secret is, whole. Of any other kind only the fields that were set are held, since the API
//! server puts defaults beside them, and other controllers what they found.
//! Must never: do I/O, or remove a field that was not set before.

use std::collections::BTreeSet;

use sealbridge_api::labels;
use sealbridge_engine::{DesiredSecret, Misfit, Tree};
use sealbridge_manifest::{TargetKind, TargetPlan};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::live::{LiveMeta, LiveSecret};
use super::{TargetError, body};

/// Fields of a `ConfigMap` that hold entries.
const OF_CONFIG_MAP: [&str; 2] = ["data/", "binaryData/"];

/// `apiVersion` and `kind`; of a Secret without another kind.
pub(super) fn kind_fields(kind: Option<&TargetKind>) -> Map<String, Value> {
    let (api_version, kind) = kind.map_or(("v1", "Secret"), |kind| (&kind.api_version, &kind.kind));
    Map::from_iter([("apiVersion".to_owned(), json!(api_version)), ("kind".to_owned(), json!(kind))])
}

/// The body of a request that makes the object; `object` is all but its content.
pub(super) fn whole(object: &Map<String, Value>, desired: &DesiredSecret) -> Result<Zeroizing<Vec<u8>>, TargetError> {
    let content = desired.content().map_err(|misfit| misfits(desired, misfit))?;
    Ok(body::object_with_fields(object, &content))
}

/// The body of a request that changes the content: leaves that are `gone` go, those that are desired are put there.
pub(super) fn patch(
    operations: &[Value],
    live: &Tree,
    desired: &DesiredSecret,
    gone: &[String],
) -> Result<Zeroizing<Vec<u8>>, TargetError> {
    let mut content = live.duplicate();
    content.remove(gone.iter().map(String::as_str));
    content.put(&desired.data).map_err(|misfit| misfits(desired, misfit))?;
    let names = || desired.data.keys().chain(gone.iter().map(String::as_str));
    let is_touched = |field: &str| names().any(|name| name.split(['/', '[']).next() == Some(field));
    let fields = content.fields().into_iter().flatten().filter(|(field, _)| is_touched(field));
    Ok(body::json_patch_of_fields(operations, fields.map(|(field, tree)| (field.as_str(), tree))))
}

fn misfits(desired: &DesiredSecret, misfit: Misfit) -> TargetError {
    TargetError::Misfit { secret: desired.id().into_owned(), misfit }
}

/// Whether an entry or leaf is missing in the live object, or another one.
pub(super) fn lacks_some(live: &LiveSecret, desired: &DesiredSecret) -> bool {
    desired.data.iter().any(|(name, value)| live.data.get(name) != Some(value))
}

/// Entries or leaves of an object that is held whole which are not asked for.
pub(super) fn superfluous(live: &LiveSecret, desired: &DesiredSecret) -> Vec<String> {
    let is_held = held(desired.manifest.as_ref(), live);
    live.data.keys().filter(|name| is_held(name) && desired.data.get(name).is_none()).map(str::to_owned).collect()
}

/// Tells the entries or leaves of a live object that whoever holds it whole holds.
pub(super) fn held_whole(plan: &TargetPlan, live: &LiveSecret) -> impl Fn(&str) -> bool + use<> {
    held(plan.manifest.as_ref(), live)
}

fn held(kind: Option<&TargetKind>, live: &LiveSecret) -> impl Fn(&str) -> bool + use<> {
    let (is_secret, is_config_map) = (kind.is_none(), kind.is_some_and(TargetKind::is_config_map));
    let set = if is_secret || is_config_map { BTreeSet::new() } else { set_fields(&live.meta) };
    move |name: &str| match () {
        () if is_secret => true,
        () if is_config_map => OF_CONFIG_MAP.iter().any(|field| name.starts_with(field)),
        () => set.contains(name),
    }
}

/// What the annotation of an object that is held whole lists, of kinds that need it.
pub(super) fn listed_fields(desired: &DesiredSecret) -> Option<String> {
    let is_listed = desired.manifest.as_ref().is_some_and(|kind| !kind.is_config_map());
    is_listed.then(|| desired.data.keys().collect::<Vec<_>>().join(","))
}

fn set_fields(live: &LiveMeta) -> BTreeSet<String> {
    let listed = live.annotations.get(labels::SET_FIELDS).into_iter().flat_map(|text| text.split(','));
    listed.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::CreationPolicy;

    use super::*;
    use crate::target::samples;

    fn kind(api_version: &str, kind: &str) -> TargetKind {
        TargetKind { api_version: api_version.to_owned(), kind: kind.to_owned() }
    }

    fn live(content: &Value, set: &str) -> LiveSecret {
        let object = json!({
            "apiVersion": "x/v1", "kind": "X", "status": {"s": 1}, "type": {"any": "thing"}, "spec": content["spec"], "data": content["data"],
            "metadata": {"name": "env", "uid": "u", "resourceVersion": "7", "annotations": {labels::SET_FIELDS: set}},
        });
        LiveSecret::read_other(object.to_string().as_bytes()).unwrap()
    }

    fn desired(kind: TargetKind, content: &Value) -> DesiredSecret {
        let content: Tree = serde_json::from_value(content.clone()).unwrap();
        DesiredSecret { manifest: Some(kind), data: content.leaves(), ..samples::desired(&[]) }
    }

    #[rstest]
    #[case::a_config_map_is_held_whole(kind("v1", "ConfigMap"), json!({"data": {"A": "1", "B": "2"}}), "", json!({"data": {"A": "1"}}), &["data/B"], false)]
    #[case::of_another_kind_what_was_set(kind("x/v1", "X"), json!({"spec": {"a": 1, "b": 2, "c": 3}}), "spec/a,spec/b", json!({"spec": {"a": 1}}), &["spec/b"], false)]
    #[case::a_default_is_no_difference(kind("x/v1", "X"), json!({"spec": {"a": 1, "default": 2}}), "spec/a", json!({"spec": {"a": 1}}), &[], false)]
    #[case::another_value_is(kind("x/v1", "X"), json!({"spec": {"a": 2}}), "spec/a", json!({"spec": {"a": 1}}), &[], true)]
    #[case::a_shorter_list_is(kind("x/v1", "X"), json!({"spec": {"l": [1]}}), "spec/l,spec/l[0]", json!({"spec": {"l": [1, 2]}}), &[], true)]
    fn what_differs(
        #[case] kind: TargetKind,
        #[case] now: Value,
        #[case] set: &str,
        #[case] wanted: Value,
        #[case] gone: &[&str],
        #[case] lacks: bool,
    ) {
        let (live, desired) = (live(&now, set), desired(kind, &wanted));
        assert_eq!(
            (superfluous(&live, &desired), lacks_some(&live, &desired)),
            (gone.iter().map(|name| (*name).to_owned()).collect(), lacks)
        );
    }

    #[test]
    fn a_change_replaces_the_fields_that_it_touches_and_keeps_what_others_set() {
        let live = live(&json!({"spec": {"a": 1, "gone": {"x": 1}, "o": 2}, "data": {"k": "v"}}), "");
        let desired = desired(kind("x/v1", "X"), &json!({"spec": {"a": 5}}));
        let body = patch(&[json!({"op": "test"})], live.content.as_ref().unwrap(), &desired, &["spec/gone/x".to_owned()]).unwrap();
        let expected = json!([{"op": "test"}, {"op": "add", "path": "/spec", "value": {"a": 5, "o": 2}}]);
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
        assert_eq!(body.len(), body.capacity());
    }

    #[test]
    fn a_creation_has_its_content() {
        let desired = desired(kind("x/v1", "X"), &json!({"spec": {"a": [1]}}));
        let body = whole(&kind_fields(desired.manifest.as_ref()), &desired).unwrap();
        let expected = json!({"apiVersion": "x/v1", "kind": "X", "spec": {"a": [1]}});
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    }

    #[test]
    fn what_was_set_is_told_apart_from_what_was_not() {
        let plan = TargetPlan { manifest: Some(kind("x/v1", "X")), ..samples::plan(CreationPolicy::Owner) };
        let is_held = held_whole(&plan, &live(&json!({"spec": {"a": 1}}), "spec/a"));
        assert!(is_held("spec/a") && !is_held("spec/b"));
        assert!(held_whole(&samples::plan(CreationPolicy::Owner), &live(&json!({}), ""))("anything"));
    }
}
