//! Secrets that carry our label, and objects of other kinds in their place, by their metadata only: values are never read
//! here.

use std::collections::HashMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::ListParams;
use sealbridge_api::labels;
use sealbridge_manifest::TargetKind;
use serde::de::DeserializeOwned;

use super::{Follower, PAGE};
use crate::index::{Index, Observed};

/// What the metadata of one Secret tells.
#[derive(Clone, Debug)]
pub struct SecretStamp {
    /// Its uid.
    pub uid: Arc<str>,
    /// Its resourceVersion.
    pub resource_version: Arc<str>,
    /// Its annotations of ours.
    pub annotations: Vec<(Box<str>, Box<str>)>,
}

impl SecretStamp {
    fn of(metadata: &ObjectMeta) -> Self {
        Self {
            uid: metadata.uid.as_deref().unwrap_or_default().into(),
            resource_version: metadata.resource_version.as_deref().unwrap_or_default().into(),
            annotations: metadata
                .annotations
                .iter()
                .flatten()
                .filter(|(key, _)| labels::is_reserved(key))
                .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
                .collect(),
        }
    }

    /// Whether it carries any digest.
    #[must_use]
    pub fn has_digest(&self) -> bool {
        self.annotations.iter().any(|(name, _)| name.starts_with(labels::DIGEST))
    }

    /// The value of one of our annotations.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.iter().find(|(name, _)| name.as_ref() == key).map(|(_, value)| value.as_ref())
    }

    /// The Secret as the index notes it.
    #[must_use]
    pub fn observed(&self) -> Observed {
        Observed::Present { uid: Arc::clone(&self.uid), resource_version: Arc::clone(&self.resource_version) }
    }
}

/// The label selector of Secrets that the operator writes.
#[must_use]
pub fn selector() -> String {
    format!("{}={}", labels::MANAGED, labels::MANAGED_VALUE)
}

/// Every Secret, or object of another kind, with our label, by namespace and the name that the index has for it, and the resourceVersion to follow from.
///
/// # Errors
/// The API server's answer.
pub async fn list_owned<K>(
    api: &Api<K>,
    kind: Option<&TargetKind>,
) -> Result<(HashMap<(String, String), SecretStamp>, String), kube::Error>
where
    K: Clone + kube::Resource + DeserializeOwned + std::fmt::Debug,
{
    let mut params = ListParams::default().labels(&selector()).limit(PAGE);
    let mut stamps = HashMap::new();
    loop {
        let page = api.list_metadata(&params).await?;
        for item in page.items {
            let name = (item.metadata.namespace.clone().unwrap_or_default(), target_id(kind, &item.metadata));
            stamps.insert(name, SecretStamp::of(&item.metadata));
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok((stamps, page.metadata.resource_version.unwrap_or_default())),
        }
    }
}

/// Tells the index of every Secret with our label.
pub struct OwnedSecrets {
    /// Who is told.
    pub index: Arc<Index>,
    /// The namespace that is followed; `None` is all of them.
    pub namespace: Option<String>,
    /// Which kind is followed, if not Secrets.
    pub kind: Option<TargetKind>,
}

impl Follower for OwnedSecrets {
    fn listed(&self, all: Vec<ObjectMeta>) {
        let mut present = HashMap::new();
        for metadata in &all {
            self.applied(metadata);
            present.insert((metadata.namespace.as_deref().unwrap_or_default(), target_id(self.kind.as_ref(), metadata)), ());
        }
        let mut gone = Vec::new();
        self.index.for_each(|id, object| {
            let in_scope = self.namespace.as_deref().is_none_or(|namespace| namespace == id.namespace.as_ref());
            let is_of_kind = match &self.kind {
                None => !object.target.contains('/'),
                Some(kind) => object.target.starts_with(&kind.id("")),
            };
            let is_there = || present.contains_key(&(id.namespace.as_ref(), object.target.as_ref().to_owned()));
            if in_scope && is_of_kind && object.proven.is_some() && !is_there() {
                gone.push((Arc::clone(&id.namespace), Arc::clone(&object.target)));
            }
        });
        for (namespace, name) in gone {
            self.index.saw_secret(&namespace, &name, &Observed::Gone);
        }
    }

    fn applied(&self, metadata: &ObjectMeta) {
        self.tell(metadata, &SecretStamp::of(metadata).observed());
    }

    fn deleted(&self, metadata: &ObjectMeta) {
        self.tell(metadata, &Observed::Gone);
    }
}

/// The name that the index has for a target.
fn target_id(kind: Option<&TargetKind>, metadata: &ObjectMeta) -> String {
    let name = metadata.name.as_deref().unwrap_or_default();
    kind.map_or_else(|| name.to_owned(), |kind| kind.id(name))
}

impl OwnedSecrets {
    fn tell(&self, metadata: &ObjectMeta, observed: &Observed) {
        let namespace = metadata.namespace.as_deref().unwrap_or_default();
        self.index.saw_secret(namespace, &target_id(self.kind.as_ref(), metadata), observed);
    }
}
