//! `PushSecret` of `external-secrets.io/v1alpha1` into a [`PushPlan`].
//!
//! Must never: take a field for understood that changes what is pushed and is not acted upon.

mod spec;
#[cfg(test)]
mod tests;

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::expression::Expression;
use sealbridge_provider::{PushKey, Pusher};
use serde_json::{Map, Value};

use self::spec::{Data, DataTo, DeletionPolicy, Selector, Spec, Store, Template, UpdatePolicy};
use super::generator_ref::generator_ref;
use super::{GROUP, refresh_interval};
use crate::document::decode;
use crate::plan::{DataTemplate, StoreName};
use crate::push::{
    KeyConversion, Piece, PushEntry, PushPlan, PushPlanError, PushSeveral, PushSource, StoreChoice, rewrite, template,
};

/// The kind that writes Secrets into stores.
pub const PUSH_KIND: &str = "PushSecret";
/// The version in which that kind is read and written.
pub const PUSH_VERSION: &str = "v1alpha1";
/// What holds an object until what it pushed is taken back.
pub const PUSH_FINALIZER: &str = "pushsecret.externalsecrets.io/finalizer";

/// Reads a PushSecret's spec.
///
/// # Errors
/// [`PushPlanError`] for the first thing that cannot be acted upon.
pub fn push_plan(spec: &Value) -> Result<PushPlan, PushPlanError> {
    let spec: Spec = decode(spec, "spec")?;
    let interval = refresh_interval(spec.refresh_interval.as_deref());
    let named = spec.secret_store_refs.iter().enumerate();
    let stores = named.map(|(position, store)| choice(&format!("spec.secretStoreRefs[{position}]"), store));
    let stores: Vec<_> = stores.collect::<Result<_, _>>()?;
    let entries = spec.data.unwrap_or_default().into_iter().enumerate().map(|(position, data)| entry(position, data)).collect();
    let several = spec.data_to.unwrap_or_default().into_iter().enumerate();
    let plan = PushPlan {
        refresh_interval: interval.map_err(|error| PushPlanError::field("spec.refreshInterval", detail(&error.to_string())))?,
        source: source(spec.selector)?,
        several: several.map(|(position, data)| several_of(position, data, &stores)).collect::<Result<_, _>>()?,
        entries,
        stores,
        template: spec.template.map_or_else(|| Ok(DataTemplate::default()), |template| templates(&template))?,
        only_if_absent: spec.update_policy.unwrap_or_default() == UpdatePolicy::IfNotExists,
        takes_back: spec.deletion_policy.unwrap_or_default() == DeletionPolicy::Delete,
        pusher: Pusher::ExternalSecrets,
    };
    plan.ensure_sound("spec.secretStoreRefs", "spec.data")
}

/// The stores that a PushSecret names, as far as they can be told whatever else is wrong with it.
#[must_use]
pub fn push_stores(spec: &Value) -> Vec<StoreChoice> {
    let stores = spec.get("secretStoreRefs").and_then(Value::as_array).into_iter().flatten();
    stores.filter_map(|store| choice("", &decode(store, "").ok()?).ok()).collect()
}

/// The error of a field without its path.
fn detail(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, detail)| detail)
}

fn choice(path: &str, store: &Store) -> Result<StoreChoice, PushPlanError> {
    let kind = store.kind.map(StoreKind::from).unwrap_or_default();
    let name = store.name.clone().filter(|name| !name.is_empty());
    match (name, store.label_selector.clone()) {
        (Some(name), None) => Ok(StoreChoice::Named(StoreName { group: GROUP, kind, name })),
        (None, Some(selector)) => Ok(StoreChoice::Selected { group: GROUP, kind, selector }),
        _ => Err(PushPlanError::field(path, "exactly one of name and labelSelector is needed")),
    }
}

fn source(selector: Selector) -> Result<PushSource, PushPlanError> {
    let secret = match (selector.secret, selector.generator_ref) {
        (Some(secret), None) => secret,
        (None, Some(named)) => {
            let named = generator_ref(&named);
            let wrong =
                |(field, problem): (_, String)| PushPlanError::field(&format!("spec.selector.generatorRef.{field}"), &problem);
            return named.map(PushSource::Generated).map_err(wrong);
        }
        _ => return Err(PushPlanError::field("spec.selector", "exactly one of secret and generatorRef is needed")),
    };
    match (secret.name.filter(|name| !name.is_empty()), secret.selector) {
        (Some(name), None) => Ok(PushSource::Named(name)),
        (None, Some(selector)) => Ok(PushSource::Selected(selector)),
        _ => Err(PushPlanError::field("spec.selector.secret", "exactly one of name and selector is needed")),
    }
}

fn entry(position: usize, data: Data) -> PushEntry {
    let remote = data.match_.remote_ref;
    PushEntry {
        path: format!("spec.data[{position}]"),
        key: data.match_.secret_key.filter(|key| !key.is_empty()),
        at: PushKey { key: remote.remote_key, property: remote.property.filter(|property| !property.is_empty()) },
        metadata: about(data.metadata),
        conversion: data.conversion_strategy.map(KeyConversion::from).unwrap_or_default(),
    }
}

fn several_of(position: usize, data: DataTo, stores: &[StoreChoice]) -> Result<PushSeveral, PushPlanError> {
    let path = format!("spec.dataTo[{position}]");
    let at = |field: &str| format!("{path}.{field}");
    let chosen = choice(&at("storeRef"), &data.store_ref)?;
    if !stores.contains(&chosen) {
        return Err(PushPlanError::field(&at("storeRef"), "it is none of spec.secretStoreRefs; name it there too"));
    }
    let bundle = data.remote_key.filter(|key| !key.is_empty());
    let steps = data.rewrite.unwrap_or_default();
    if bundle.is_some() && !steps.is_empty() {
        return Err(PushPlanError::field(&at("rewrite"), "beside remoteKey all entries go to one key; leave one of the two out"));
    }
    let expression = data.match_.and_then(|matching| matching.regexp).filter(|text| !text.is_empty());
    let matching = expression.map(|text| Expression::parse(&text)).transpose();
    Ok(PushSeveral {
        stores: chosen,
        matching: matching.map_err(|problem| PushPlanError::field(&at("match.regexp"), &problem.to_string()))?,
        rewrite: rewrite(&path, steps.iter().map(|step| (step.regexp.as_ref(), step.transform.as_ref())))?,
        bundle,
        metadata: about(data.metadata),
        conversion: data.conversion_strategy.map(KeyConversion::from).unwrap_or_default(),
        path,
    })
}

/// What the store is to know; an empty object says nothing.
fn about(metadata: Option<Map<String, Value>>) -> Option<Value> {
    metadata.filter(|metadata| !metadata.is_empty()).map(Value::Object)
}

/// Of a template only its entries are pushed.
fn templates(spec: &Template) -> Result<DataTemplate, PushPlanError> {
    if spec.engine_version.as_ref().is_some_and(|version| version != "v2") {
        let problem = "only v2 is there; rewrite the templates for v2";
        return Err(PushPlanError::field("spec.template.engineVersion", problem));
    }
    let pieces = spec.template_from.iter().flatten().map(|from| Piece {
        config_map: from.config_map.as_ref(),
        secret: from.secret.as_ref(),
        literal: from.literal.as_deref(),
        target: from.target.as_deref().unwrap_or_default(),
        decoding: from.values_decoding_strategy.unwrap_or_default(),
    });
    template(spec.data.clone().unwrap_or_default(), pieces)
}
