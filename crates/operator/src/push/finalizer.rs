//! What holds an object until what it pushed is taken back.
//!
//! Must never: take a finalizer of somebody else off.

use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::Pushes;
use super::declared::Declared;
use crate::refusal::Refusal;

impl Pushes {
    /// Holds the object, or lets go of it. It is as it was read, or nothing is written.
    pub(super) async fn hold(&self, declared: &Declared, is_held: bool) -> Result<(), Refusal> {
        if declared.is_held() == is_held {
            return Ok(());
        }
        let ours = declared.id.kind.finalizer();
        let others = declared.finalizers.iter().map(String::as_str).filter(|finalizer| *finalizer != ours);
        let finalizers: Vec<_> = others.chain(is_held.then_some(ours)).collect();
        let patch =
            json!({"metadata": {"uid": declared.uid, "resourceVersion": declared.resource_version, "finalizers": finalizers}});
        let api = declared.id.kind.api(self.client.clone(), Some(&declared.id.namespace));
        match api.patch(&declared.id.name, &PatchParams::default(), &Patch::Merge(patch)).await {
            Ok(written) => {
                self.take_in(declared.id.kind, &written);
                Ok(())
            }
            Err(error) => match Refusal::from(&error) {
                Refusal::NotFound => Ok(()),
                refusal => Err(refusal),
            },
        }
    }
}
