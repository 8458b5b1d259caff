//! The keys that open sealed values, as SealingKeys name them.
//!
//! ```text
//!   SealingKeys ─▶ load (Secret | store) ─▶ ring ─▶ for_namespace
//!                          │                 └────▶ changes
//!                          └─▶ answer (status), recipients (ConfigMap)       by the leader
//! ```
//!
//! Owns: which private halves are in memory. Keys come and go without a restart.
//! Must never: write a private half anywhere, except a new one into its own Secret, once.

mod answer;
mod backup;
mod create;
mod load;
mod object;
mod recipients;
mod ring;
mod tend;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use kube::core::DeserializeGuard;
use kube::runtime::watcher;
use kube::{Api, Client};
use sealbridge_api::SealingKey;
use tokio::sync::{Notify, mpsc, watch};

use crate::inputs::Inputs;
use crate::metrics::Metrics;
use crate::namespaces::Namespaces;
use crate::observe::{Observation, observe};
use crate::shutdown::Shutdown;
use crate::stores::Stores;
use load::{LoadFailure, Loaded, Loader};
use object::KeyObject;
use ring::Ring;

pub use backup::{BACKED_UP, CREATED, CREATED_VALUE};
pub use create::{KEY_NAME, SECRET_NAME};
pub use object::DEFAULT_ENTRY;
pub use recipients::{CONFIG_MAP, JSON_ENTRY, Published, PublishedState, TEXT_ENTRY};
pub use ring::NamespaceKeys;

/// What the keyring has to know of the objects in the cluster. Ids of keys are 16 hex digits.
pub trait SealedValues: Send + Sync {
    /// How many objects hold a value that each key opened, or may be the only one to open. `None` until all
    /// objects are known.
    fn in_use(&self) -> Option<BTreeMap<String, usize>>;

    /// The ids that sealed values claim to be for. `None` until all objects are known.
    fn claimed_key_ids(&self) -> Option<BTreeSet<String>>;
}

/// What the operator was told about keys.
#[derive(Clone, Debug)]
pub struct KeyringConfig {
    /// The operator's own namespace.
    pub namespace: String,
    /// Whether a key may be made in a cluster that never had one.
    pub create_key: bool,
}

/// Who is told that an object by name changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum KeyInput {
    /// The SealingKey of this name.
    Key(Arc<str>),
    /// Whoever publishes the recipients.
    Recipients,
}

/// All sealing keys.
pub struct Keyring {
    client: Client,
    config: KeyringConfig,
    namespaces: Arc<Namespaces>,
    stores: Arc<Stores>,
    inputs: Arc<Inputs<KeyInput>>,
    loader: Loader,
    metrics: Arc<Metrics>,
    shutdown: Shutdown,
    keys: Mutex<Keys>,
    ring: ArcSwap<Ring>,
    changes: watch::Sender<u64>,
    ready: watch::Sender<bool>,
    woken: Notify,
    inputs_changed: Mutex<Option<mpsc::UnboundedReceiver<KeyInput>>>,
}

#[derive(Default)]
struct Keys {
    /// Whether the objects were listed.
    listed: bool,
    /// Whether the operator may not list them. What was known goes on.
    forbidden: bool,
    objects: BTreeMap<Arc<str>, KeyObject>,
    outcomes: BTreeMap<Arc<str>, Outcome>,
}

/// What came of the last try to load a private half.
#[derive(Debug)]
struct Outcome {
    loaded: Option<Loaded>,
    failure: Option<LoadFailure>,
    /// Whether to try again without waiting for a change.
    again: bool,
}

impl Keyring {
    /// Nothing is watched before [`Keyring::run`].
    #[must_use]
    pub fn new(
        client: Client,
        config: KeyringConfig,
        namespaces: Arc<Namespaces>,
        stores: Arc<Stores>,
        metrics: Arc<Metrics>,
        shutdown: Shutdown,
    ) -> Arc<Self> {
        let (changed, inputs_changed) = mpsc::unbounded_channel();
        let inputs = Inputs::new(client.clone(), shutdown.clone(), changed);
        let loader = Loader {
            client: client.clone(),
            namespace: config.namespace.as_str().into(),
            stores: Arc::clone(&stores),
            inputs: Arc::clone(&inputs),
        };
        Arc::new(Self {
            client,
            config,
            namespaces,
            stores,
            inputs,
            loader,
            metrics,
            shutdown,
            keys: Mutex::default(),
            ring: ArcSwap::default(),
            changes: watch::Sender::new(0),
            ready: watch::Sender::new(false),
            woken: Notify::new(),
            inputs_changed: Mutex::new(Some(inputs_changed)),
        })
    }

    /// Follows SealingKeys and where their private halves live until shutdown; while `leader` is true, also
    /// writes their status and the list of recipients, and makes the first key if that was asked for. To be
    /// run once.
    pub async fn run(self: Arc<Self>, leader: watch::Receiver<bool>, sealed: Arc<dyn SealedValues>) {
        let Some(inputs) = self.inputs_changed.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let api: Api<DeserializeGuard<SealingKey>> = Api::all(self.client.clone());
        tokio::join!(
            observe(api, watcher::Config::default(), "sealingkeys", &self.shutdown, |observation| self.take_in(observation)),
            self.tend(inputs, leader, sealed.as_ref()),
        );
    }

    /// Returns when every key that there is was loaded, or it is known why not.
    pub async fn ready(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _ready = self.ready.subscribe().wait_for(|ready| *ready).await.is_ok();
    }

    /// The keys that may open values for `namespace`.
    #[must_use]
    pub fn for_namespace(&self, namespace: &str) -> NamespaceKeys {
        self.ring.load().for_namespace(namespace, &self.namespaces.labels(namespace))
    }

    /// A number that changes whenever a value may open that did not, or the other way round.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn take_in(&self, observation: Observation<DeserializeGuard<SealingKey>>) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        match observation {
            Observation::Replaced(all) => {
                let all: BTreeMap<_, _> =
                    all.into_iter().filter_map(KeyObject::of).map(|key| (Arc::clone(&key.name), key)).collect();
                let gone: Vec<Arc<str>> = keys.objects.keys().filter(|name| !all.contains_key(*name)).cloned().collect();
                gone.iter().for_each(|name| keys.remove(name));
                all.into_values().for_each(|key| keys.apply(key));
                keys.listed = true;
            }
            Observation::Applied(key) => KeyObject::of(key).into_iter().for_each(|key| keys.apply(key)),
            Observation::Deleted(key) => KeyObject::of(key).into_iter().for_each(|key| keys.remove(&key.name)),
            // An operator for single namespaces may have no permission for keys: it opens nothing.
            Observation::Forbidden => keys.forbidden = true,
        }
        drop(keys);
        self.woken.notify_one();
    }
}

impl Keys {
    fn apply(&mut self, key: KeyObject) {
        let same = self.objects.get(&key.name).is_some_and(|known| known.has_the_source_of(&key));
        if !same {
            self.outcomes.remove(&key.name);
        }
        self.objects.insert(Arc::clone(&key.name), key);
    }

    fn remove(&mut self, name: &Arc<str>) {
        self.objects.remove(name);
        self.outcomes.remove(name);
    }
}
