//! What is answered to an object that declares others, as its kind has it. Pure.

mod bridged;
mod external;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::copy::CopyError;
use super::declared::Declared;
use super::kind::FanOutKind;

/// The status of one that was carried out, as a merge over what stands there; `name` is that of the copies.
pub(super) fn of(
    declared: &Declared,
    name: &str,
    provisioned: &BTreeSet<Arc<str>>,
    failed: &BTreeMap<Arc<str>, CopyError>,
) -> Value {
    match declared.kind {
        FanOutKind::Bridged => bridged::of(declared, provisioned.len(), failed),
        FanOutKind::External => external::of(name, provisioned, failed),
    }
}

/// The status of one with which nothing is done, as a merge over what stands there.
pub(super) fn not_understood(declared: &Declared, problem: &str) -> Value {
    match declared.kind {
        FanOutKind::Bridged => bridged::not_understood(declared, problem),
        FanOutKind::External => external::not_understood(problem),
    }
}

/// Whether a status says already what a merge would bring.
pub(super) fn says(status: &Value, merge: &Value) -> bool {
    let Some(fields) = merge.as_object() else { return status == merge };
    fields.iter().all(|(name, value)| status.get(name).unwrap_or(&Value::Null) == value)
}
