//! Whether a new object stands for what the old one stands for, by what they say and not by any value: where that is the
//! same, the Secrets are the same whatever the stores hold.

use sealbridge_manifest::external_secrets::MARKS;
use sealbridge_manifest::{Origin, Plan, Refresh, StoreGroup, Unowned};

use super::refused::Why;

/// Refuses a new plan that differs in anything but whose objects and stores they are, and from whom the live Secret is
/// taken over.
pub(super) fn ensure(old: &Plan, new: &Plan) -> Result<(), Why> {
    let old = native(old);
    let new = Plan { target: sealbridge_manifest::TargetPlan { adopt: None, ..new.target.clone() }, ..new.clone() };
    let parts = [
        ("name", old.name == new.name && old.namespace == new.namespace && old.target.name == new.target.name),
        ("refreshInterval", old.refresh_interval == new.refresh_interval && old.refresh == new.refresh),
        ("data", old.entries == new.entries),
        ("dataFrom", old.from == new.from),
        ("labels", old.target.labels == new.target.labels),
        ("annotations", old.target.annotations == new.target.annotations),
        ("template", old.target.template == new.target.template),
        ("target", old.target == new.target),
        ("fields", old == new),
    ];
    match parts.into_iter().find(|(_, is_same)| !is_same) {
        Some((part, _)) => Err(Why::Differs(part)),
        None => Ok(()),
    }
}

/// What a BridgedSecret that stands for the same would say.
fn native(old: &Plan) -> Plan {
    let mut plan = old.clone();
    for entry in plan.entries.values_mut() {
        if let sealbridge_manifest::Entry::Remote { source, .. } = entry {
            source.store.group = StoreGroup::Native;
        }
    }
    for from in &mut plan.from {
        if let Origin::Members { source, .. } | Origin::Found { source, .. } = &mut from.origin {
            source.store.group = StoreGroup::Native;
        }
    }
    plan.refresh = Refresh::WithTheObject;
    let target = &mut plan.target;
    target.labels.retain(|key, _| !key.starts_with(MARKS));
    // What holds no template was found to be text.
    target.has_metadata_templates = false;
    target.unowned = Unowned::LeftAlone;
    if target.template.is_empty() && target.template.further.is_empty() {
        target.template.keeps_values = false;
    }
    plan
}
