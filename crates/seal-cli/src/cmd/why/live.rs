//! What became of the objects in a cluster, and what applying their files would change.
//!
//! Must never: change anything there.

use sealbridge_manifest::Plan;
use serde::Serialize;

use super::declared::Found;
use super::{Told, WhyArgs};
use crate::cluster::{self, Cluster};
use crate::error::Error;
use crate::plugin::object::Declared;
use crate::plugin::why::{Story, find, story};
use crate::why;

/// What the cluster says of an object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Live {
    /// What the operator last saw; absent where the cluster has no such object that the operator serves.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) story: Option<Story>,
    /// What applying the file would change; absent without a file, or where one of both is not understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) would_change: Option<Vec<String>>,
}

/// What files say, with what the cluster says; without files the object that it has of the target's name.
pub(super) fn told(args: &WhyArgs, found: &Found, of_files: Vec<Told>) -> Result<Vec<Told>, Error> {
    cluster::wait_for(async {
        let cluster = Cluster::of(args.which.context.as_deref()).await?;
        let key = args.key.as_deref();
        if of_files.is_empty() && !found.is_a_path {
            let namespace = args.namespace.as_deref().unwrap_or(&cluster.namespace);
            let live = find(&cluster, namespace, &args.target).await?;
            let live = Live { story: Some(story(&cluster, &live, key).await?), would_change: None };
            return Ok(vec![Told { declared: None, cluster: Some(live) }]);
        }
        if of_files.is_empty() {
            return Err(super::not_found(found));
        }
        let mut told = Vec::new();
        for of_file in of_files {
            let live = match &of_file.declared {
                Some(declared) => {
                    let plan = found.plan_of(declared.kind, &declared.namespace, &declared.name);
                    Some(beside(&cluster, declared, plan, key).await?)
                }
                None => None,
            };
            told.push(Told { cluster: live, ..of_file });
        }
        Ok(told)
    })
}

async fn beside(cluster: &Cluster, declared: &super::DeclaredTold, plan: Option<&Plan>, key: Option<&str>) -> Result<Live, Error> {
    let served = cluster::served(cluster, Some(&declared.namespace)).await?.into_iter().map(Declared::new);
    let live = served.into_iter().find(|live| live.kind.as_str() == declared.kind && live.name == declared.name);
    let Some(live) = live else { return Ok(Live { story: None, would_change: None }) };
    let live_plan = live.plan();
    let would_change = plan.zip(live_plan.as_ref()).map(|(file, live)| why::changes(live, file));
    // An entry that only the file has is no reason not to tell of the rest.
    let has_it = key.is_none_or(|key| live_plan.iter().flat_map(|plan| why::told(plan, &[])).any(|entry| entry.is_about(key)));
    let story = story(cluster, &live, key.filter(|_| has_it)).await?;
    Ok(Live { story: Some(story), would_change })
}
