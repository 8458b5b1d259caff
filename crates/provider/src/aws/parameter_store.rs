//! Parameter Store of AWS Systems Manager, in one region, as one identity, over one client.
//!
//! ```text
//!   keys ─┬─ values ──▶ batch (10 names a call, versions and labels too) ──refused──▶ single ─┐
//!         ├─ metadata ──▶ tags                                                                ├─▶ Payload | ReadError
//!         └─ a search ──▶ pages of names ──▶ batches and singles as above ────────────────────┘
//! ```
//!
//! Must never: take a name that a batch passes over for one that is gone, unless the answer says so.

pub(super) mod plan;
mod push;
mod search;
mod value;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::ResourceTypeForTagging;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sealbridge_api::store::AwsProvider;

use super::batch::Call;
use super::client::Access;
use super::{PARALLEL_CALLS, classify};
use crate::counters::TrafficCounters;
use crate::provider::ReadResult;
use crate::server::invalid;
use crate::{InputError, Payload, Provider, ReadError, RemoteKey, Scope, Traffic, Writer};
use plan::Job;

/// One region's parameters, as one identity.
pub(crate) struct ParameterStore {
    client: Client,
    prefix: String,
    id: String,
    /// The batch call is an action of its own, which the identity may lack.
    may_batch: AtomicBool,
    traffic: TrafficCounters,
}

impl ParameterStore {
    /// Resolves what the spec refers to. Nothing is sent to AWS, unless the identity is the pod's own.
    pub(crate) async fn connect(spec: &AwsProvider, scope: &dyn Scope) -> Result<Self, InputError> {
        if spec.secrets_manager.is_some() {
            return Err(invalid("secretsManager", "it says how secrets are deleted, and parameters are at once; leave it out"));
        }
        let access = Access::resolve(spec, scope).await?;
        Ok(Self {
            id: access.store_id(spec),
            client: access.parameter_store(),
            prefix: spec.prefix.clone().unwrap_or_default(),
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
            Job::Tags(name, key) => {
                let outcome = self.tags(&name).await;
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
            Call::Single(name, key) => {
                let outcome = self.read_single(&name).await;
                vec![(key, outcome)]
            }
            Call::Batch(keys) => self.read_batch(keys).await,
        }
    }

    /// The tags of a parameter, which all its versions share.
    async fn tags(&self, name: &str) -> Result<Payload, ReadError> {
        self.traffic.request();
        let request = self.client.list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
        let answer = request.send().await.map_err(|error| classify::failure(&error))?;
        Ok(value::tags(answer.tag_list.unwrap_or_default()))
    }

    async fn read_single(&self, name: &str) -> Result<Payload, ReadError> {
        self.traffic.request();
        let request = self.client.get_parameter().name(name).with_decryption(true);
        let answer = request.send().await.map_err(|error| classify::failure(&error))?;
        let parameter = answer.parameter.ok_or(ReadError::BadAnswer)?;
        value::ensure_answers(name, &parameter)?;
        value::payload(parameter)
    }

    async fn read_batch(&self, mut keys: HashMap<String, RemoteKey>) -> Vec<ReadResult<Payload>> {
        self.traffic.request();
        let names = keys.keys().cloned().collect();
        let request = self.client.get_parameters().set_names(Some(names)).with_decryption(true);
        match request.send().await {
            Ok(answer) => {
                let mut results = value::split(answer, &mut keys);
                results.extend(self.read_one_by_one(keys).await);
                results
            }
            Err(error) => match classify::failure(&error) {
                error if error.concerns_whole_store() => keys.into_values().map(|key| (key, Err(error.clone()))).collect(),
                error => {
                    // One name that AWS does not like, or that the identity may not read, makes it refuse them all.
                    let results = self.read_one_by_one(keys).await;
                    if error == ReadError::Denied && results.iter().all(|(_, outcome)| outcome.is_ok()) {
                        self.may_batch.store(false, Ordering::Relaxed);
                    }
                    results
                }
            },
        }
    }

    async fn read_one_by_one(&self, keys: HashMap<String, RemoteKey>) -> Vec<ReadResult<Payload>> {
        stream::iter(keys)
            .map(async |(name, key)| {
                let outcome = self.read_single(&name).await;
                (key, outcome)
            })
            .buffer_unordered(PARALLEL_CALLS)
            .collect()
            .await
    }
}

#[async_trait]
impl Provider for ParameterStore {
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        let jobs = plan::jobs(&self.prefix, self.may_batch(), keys);
        stream::iter(jobs).map(|job| self.run(job)).buffer_unordered(PARALLEL_CALLS).flat_map(stream::iter).boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        let listed = self.client.describe_parameters().max_results(1).send().await;
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
