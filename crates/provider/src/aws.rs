//! AWS Secrets Manager in one region, as one identity, over one client.
//!
//! ```text
//!   keys ─┬─ newest version ──▶ batch (20 names a call) ──refused or missing──▶ single ─┐
//!         ├─ a named version ───────────────────────────────────────────────▶ single ─┴▶ Payload | ReadError
//!         ├─ metadata ──▶ describe
//!         └─ a search ──▶ pages of names ──▶ batches and singles as above
//! ```
//!
//! Must never: make a client or a connection per read, or take a name that a batch passes over for one that is gone.

mod bounded_body;
mod classify;
mod client;
mod name;
mod plan;
mod role;
mod search;
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
use plan::{Call, Job};

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

    fn may_batch(&self) -> bool {
        self.may_batch.load(Ordering::Relaxed)
    }

    async fn run(&self, job: Job) -> Vec<ReadResult<Payload>> {
        match job {
            Job::Refused(key, error) => vec![(key, Err(error))],
            Job::Read(call) => self.call(call).await,
            Job::Describe(id, key) => {
                let outcome = self.describe(&id).await;
                vec![(key, outcome)]
            }
            Job::Search(search, key) => {
                let outcome = self.search(&key.key, &search).await;
                vec![(key, outcome)]
            }
        }
    }

    async fn call(&self, call: Call) -> Vec<ReadResult<Payload>> {
        match call {
            Call::Single(id, key) => {
                let outcome = self.read_single(&id, key.version.as_deref()).await;
                vec![(key, outcome)]
            }
            Call::Batch(keys) => self.read_batch(keys).await,
        }
    }

    /// The tags of a secret, which all its versions share.
    async fn describe(&self, id: &str) -> Result<Payload, ReadError> {
        self.traffic.request();
        let answer = self.client.describe_secret().secret_id(id).send().await.map_err(|error| classify::failure(&error))?;
        value::tags(answer)
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
        let jobs = plan::jobs(&self.prefix, self.may_batch(), keys);
        stream::iter(jobs).map(|job| self.run(job)).buffer_unordered(PARALLEL_CALLS).flat_map(stream::iter).boxed()
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
}
