//! BridgedSecrets: read whole once at the start, then followed by their metadata.

use std::collections::HashSet;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{ListParams, Request};
use sealbridge_api::BridgedSecret;

use super::{Follower, PAGE};
use crate::decode::{self, Loaded};
use crate::identity::ObjectId;
use crate::index::{Index, Work};

/// Reads every BridgedSecret of `api`, page by page, and hands each to `take`; returns the resourceVersion
/// to follow from.
///
/// # Errors
/// The API server's answer.
pub async fn list_all(
    client: &kube::Client,
    api: &Api<BridgedSecret>,
    mut take: impl FnMut(Loaded),
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut params = ListParams::default().limit(PAGE);
    loop {
        let text = client.request_text(Request::new(api.resource_url()).list(&params)?).await?;
        let page = decode::page(&text)?;
        page.objects.into_iter().for_each(&mut take);
        match page.next {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(page.resource_version),
        }
    }
}

/// Tells the index which BridgedSecrets have to be read, because they are new or were edited, and for which
/// somebody asked for a refresh.
pub struct BridgedSecrets {
    /// Who is told.
    pub index: Arc<Index>,
    /// The namespace that is followed; `None` is all of them.
    pub namespace: Option<String>,
}

fn id_of(metadata: &ObjectMeta) -> ObjectId {
    ObjectId {
        namespace: metadata.namespace.as_deref().unwrap_or_default().into(),
        name: metadata.name.as_deref().unwrap_or_default().into(),
    }
}

impl Follower for BridgedSecrets {
    fn listed(&self, all: Vec<ObjectMeta>) {
        let mut present = HashSet::with_capacity(all.len());
        for metadata in &all {
            self.applied(metadata);
            present.insert(id_of(metadata));
        }
        let in_scope = |id: &ObjectId| self.namespace.as_deref().is_none_or(|namespace| namespace == id.namespace.as_ref());
        for id in self.index.missing_from(&present, in_scope) {
            self.index.remove(&id);
        }
    }

    fn applied(&self, metadata: &ObjectMeta) {
        let id = id_of(metadata);
        if metadata.deletion_timestamp.is_some() {
            self.index.remove(&id);
            return;
        }
        let request = decode::requests(metadata.annotations.as_ref());
        let known = self.index.with(&id, |object| {
            let same = metadata.uid.as_deref() == Some(object.uid.as_ref()) && metadata.generation == Some(object.generation);
            (same, object.refresh_request.as_deref() == request.as_deref())
        });
        match known {
            Some((true, true)) => {}
            Some((true, false)) => {
                self.index.update(&id, |object| object.refresh_request = request.map(Into::into));
                self.index.ask(&id, Work::READ | Work::RENDER);
            }
            Some((false, _)) | None => self.index.ask_to_load(id),
        }
    }

    fn deleted(&self, metadata: &ObjectMeta) {
        self.index.remove(&id_of(metadata));
    }
}
