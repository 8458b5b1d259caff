//! What every piece of work on an object needs at hand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sealbridge_provider::RemoteKey;
use sealbridge_secret::DigestKey;
use tokio::sync::{Semaphore, mpsc};

use crate::decode::Loaded;
use crate::dialects::Dialects;
use crate::events::Events;
use crate::heal::Contest;
use crate::identity::ObjectId;
use crate::index::Index;
use crate::inputs::Inputs;
use crate::keyring::Keyring;
use crate::lease::Leadership;
use crate::metrics::Metrics;
use crate::rollout::RolloutRequest;
use crate::rsa_keys::RsaKeys;
use crate::schedule::absence::Absences;
use crate::stores::{StoreKey, Stores};
use crate::target::{Kinds, Targets};

/// Objects that are written at the same time. More would only queue in the API server.
const WRITERS: usize = 32;
/// Generators that run at the same time. One whose server does not answer must not keep others from writing.
const GENERATORS: usize = 16;

/// What every piece of work on an object needs at hand.
pub struct Context {
    /// Talks to the API server.
    pub client: kube::Client,
    /// What is remembered of every object.
    pub index: Arc<Index>,
    /// Sessions of stores.
    pub stores: Arc<Stores>,
    /// Keys that open sealed values.
    pub keyring: Arc<Keyring>,
    /// Keys that open values of SealedSecrets.
    pub rsa_keys: Arc<RsaKeys>,
    /// Which objects are served.
    pub dialects: Dialects,
    allow_values_in_metadata: bool,
    /// Objects in which templates stand.
    pub(crate) templates: Arc<Inputs<ObjectId>>,
    /// Objects that generators take credentials from.
    pub(crate) credentials: Arc<Inputs<ObjectId>>,
    /// Writes Secrets.
    pub targets: Targets,
    /// Makes digests.
    pub digest_key: Arc<DigestKey>,
    /// Takes the revisions that workloads have to be told.
    pub rollouts: mpsc::Sender<RolloutRequest>,
    /// Tells people of transitions.
    pub events: Events,
    /// Counts what is done.
    pub metrics: Arc<Metrics>,
    /// Bounds the objects that are written at the same time.
    pub writers: Arc<Semaphore>,
    /// Lets so many generators run at a time.
    pub generators: Semaphore,
    started: Instant,
    absences: Mutex<Absences<(StoreKey, RemoteKey)>>,
    contests: Mutex<HashMap<ObjectId, Contest>>,
}

/// The parts that a [`Context`] is made of.
pub struct Parts {
    /// Talks to the API server.
    pub client: kube::Client,
    /// What is remembered of every object.
    pub index: Arc<Index>,
    /// Sessions of stores.
    pub stores: Arc<Stores>,
    /// Keys that open sealed values.
    pub keyring: Arc<Keyring>,
    /// Keys that open values of SealedSecrets.
    pub rsa_keys: Arc<RsaKeys>,
    /// Which objects are served.
    pub dialects: Dialects,
    /// Whether templates of BridgedSecrets may make labels and annotations of values.
    pub allow_values_in_metadata: bool,
    /// Objects in which templates stand.
    pub(crate) templates: Arc<Inputs<ObjectId>>,
    /// Objects that generators take credentials from.
    pub(crate) credentials: Arc<Inputs<ObjectId>>,
    /// Makes digests.
    pub digest_key: Arc<DigestKey>,
    /// The kinds that are written beside Secrets.
    pub kinds: Arc<Kinds>,
    /// Whether this operator may write.
    pub leadership: Leadership,
    /// Takes the revisions that workloads have to be told.
    pub rollouts: mpsc::Sender<RolloutRequest>,
    /// Counts what is done.
    pub metrics: Arc<Metrics>,
}

impl Context {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            targets: Targets::new(parts.client.clone(), parts.leadership, parts.kinds),
            events: Events::new(parts.client.clone()),
            client: parts.client,
            index: parts.index,
            stores: parts.stores,
            keyring: parts.keyring,
            rsa_keys: parts.rsa_keys,
            dialects: parts.dialects,
            allow_values_in_metadata: parts.allow_values_in_metadata,
            templates: parts.templates,
            credentials: parts.credentials,
            digest_key: parts.digest_key,
            rollouts: parts.rollouts,
            metrics: parts.metrics,
            writers: Arc::new(Semaphore::new(WRITERS)),
            generators: Semaphore::new(GENERATORS),
            started: Instant::now(),
            absences: Mutex::default(),
            contests: Mutex::default(),
        })
    }

    /// An object that was read, as this operator takes it; `None` if it is not its to serve.
    #[must_use]
    pub fn taken(&self, loaded: Loaded) -> Option<Loaded> {
        let loaded = Some(loaded).filter(|loaded| self.is_to_be_served(loaded))?;
        Some(if self.allow_values_in_metadata { loaded } else { loaded.without_values_in_metadata() })
    }

    /// Whether an object of a kind that is served is this operator's.
    #[must_use]
    pub fn is_to_be_served(&self, loaded: &Loaded) -> bool {
        self.dialects.are_to_be_served(loaded, |store| self.stores.class_of(&loaded.id.namespace, store))
    }

    /// How long this operator has been at work, by a clock that never goes back.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The sources that are missing.
    pub fn absences(&self) -> MutexGuard<'_, Absences<(StoreKey, RemoteKey)>> {
        self.absences.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who undid what, and when.
    pub fn contests(&self) -> MutexGuard<'_, HashMap<ObjectId, Contest>> {
        self.contests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
