//! One object that declares others, as its namespaces are now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kube::api::{Patch, PatchParams};
use sealbridge_manifest::{FanOut, StoreName};
use serde_json::json;

use super::copy::{CopyError, Wanted, remove};
use super::declared::Declared;
use super::kind::FanOutKind;
use super::{FanOuts, status};

/// Something has to be tried again.
pub(super) struct Unfinished;

impl FanOuts {
    /// Brings the copies about, and says so in the status.
    pub(super) async fn reconcile(&self, declared: &Declared) -> Result<(), Unfinished> {
        // Of a SecretStore each namespace has its own: whose its users are is told there, not here.
        let class_of = |store: &StoreName| self.stores.class_of("", store);
        let is_ours = match declared.kind {
            FanOutKind::Bridged => true,
            FanOutKind::External => self.dialects.serves(declared.adopt.as_deref(), &declared.stores, class_of),
        };
        if !is_ours {
            return Ok(());
        }
        if declared.is_being_deleted {
            return self.let_go(declared).await;
        }
        let spec = match &declared.spec {
            Ok(spec) => spec,
            Err(problem) => return self.say(declared, &status::not_understood(declared, &problem.to_string())).await,
        };
        let wanted = self.selected(spec);
        let (provisioned, failed) = self.provide(declared, spec, &wanted).await;
        let all_removed = self.remove_others(declared, spec, &wanted).await;
        self.say(declared, &status::of(declared, declared.copy_name(spec), &provisioned, &failed)).await?;
        if !all_removed || failed.values().any(CopyError::is_tried_again) { Err(Unfinished) } else { Ok(()) }
    }

    async fn provide(
        &self,
        declared: &Declared,
        spec: &FanOut,
        wanted: &BTreeSet<Arc<str>>,
    ) -> (BTreeSet<Arc<str>>, BTreeMap<Arc<str>, CopyError>) {
        let copy = Wanted { declared, spec, annotations: declared.annotations(spec) };
        let (mut provisioned, mut failed) = (BTreeSet::new(), BTreeMap::new());
        for namespace in wanted {
            let place = (Arc::clone(namespace), declared.copy_name(spec).to_owned());
            let is_met = self.copies.at(&place).is_some_and(|known| copy.is_met_by(&known, self.copies.left(&place).as_ref()));
            let written = if is_met { Ok(()) } else { self.copies.keep(&place, copy.write(&self.client, namespace).await) };
            match written {
                Ok(()) => drop(provisioned.insert(Arc::clone(namespace))),
                Err(CopyError::Going) => {}
                Err(error) => drop(failed.insert(Arc::clone(namespace), error)),
            }
        }
        (provisioned, failed)
    }

    /// Removes the copies under another name, and those in namespaces that are not selected any more.
    async fn remove_others(&self, declared: &Declared, spec: &FanOut, wanted: &BTreeSet<Arc<str>>) -> bool {
        let mut all_removed = true;
        for ((namespace, name), known) in self.copies.of(&declared.uid) {
            if name != declared.copy_name(spec) || !wanted.contains(&namespace) {
                all_removed &= remove(declared.kind, &self.client, &namespace, &name, &known).await.is_ok();
            }
        }
        all_removed
    }

    /// Takes the other controller's finalizers off, so that the object can go; its copies go with it.
    async fn let_go(&self, declared: &Declared) -> Result<(), Unfinished> {
        let Some(others) = declared.others_finalizers() else { return Ok(()) };
        let patch = json!({"metadata": {"uid": declared.uid, "finalizers": others}});
        let api = declared.kind.api(self.client.clone());
        match api.patch_metadata(&declared.name, &PatchParams::default(), &Patch::Merge(patch)).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            Err(_) => Err(Unfinished),
        }
    }

    /// Writes the status if it says something else.
    async fn say(&self, declared: &Declared, status: &serde_json::Value) -> Result<(), Unfinished> {
        if status::says(&declared.status, status) {
            return Ok(());
        }
        let patch = json!({"metadata": {"uid": declared.uid}, "status": status});
        let api = declared.kind.api(self.client.clone());
        match api.patch_status(&declared.name, &PatchParams::default(), &Patch::Merge(patch)).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            Err(error) => {
                tracing::warn!(kind = declared.kind.as_str(), name = %declared.name, code = super::copy::code(&error), "the status could not be written");
                Err(Unfinished)
            }
        }
    }
}
