//! What a BridgedSecret declares.

use sealbridge_api::BridgedSecretSpec;
use sealbridge_manifest::{Plan, native};

use super::{SpecError, decoded};
use crate::identity::ObjectId;

pub(super) fn plan(id: &ObjectId, spec: &str) -> Result<Plan, SpecError> {
    let spec: BridgedSecretSpec = decoded(spec, "bridgedsecret")?;
    Ok(native::plan(&id.namespace, &id.name, &spec)?)
}
