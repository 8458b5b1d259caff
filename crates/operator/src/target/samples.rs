//! Objects that the tests of this module share.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealbridge_api::bridged_secret::{CreationPolicy, DeletionPolicy};
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::TargetPlan;
use sealbridge_secret::{Digest, DigestKey, Purpose, SecretBytes, SecretMap};

use super::live::{LiveMeta, LiveSecret};
use crate::identity::{Kind, ObjectId, Owner};

pub(super) fn owner() -> Owner {
    Owner { id: ObjectId { kind: Kind::BridgedSecret, namespace: "shop".into(), name: "checkout".into() }, uid: "uid-1".into() }
}

pub(super) fn plan(creation_policy: CreationPolicy) -> TargetPlan {
    TargetPlan {
        name: "env".to_owned(),
        manifest: None,
        type_: None,
        creation_policy,
        deletion_policy: DeletionPolicy::Retain,
        immutable: false,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        template: sealbridge_manifest::DataTemplate::default(),
        adopt: None,
        has_metadata_templates: false,
        unowned: sealbridge_manifest::Unowned::LeftAlone,
    }
}

pub(super) fn desired(entries: &[(&str, &str)]) -> DesiredSecret {
    DesiredSecret {
        namespace: "shop".to_owned(),
        name: "env".to_owned(),
        manifest: None,
        type_: None,
        immutable: false,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        data: data(entries),
    }
}

pub(super) fn data(entries: &[(&str, &str)]) -> SecretMap {
    entries.iter().map(|(name, value)| ((*name).to_owned(), SecretBytes::new(value.as_bytes().to_vec()))).collect()
}

pub(super) fn live(meta: LiveMeta, entries: &[(&str, &str)]) -> LiveSecret {
    LiveSecret { meta, type_: "Opaque".to_owned(), immutable: false, data: data(entries), content: None }
}

pub(super) fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn key(byte: u8) -> Arc<DigestKey> {
    Arc::new(DigestKey::from_bytes(&[byte; 32]).unwrap())
}

pub(super) fn inputs() -> Digest {
    key(1).digester(Purpose::Inputs, "uid-1", "env").finish()
}
