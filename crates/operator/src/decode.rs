//! Objects that declare a Secret as the API server sends them, decoded strictly but one by one.
//!
//! One object that cannot be decoded must not hide the others, and must be answered on itself.
//! Must never: forward a parser's message, which quotes what it read.

mod external_secret;
mod foreign_condition;
mod native;
mod sealed_secret;

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sealbridge_api::{BridgedSecretStatus, labels};
use sealbridge_manifest::{Plan, PlanError, StoreName, document};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::identity::{Kind, ObjectId};

/// An object that declares a Secret as it was read.
#[derive(Debug)]
pub struct Loaded {
    /// Which object.
    pub id: ObjectId,
    /// Its metadata, without managed fields.
    pub metadata: ObjectMeta,
    /// What it declares, or why that cannot be acted upon.
    pub plan: Result<Plan, SpecError>,
    /// Its status in the terms of the native kind; an unreadable one counts as none.
    pub status: BridgedSecretStatus,
    /// Whether another controller was the last to write its status.
    pub is_answered_by_another: bool,
    /// Whether it asks for another kind than a Secret, whatever else is wrong.
    pub has_other_target: bool,
    /// For kinds of which a store's class says who serves them: the stores that it names, whatever else is wrong.
    pub stores: Vec<StoreName>,
}

/// A spec that cannot be acted upon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A field is unknown or of the wrong type.
    #[error("spec.{path} is unknown or of the wrong type; compare it with `kubectl explain {explained}.spec`")]
    Undecodable {
        /// The path of the field, below `spec`.
        path: String,
        /// The name of the kind for `kubectl explain`.
        explained: &'static str,
    },
    /// The fields do not say what to do.
    #[error(transparent)]
    Unclear(#[from] PlanError),
    /// A label or annotation may be made of values, and nobody allowed that.
    #[error(
        "{path}: a template makes it, and more people see labels and annotations than values; write a text without {{{{, or start the operator with --allow-values-in-metadata"
    )]
    ValuesInMetadata {
        /// The path of the template.
        path: String,
    },
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
    spec: Option<Box<RawValue>>,
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

/// Decodes one object of a kind.
///
/// # Errors
/// [`NotAnObject`] when there is no object at all.
pub fn object(kind: Kind, text: &str) -> Result<Loaded, NotAnObject> {
    serde_json::from_str::<RawObject>(text).map_err(|_| NotAnObject).and_then(|raw| loaded(kind, raw))
}

/// Decodes one page of a list of a kind.
///
/// # Errors
/// [`NotAnObject`] when there is no list at all.
pub fn page(kind: Kind, text: &str) -> Result<Page, NotAnObject> {
    let list: RawList = serde_json::from_str(text).map_err(|_| NotAnObject)?;
    Ok(Page {
        objects: list.items.into_iter().map(|raw| loaded(kind, raw)).collect::<Result<_, _>>()?,
        resource_version: list.metadata.resource_version,
        next: Some(list.metadata.r#continue).filter(|next| !next.is_empty()),
    })
}

fn loaded(kind: Kind, raw: RawObject) -> Result<Loaded, NotAnObject> {
    let mut metadata = raw.metadata;
    let managers = metadata.managed_fields.take().unwrap_or_default();
    let id = ObjectId {
        kind,
        namespace: metadata.namespace.as_deref().ok_or(NotAnObject)?.into(),
        name: metadata.name.as_deref().ok_or(NotAnObject)?.into(),
    };
    let spec = raw.spec.as_deref().map_or("null", RawValue::get);
    let status = raw.status.as_deref().map(RawValue::get);
    Ok(match kind {
        Kind::BridgedSecret => Loaded {
            plan: native::plan(&id, spec),
            status: status.and_then(|status| serde_json::from_str(status).ok()).unwrap_or_default(),
            is_answered_by_another: false,
            has_other_target: false,
            stores: Vec::new(),
            id,
            metadata,
        },
        Kind::ExternalSecret => Loaded {
            plan: external_secret::plan(&id, &metadata, spec),
            status: external_secret::status(status),
            is_answered_by_another: false,
            has_other_target: external_secret::has_other_target(spec),
            stores: external_secret::stores(spec),
            id,
            metadata,
        },
        Kind::SealedSecret => Loaded {
            plan: sealed_secret::plan(&id, metadata.annotations.as_ref(), spec),
            status: sealed_secret::status(status),
            is_answered_by_another: sealed_secret::is_answered_by_another(&managers),
            has_other_target: false,
            stores: Vec::new(),
            id,
            metadata,
        },
    })
}

/// Decodes a spec of another controller's kind, of which the API server has not seen to the types.
fn decoded_strictly<T: DeserializeOwned>(spec: &str, explained: &'static str) -> Result<T, SpecError> {
    let spec: Value = serde_json::from_str(spec).map_err(|_| SpecError::Undecodable { path: ".".to_owned(), explained })?;
    document::decode(&spec, "").map_err(|error| SpecError::Undecodable { path: error.path().to_owned(), explained })
}

/// Decodes a spec; of the parser's error only the path is kept.
fn decoded<T: DeserializeOwned>(spec: &str, explained: &'static str) -> Result<T, SpecError> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(spec))
        .map_err(|error| SpecError::Undecodable { path: error.path().to_string(), explained })
}

impl Loaded {
    /// Refuses labels and annotations that a template makes. Another controller's kinds have them as they always had.
    pub(crate) fn without_values_in_metadata(self) -> Self {
        let path = match &self.plan {
            Ok(plan) if self.id.kind == Kind::BridgedSecret => plan.target.values_in_metadata(),
            _ => None,
        };
        match path {
            Some(path) => Self { plan: Err(SpecError::ValuesInMetadata { path }), ..self },
            None => self,
        }
    }

    /// The object's uid.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The name of the Secret that it asks for.
    #[must_use]
    pub fn target_name(&self) -> &str {
        self.plan.as_ref().map_or(&*self.id.name, |plan| &plan.target.name)
    }

    /// How the index names that target, see [`sealbridge_manifest::TargetPlan::id`].
    #[must_use]
    pub fn target_id(&self) -> Cow<'_, str> {
        self.plan.as_ref().map_or(Cow::Borrowed(&self.id.name), |plan| plan.target.id())
    }

    /// The object's generation.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.metadata.generation.unwrap_or_default()
    }

    /// Everything on the object by which people ask for something now; see [`requests`].
    #[must_use]
    pub fn requests(&self) -> Option<String> {
        requests(self.id.kind, &self.metadata)
    }
}

