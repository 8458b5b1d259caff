//! Whose an object that pushes is, and which stores are its business.
//!
//! Must never: serve what another controller serves.

use sealbridge_manifest::StoreName;
use sealbridge_manifest::push::StoreChoice;

use super::Pushes;
use super::declared::Declared;
use super::kind::PushKind;
use crate::stores::StoreKey;

impl Pushes {
    /// Whether an object is this operator's.
    pub(super) fn is_ours(&self, declared: &Declared) -> bool {
        match declared.id.kind {
            PushKind::Native => true,
            PushKind::External => {
                let namespace = &*declared.id.namespace;
                let mut stores: Vec<StoreName> =
                    declared.stores.iter().flat_map(|choice| self.stores.chosen(namespace, choice)).collect();
                if declared.is_being_deleted {
                    // Stores often go with the objects that name them, and then nobody's store is left to say whose it is.
                    stores.extend(declared.record.stores().into_iter().cloned());
                    stores.retain(|store| !self.stores.is_gone(namespace, store));
                    if stores.is_empty() && declared.adopt().is_none() {
                        return true;
                    }
                }
                self.dialects.serves(declared.adopt(), &stores, |store| self.stores.class_of(namespace, store))
            }
        }
    }
}

/// Whether a store is one that the object writes to, wrote to, or may come to write to.
pub(super) fn may_use(declared: &Declared, store: &StoreKey) -> bool {
    let namespace = &*declared.id.namespace;
    let by_label = |kind, group| {
        let is_in_reach = store.namespace.as_deref().is_none_or(|of| of == namespace);
        is_in_reach && store.kind == kind && store.group == group
    };
    declared.stores.iter().any(|choice| match choice {
        StoreChoice::Named(name) => store.is_named_by(namespace, name),
        StoreChoice::Selected { group, kind, .. } => by_label(*kind, *group),
    }) || declared.record.stores().into_iter().any(|name| store.is_named_by(namespace, name))
}
