//! Several values that are JSON objects become one.

use std::collections::BTreeMap;

use sealbridge_api::bridged_secret::{ConflictPolicy, MergeStrategy, PriorityPolicy, RewriteMerge};
use sealbridge_provider::{SelectError, object};
use sealbridge_secret::SecretBytes;

use super::{NameError, Named};

/// Merges the values, those that `priority` names after all others, which are in the order of their names.
pub(super) fn merge(mut entries: Named, merge: &RewriteMerge) -> Result<Named, NameError> {
    let order = order(&entries, merge)?;
    if merge.strategy.unwrap_or_default() == MergeStrategy::Extract {
        return Ok(joined(&entries, &order, merge, object::entries)?.into_iter().collect());
    }
    let members = joined(&entries, &order, merge, |value| Ok(object::members(value)?.into_iter().collect()))?;
    entries.insert(merge.into.clone().unwrap_or_default(), object::joined(&members));
    Ok(entries)
}

fn order(entries: &Named, merge: &RewriteMerge) -> Result<Vec<String>, NameError> {
    let mut order: Vec<String> = entries.keys().filter(|name| !merge.priority.contains(name)).cloned().collect();
    for name in &merge.priority {
        if entries.contains_key(name) {
            order.push(name.clone());
        } else if merge.priority_policy.unwrap_or_default() == PriorityPolicy::Strict {
            return Err(NameError::PriorityMissing { name: name.clone() });
        }
    }
    Ok(order)
}

fn joined(
    entries: &Named,
    order: &[String],
    merge: &RewriteMerge,
    taken_apart: impl Fn(&SecretBytes) -> Result<Vec<(String, SecretBytes)>, SelectError>,
) -> Result<BTreeMap<String, SecretBytes>, NameError> {
    let may_conflict = merge.conflict_policy.unwrap_or_default() == ConflictPolicy::Ignore;
    let mut members = BTreeMap::new();
    let mut brought_by: BTreeMap<String, &String> = BTreeMap::new();
    for (name, value) in order.iter().filter_map(|name| Some((name, entries.get(name)?))) {
        let parts = taken_apart(value).map_err(|problem| NameError::NotMergeable { name: name.clone(), problem })?;
        for (key, part) in parts {
            match brought_by.insert(key.clone(), name) {
                Some(first) if !may_conflict => {
                    return Err(NameError::Conflict { key, first: first.clone(), second: name.clone() });
                }
                _ => drop(members.insert(key, part)),
            }
        }
    }
    Ok(members)
}
