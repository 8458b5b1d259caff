//! AWS Secrets Manager in one region, as one identity, over one client.
//!
//! ```text
//!   keys ─┬─ newest version ──▶ batch (20 names a call) ──refused or missing──▶ single ─┐
//!         └─ a named version ───────────────────────────────────────────────▶ single ─┴▶ Payload | ReadError
//! ```
//!
//! Must never: make a client or a connection per read, or take a name that a batch passes over for one that is gone.

mod bounded_body;
mod classify;
mod client;
mod name;
mod role;
mod value;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sealbridge_api::store::AwsProvider;

use crate::counters::TrafficCounters;
use crate::provider::ReadResult;
use crate::{InputError, Payload, Provider, ReadError, RemoteKey, Scope, Traffic};
use name::Version;

/// The most names that one call takes.
const BATCH: usize = 20;
/// Calls that are made at the same time.
const PARALLEL_CALLS: usize = 16;

/// One region's secrets, as one identity.
pub(crate) struct AwsStore {
    client: Client,
    prefix: String,
    id: String,
    /// The batch call is an action of its own, which the identity may lack.
    may_batch: AtomicBool,
    traffic: TrafficCounters,
}

/// One call.
enum Job {
    Batch(HashMap<String, RemoteKey>),
    Single(String, RemoteKey),
    Refused(RemoteKey, ReadError),
}

impl AwsStore {
    /// Resolves what the spec refers to. Nothing is sent to AWS, unless the identity is the pod's own.
    pub(crate) async fn connect(spec: &AwsProvider, scope: &dyn Scope) -> Result<Self, InputError> {
        Ok(Self {
            client: client::client(spec, scope).await?,
            prefix: spec.prefix.clone().unwrap_or_default(),
            id: client::store_id(spec),
            may_batch: AtomicBool::new(true),
            traffic: TrafficCounters::default(),
        })
    }

    fn jobs(&self, keys: Vec<RemoteKey>) -> Vec<Job> {
        let mut jobs = Vec::new();
        let mut newest = Vec::new();
        for key in keys {
            match key.ensure_value().and_then(|()| name::secret_id(&self.prefix, &key.key)) {
                Err(error) => jobs.push(Job::Refused(key, error)),
                Ok(id) if key.version.is_some() || !self.may_batch.load(Ordering::Relaxed) => jobs.push(Job::Single(id, key)),
                Ok(id) => newest.push((id, key)),
            }
        }
        while !newest.is_empty() {
            let rest = newest.split_off(newest.len().min(BATCH));
            jobs.push(match <[_; 1]>::try_from(std::mem::replace(&mut newest, rest)) {
                // One name needs no batch, whose action is granted less often.
                Ok([(id, key)]) => Job::Single(id, key),
                Err(batch) => Job::Batch(batch.into_iter().collect()),
            });
        }
        jobs
    }

    async fn run(&self, job: Job) -> Vec<ReadResult<Payload>> {
        match job {
            Job::Refused(key, error) => vec![(key, Err(error))],
            Job::Single(id, key) => {
                let outcome = self.read_single(&id, key.version.as_deref()).await;
                vec![(key, outcome)]
            }
            Job::Batch(keys) => self.read_batch(keys).await,
        }
    }

    async fn read_single(&self, id: &str, version: Option<&str>) -> Result<Payload, ReadError> {
        self.traffic.request();
        let request = self.client.get_secret_value().secret_id(id);
        let request = match Version::parse(version) {
            Version::Newest => request,
            Version::Id(id) => request.version_id(id),
            Version::Stage(stage) => request.version_stage(stage),
        };
        let answer = request.send().await.map_err(|error| classify::failure(&error))?;
        value::payload(answer.secret_string, answer.secret_binary, answer.version_id)
    }

    async fn read_batch(&self, mut keys: HashMap<String, RemoteKey>) -> Vec<ReadResult<Payload>> {
        self.traffic.request();
        let names = keys.keys().cloned().collect();
        match self.client.batch_get_secret_value().set_secret_id_list(Some(names)).send().await {
            Ok(answer) => {
                let mut results = value::split(answer, &mut keys);
                results.extend(self.read_one_by_one(keys).await);
                results
            }
            Err(error) => match classify::failure(&error) {
                error if error.concerns_whole_store() => keys.into_values().map(|key| (key, Err(error.clone()))).collect(),
                error => {
                    if error == ReadError::Denied {
                        self.may_batch.store(false, Ordering::Relaxed);
                    }
                    // One name that AWS does not like makes it refuse them all.
                    self.read_one_by_one(keys).await
                }
            },
        }
    }

