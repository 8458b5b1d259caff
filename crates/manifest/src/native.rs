//! `BridgedSecret` into a [`Plan`], `ClusterBridgedSecret` into a [`FanOut`](crate::FanOut),
//! `PushSecret` into a [`PushPlan`](crate::push::PushPlan).

mod cluster;
mod data_from;
mod push;
mod target;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::bridged_secret::{
    BridgedSecretSpec, DEFAULT_REFRESH_INTERVAL, DataEntry, MIN_REFRESH_INTERVAL, RefreshPolicy, StoreRef,
};
use sealbridge_api::{duration, keys};

use crate::data_from::{remote_key, taking};
use crate::plan::{Entry, Missing, Plan, PlanError, Refresh, SourceRef, StoreGroup, StoreName};
use crate::windows;
pub use cluster::{CLUSTER_KIND, SPEC_OF_COPIES, fan_out};
pub use push::{PUSH_KIND, push_plan, push_stores};

/// Reads a BridgedSecret's spec; `namespace` and `name` are the object's.
///
/// # Errors
/// [`PlanError`] for the first thing that cannot be acted upon.
pub fn plan(namespace: &str, name: &str, spec: &BridgedSecretSpec) -> Result<Plan, PlanError> {
    if spec.data.is_empty() && spec.data_from.is_empty() {
        return Err(PlanError::Field { path: "spec.data", problem: "there is no entry; set data, dataFrom, or both" });
    }
    let default_store = spec.secret_store_ref.as_ref();
    let mut entries = BTreeMap::new();
    for (key, entry) in &spec.data {
        if !keys::is_valid_data_key(key) {
            return Err(PlanError::KeyName { entries: "spec.data", key: key.clone() });
        }
        entries.insert(key.clone(), plan_entry(key, entry, default_store)?);
    }
    Ok(Plan {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        refresh_interval: refresh_interval(spec)?,
        windows: spec.sync_windows.as_ref().map(windows::read).transpose()?.map(Arc::new),
        refresh: match spec.refresh_policy.unwrap_or_default() {
            RefreshPolicy::CreatedOnce => Refresh::UntilMade,
            RefreshPolicy::Periodic | RefreshPolicy::OnChange => Refresh::WithTheObject,
        },
        entries,
        from: data_from::plan(&spec.data_from, default_store)?,
        target: target::plan(name, spec.target.as_ref(), &spec.rollout)?,
        rollout: spec.rollout.clone(),
    })
}

fn plan_entry(key: &str, entry: &DataEntry, default_store: Option<&StoreRef>) -> Result<Entry, PlanError> {
    match (&entry.remote_ref, &entry.sealed, &entry.plain) {
        (Some(remote), None, None) => {
            let store = entry.secret_store_ref.as_ref().or(default_store);
            let store = store.ok_or_else(|| PlanError::StoreMissing { key: key.to_owned() })?;
            Ok(Entry::Remote {
                source: SourceRef {
                    store: store_name(store),
                    key: remote_key(&remote.key, remote.version.as_ref(), remote.metadata_policy),
                },
                property: remote.property.clone(),
                taking: taking(remote.decoding_strategy, remote.null_byte_policy),
                missing: missing(key, entry)?,
            })
        }
        _ if entry.optional.is_some() || entry.default_value.is_some() => Err(PlanError::Absence { key: key.to_owned() }),
        (None, Some(sealed), None) => Ok(Entry::Sealed(sealed.clone())),
        (None, None, Some(plain)) => Ok(Entry::Plain(plain.clone())),
        _ => Err(PlanError::EntrySource { key: key.to_owned() }),
    }
}

fn missing(key: &str, entry: &DataEntry) -> Result<Missing, PlanError> {
    match (entry.optional, &entry.default_value) {
        (None | Some(false), None) => Ok(Missing::AsPolicySays),
        (Some(true), None) => Ok(Missing::LeftOut),
        (None, Some(value)) => Ok(Missing::Value(value.clone())),
        (Some(_), Some(_)) => Err(PlanError::Absence { key: key.to_owned() }),
    }
}

fn store_name(store: &StoreRef) -> StoreName {
    StoreName { group: StoreGroup::Native, kind: store.kind.unwrap_or_default(), name: store.name.clone() }
}

fn refresh_interval(spec: &BridgedSecretSpec) -> Result<Duration, PlanError> {
    if spec.refresh_policy.unwrap_or_default() != RefreshPolicy::Periodic {
        let problem = "it goes only with refreshPolicy Periodic; leave it out";
        return match (&spec.refresh_interval, &spec.sync_windows) {
            (Some(_), _) => Err(PlanError::Field { path: "spec.refreshInterval", problem }),
            (None, Some(_)) => Err(PlanError::Field { path: "spec.syncWindows", problem }),
            (None, None) => Ok(Duration::ZERO),
        };
    }
    let Some(text) = &spec.refresh_interval else { return Ok(DEFAULT_REFRESH_INTERVAL) };
    let refused = PlanError::Field {
        path: "spec.refreshInterval",
        problem: "write a duration of at least 10s, for example 5m, or 0 for once",
    };
    match duration::parse(text) {
        Ok(interval) if interval.is_zero() || interval >= MIN_REFRESH_INTERVAL => Ok(interval),
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests;
