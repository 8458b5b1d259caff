//! From a store to its session: permission, needs, identity, connection, in this order.
//!
//! Must never: use an identity that was resolved before the store or its inputs changed.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use sealbridge_provider::{CircuitState, Session, connect};
use tokio::sync::watch;
use tokio::time::sleep;

use super::failure::StoreFailure;
use super::key::{Place, SessionIdentity, SessionKey, StoreKey};
use super::needs::{depends_on_user, needs};
use super::object::StoreObject;
use super::permission::ambient_identity;
use super::scope::{Reach, StoreScope};
use super::sessions::{Failed, NoSession, RETRY_AFTER, Slot};
use super::{OpenStore, StoreEvent, StoreSession, Stores};
use crate::inputs::NotKnown;

/// For so long the API server may take to say what is known of an input.
const INPUT_DEADLINE: Duration = Duration::from_secs(10);
/// Tries while a store changes under the hands.
const TRIES: usize = 3;

impl Stores {
    /// `store` for objects of `namespace`.
    pub(super) async fn open_for(self: &Arc<Self>, store: &StoreKey, namespace: &str) -> Result<OpenStore, StoreFailure> {
        let labels = self.namespaces.labels(namespace);
        for _ in 0..TRIES {
            let (object, admission) = {
                let mut inventory = self.inventory.lock().unwrap_or_else(PoisonError::into_inner);
                inventory.for_use_from(store, namespace, &labels)?
            };
            if let Some(session) = self.session(&object, Some(namespace)).await? {
                return Ok(OpenStore { session, admission });
            }
        }
        Err(StoreFailure::changing(store))
    }

    /// The session that a store has by itself; `None` if it depends on who uses it.
    pub(super) async fn own_session(self: &Arc<Self>, object: &Arc<StoreObject>) -> Result<Option<Arc<Session>>, StoreFailure> {
        let store = &object.key;
        let mut object = Arc::clone(object);
        for _ in 0..TRIES {
            let provider = object.provider.as_ref().ok_or_else(|| StoreFailure::unreadable(store, object.unreadable.as_ref()))?;
            if depends_on_user(provider, store.kind) {
                return Ok(None);
            }
            if let Some(opened) = self.session(&object, None).await? {
                return Ok(Some(opened.session));
            }
            object = self.known_store(store).ok_or_else(|| StoreFailure::not_found(store))?;
        }
        Err(StoreFailure::changing(store))
    }

    /// `None` if the store, or what it refers to, changed meanwhile.
    async fn session(
        self: &Arc<Self>,
        object: &Arc<StoreObject>,
        using: Option<&str>,
    ) -> Result<Option<StoreSession>, StoreFailure> {
        let store = &object.key;
        let provider = object.provider.as_ref().ok_or_else(|| StoreFailure::unreadable(store, object.unreadable.as_ref()))?;
        let reach = Reach::of(store, using.map(Into::into));
        let needs = needs(provider, store.kind, &reach).map_err(|error| StoreFailure::of_input(store, &error))?;
        let place = Place { store: store.clone(), referent: using.filter(|_| needs.depends_on_user).map(Into::into) };
        let states = match self.inputs.states(&place, &needs.inputs, INPUT_DEADLINE).await {
            Ok(states) => states,
            Err(NotKnown::Released) => return Ok(None),
            Err(NotKnown::InTime) => return Err(StoreFailure::changing(store)),
        };
        let missing = needs.inputs.iter().zip(&states).find_map(|(input, state)| StoreFailure::of_state(store, input, state));
        if let Some(failure) = missing {
            return Err(failure);
        }
        let key =
            SessionKey::new(SessionIdentity { place, uid: Arc::clone(&object.uid), generation: object.generation, inputs: states });
        let slot = self.sessions.slot(key.clone());
        let is_current = self.known_store(store).is_some_and(|known| known.says_the_same_as(object));
        if !(is_current && self.inputs.are_followed(key.place(), &needs.inputs)) {
            // It changed before this session was in the list, so that nobody else would give it back.
            self.sessions.retire_where(|place| place == key.place());
            return Ok(None);
        }
        let session = self.session_of(&slot, object, reach).await?;
        Ok(session.map(|session| StoreSession::new(key, session, store.clone())))
    }

    /// `None` if the slot was given back meanwhile.
    async fn session_of(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        object: &Arc<StoreObject>,
        reach: Reach,
    ) -> Result<Option<Arc<Session>>, StoreFailure> {
        match self.connect(slot, object, reach.clone()).await {
            Ok((session, made)) => {
                if made {
                    self.follow_circuit(object.key.clone(), &session);
                }
                Ok(Some(session))
            }
            Err(NoSession::Retired) => Ok(None),
            Err(NoSession::Failed(failed)) => {
                if failed.is_new && failed.may_pass {
                    self.try_again_later(Arc::clone(slot), Arc::clone(object), reach);
                }
                Err(failed.failure)
            }
        }
    }

    async fn connect(&self, slot: &Slot, object: &StoreObject, reach: Reach) -> Result<(Arc<Session>, bool), NoSession> {
        let scope = StoreScope {
            client: self.client.clone(),
            store: object.key.clone(),
            retries: object.retry.as_ref().into(),
            reach,
            ambient: ambient_identity(object, self.config.allow_ambient_identity),
            webhooks_reach_loopback: false,
            audiences: Arc::clone(&self.audiences),
            own_account: Arc::clone(&self.own_account),
        };
        let make = || async {
            let store = &object.key;
            let unreadable = || Failed::lasting(StoreFailure::unreadable(store, object.unreadable.as_ref()));
            let provider = object.provider.as_ref().ok_or_else(unreadable)?;
            let connected = connect(provider, &scope).await;
            let connected = connected.map_err(|error| Failed {
                failure: StoreFailure::of_input(store, &error),
                may_pass: StoreFailure::may_pass(&error),
                is_new: true,
            })?;
            Ok(Session::new(connected))
        };
        slot.session_or(make).await
    }

    /// Tries until the session is there or the store changed; one task per slot.
    fn try_again_later(self: &Arc<Self>, slot: Arc<Slot>, object: Arc<StoreObject>, reach: Reach) {
        let stores = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stores.shutdown.requested() => return,
                    () = sleep(RETRY_AFTER) => {}
                }
                match stores.connect(&slot, &object, reach.clone()).await {
                    Ok((session, made)) => {
                        if made {
                            stores.follow_circuit(object.key.clone(), &session);
                        }
                        stores.tell(StoreEvent::Recovered(object.key.clone()));
                        return stores.look_at(object.key.clone());
                    }
                    Err(NoSession::Failed(failed)) if failed.may_pass => {}
                    Err(NoSession::Failed(_) | NoSession::Retired) => return,
                }
            }
        });
    }

    /// Tells when the store comes back after it failed. Ends with the session, which it does not keep alive.
    fn follow_circuit(self: &Arc<Self>, store: StoreKey, session: &Arc<Session>) {
        let mut states: watch::Receiver<CircuitState> = session.circuit().subscribe();
        let stores = Arc::downgrade(self);
        self.metrics.set_circuit(&store, false);
        tokio::spawn(async move {
            while states.changed().await.is_ok() {
                let is_open = *states.borrow_and_update() != CircuitState::Closed;
                let Some(stores) = stores.upgrade() else { return };
                stores.metrics.set_circuit(&store, is_open);
                if !is_open {
                    stores.tell(StoreEvent::Recovered(store.clone()));
                }
                stores.look_at(store.clone());
            }
        });
    }
}

#[cfg(test)]
mod tests;
