//! Every SecretStore and ClusterSecretStore of the watched namespaces, and the sessions made of them.
//!
//! ```text
//!   stores ─┐                                      ┌─ who may use it?     permission
//!   labels ─┼─▶ inventory ◀── session(namespace) ──┼─ what does it need?  scope, inputs
//!   inputs ─┘        │                             └─ is there one?       sessions ──▶ provider
//!                    └─ changed ─▶ sessions are given back, events are told
//! ```
//!
//! Owns: who may use a store, and as whom it is asked.
//! Must never: send anything anywhere before it is known that the using object may use the store.

mod audience;
mod care;
mod chosen;
mod external;
mod failure;
mod health;
mod inventory;
mod key;
mod namespace_client;
mod needs;
mod object;
mod opening;
mod own_account;
mod permission;
mod scope;
mod sessions;
mod traffic;
mod watching;

use std::sync::{Arc, Mutex, PoisonError};

use futures::Stream;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Client;
use sealbridge_manifest::{StoreGroup, StoreName};
use sealbridge_provider::{
    Admission, AdmittedKey, AdmittedPush, AmbientIdentity, Payload, Push, PushError, PushKey, Pushed, ReadError, RemoteKey,
    Removed, Session,
};
use tokio::sync::{OnceCell, mpsc, watch};

use crate::dialects::{Dialects, StoreClass};
use crate::identity::Kind;
use crate::inputs::Inputs;
use crate::metrics::Metrics;
use crate::namespaces::Namespaces;
use crate::shutdown::Shutdown;
use inventory::{Inventory, Listing, Scope};
use key::Place;
use object::StoreObject;
use own_account::OwnAccount;
use scope::{Reach, StoreScope};
use sessions::Sessions;

pub use audience::ApiAudiences;
pub use failure::StoreFailure;
pub use key::{SessionKey, StoreKey};

/// What the operator was told about stores.
#[derive(Clone, Debug)]
pub struct StoresConfig {
    /// Namespaces whose stores are watched; empty means all.
    pub watch_namespaces: Vec<String>,
    /// Whether ClusterSecretStores that name their namespaces may use the operator's own identity.
    pub allow_ambient_identity: bool,
    /// Whether generators may ask servers of the host itself.
    pub allow_webhook_loopback: bool,
    /// Audiences for which no token is requested.
    pub api_audiences: ApiAudiences,
    /// Which kinds of other controllers are served.
    pub dialects: Dialects,
    /// The class by which stores of other controllers' kinds name this operator.
    pub controller_class: String,
}

/// A session and what it is.
#[derive(Clone)]
pub struct StoreSession {
    /// As whom the store is seen; objects with equal keys share their reads.
    pub key: SessionKey,
    /// The session itself. While it is held it is not closed.
    session: Arc<Session>,
    /// The store.
    pub store: StoreKey,
    served_by: Arc<OnceCell<String>>,
}

impl StoreSession {
    fn new(key: SessionKey, session: Arc<Session>, store: StoreKey) -> Self {
        Self { key, session, store, served_by: Arc::default() }
    }

    /// Which store answered, for the record; see [`Session::store_id`]. It is asked once for this and all its clones,
    /// since every object of a round records the same. Before something is deleted, ask [`Self::store_id`].
    pub async fn served_by(&self) -> Option<String> {
        let ask = || async { self.session.store_id().await.ok_or(()) };
        self.served_by.get_or_try_init(ask).await.ok().cloned()
    }

    /// Reads keys of which it was judged that whoever asks for them may have them; see [`Session::read`].
    pub fn read(
        &self,
        keys: Vec<AdmittedKey>,
    ) -> impl Stream<Item = (AdmittedKey, Result<Arc<Payload>, ReadError>)> + Send + 'static + use<> {
        self.session.read_admitted(keys)
    }

    /// Brings a value to a place of which it was judged that whoever asks may write there; see [`Session::push`].
    ///
    /// # Errors
    /// What became of it otherwise.
    pub async fn push(&self, push: &Push) -> Result<Pushed, PushError> {
        self.session.push(push).await
    }

    /// Takes a value back from such a place; see [`Session::remove`].
    ///
    /// # Errors
    /// What became of it otherwise.
    pub async fn remove(&self, at: &AdmittedPush) -> Result<Removed, PushError> {
        self.session.remove(at).await
    }

    /// Whether a "not found" may be acted upon; see [`Session::confirm_absence`].
    ///
    /// # Errors
    /// Why not.
    pub async fn confirm_absence(&self, key: &RemoteKey) -> Result<(), ReadError> {
        self.session.confirm_absence(key).await
    }

    /// Which store this is, asked now; see [`Session::store_id`].
    pub async fn store_id(&self) -> Option<String> {
        self.session.store_id().await
    }
}

