//! The Secrets that a cluster cannot be rebuilt without: private halves of sealing keys, and the digest key.
//!
//! Must never: print one, or write over one.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ApiResource, GetParams, PostParams};
use kube::core::Request;
use sealbridge_api::SealingKey;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::objects::listed;
use super::{Cluster, refusal};
use crate::error::Error;

/// The Secret of the operator's namespace that digests are made with.
pub(crate) const DIGEST_KEY: &str = "sealbridge-digest-key";

/// A Secret as it is kept: values are base64, as the API server writes them.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptSecret<'a> {
    /// `v1`.
    #[serde(borrow)]
    pub(crate) api_version: &'a str,
    /// `Secret`.
    #[serde(borrow)]
    pub(crate) kind: &'a str,
    /// Its name and labels.
    pub(crate) metadata: Metadata,
    /// Its type.
    #[serde(rename = "type", default = "opaque")]
    pub(crate) type_: String,
    /// Whether its data may change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) immutable: Option<bool>,
    /// Its entries.
    #[serde(borrow, default)]
    pub(crate) data: BTreeMap<&'a str, &'a RawValue>,
}

/// What is kept of the metadata.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Metadata {
    /// The name.
    pub(crate) name: String,
    /// The namespace.
    pub(crate) namespace: String,
    /// The labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) labels: BTreeMap<String, String>,
}

fn opaque() -> String {
    "Opaque".to_owned()
}

impl KeptSecret<'_> {
    /// Whether both hold the same entries.
    pub(crate) fn has_the_data_of(&self, other: &KeptSecret<'_>) -> bool {
        let bytes = |data: &BTreeMap<&str, &RawValue>| -> Option<Vec<(String, Zeroizing<Vec<u8>>)>> {
            data.iter()
                .map(|(key, value)| {
                    let bytes = BASE64_STANDARD.decode(value.get().trim_matches('"')).ok()?;
                    Some(((*key).to_owned(), Zeroizing::new(bytes)))
                })
                .collect()
        };
        bytes(&self.data).is_some_and(|own| bytes(&other.data).is_some_and(|others| own == others))
    }

    /// `namespace/name`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.metadata.namespace, self.metadata.name)
    }
}

/// Where the private halves of a cluster live.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// SealingKeys by the Secret that holds their private half.
    pub(crate) secrets: BTreeMap<String, Vec<String>>,
    /// SealingKeys whose private half lives in a store.
    pub(crate) in_stores: Vec<String>,
}

/// Where the private halves live.
pub(crate) async fn places(cluster: &Cluster) -> Result<Places, Error> {
    let mut places = Places::default();
    for key in listed(cluster, &ApiResource::erase::<SealingKey>(&()), None).await? {
        let name = key.metadata.name.clone().unwrap_or_default();
        match key.data.pointer("/spec/identity/secretRef/name").and_then(serde_json::Value::as_str) {
            Some(secret) => places.secrets.entry(secret.to_owned()).or_default().push(name),
            None => places.in_stores.push(name),
        }
    }
    Ok(places)
}

/// The text of a Secret as the API server writes it; `None` if there is none.
pub(crate) async fn read(cluster: &Cluster, namespace: &str, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
    let failed = |error: &kube::Error| refusal(error, &format!("show the Secret {namespace}/{name}"));
    let api: Api<Secret> = Api::namespaced(cluster.client.clone(), namespace);
    let request = Request::new(api.resource_url()).get(name, &GetParams::default());
    let request = request.map_err(|_| unreadable(namespace, name))?;
    match cluster.client.request_text(request).await {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// The Secret in a text of the API server.
pub(crate) fn parse<'a>(text: &'a str, namespace: &str, name: &str) -> Result<KeptSecret<'a>, Error> {
    // The answer to a question for one object names neither version nor kind in every release.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        metadata: Metadata,
        #[serde(rename = "type", default = "opaque")]
        type_: String,
        #[serde(default)]
        immutable: Option<bool>,
        #[serde(borrow, default)]
        data: BTreeMap<&'a str, &'a RawValue>,
    }
    let answer: Answer<'a> = serde_json::from_str(text).map_err(|_| unreadable(namespace, name))?;
    let Answer { metadata, type_, immutable, data } = answer;
    Ok(KeptSecret { api_version: "v1", kind: "Secret", metadata, type_, immutable, data })
}

/// Makes a Secret. One that is there is left as it is, and told.
pub(crate) async fn create(cluster: &Cluster, secret: &KeptSecret<'_>) -> Result<(), Error> {
    let Metadata { name, namespace, .. } = &secret.metadata;
    let body = serde_json::to_vec(secret).map_err(|_| Error::Json)?;
    let api: Api<Secret> = Api::namespaced(cluster.client.clone(), namespace);
    let request = Request::new(api.resource_url()).create(&PostParams::default(), body);
    let request = request.map_err(|_| unreadable(namespace, name))?;
    match cluster.client.request_text(request).await {
        Ok(text) => {
            drop(Zeroizing::new(text));
            Ok(())
        }
        Err(kube::Error::Api(status)) if status.code == 404 => {
            Err(Error::Cluster(format!("there is no namespace {namespace}; create it, and run the command again")))
        }
        Err(kube::Error::Api(status)) if status.code == 409 => Err(Error::Cluster(format!(
            "the Secret {namespace}/{name} was made by somebody else in the meantime; run the command again to compare it"
        ))),
        Err(error) => Err(refusal(&error, &format!("create the Secret {namespace}/{name}"))),
    }
}

fn unreadable(namespace: &str, name: &str) -> Error {
    Error::Cluster(format!("the Secret {namespace}/{name} cannot be read; check it with kubectl"))
}
