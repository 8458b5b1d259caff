//! BridgedSecrets as the API server sends them, decoded strictly but one by one.
//!
//! One object that cannot be decoded must not hide the others, and must be answered on itself.
//! Must never: forward a parser's message, which quotes what it read.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sealbridge_api::labels;
use sealbridge_api::{BridgedSecretSpec, BridgedSecretStatus};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::identity::ObjectId;

/// A BridgedSecret as it was read.
#[derive(Debug)]
pub struct Loaded {
    /// Which object.
    pub id: ObjectId,
    /// Its metadata, without managed fields.
    pub metadata: ObjectMeta,
    /// Its spec, or the path at which it cannot be decoded.
    pub spec: Result<BridgedSecretSpec, SpecError>,
    /// Its status; an unreadable one counts as none.
    pub status: BridgedSecretStatus,
}

/// A spec that cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("spec.{path} is unknown or of the wrong type; compare it with `kubectl explain bridgedsecret.spec`")]
pub struct SpecError {
    path: String,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// The objects on the page.
    pub objects: Vec<Loaded>,
    /// The resourceVersion of the list.
    pub resource_version: String,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// What was read is not what an API server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API server sent something that is not an object of the asked kind")]
pub struct NotAnObject;

#[derive(Deserialize)]
struct RawObject {
    metadata: ObjectMeta,
    spec: Box<RawValue>,
    status: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct RawList {
    metadata: RawListMeta,
    items: Vec<RawObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawListMeta {
    resource_version: String,
    #[serde(default)]
    r#continue: String,
}

/// Decodes one object.
///
/// # Errors
/// [`NotAnObject`] when there is no object at all.
pub fn object(text: &str) -> Result<Loaded, NotAnObject> {
    serde_json::from_str::<RawObject>(text).map_err(|_| NotAnObject).and_then(loaded)
}

/// Decodes one page of a list.
///
/// # Errors
/// [`NotAnObject`] when there is no list at all.
pub fn page(text: &str) -> Result<Page, NotAnObject> {
    let list: RawList = serde_json::from_str(text).map_err(|_| NotAnObject)?;
    Ok(Page {
        objects: list.items.into_iter().map(loaded).collect::<Result<_, _>>()?,
        resource_version: list.metadata.resource_version,
        next: Some(list.metadata.r#continue).filter(|next| !next.is_empty()),
    })
}

fn loaded(raw: RawObject) -> Result<Loaded, NotAnObject> {
    let mut metadata = raw.metadata;
    metadata.managed_fields = None;
    let id = ObjectId {
        namespace: metadata.namespace.as_deref().ok_or(NotAnObject)?.into(),
        name: metadata.name.as_deref().ok_or(NotAnObject)?.into(),
    };
    let spec = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(raw.spec.get()))
        .map_err(|error| SpecError { path: error.path().to_string() });
    let status = raw.status.and_then(|status| serde_json::from_str(status.get()).ok()).unwrap_or_default();
    Ok(Loaded { id, metadata, spec, status })
}

impl Loaded {
    /// The object's uid.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The name of the Secret that it asks for.
    #[must_use]
    pub fn target_name(&self) -> &str {
        let target = self.spec.as_ref().ok().and_then(|spec| spec.target.as_ref()?.name.as_deref());
        target.unwrap_or(&self.id.name)
    }

    /// The object's generation.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.metadata.generation.unwrap_or_default()
    }
}

/// Everything on an object by which people ask for something now, as one text; `None` if nothing is asked.
#[must_use]
pub fn requests(annotations: Option<&BTreeMap<String, String>>) -> Option<String> {
    let annotations = annotations?;
    let asked: Vec<String> = labels::REFRESH_REQUESTS
        .iter()
        .chain([&labels::CONFIRM_DELETION])
        .filter_map(|key| annotations.get(*key).map(|value| format!("{key}={value}")))
        .collect();
    (!asked.is_empty()).then(|| asked.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_field_is_named_by_its_path_and_quotes_nothing() {
        let text = r#"{"metadata":{"name":"a","namespace":"n"},"spec":{"data":{"K":{"plain":"canary","sealde":"canary"}}}}"#;
        let error = object(text).unwrap().spec.unwrap_err().to_string();
        assert!(error.starts_with("spec.data.K.sealde "), "{error}");
        assert!(!error.contains("canary"));
    }

    #[test]
    fn one_bad_object_does_not_hide_the_others() {
        let text = r#"{"metadata":{"resourceVersion":"7","continue":""},"items":[
            {"metadata":{"name":"a","namespace":"n"},"spec":{"data":5}},
            {"metadata":{"name":"b","namespace":"n"},"spec":{"data":{"K":{"plain":"v"}}}}]}"#;
        let page = page(text).unwrap();
        assert!(page.objects[0].spec.is_err());
        assert!(page.objects[1].spec.is_ok());
        assert_eq!((page.resource_version.as_str(), page.next), ("7", None));
    }
}
