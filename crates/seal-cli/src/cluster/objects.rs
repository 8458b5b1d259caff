//! Objects of any kind: listed whole, or looked up one by one.
//!
//! Must never: leave out what the API server has on a further page, or say of a refusal less than which verb and
//! resource it was about.

use kube::Api;
use kube::api::{ApiResource, DynamicObject, ListParams};

use super::{Cluster, denied};
use crate::error::Error;

/// Objects in one answer of the API server.
const PAGE: u32 = 500;

/// All objects of a kind, of one namespace or of all.
pub(crate) async fn listed(cluster: &Cluster, kind: &ApiResource, namespace: Option<&str>) -> Result<Vec<DynamicObject>, Error> {
    let api: Api<DynamicObject> = match namespace {
        Some(namespace) => Api::namespaced_with(cluster.client.clone(), namespace, kind),
        None => Api::all_with(cluster.client.clone(), kind),
    };
    let mut page = ListParams::default().limit(PAGE);
    let mut found = Vec::new();
    loop {
        let list = api.list(&page).await.map_err(|error| denied(&error, "list", &resource(kind), namespace))?;
        found.extend(list.items);
        match list.metadata.continue_ {
            Some(token) if !token.is_empty() => page.continue_token = Some(token),
            _ => return Ok(found),
        }
    }
}

/// One object; `None` if there is none. Without a namespace the kind is one of the cluster.
pub(crate) async fn one(
    cluster: &Cluster,
    kind: &ApiResource,
    namespace: Option<&str>,
    name: &str,
) -> Result<Option<DynamicObject>, Error> {
    let api: Api<DynamicObject> = match namespace {
        Some(namespace) => Api::namespaced_with(cluster.client.clone(), namespace, kind),
        None => Api::all_with(cluster.client.clone(), kind),
    };
    api.get_opt(name).await.map_err(|error| denied(&error, "get", &resource(kind), namespace))
}

/// A kind as a role names it.
pub(super) fn resource(kind: &ApiResource) -> String {
    if kind.group.is_empty() { kind.plural.clone() } else { format!("{}.{}", kind.plural, kind.group) }
}
