//! Who leads: one of several operators writes, the others stand by.
//!
//! Owns the Lease and what its last holder left behind. Must never go on as leader past the end of a lease that
//! could not be renewed.

mod judge;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease as LeaseObject;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use kube_lease_manager::{LeaseManager, LeaseManagerBuilder, LeaseParams};
use serde_json::json;
use tokio::sync::watch;

use crate::shutdown::Shutdown;
use judge::{Holding, Seen};

/// Annotation on the Lease: when its holder last gave it up of its own accord, RFC 3339. A given-up Lease has
/// no renewal time any more.
pub const RELEASED_AT: &str = "sealbridge.dev/released-at";
/// The Lease is looked at so often at least, so that one that was given up is taken at once.
const LONGEST_BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// How long one look at the Lease may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Which Lease, and as whom.
#[derive(Clone, Debug)]
pub struct LeaseConfig {
    /// The namespace of the Lease.
    pub namespace: String,
    /// The name of the Lease.
    pub name: String,
    /// As whom the Lease is held; no two operators may have the same.
    pub identity: String,
    /// How long the Lease holds after a renewal; at least 3 seconds, in whole seconds.
    pub duration: Duration,
}

/// Why leading ended, or could not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The Lease cannot be read or made.
    #[error("the operator cannot use Lease {0}; grant its Role get, create and patch on Leases there")]
    Unusable(String),
    /// Somebody else holds the Lease, or it ran out before it was renewed.
    #[error("the operator lost Lease {0}; it ends so that it does not write beside another one, and is started again")]
    Lost(String),
}

/// What the rest of the operator sees of the Lease. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Leadership {
    leader: watch::Receiver<bool>,
    previous_renewal: Arc<Mutex<Option<Timestamp>>>,
    held_until: Arc<Mutex<Option<Timestamp>>>,
}

#[cfg(test)]
impl Default for Leadership {
    /// Of an operator that never led.
    fn default() -> Self {
        let (_, leader) = watch::channel(false);
        Self { leader, previous_renewal: Arc::default(), held_until: Arc::default() }
    }
}

impl Leadership {
    /// Whether this operator leads; becomes true at most once, and the process ends when it would become
    /// false again.
    #[must_use]
    pub fn leader(&self) -> watch::Receiver<bool> {
        self.leader.clone()
    }

    /// When another process last renewed the Lease, or gave it up, as far as was seen before this one took
    /// it. `None` if nobody ever did.
    #[must_use]
    pub fn previous_renewal(&self) -> Option<Timestamp> {
        *self.previous_renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the Lease certainly holds at this moment, by what was last seen of it and by the clock.
    ///
    /// A process that was stopped and runs on does not know yet that another one leads. Whoever writes asks this
    /// between its last look and the write, which then is bound to that look or does not happen.
    #[must_use]
    pub fn holds(&self) -> bool {
        let until = *self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Timestamp::now() < until)
    }

    pub(crate) fn hold_until(&self, until: Option<Timestamp>) {
        *self.held_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn remember(&self, renewal: Option<Timestamp>) {
        let mut previous = self.previous_renewal.lock().unwrap_or_else(PoisonError::into_inner);
        *previous = (*previous).max(renewal);
    }
}

/// How following the Lease ended.
enum Followed {
    /// The process is to end.
    ToTheEnd,
    /// Its holder gave it up.
    Freed,
}

/// Keeps the Lease in the background. Await [`Keeper::run`]: when it returns, the process has to end.
pub struct Keeper {
    api: Api<LeaseObject>,
    config: LeaseConfig,
    client: Client,
    leadership: Leadership,
    leader: watch::Sender<bool>,
}

impl Keeper {
    /// Looks at the Lease as it was left, before anything of it is changed.
    ///
    /// # Errors
    /// [`LeaseError::Unusable`].
    pub async fn new(client: Client, config: LeaseConfig) -> Result<Self, LeaseError> {
        let api: Api<LeaseObject> = Api::namespaced(client.clone(), &config.namespace);
        let (leader, seen) = watch::channel(false);
        let leadership = Leadership { leader: seen, previous_renewal: Arc::default(), held_until: Arc::default() };
        let keeper = Self { api, config, client, leadership, leader };
        let left_behind = keeper.look().await.map_err(|()| keeper.unusable())?;
        keeper.leadership.remember(left_behind.last_sign());
        Ok(keeper)
    }

