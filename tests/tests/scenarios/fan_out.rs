//! What scenarios of objects that stand in several namespaces share.

use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject};
use sealbridge_tests::{Namespace, eventually};
use serde_json::Value;

use crate::stage::SOON;

/// Labels a namespace.
pub(crate) async fn label(namespace: &Namespace<'_>, value: &str) {
    namespace.kubectl(&["label", "namespace", namespace.name(), "--overwrite", value]).await.ok();
}

/// Waits until an object is gone.
pub(crate) async fn is_gone(api: &Api<DynamicObject>, name: &str) {
    eventually(SOON, &format!("{name} is gone"), async || match api.get_opt(name).await {
        Ok(None) => Ok(()),
        other => Err(format!("{:?}", other.map(|object| object.map(|object| object.name_any())))),
    })
    .await;
}

/// Waits until an object's spec is as it was declared.
pub(crate) async fn has_spec(api: &Api<DynamicObject>, name: &str, declared: &Value) {
    eventually(SOON, &format!("{name} is as declared"), async || {
        let object = api.get_opt(name).await.map_err(|error| error.to_string())?.ok_or("absent")?;
        let is_going = object.metadata.deletion_timestamp.is_some();
        if object.data["spec"] == *declared && !is_going { Ok(()) } else { Err(object.data["spec"].to_string()) }
    })
    .await;
}
