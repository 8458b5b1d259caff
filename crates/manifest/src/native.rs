//! `BridgedSecret` into a [`Plan`].

mod data_from;

use std::collections::BTreeMap;
use std::time::Duration;

use sealbridge_api::bridged_secret::{
    AdoptFrom, BridgedSecretSpec, DEFAULT_REFRESH_INTERVAL, DataEntry, DeletionPolicy, MIN_REFRESH_INTERVAL, MergePolicy, StoreRef,
    Target,
};
use sealbridge_api::{duration, keys, labels};

use crate::data_from::{remote_key, taking};
use crate::plan::{
    AbsentValue, DataTemplate, Entry, Missing, Plan, PlanError, Refresh, SourceRef, StoreGroup, StoreName, TargetPlan, Unowned,
    ensure_usable,
};

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
        refresh_interval: refresh_interval(spec.refresh_interval.as_deref())?,
        windows: None,
        refresh: Refresh::WithTheObject,
        entries,
        from: data_from::plan(&spec.data_from, default_store)?,
        target: plan_target(name, spec.target.as_ref())?,
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

fn refresh_interval(text: Option<&str>) -> Result<Duration, PlanError> {
    let Some(text) = text else { return Ok(DEFAULT_REFRESH_INTERVAL) };
    let refused = PlanError::Field {
        path: "spec.refreshInterval",
        problem: "write a duration of at least 10s, for example 5m, or 0 for once",
    };
    match duration::parse(text) {
        Ok(interval) if interval.is_zero() || interval >= MIN_REFRESH_INTERVAL => Ok(interval),
        _ => Err(refused),
    }
}

fn data_template(entries: BTreeMap<String, String>, policy: Option<MergePolicy>) -> Result<DataTemplate, PlanError> {
    ensure_usable("spec.target.template.data", &entries)?;
    let keeps_values = policy.unwrap_or_default() == MergePolicy::Merge;
    Ok(DataTemplate { entries, further: Vec::new(), keeps_values, absent: AbsentValue::Fails })
}

fn plan_target(name: &str, target: Option<&Target>) -> Result<TargetPlan, PlanError> {
    let target = target.cloned().unwrap_or_default();
    let creation_policy = target.creation_policy.unwrap_or_default();
    let deletion_policy = target.deletion_policy.unwrap_or_default();
    if deletion_policy == DeletionPolicy::Delete && !creation_policy.holds_whole() {
        return Err(PlanError::Field {
            path: "spec.target.deletionPolicy",
            problem: "Delete goes only with creationPolicy Owner and Orphan: another Secret belongs to somebody else; use Merge or Retain",
        });
    }
    if let Some(adopt) = &target.adopt
        && (adopt.from == AdoptFrom::None) == adopt.name.is_some()
    {
        return Err(PlanError::Field {
            path: "spec.target.adopt.name",
            problem: "name the ExternalSecret or SealedSecret that owns the Secret; leave it out with from: None",
        });
    }
    let template = target.template.unwrap_or_default();
    let metadata = template.metadata.unwrap_or_default();
    Ok(TargetPlan {
        name: target.name.unwrap_or_else(|| name.to_owned()),
        type_: template.type_,
        creation_policy,
        deletion_policy,
        immutable: target.immutable.unwrap_or_default(),
        labels: labels::permitted(metadata.labels),
        annotations: labels::permitted(metadata.annotations),
        template: data_template(template.data, template.merge_policy)?,
        has_metadata_templates: false,
        adopt: target.adopt,
        unowned: Unowned::LeftAlone,
    })
}
