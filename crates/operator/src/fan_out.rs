//! Objects that are declared once and stand in several namespaces: the BridgedSecrets of each ClusterBridgedSecret, and
//! the ExternalSecrets of each ClusterExternalSecret.
//!
//! ```text
//!   what declares them     ─┐
//!   namespaces' labels     ─┼▶ names that may be out of date ─▶ reconcile ─▶ copies, status
//!   copies' metadata       ─┘
//! ```
//!
//! Owns the copies: each is controlled by what declares it, so that the cluster itself removes them with it.
//! Must never: touch a namespace, or an object that is not such a copy.

mod copies;
mod copy;
mod declared;
mod kind;
mod reconcile;
mod status;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::runtime::watcher;
use kube::{Api, Client};
use sealbridge_manifest::FanOut;
use tokio::sync::{mpsc, watch};

use self::copies::Copies;
use self::declared::Declared;
use self::kind::CopyMeta;
pub use self::kind::FanOutKind;
use crate::dialects::Dialects;
use crate::namespaces::Namespaces;
use crate::observe::{Observation, observe};
use crate::shutdown::Shutdown;
use crate::stores::Stores;

/// What could not be done is tried again after so long.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Looks after the copies of one kind.
pub struct FanOuts {
    kind: FanOutKind,
    client: Client,
    dialects: Dialects,
    namespaces: Arc<Namespaces>,
    stores: Arc<Stores>,
    /// Whether this operator may write.
    leader: watch::Receiver<bool>,
    declared: Mutex<HashMap<String, Arc<Declared>>>,
    /// Whether there ever was one: without any, nobody's copies are watched.
    any: watch::Sender<bool>,
    copies: Copies,
}

impl FanOuts {
    /// Nothing is watched before [`FanOuts::run`].
    #[must_use]
    pub fn new(
        kind: FanOutKind,
        client: Client,
        dialects: Dialects,
        namespaces: Arc<Namespaces>,
        stores: Arc<Stores>,
        leader: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let (declared, any, copies) = (Mutex::default(), watch::Sender::new(false), Copies::new(kind));
        Arc::new(Self { kind, client, dialects, namespaces, stores, leader, declared, any, copies })
    }

    /// Keeps the copies as they are declared, until `shutdown`.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        let (ask, asked) = mpsc::unbounded_channel();
        tokio::join!(
            self.watch_declared(&ask, &shutdown),
            self.watch_copies(&ask, &shutdown),
            self.watch_namespaces(&ask, &shutdown),
            self.work(ask.clone(), asked, &shutdown),
        );
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<Declared>>> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn watch_declared(&self, ask: &mpsc::UnboundedSender<String>, shutdown: &Shutdown) {
        let api = self.kind.api(self.client.clone());
        observe(api, watcher::Config::default(), self.kind.plural(), shutdown, |observation| {
            let asked = match observation {
                Observation::Replaced(all) => {
                    let all: HashMap<_, _> =
                        all.iter().map(|one| Declared::new(self.kind, one)).map(|one| (one.name.clone(), Arc::new(one))).collect();
                    let names = all.keys().cloned().collect();
                    *self.known() = all;
                    names
                }
                Observation::Applied(one) => {
                    let one = Declared::new(self.kind, &one);
                    let name = one.name.clone();
                    self.known().insert(name.clone(), Arc::new(one));
                    vec![name]
                }
                Observation::Deleted(one) => {
                    self.known().remove(one.metadata.name.as_deref().unwrap_or_default());
                    Vec::new()
                }
                Observation::Forbidden => Vec::new(),
            };
            if !asked.is_empty() {
                self.any.send_replace(true);
            }
            tell(ask, asked);
        })
        .await;
    }

    async fn watch_copies(&self, ask: &mpsc::UnboundedSender<String>, shutdown: &Shutdown) {
        let mut any = self.any.subscribe();
        tokio::select! {
            () = shutdown.requested() => return,
            _ = any.wait_for(|any| *any) => {}
        }
        let api: Api<CopyMeta> = self.kind.copies(self.client.clone());
        observe(api, watcher::Config::default(), self.kind.copy().plural(), shutdown, |observation| {
            tell(ask, self.copies.take_in(observation));
        })
        .await;
    }

    async fn watch_namespaces(&self, ask: &mpsc::UnboundedSender<String>, shutdown: &Shutdown) {
        let mut changes = self.namespaces.follow();
        loop {
            let change = tokio::select! {
                () = shutdown.requested() => return,
                change = changes.recv() => change,
            };
            if change.is_none() {
                return;
            }
            let all: Vec<_> = self.known().keys().cloned().collect();
            tell(ask, all);
        }
    }

    async fn work(&self, ask: mpsc::UnboundedSender<String>, mut asked: mpsc::UnboundedReceiver<String>, shutdown: &Shutdown) {
        // Before all of them are known, a namespace that matches would be taken for one that does not.
        let all_is_known = async {
            self.namespaces.ready().await;
            self.stores.ready().await;
            self.copies.ready().await;
        };
        tokio::select! {
            () = shutdown.requested() => return,
            () = all_is_known => {}
        }
        loop {
            let name = tokio::select! {
                () = shutdown.requested() => return,
                name = asked.recv() => name,
            };
            let Some(name) = name else { return };
            // A label that changes on a namespace asks for all of them at once.
            let mut names = BTreeSet::from([name]);
            names.extend(std::iter::from_fn(|| asked.try_recv().ok()));
            for name in names {
                let declared = self.known().get(&name).cloned();
                let Some(declared) = declared else { continue };
                if !*self.leader.borrow() {
                    return;
                }
                if self.reconcile(&declared).await.is_err() {
                    let (ask, name) = (ask.clone(), name.clone());
                    tokio::spawn(async move {
                        tokio::time::sleep(TRY_AGAIN).await;
                        tell(&ask, vec![name]);
                    });
                }
            }
        }
    }

    /// The namespaces that an object selects.
    fn selected(&self, spec: &FanOut) -> BTreeSet<Arc<str>> {
        let all: BTreeMap<_, _> = self.namespaces.all();
        all.into_iter().filter(|(name, labels)| declared::selects(spec, name, labels)).map(|(name, _)| name).collect()
    }
}

/// Asks for a look at each. Without a receiver the process is about to end.
fn tell(ask: &mpsc::UnboundedSender<String>, names: Vec<String>) {
    for name in names {
        let _told = ask.send(name).is_ok();
    }
}
