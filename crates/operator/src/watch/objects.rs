//! Objects that declare Secrets: read whole once at the start, then followed by their metadata.

use std::collections::HashSet;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{DynamicObject, ListParams, Request};

use super::{Follower, PAGE};
use crate::decode::{self, Loaded};
use crate::external_secret;
use crate::identity::{Kind, ObjectId};
use crate::index::{Index, Work};

/// Reads every object of `api`, page by page, and hands each to `take`; returns the resourceVersion
/// to follow from.
///
/// # Errors
/// The API server's answer.
pub async fn list_all(
    client: &kube::Client,
    kind: Kind,
    api: &Api<DynamicObject>,
    mut take: impl FnMut(Loaded),
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut params = ListParams::default().limit(PAGE);
    loop {
        let text = client.request_text(Request::new(api.resource_url()).list(&params)?).await?;
        let page = decode::page(kind, &text)?;
        page.objects.into_iter().for_each(&mut take);
        match page.next {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(page.resource_version),
        }
    }
}

/// Tells the index which objects of a kind have to be read, because they are new or were edited, and for which
/// somebody asked for a refresh.
pub struct Objects {
    /// Their kind.
    pub kind: Kind,
    /// Who is told.
    pub index: Arc<Index>,
    /// The namespace that is followed; `None` is all of them.
    pub namespace: Option<String>,
}

impl Objects {
    fn id_of(&self, metadata: &ObjectMeta) -> ObjectId {
        ObjectId {
            kind: self.kind,
            namespace: metadata.namespace.as_deref().unwrap_or_default().into(),
            name: metadata.name.as_deref().unwrap_or_default().into(),
        }
    }
}

impl Follower for Objects {
    fn listed(&self, all: Vec<ObjectMeta>) {
        let mut present = HashSet::with_capacity(all.len());
        for metadata in &all {
            self.applied(metadata);
            present.insert(self.id_of(metadata));
        }
        let in_scope = |id: &ObjectId| {
            id.kind == self.kind && self.namespace.as_deref().is_none_or(|namespace| namespace == id.namespace.as_ref())
        };
        for id in self.index.missing_from(&present, in_scope) {
            self.index.remove(&id);
        }
    }

    fn applied(&self, metadata: &ObjectMeta) {
        let id = self.id_of(metadata);
        if metadata.deletion_timestamp.is_some() {
            self.index.remove(&id);
            if external_secret::holds_back_deletion(self.kind, metadata) {
                self.index.ask_to_load(id);
            }
            return;
        }
        let request = decode::requests(self.kind, metadata);
        let known = self.index.with(&id, |object| {
            let same = metadata.uid.as_deref() == Some(object.uid.as_ref()) && metadata.generation == Some(object.generation);
            (same, object.refresh_request.as_deref() == request.as_deref())
        });
        match known {
            Some((true, true)) => {}
            // Of other kinds annotations also say what the object means.
            Some((true, false)) if self.kind == Kind::BridgedSecret => {
                self.index.update(&id, |object| object.refresh_request = request.map(Into::into));
                self.index.ask(&id, Work::READ | Work::RENDER);
            }
            Some(_) | None => self.index.ask_to_load(id),
        }
    }

    fn deleted(&self, metadata: &ObjectMeta) {
        self.index.remove(&self.id_of(metadata));
    }
}