    /// What the rest of the operator sees.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        self.leadership.clone()
    }

    /// Takes the Lease when it is free, renews it, and gives it up at `shutdown`.
    ///
    /// # Errors
    /// [`LeaseError::Lost`] when this operator led and does not any more.
    pub async fn run(self, shutdown: &Shutdown) -> Result<(), LeaseError> {
        let (held, task, outcome) = loop {
            let (mut held, task) = self.manager().await?.watch().await;
            match self.follow(&mut held, shutdown).await {
                // The manager sleeps until the time at which the Lease would have run out. It is not asked to end, since
                // it would take the Lease from whoever holds it by then.
                Ok(Followed::Freed) => task.abort(),
                Ok(Followed::ToTheEnd) => break (held, task, Ok(())),
                Err(error) => break (held, task, Err(error)),
            }
        };
        self.leader.send_replace(false);
        // Without a receiver the manager gives the Lease up and ends.
        drop(held);
        let released = tokio::time::timeout(LOOK_TIMEOUT, task).await;
        if outcome.is_ok() && matches!(released, Ok(Ok(Ok(_)))) {
            self.note_release().await;
        }
        outcome
    }

    async fn manager(&self) -> Result<LeaseManager, LeaseError> {
        let seconds = self.config.duration.as_secs().max(3);
        let params = LeaseParams::new(self.config.identity.clone(), seconds, seconds * 2 / 3);
        let manager = LeaseManagerBuilder::new(self.client.clone(), self.config.name.clone())
            .with_namespace(self.config.namespace.clone())
            .with_parameters(params);
        manager.build().await.map_err(|_| self.unusable())
    }

    async fn follow(&self, held: &mut watch::Receiver<bool>, shutdown: &Shutdown) -> Result<Followed, LeaseError> {
        let mut holding = Holding::new(self.config.identity.clone(), self.config.duration);
        let mut looks = tokio::time::interval((self.config.duration / 3).min(LONGEST_BETWEEN_LOOKS));
        let mut had_a_holder = false;
        loop {
            tokio::select! {
                () = shutdown.requested() => return Ok(Followed::ToTheEnd),
                changed = held.changed() => {
                    let leads = changed.is_ok() && *held.borrow_and_update();
                    if !leads && (changed.is_err() || *self.leader.borrow()) {
                        return Err(self.lost());
                    }
                    if leads {
                        holding.took(Timestamp::now());
                        self.leadership.hold_until(holding.until());
                        tracing::info!(lease = self.config.name, "leading");
                    }
                    self.leader.send_replace(leads);
                }
                _ = looks.tick() => {
                    let seen = self.look().await.ok();
                    if *self.leader.borrow() {
                        if !holding.goes_on(Timestamp::now(), seen.as_ref()) {
                            return Err(self.lost());
                        }
                        self.leadership.hold_until(holding.until());
                    } else if let Some(seen) = seen && seen.holder.as_deref() != Some(&self.config.identity) {
                        self.leadership.remember(seen.last_sign());
                        if had_a_holder && seen.holder.is_none() {
                            return Ok(Followed::Freed);
                        }
                        had_a_holder |= seen.holder.is_some();
                    }
                }
            }
        }
    }

    async fn look(&self) -> Result<Seen, ()> {
        match tokio::time::timeout(LOOK_TIMEOUT, self.api.get_opt(&self.config.name)).await {
            Ok(Ok(lease)) => Ok(lease.as_ref().map(Seen::of).unwrap_or_default()),
            Ok(Err(_)) | Err(_) => Err(()),
        }
    }

    async fn note_release(&self) {
        let patch = json!({"metadata": {"annotations": {RELEASED_AT: Timestamp::now().to_string()}}});
        let noted = self.api.patch_metadata(&self.config.name, &PatchParams::default(), &Patch::Merge(patch)).await;
        if noted.is_err() {
            tracing::info!(lease = self.config.name, "gave up the lease and could not note when");
        }
    }

    fn full_name(&self) -> String {
        format!("{}/{}", self.config.namespace, self.config.name)
    }

    fn unusable(&self) -> LeaseError {
        LeaseError::Unusable(self.full_name())
    }

    fn lost(&self) -> LeaseError {
        LeaseError::Lost(self.full_name())
    }
}
