//! Plans that tests of several modules begin with.

use std::collections::BTreeMap;
use std::time::Duration;

use sealbridge_api::bridged_secret::{CreationPolicy, DeletionPolicy};
use sealbridge_manifest::{DataTemplate, Plan, Refresh, TargetPlan, Unowned};

/// A plan without entries.
pub(crate) fn plan() -> Plan {
    Plan {
        namespace: "shop".to_owned(),
        name: "checkout".to_owned(),
        refresh_interval: Duration::ZERO,
        windows: None,
        refresh: Refresh::WithTheObject,
        entries: BTreeMap::new(),
        from: Vec::new(),
        target: target(),
        rollout: Vec::new(),
    }
}

/// A Secret as nothing is said of it.
pub(crate) fn target() -> TargetPlan {
    TargetPlan {
        name: "checkout-env".to_owned(),
        manifest: None,
        type_: None,
        creation_policy: CreationPolicy::Owner,
        deletion_policy: DeletionPolicy::Retain,
        immutable: false,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        has_metadata_templates: false,
        template: DataTemplate::default(),
        adopt: None,
        unowned: Unowned::LeftAlone,
    }
}
