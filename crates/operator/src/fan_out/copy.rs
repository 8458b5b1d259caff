//! One copy: made where there is none, and set right where it differs.
//!
//! Must never: write an object that is not the copy of the one that asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kube::api::{DeleteParams, DynamicObject, PostParams, Preconditions};
use kube::{Api, Client};
use sealbridge_manifest::FanOut;
use serde_json::{Value, json};

use super::copies::{Known, owner};
use super::declared::Declared;
use super::kind::FanOutKind;

/// The manager under which copies are written.
const MANAGER: &str = "sealbridge-fan-out";
/// HTTP's "not found".
const NOT_FOUND: u16 = 404;
/// HTTP's "conflict".
const CONFLICT: u16 = 409;
/// HTTP's "forbidden".
const FORBIDDEN: u16 = 403;

/// Why there is no copy in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CopyError {
    /// Somebody else's object has the name.
    #[error("the namespace has an object of this kind and name that is not a copy; remove it, or declare another name")]
    Taken,
    /// The namespace is going.
    #[error("the namespace is being deleted")]
    Going,
    /// The API server refused.
    #[error("the API server refused to write the copy (HTTP {0}); check the operator's role and the policies of the namespace")]
    Refused(u16),
    /// There was no answer, or the object changed meanwhile; it is tried again.
    #[error("the copy could not be written yet; it is tried again by itself")]
    NotYet,
}

impl CopyError {
    /// Whether nothing but the cluster itself has to change for it to end.
    pub(super) fn is_tried_again(&self) -> bool {
        matches!(self, Self::NotYet | Self::Refused(_))
    }

    fn of(error: &kube::Error) -> Self {
        let kube::Error::Api(status) = error else { return Self::NotYet };
        let causes = status.details.iter().flat_map(|details| &details.causes);
        let is_going = causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating");
        match status.code {
            FORBIDDEN if is_going => Self::Going,
            NOT_FOUND | CONFLICT => Self::NotYet,
            code => Self::Refused(code),
        }
    }
}

/// The answer's code, if there was one; of the rest nothing is fit to be told.
pub(super) fn code(error: &kube::Error) -> Option<u16> {
    if let kube::Error::Api(status) = error { Some(status.code) } else { None }
}

/// How a copy has to be.
pub(super) struct Wanted<'a> {
    pub(super) declared: &'a Declared,
    pub(super) spec: &'a FanOut,
    pub(super) annotations: BTreeMap<String, String>,
}

/// A copy as it was left: while its uid and generation are these, its spec is what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Left {
    uid: String,
    generation: i64,
    spec: Arc<Value>,
}

impl Wanted<'_> {
    /// Whether a copy that was left so is as it has to be, by its metadata alone.
    pub(super) fn is_met_by(&self, known: &Known, left: Option<&Left>) -> bool {
        left.is_some_and(|left| left.uid == known.uid && left.generation == known.generation && *left.spec == self.spec.spec)
            && known.owner == self.declared.uid
            && holds(&known.labels, &self.spec.labels)
            && holds(&known.annotations, &self.annotations)
    }

    /// Brings about the copy in a namespace.
    pub(super) async fn write(&self, client: &Client, namespace: &str) -> Result<Left, CopyError> {
        let kind = self.declared.kind;
        let api = kind.copy().api(client.clone(), Some(namespace));
        let name = self.declared.copy_name(self.spec);
        let live = api.get_opt(name).await.map_err(|error| CopyError::of(&error))?;
        let params = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        let written = match live {
            None => api.create(&params, &self.object(name)?).await,
            Some(live) if owner(kind, &live.metadata).is_none_or(|(uid, _)| uid != self.declared.uid) => {
                return Err(CopyError::Taken);
            }
            Some(live) if self.is_met_by_live(&live) => Ok(live),
            Some(live) => api.replace(name, &params, &self.corrected(live)).await,
        };
        let written = written.map_err(|error| CopyError::of(&error))?;
        Ok(Left {
            uid: written.metadata.uid.unwrap_or_default(),
            generation: written.metadata.generation.unwrap_or_default(),
            spec: Arc::new(self.spec.spec.clone()),
        })
    }

    fn is_met_by_live(&self, live: &DynamicObject) -> bool {
        let metadata = &live.metadata;
        live.data.get("spec") == Some(&self.spec.spec)
            && metadata.labels.as_ref().map_or(self.spec.labels.is_empty(), |labels| holds(labels, &self.spec.labels))
            && metadata.annotations.as_ref().map_or(self.annotations.is_empty(), |all| holds(all, &self.annotations))
    }

    fn object(&self, name: &str) -> Result<DynamicObject, CopyError> {
        let (kind, copy) = (self.declared.kind.as_str(), self.declared.kind.copy());
        let owner = json!({"apiVersion": copy.api_version(), "kind": kind, "name": self.declared.name, "uid": self.declared.uid,
            "controller": true, "blockOwnerDeletion": true});
        let metadata =
            json!({"name": name, "labels": self.spec.labels, "annotations": self.annotations, "ownerReferences": [owner]});
        let object = json!({"apiVersion": copy.api_version(), "kind": copy.as_str(), "metadata": metadata, "spec": self.spec.spec});
        serde_json::from_value(object).map_err(|_| CopyError::NotYet)
    }

    /// The live object with the spec that is asked for. Labels and annotations of others stay; ours that nobody asks for
    /// any more go.
    fn corrected(&self, mut live: DynamicObject) -> DynamicObject {
        let ours = |which: &str| own_fields(&live, which);
        let (own_labels, own_annotations) = (ours("f:labels"), ours("f:annotations"));
        let set = |pairs: &mut Option<BTreeMap<String, String>>, own: &BTreeSet<String>, asked: &BTreeMap<String, String>| {
            let pairs = pairs.get_or_insert_default();
            pairs.retain(|key, _| !own.contains(key));
            pairs.extend(asked.clone());
        };
        set(&mut live.metadata.labels, &own_labels, &self.spec.labels);
        set(&mut live.metadata.annotations, &own_annotations, &self.annotations);
        live.metadata.managed_fields = None;
        if let Some(fields) = live.data.as_object_mut() {
            fields.insert("spec".to_owned(), self.spec.spec.clone());
        }
        live
    }
}

/// Labels or annotations that were written under our manager.
fn own_fields(live: &DynamicObject, which: &str) -> BTreeSet<String> {
    let entries = live.metadata.managed_fields.iter().flatten().filter(|entry| entry.manager.as_deref() == Some(MANAGER));
    let fields = entries.filter_map(|entry| entry.fields_v1.as_ref()?.0.get("f:metadata")?.get(which)?.as_object());
    fields.flat_map(serde_json::Map::keys).filter_map(|key| key.strip_prefix("f:")).map(str::to_owned).collect()
}

fn holds(live: &BTreeMap<String, String>, asked: &BTreeMap<String, String>) -> bool {
    asked.iter().all(|(key, value)| live.get(key) == Some(value))
}

/// Removes a copy that nobody asks for any more, if it still is the one that was seen.
pub(super) async fn remove(kind: FanOutKind, client: &Client, namespace: &str, name: &str, known: &Known) -> Result<(), CopyError> {
    let api: Api<DynamicObject> = kind.copy().api(client.clone(), Some(namespace));
    let preconditions = Preconditions { uid: Some(known.uid.clone()), resource_version: None };
    match api.delete(name, &DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() }).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if matches!(status.code, NOT_FOUND | CONFLICT) => Ok(()),
        Err(error) => Err(CopyError::of(&error)),
    }
}
