//! What makes an entry another one. Pure.

use sealbridge_manifest::{Plan, Refresh};

use super::EntryTold;
use crate::moment::span;

/// When the entry changes, in words.
pub(crate) fn occasion(entry: &EntryTold, plan: &Plan) -> String {
    match entry.source {
        "store" if entry.version.is_some() => "changes by an edit alone, since its version is named".to_owned(),
        "store" | "store-members" | "store-search" => looked_at(plan),
        "generator" => made(plan),
        "template" if entry.volatile.is_empty() => "changes with the values that it reads".to_owned(),
        "template" => format!("changes with any value, and {} is then called anew", entry.volatile.join(" and ")),
        _ => "changes by an edit alone".to_owned(),
    }
}

fn made(plan: &Plan) -> String {
    match (plan.refresh, plan.refresh_interval) {
        (Refresh::WithTheObject, interval) if !interval.is_zero() => format!("made anew every {}", span(interval)),
        _ => "made once".to_owned(),
    }
}

fn looked_at(plan: &Plan) -> String {
    match (plan.refresh, plan.refresh_interval) {
        (Refresh::UntilMade, _) => "read until the Secret was made, and not again".to_owned(),
        (Refresh::WithTheObject, interval) if interval.is_zero() => "read once, and after an edit or a request".to_owned(),
        (Refresh::WithTheObject, interval) => {
            let windows = if plan.windows.is_some() { " as far as spec.syncWindows lets it" } else { "" };
            format!("changes with the store, which is read every {}{windows}", span(interval))
        }
    }
}
