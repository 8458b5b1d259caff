//! AWS in one region, as one identity, over one client: Secrets Manager here, Parameter Store in `parameter_store`.
//!
//! ```text
//!   identity (key | web_identity | the pod's) ──role──▶ … ──role──▶ client
//!
//!   keys ─┬─ newest version ──▶ batch (20 names a call) ──refused or missing──▶ single ─┐
//!         ├─ a named version ───────────────────────────────────────────────▶ single ─┴▶ Payload | ReadError
//!         ├─ metadata ──▶ describe
//!         └─ a search ──▶ pages of names ──▶ batches and singles as above
//! ```
//!
//! Must never: make a client or a connection per read, or take a name that a batch passes over for one that is gone.

mod batch;
mod bounded_body;
mod classify;
mod client;
mod endpoint;
mod identity;
mod name;
mod naming;
mod parameter_store;
mod plan;
mod push;
mod registry_token;
mod role;
mod search;
mod session_token;
mod sts;
mod value;
mod web_identity;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sealbridge_api::store::AwsProvider;

use crate::counters::TrafficCounters;
use crate::provider::ReadResult;
use crate::server::invalid;
use crate::{InputError, Payload, Provider, ReadError, RemoteKey, Scope, Traffic, Writer};
use batch::Call;
pub(crate) use classify::credentials as failed_credentials;
use client::Access;
pub(crate) use endpoint::Service;
pub(crate) use identity::{assume, own};
use name::Version;
#[cfg(test)]
pub(crate) use name::secret_id;
pub(crate) use naming::{ParameterNaming, SecretNaming};
pub(crate) use parameter_store::ParameterStore;
use plan::Job;
use push::Removal;
pub(crate) use registry_token::registry_token;
pub(crate) use role::RoleSession;
pub(crate) use session_token::session_token;
pub(crate) use sts::Sts;

/// Calls that are made at the same time.
const PARALLEL_CALLS: usize = 16;

/// One region's secrets, as one identity.
pub(crate) struct AwsStore {
    client: Client,
    prefix: String,
    id: String,
    /// The batch call is an action of its own, which the identity may lack.
    may_batch: AtomicBool,
    removal: Removal,
    traffic: TrafficCounters,
}

impl AwsStore {
    /// Resolves what the spec refers to. Nothing is sent to AWS, unless the identity is the pod's own.
    pub(crate) async fn connect(spec: &AwsProvider, scope: &dyn Scope) -> Result<Self, InputError> {
        let removal = removal(spec)?;
        let access = Access::resolve(spec, scope).await?;
        Ok(Self {
            id: access.store_id(spec),
            client: access.secrets_manager(),
            prefix: spec.prefix.clone().unwrap_or_default(),
            may_batch: AtomicBool::new(true),
            removal,
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
        name::ensure_answers(id, answer.name.as_deref(), answer.arn.as_deref())?;
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
        name::ensure_answers(id, answer.name.as_deref(), answer.arn.as_deref())?;
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

/// How the spec has secrets removed. The schema says the same, which not every way to a store goes through.
fn removal(spec: &AwsProvider) -> Result<Removal, InputError> {
    let Some(given) = &spec.secrets_manager else { return Ok(Removal::default()) };
    let removal = Removal { at_once: given.force_delete_without_recovery.unwrap_or(false), days: given.recovery_window_in_days };
    match removal.days {
        Some(_) if removal.at_once => {
            Err(invalid("secretsManager", "a secret that is deleted without recovery has no window for it; set one of the two"))
        }
        Some(days) if !(7..=30).contains(&days) => {
            Err(invalid("secretsManager.recoveryWindowInDays", "AWS takes 7 to 30 days; correct it"))
        }
        _ => Ok(removal),
    }
}

#[async_trait]
impl Provider for AwsStore {
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        let jobs = plan::jobs(&self.prefix, self.may_batch(), keys);
        stream::iter(jobs).map(|job| self.run(job)).buffer_unordered(PARALLEL_CALLS).flat_map(stream::iter).boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        let listed = self.client.list_secrets().max_results(1).send().await;
        listed.map(drop).or_else(|error| classify::unless_known(&error))
    }

    async fn confirm_absence(&self, _key: &RemoteKey) -> Result<(), ReadError> {
        // There is no mount that could be missing: region and account exist, or the login would have been refused.
        Ok(())
    }

    async fn store_id(&self) -> Option<String> {
        Some(self.id.clone())
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    async fn close(&self) {}

    fn traffic(&self) -> Traffic {
        self.traffic.snapshot()
    }
}
