//! The annotation that asks for a refresh.
//!
//! Must never: change anything else of the object, or make one.

use kube::Api;
use kube::api::{DynamicObject, Patch, PatchParams};
use sealbridge_api::labels::REFRESH;
use serde_json::json;

use super::served::bridged_secrets;
use super::{Cluster, denied};
use crate::error::Error;

/// Who owns the annotation, so that no GitOps tool takes it for its own.
const MANAGER: &str = "kubectl-seal";

/// Asks the operator to read the sources of a BridgedSecret now. A request differs from the last one by its value.
/// Whether there is such an object.
pub(crate) async fn ask_for_refresh(cluster: &Cluster, namespace: &str, name: &str, value: &str) -> Result<bool, Error> {
    let kind = bridged_secrets();
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client.clone(), namespace, &kind);
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let patch = json!({"metadata": {"annotations": {REFRESH: value}}});
    match api.patch_metadata(name, &params, &Patch::Merge(&patch)).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
        Err(error) => Err(denied(&error, "patch", "bridgedsecrets.sealbridge.dev", Some(namespace))),
    }
}
