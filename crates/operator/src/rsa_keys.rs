//! The private keys of the sealed-secrets controller, as that keeps them: labelled Secrets of type
//! `kubernetes.io/tls` in the operator's own namespace.
//!
//! Must never: write or delete one, or look in another namespace.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use k8s_openapi::api::core::v1::Secret;
use kube::runtime::watcher;
use kube::{Api, Client, ResourceExt as _};
use sealbridge_sealed_secrets::{Fingerprint, KeyRing, PrivateKey};
use tokio::sync::watch;
use tracing::{info, warn};
use zeroize::Zeroize as _;

use crate::observe::{Observation, observe};
use crate::shutdown::Shutdown;

/// The label by which the controller finds its keys. Any other value takes a key out of use.
const SELECTOR: &str = "sealedsecrets.bitnami.com/sealed-secrets-key=active";

/// All keys at hand.
pub struct RsaKeys {
    keys: Mutex<BTreeMap<String, Arc<Key>>>,
    ring: ArcSwap<KeyRing>,
    changes: watch::Sender<u64>,
    ready: watch::Sender<bool>,
}

/// The PEM texts of one key Secret; parsed again for each new ring, which is rare.
struct Key {
    key: zeroize::Zeroizing<Vec<u8>>,
    certificate: Vec<u8>,
}

impl RsaKeys {
    /// Holds nothing before [`RsaKeys::run`].
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            keys: Mutex::default(),
            ring: ArcSwap::default(),
            changes: watch::Sender::new(0),
            ready: watch::Sender::new(false),
        })
    }

    /// Follows the keys in `namespace` until shutdown.
    pub async fn run(self: Arc<Self>, client: Client, namespace: &str, shutdown: &Shutdown) {
        let api: Api<Secret> = Api::namespaced(client, namespace);
        let selected = watcher::Config::default().labels(SELECTOR);
        observe(api, selected, "keys of sealed-secrets", shutdown, |observation| self.take_in(observation)).await;
    }

    /// Returns when the keys that there are were read.
    pub async fn ready(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _ready = self.ready.subscribe().wait_for(|ready| *ready).await.is_ok();
    }

    /// The keys at hand.
    #[must_use]
    pub fn ring(&self) -> KeyRing {
        KeyRing::clone(&self.ring.load())
    }

    /// A number that changes whenever the keys do.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn take_in(&self, observation: Observation<Secret>) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        match observation {
            Observation::Replaced(all) => *keys = all.into_iter().map(Key::of).collect(),
            Observation::Applied(secret) => keys.extend([Key::of(secret)]),
            Observation::Deleted(secret) => drop(keys.remove(&secret.name_any())),
            Observation::Forbidden => warn!("the operator may not list Secrets in its own namespace; no SealedSecret opens"),
        }
        let ring = KeyRing::new(keys.iter().filter_map(|(name, key)| key.read(name)));
        drop(keys);
        let names = |ring: &KeyRing| ring.fingerprints().collect::<Vec<Fingerprint>>();
        let is_another = names(&ring) != names(&self.ring.load());
        self.ready.send_replace(true);
        if is_another {
            info!(keys = names(&ring).len(), "keys of sealed-secrets are at hand");
            self.ring.store(Arc::new(ring));
            self.changes.send_modify(|changes| *changes += 1);
        }
    }
}

impl Key {
    fn of(mut secret: Secret) -> (String, Arc<Self>) {
        let mut data = secret.data.take().unwrap_or_default();
        let mut take = |name: &str| data.remove(name).map(|value| value.0).unwrap_or_default();
        let key = Self { key: take("tls.key").into(), certificate: take("tls.crt") };
        data.into_values().for_each(|mut value| value.0.zeroize());
        (secret.name_any(), Arc::new(key))
    }

    fn read(&self, secret: &str) -> Option<PrivateKey> {
        let key = PrivateKey::from_pair(&self.key, &self.certificate);
        key.inspect_err(|problem| warn!(secret, %problem, "a key of sealed-secrets cannot be used")).ok()
    }
}