/// A store as the objects of one namespace may use it.
pub struct OpenStore {
    /// The session, which objects of other namespaces may use too.
    pub session: StoreSession,
    admission: Admission,
}

impl OpenStore {
    /// Judges whether objects of the namespace may have what is asked for, before the store is asked.
    ///
    /// # Errors
    /// [`StoreFailure`] with the limits that were tried.
    pub fn admit(&self, key: &RemoteKey) -> Result<AdmittedKey, StoreFailure> {
        self.admission.admit(key).map_err(|refused| StoreFailure::refused(&self.session.store, &refused))
    }

    /// Judges whether objects of the namespace may write to a place, before the store is asked.
    ///
    /// # Errors
    /// [`StoreFailure`] with the limits that were tried.
    pub fn admit_push(&self, at: &PushKey) -> Result<AdmittedPush, StoreFailure> {
        self.admission.admit_push(at).map_err(|refused| StoreFailure::refused(&self.session.store, &refused))
    }

    /// Judges whether they may have what was read.
    ///
    /// # Errors
    /// [`StoreFailure`] with the limits that were tried.
    pub fn ensure_found(&self, key: &AdmittedKey, payload: &Payload) -> Result<(), StoreFailure> {
        self.admission.ensure_found(key, payload).map_err(|refused| StoreFailure::refused(&self.session.store, &refused))
    }
}

/// What happened to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreEvent {
    /// Its spec, something it refers to, or who may use it changed: everything that uses it is to be read anew.
    Changed(StoreKey),
    /// It answers again.
    Recovered(StoreKey),
}

/// All stores and their sessions.
pub struct Stores {
    client: Client,
    config: StoresConfig,
    audiences: Arc<ApiAudiences>,
    own_account: Arc<OwnAccount>,
    listings: Vec<Listing>,
    namespaces: Arc<Namespaces>,
    inputs: Arc<Inputs<Place>>,
    inventory: Mutex<Inventory>,
    sessions: Sessions,
    metrics: Arc<Metrics>,
    shutdown: Shutdown,
    events: mpsc::UnboundedSender<StoreEvent>,
    attention: mpsc::UnboundedSender<StoreKey>,
    listed: watch::Sender<bool>,
    /// Counts changes of any store, for those who read one without being an object.
    revision: watch::Sender<u64>,
    /// Who else is told of events.
    followers: Mutex<Vec<mpsc::UnboundedSender<StoreEvent>>>,
    queues: Mutex<Option<Queues>>,
}

/// The receiving ends, until they are run.
struct Queues {
    inputs: mpsc::UnboundedReceiver<Place>,
    attention: mpsc::UnboundedReceiver<StoreKey>,
}

fn listings(config: &StoresConfig) -> Vec<Listing> {
    let mut scopes = vec![Scope::Cluster];
    if config.watch_namespaces.is_empty() {
        scopes.push(Scope::AllNamespaces);
    }
    scopes.extend(config.watch_namespaces.iter().map(|name| Scope::Namespace(name.as_str().into())));
    let external = config.dialects.kinds().any(|kind| kind == Kind::ExternalSecret).then_some(StoreGroup::ExternalSecrets);
    let groups = std::iter::once(StoreGroup::Native).chain(external);
    groups.flat_map(|group| scopes.iter().map(move |scope| Listing { group, scope: scope.clone() })).collect()
}

impl Stores {
    /// Nothing is watched before [`Stores::run`].
    #[must_use]
    pub fn new(
        client: Client,
        config: StoresConfig,
        namespaces: Arc<Namespaces>,
        metrics: Arc<Metrics>,
        events: mpsc::UnboundedSender<StoreEvent>,
        shutdown: Shutdown,
    ) -> Arc<Self> {
        let (inputs_changed, inputs_seen) = mpsc::unbounded_channel();
        let (attention, attention_seen) = mpsc::unbounded_channel();
        let listings = listings(&config);
        let audiences = Arc::new(config.api_audiences.clone());
        Arc::new(Self {
            inputs: Inputs::new(client.clone(), shutdown.clone(), inputs_changed),
            own_account: OwnAccount::new(client.clone(), Arc::clone(&audiences)),
            audiences,
            client,
            config,
            listings,
            namespaces,
            inventory: Mutex::default(),
            sessions: Sessions::new(Arc::clone(&metrics)),
            metrics,
            shutdown,
            events,
            attention,
            listed: watch::Sender::new(false),
            revision: watch::Sender::new(0),
            followers: Mutex::default(),
            queues: Mutex::new(Some(Queues { inputs: inputs_seen, attention: attention_seen })),
        })
    }

