//! What people are told of an object beside its status.

use kube::Resource as _;
use kube::api::DynamicObject;
use serde_json::Value;

use super::Pushes;
use super::declared::Declared;
use super::status;
use crate::events::Readiness;

impl Pushes {
    /// Tells of an object whose status was just written, if it is ready now and was not, or the other way round.
    pub(super) async fn tell(&self, declared: &Declared, written: &DynamicObject) {
        let status = written.data.get("status").unwrap_or(&Value::Null);
        let Some(ready) = status::ready(status) else { return };
        let message = ready.get("message").and_then(Value::as_str).unwrap_or_default();
        let object = written.object_ref(&declared.id.kind.resource());
        self.events.tell(&object, status::ready(&declared.status).map(readiness), readiness(ready), message).await;
    }
}

fn readiness(ready: &Value) -> Readiness<'_> {
    let text = |field: &str| ready.get(field).and_then(Value::as_str).unwrap_or_default();
    Readiness { holds: text("status") == "True", reason: text("reason") }
}
