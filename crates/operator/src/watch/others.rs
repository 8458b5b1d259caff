//! Targets of other kinds than a Secret, followed from a first list on.
//!
//! Must never: keep the operator from serving Secrets because a kind is missing or may not be read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject};
use sealbridge_manifest::TargetKind;
use tokio::task::JoinSet;
use tracing::warn;

use super::{OwnedSecrets, SecretStamp, follow, list_owned, selector};
use crate::index::Index;
use crate::target::Kinds;

/// A kind that is not there is looked for again after this long.
const AGAIN: Duration = Duration::from_secs(30);

/// What was listed of each kind and watched namespace.
#[derive(Default)]
pub struct OtherTargets(Vec<Listed>);

struct Listed {
    kind: TargetKind,
    namespace: Option<String>,
    /// Where to follow from, if it could be listed.
    version: Option<String>,
}

impl OtherTargets {
    /// Lists every kind that is written, and adds what carries our label to `found`.
    pub async fn list(
        &mut self,
        client: &Client,
        kinds: &Kinds,
        namespace: Option<&str>,
        found: &mut HashMap<(String, String), SecretStamp>,
    ) {
        for kind in kinds.allowed() {
            let listed = match kinds.resource(kind).await {
                Ok(resource) => {
                    let listed = list_owned(&api(client, &resource.api_resource(), namespace), Some(kind)).await;
                    listed.map_err(|error| crate::events::cluster_error(&error).to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            let version = match listed {
                Ok((stamps, version)) => {
                    found.extend(stamps);
                    Some(version)
                }
                Err(error) => {
                    warn!(%kind, error, "objects of a kind under --target-kinds cannot be listed yet; it is tried again");
                    None
                }
            };
            self.0.push(Listed { kind: kind.clone(), namespace: namespace.map(str::to_owned), version });
        }
    }

    /// Follows all of them from there on, those that were not there as soon as they are.
    pub fn follow(self, client: &Client, kinds: &Arc<Kinds>, index: &Arc<Index>, tasks: &mut JoinSet<()>) {
        for Listed { kind, namespace, version } in self.0 {
            let (client, kinds, index) = (client.clone(), Arc::clone(kinds), Arc::clone(index));
            tasks.spawn(async move {
                let resource = loop {
                    match kinds.resource(&kind).await {
                        Ok(resource) => break resource.api_resource(),
                        Err(_) => tokio::time::sleep(AGAIN).await,
                    }
                };
                let api = api(&client, &resource, namespace.as_deref());
                let owned = OwnedSecrets { index, namespace, kind: Some(kind) };
                follow(api, &selector(), version, &owned).await;
            });
        }
    }
}

fn api(client: &Client, resource: &ApiResource, namespace: Option<&str>) -> Api<DynamicObject> {
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, resource),
        None => Api::all_with(client.clone(), resource),
    }
}