/// Everything on an object by which people ask for something now, as one text; `None` if nothing is asked. For
/// a SealedSecret these are also the annotations that say what it means, which change no generation, and for an
/// ExternalSecret all its labels and annotations.
#[must_use]
pub fn requests(kind: Kind, metadata: &ObjectMeta) -> Option<String> {
    let annotations = metadata.annotations.as_ref();
    let of_kind: &[&str] = match kind {
        Kind::BridgedSecret => &[labels::CONFIRM_DELETION],
        Kind::SealedSecret => sealed_secret::MEANINGFUL_ANNOTATIONS,
        Kind::ExternalSecret => return Some(external_secret::metadata_hash(metadata)),
    };
    let annotations = annotations?;
    let asked: Vec<String> = labels::REFRESH_REQUESTS
        .iter()
        .chain(of_kind)
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
        let error = object(Kind::BridgedSecret, text).unwrap().plan.unwrap_err().to_string();
        assert!(error.starts_with("spec.data.K.sealde "), "{error}");
        assert!(!error.contains("canary"));
    }

    #[test]
    fn a_label_of_values_is_refused_by_its_path_and_only_in_the_native_kind() {
        let spec = r#""target":{"template":{"metadata":{"labels":{"user":"{{ .K }}"}}}}"#;
        let native = format!(r#"{{"metadata":{{"name":"a","namespace":"n"}},"spec":{{"data":{{"K":{{"plain":"v"}}}},{spec}}}}}"#);
        let loaded = || object(Kind::BridgedSecret, &native).unwrap();
        assert!(loaded().plan.is_ok());
        let told = loaded().without_values_in_metadata().plan.unwrap_err().to_string();
        assert!(
            told.starts_with("spec.target.template.metadata.labels.user: ") && told.contains("--allow-values-in-metadata"),
            "{told}"
        );
        let foreign = format!(
            r#"{{"metadata":{{"name":"a","namespace":"n"}},"spec":{{"secretStoreRef":{{"name":"s"}},"data":[{{"secretKey":"K","remoteRef":{{"key":"k"}}}}],{spec}}}}}"#
        );
        assert!(object(Kind::ExternalSecret, &foreign).unwrap().without_values_in_metadata().plan.is_ok());
    }

    #[test]
    fn one_bad_object_does_not_hide_the_others() {
        let text = r#"{"metadata":{"resourceVersion":"7","continue":""},"items":[
            {"metadata":{"name":"a","namespace":"n"},"spec":{"data":5}},
            {"metadata":{"name":"c","namespace":"n"}},
            {"metadata":{"name":"b","namespace":"n"},"spec":{"data":{"K":{"plain":"v"}}}}]}"#;
        let page = page(Kind::BridgedSecret, text).unwrap();
        assert!(page.objects[0].plan.is_err() && page.objects[1].plan.is_err());
        assert!(page.objects[2].plan.is_ok());
        assert_eq!((page.resource_version.as_str(), page.next), ("7", None));
    }
}