    /// Lists and watches stores, what they refer to and namespaces until shutdown; while `leader` is true, also asks
    /// stores whether they can be used and writes their status. To be run once.
    pub async fn run(self: Arc<Self>, leader: watch::Receiver<bool>) {
        let Some(queues) = self.queues.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let shutdown = self.shutdown.clone();
        tokio::join!(
            self.watch_stores(&shutdown),
            self.watch_inputs(queues.inputs, &shutdown),
            self.watch_labels(&shutdown),
            self.namespaces.run(&self.config.watch_namespaces, &shutdown),
            self.care(queues.attention, leader, &shutdown),
        );
    }

    /// Returns when every store and every namespace's labels are known.
    pub async fn ready(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _listed = self.listed.subscribe().wait_for(|listed| *listed).await.is_ok();
        self.namespaces.ready().await;
    }

    /// The store that an object of `namespace` names. Whether it may is judged before anything is sent, and of each key
    /// by what this returns. A session is made if there is none; the store itself is asked at the first read.
    ///
    /// # Errors
    /// [`StoreFailure`]. Failures that may pass are tried again by themselves, and [`StoreEvent`] tells.
    pub async fn open(self: &Arc<Self>, namespace: &str, store: &StoreName) -> Result<OpenStore, StoreFailure> {
        let key = StoreKey::named(namespace, store);
        self.open_for(&key, namespace).await
    }

    /// From where a generator takes what it needs to ask somebody: the namespace of the object that names it, and nothing
    /// else. The operator's own identity is never for it.
    pub(crate) fn scope_of_generator(&self, namespace: &str, name: &str) -> impl sealbridge_provider::Scope {
        let store = StoreKey::namespaced(namespace, name);
        StoreScope {
            client: self.client.clone(),
            reach: Reach::of(&store, None),
            store,
            retries: None.into(),
            ambient: AmbientIdentity::Refused,
            webhooks_reach_loopback: self.config.allow_webhook_loopback,
            audiences: Arc::clone(&self.audiences),
            own_account: Arc::clone(&self.own_account),
        }
    }

    /// Whom the store that an object of `namespace` names says that it is served by; `None` if there is no such store.
    #[must_use]
    pub fn class_of(&self, namespace: &str, store: &StoreName) -> Option<StoreClass> {
        self.known_store(&StoreKey::named(namespace, store)).map(|object| self.class(&object))
    }

    fn class(&self, object: &StoreObject) -> StoreClass {
        match (&object.key.group, &object.class) {
            (StoreGroup::Native, _) => StoreClass::Ours,
            (StoreGroup::ExternalSecrets, None) => StoreClass::Anybody,
            (StoreGroup::ExternalSecrets, Some(class)) if **class == *self.config.controller_class => StoreClass::Ours,
            (StoreGroup::ExternalSecrets, Some(_)) => StoreClass::Another,
        }
    }

    /// A number that changes whenever any store or input of one changed, or a store answers again.
    #[must_use]
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Brings what sessions counted into the metrics.
    pub fn report(&self) {
        self.sessions.report();
    }

    /// Gives back every session, revoking what it got at login. To be called after the last read.
    pub async fn close(&self) {
        self.sessions.close_all().await;
    }

    fn known(&self) -> Vec<StoreKey> {
        self.inventory.lock().unwrap_or_else(PoisonError::into_inner).keys()
    }

    fn known_store(&self, store: &StoreKey) -> Option<Arc<StoreObject>> {
        self.inventory.lock().unwrap_or_else(PoisonError::into_inner).get(store)
    }

    fn remember_status(&self, object: &StoreObject, conditions: &[Condition]) {
        let mut inventory = self.inventory.lock().unwrap_or_else(PoisonError::into_inner);
        // The watch tells of the write in a moment; until then the store would be written again.
        if let Some(known) = inventory.get(&object.key).filter(|known| known.says_the_same_as(object)) {
            let written = StoreObject {
                labels: known.labels.clone(),
                observed_generation: Some(object.generation),
                capabilities: external::capabilities(object.provider.as_ref()).map(Into::into),
                status: conditions.to_vec(),
                ..object.clone()
            };
            inventory.apply(written);
        }
    }

    fn tell(&self, event: StoreEvent) {
        let (StoreEvent::Changed(store) | StoreEvent::Recovered(store)) = &event;
        tracing::debug!(%store, ?event, "store");
        self.tell_followers(&event);
        // Without a receiver the process is about to end.
        let _told = self.events.send(event).is_ok();
        self.revision.send_modify(|revision| *revision = revision.wrapping_add(1));
    }

    fn look_at(&self, store: StoreKey) {
        // Without a receiver the process is about to end.
        let _told = self.attention.send(store).is_ok();
    }
}
