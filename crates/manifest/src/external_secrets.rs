//! `ExternalSecret` of `external-secrets.io/v1` into a [`Plan`].
//!
//! Owns: which fields of that kind are understood, and its defaults. What is not understood is refused by its path.
//! Must never: read a value, or take a field for understood that changes the Secret and is not acted upon.

mod cluster;
mod generator;
mod generator_ref;
mod push;
mod sources;
mod spec;
mod store;
mod target;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::{duration, keys};
use serde_json::Value;
use sha3::{Digest as _, Sha3_224};

pub use cluster::{CLUSTER_KIND, SPEC_OF_COPIES, fan_out};
pub use generator::{GeneratorError, generator};
pub use push::{PUSH_FINALIZER, PUSH_KIND, PUSH_VERSION, push_plan, push_stores};
pub use spec::{ExternalSecretSpec, RefreshPolicy};
pub use store::{Condition, RetrySettings, StoreSpec, Users, limits};

use crate::plan::{Entry, Plan, PlanError, Refresh, StoreGroup, StoreName};
use crate::windows;

/// `apiVersion` of the kinds.
pub const API_VERSION: &str = "external-secrets.io/v1";
/// What the group's other versions begin with.
pub const GROUP_PREFIX: &str = "external-secrets.io/";
/// What labels of Secrets begin with that only mean something to the other controller.
pub const MARKS: &str = "reconcile.external-secrets.io/";
/// The kind that declares a Secret.
pub const KIND: &str = "ExternalSecret";

/// How often sources are read where nothing is said.
pub const DEFAULT_REFRESH_INTERVAL: Duration = Duration::from_hours(1);
/// A shorter interval is taken for this one.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// What the object says beside its spec.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its labels, which the Secret gets where there is no template.
    pub labels: &'a BTreeMap<String, String>,
    /// Its annotations, likewise.
    pub annotations: &'a BTreeMap<String, String>,
}

/// Reads an ExternalSecret's spec.
///
/// # Errors
/// [`PlanError`] for the first thing that cannot be acted upon.
pub fn plan(around: Around<'_>, spec: &ExternalSecretSpec) -> Result<Plan, PlanError> {
    let data = spec.data.as_deref().unwrap_or_default();
    let data_from = spec.data_from.as_deref().unwrap_or_default();
    if data.is_empty() && data_from.is_empty() {
        return Err(wrong("spec.data", "there is no entry; set data, dataFrom, or both"));
    }
    let store = spec.secret_store_ref.as_ref();
    let target = target::plan(around, spec.target.as_ref())?;
    let mut entries = BTreeMap::<String, Entry>::new();
    for (position, entry) in data.iter().enumerate() {
        if !keys::is_valid_data_key(&entry.secret_key) {
            return Err(PlanError::KeyName { entries: "spec.data", key: entry.secret_key.clone() });
        }
        let planned = sources::entry(position, entry, store)?;
        let is_twice = entries.insert(entry.secret_key.clone(), planned).is_some();
        if is_twice && target.deletion_policy == sealbridge_api::bridged_secret::DeletionPolicy::Retain {
            return Err(PlanError::Data {
                position,
                field: "secretKey",
                problem: "two entries have this name; remove one of them",
            });
        }
    }
    let policy = spec.refresh_policy.unwrap_or_default();
    let interval = match policy {
        RefreshPolicy::Periodic => refresh_interval(spec.refresh_interval.as_deref())?,
        RefreshPolicy::CreatedOnce | RefreshPolicy::OnChange => Duration::ZERO,
    };
    Ok(Plan {
        namespace: around.namespace.to_owned(),
        name: around.name.to_owned(),
        refresh_interval: interval,
        windows: spec.sync_windows.as_ref().map(windows::read).transpose()?.map(Arc::new),
        refresh: if policy == RefreshPolicy::CreatedOnce { Refresh::UntilMade } else { Refresh::WithTheObject },
        entries,
        from: data_from
            .iter()
            .enumerate()
            .map(|(position, from)| sources::several(position, from, store))
            .collect::<Result<_, _>>()?,
        target,
        rollout: Vec::new(),
    })
}

/// The stores that an object names, as far as they can be told whatever else is wrong with it.
#[must_use]
pub fn named_stores(spec: &Value) -> Vec<StoreName> {
    let own = spec.get("secretStoreRef").into_iter();
    let lists = ["data", "dataFrom"].into_iter().filter_map(|list| spec.get(list)?.as_array()).flatten();
    let of_sources = lists.filter_map(|source| source.pointer("/sourceRef/storeRef"));
    let mut stores: Vec<_> = own.chain(of_sources).filter_map(named_store).collect();
    stores.sort();
    stores.dedup();
    stores
}

/// The SHA3-224 of an object's labels and annotations, in hex, of the text that the other controller makes of them: by
/// it a changed label or annotation asks for a refresh.
#[must_use]
pub fn metadata_hash(labels: &BTreeMap<String, String>, annotations: &BTreeMap<String, String>) -> String {
    let printed = |pairs: &BTreeMap<String, String>| {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        format!("map[{}]", pairs.join(" "))
    };
    let text = format!("{{annotations:{} labels:{}}}", printed(annotations), printed(labels));
    hex::encode(Sha3_224::digest(text.as_bytes()))
}

/// What else a reference holds may be wrong: whose the object is does not hang on it.
fn named_store(reference: &Value) -> Option<StoreName> {
    let kind = reference.get("kind").cloned().map(serde_json::from_value).transpose().ok()?;
    let name = reference.get("name").and_then(Value::as_str).map(str::to_owned);
    sources::store_name(&spec::StoreRef { name, kind })
}

fn refresh_interval(text: Option<&str>) -> Result<Duration, PlanError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(DEFAULT_REFRESH_INTERVAL) };
    match duration::parse(text) {
        Ok(interval) if interval.is_zero() => Ok(interval),
        Ok(interval) => Ok(interval.max(SHORTEST_INTERVAL)),
        Err(_) => Err(wrong("spec.refreshInterval", "write a duration such as 1h or 30s, or 0 for once")),
    }
}

fn wrong(path: &'static str, problem: &'static str) -> PlanError {
    PlanError::Field { path, problem }
}

/// The name of the group in a [`StoreName`].
const GROUP: StoreGroup = StoreGroup::ExternalSecrets;

#[cfg(test)]
mod tests;
