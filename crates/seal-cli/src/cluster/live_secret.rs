//! A live Secret as its metadata tells: who owns it, who wrote it, which revision it has.
//!
//! Must never: ask for its data.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, OwnerReference};
use kube::Api;
use sealbridge_api::labels;
use serde::Serialize;

use super::{Cluster, denied};
use crate::error::Error;

/// A live Secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveSecret {
    /// Its owners as `kind name`.
    pub(crate) owners: Vec<Owner>,
    /// Whether it carries the operator's mark.
    pub(crate) managed: bool,
    /// The revision of its data that the operator gave it for an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<String>,
    /// Who wrote its data, and when last.
    pub(crate) writers: Vec<Writer>,
}

/// Somebody that the Secret goes with.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Owner {
    /// The kind.
    pub(crate) kind: String,
    /// The name.
    pub(crate) name: String,
    /// Whether it is the object that was asked about.
    #[serde(rename = "thisObject")]
    pub(crate) is_asked: bool,
}

/// A field manager that owns data.
#[derive(Debug, Serialize)]
pub(crate) struct Writer {
    /// Its name.
    pub(crate) manager: String,
    /// When it last wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Timestamp>,
}

/// The metadata of a Secret, as far as the object with a uid is concerned; `None` if there is no such Secret.
pub(crate) async fn live_secret(cluster: &Cluster, namespace: &str, name: &str, uid: &str) -> Result<Option<LiveSecret>, Error> {
    let api: Api<Secret> = Api::namespaced(cluster.client.clone(), namespace);
    let found = api.get_metadata_opt(name).await.map_err(|error| denied(&error, "get", "secrets", Some(namespace)))?;
    Ok(found.map(|secret| {
        let metadata = secret.metadata;
        let annotations = metadata.annotations.unwrap_or_default();
        // Several objects that merge into one Secret each have a revision of their own.
        let own = annotations.get(&format!("{}-{uid}", labels::REVISION));
        let owner = |owner: OwnerReference| Owner { is_asked: owner.uid == uid, kind: owner.kind, name: owner.name };
        LiveSecret {
            revision: own.or_else(|| annotations.get(labels::REVISION)).cloned(),
            owners: metadata.owner_references.unwrap_or_default().into_iter().map(owner).collect(),
            managed: metadata.labels.unwrap_or_default().get(labels::MANAGED).is_some_and(|mark| mark == labels::MANAGED_VALUE),
            writers: metadata.managed_fields.unwrap_or_default().into_iter().filter_map(writer).collect(),
        }
    }))
}

fn writer(entry: ManagedFieldsEntry) -> Option<Writer> {
    entry.fields_v1.as_ref()?.0.get("f:data")?;
    Some(Writer { manager: entry.manager?, at: entry.time.map(|time| time.0) })
}