    async fn read_one_by_one(&self, keys: HashMap<String, RemoteKey>) -> Vec<ReadResult<Payload>> {
        stream::iter(keys)
            .map(async |(id, key)| {
                let outcome = self.read_single(&id, None).await;
                (key, outcome)
            })
            .buffer_unordered(PARALLEL_CALLS)
            .collect()
            .await
    }
}

#[async_trait]
impl Provider for AwsStore {
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        stream::iter(self.jobs(keys)).map(|job| self.run(job)).buffer_unordered(PARALLEL_CALLS).flat_map(stream::iter).boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        match self.client.list_secrets().max_results(1).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify::failure(&error) {
                // Listing is not needed; being known is.
                ReadError::Denied => Ok(()),
                error => Err(error),
            },
        }
    }

    async fn confirm_absence(&self, _key: &RemoteKey) -> Result<(), ReadError> {
        // There is no mount that could be missing: region and account exist, or the login would have been refused.
        Ok(())
    }

    async fn store_id(&self) -> Option<String> {
        Some(self.id.clone())
    }

    async fn close(&self) {}

    fn traffic(&self) -> Traffic {
        self.traffic.snapshot()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_api::store::AwsService;

    struct Nowhere;

    impl Scope for Nowhere {
        fn inputs(&self, _: Option<&str>) -> Result<std::sync::Arc<dyn crate::NamespaceInputs>, InputError> {
            Err(InputError::NamespaceRefused { namespace: "any".to_owned() })
        }

        fn ambient_identity(&self) -> crate::AmbientIdentity {
            crate::AmbientIdentity::Refused
        }
    }

    fn spec() -> AwsProvider {
        AwsProvider {
            service: AwsService::SecretsManager,
            region: "eu-central-1".to_owned(),
            role: None,
            prefix: None,
            endpoint: None,
            sts_endpoint: None,
            auth: None,
        }
    }

    #[tokio::test]
    async fn the_pods_identity_needs_leave() {
        let refused = AwsStore::connect(&spec(), &Nowhere).await.err();
        assert_eq!(refused, Some(InputError::AmbientIdentityRefused));
    }

    fn store() -> AwsStore {
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(client::behavior())
            .region(aws_sdk_secretsmanager::config::Region::new("eu-central-1"))
            .build();
        AwsStore {
            client: Client::from_conf(config),
            prefix: "prod/".to_owned(),
            id: String::new(),
            may_batch: AtomicBool::new(true),
            traffic: TrafficCounters::default(),
        }
    }

    fn key(name: &str, version: Option<&str>) -> RemoteKey {
        RemoteKey::value(name, version.map(str::to_owned))
    }

    #[tokio::test]
    async fn newest_versions_go_in_batches_and_the_rest_alone() {
        let mut keys: Vec<_> = (0..45).map(|index| key(&format!("k{index}"), None)).collect();
        keys.push(key("pinned", Some("AWSPREVIOUS")));
        keys.push(key("no such name*", None));
        let sizes = |jobs: &[Job]| {
            let mut batches: Vec<_> =
                jobs.iter().filter_map(|job| if let Job::Batch(keys) = job { Some(keys.len()) } else { None }).collect();
            batches.sort_unstable();
            let singles = jobs.iter().filter(|job| matches!(job, Job::Single(..))).count();
            let refused = jobs.iter().filter(|job| matches!(job, Job::Refused(..))).count();
            (batches, singles, refused)
        };
        let store = store();
        assert_eq!(sizes(&store.jobs(keys.clone())), (vec![5, 20, 20], 1, 1));
        assert_eq!(sizes(&store.jobs(keys.drain(..21).collect())), (vec![20], 1, 0));
        store.may_batch.store(false, Ordering::Relaxed);
        assert_eq!(sizes(&store.jobs(keys)), (vec![], 25, 1));
    }
}
