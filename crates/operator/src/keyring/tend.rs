//! Keeps the ring, the status of SealingKeys and the list of recipients true.
//!
//! Must never: write anything while another operator leads, or drop a key because it could not be asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::answer::{self, Knowledge};
use super::create::{self, Decision, Evidence};
use super::object::{KeyObject, Source};
use super::recipients::{self, Published, PublishedState};
use super::ring::{Held, Ring};
use super::{KeyInput, Keyring, Keys, Outcome, SealedValues};
use crate::inputs::{InputId, InputKind};
use crate::namespaces::Relabelled;
use crate::refusal::Refusal;

/// How often it is looked which keys are in use, and keys that could not be loaded are tried again.
const LOOK: Duration = Duration::from_secs(10);

/// How often private halves in stores are read again: a store does not tell of changes.
const LOOK_REMOTE: Duration = Duration::from_mins(5);

/// What this operator did as leader.
#[derive(Default)]
struct Done {
    published: Option<BTreeMap<String, String>>,
    /// Whether the list was told that there is no SealingKey.
    told_missing: bool,
    told_lost: Option<BTreeSet<String>>,
}

impl Keyring {
    pub(super) async fn tend(
        &self,
        mut inputs: mpsc::UnboundedReceiver<KeyInput>,
        mut leader: watch::Receiver<bool>,
        sealed: &dyn SealedValues,
    ) {
        let mut stores = self.stores.revision();
        let mut labels = self.namespaces.follow();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut remote_looks = interval(LOOK_REMOTE);
        remote_looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut done = Done::default();
        loop {
            tokio::select! {
                () = self.shutdown.requested() => return,
                () = self.woken.notified() => {}
                _ = looks.tick() => self.try_again(),
                Some(input) = inputs.recv() => match input {
                    KeyInput::Key(name) => self.reload(&name),
                    KeyInput::Recipients => {
                        done.published = None;
                        done.told_missing = false;
                    }
                },
                _ = remote_looks.tick() => self.reload_remote(),
                Ok(()) = stores.changed() => self.reload_remote(),
                Some(change) = labels.recv() => self.relabel(&change),
                Ok(()) = leader.changed() => {}
            }
            self.load_missing().await;
            let leads = *leader.borrow();
            if leads && self.keys().listed {
                self.create_if_asked(sealed, &mut done).await;
                self.answer(sealed).await;
                self.publish(&mut done).await;
            }
        }
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_again(&self) {
        let may_pass = |outcome: &&mut Outcome| outcome.failure.as_ref().is_some_and(|failure| failure.may_pass);
        self.keys().outcomes.values_mut().filter(may_pass).for_each(|outcome| outcome.again = true);
    }

    fn reload(&self, name: &Arc<str>) {
        if let Some(outcome) = self.keys().outcomes.get_mut(name) {
            outcome.again = true;
        }
    }

    fn reload_remote(&self) {
        let mut keys = self.keys();
        let Keys { objects, outcomes, .. } = &mut *keys;
        let remote = objects.values().filter(|key| matches!(key.source, Some(Source::Remote { .. })));
        for key in remote {
            if let Some(outcome) = outcomes.get_mut(&key.name) {
                outcome.again = true;
            }
        }
    }

    fn relabel(&self, change: &Relabelled) {
        // Which keys the namespace had is not kept: with a limited key any label may matter.
        if self.ring.load().is_limited() {
            tracing::debug!(namespace = %change.namespace, "labels changed that may limit sealing keys");
            self.tell();
        }
    }

    fn tell(&self) {
        self.changes.send_modify(|generation| *generation = generation.wrapping_add(1));
    }

    /// Loads what is new or due, then brings the ring up to date.
    async fn load_missing(&self) {
        let due: Vec<(Arc<str>, Option<Source>)> = {
            let keys = self.keys();
            let is_due = |key: &&KeyObject| keys.outcomes.get(&key.name).is_none_or(|outcome| outcome.again);
            keys.objects.values().filter(is_due).map(|key| (Arc::clone(&key.name), key.source.clone())).collect()
        };
        let loads = due.into_iter().map(|(name, source)| async move {
            let outcome = self.loader.load(&name, source.as_ref()).await;
            (name, source, outcome)
        });
        for (name, source, outcome) in futures::future::join_all(loads).await {
            let mut keys = self.keys();
            if keys.objects.get(&name).is_none_or(|key| key.source != source) {
                continue;
            }
            let before = keys.outcomes.remove(&name);
            let (before, told) = before.map_or((None, None), |before| (before.loaded, before.failure));
            let (loaded, failure) = match outcome {
                Ok(loaded) => (Some(loaded), None),
                Err(failure) => (before.filter(|_| failure.may_pass), Some(failure)),
            };
            if let Some(failure) = failure.as_ref().filter(|failure| told.as_ref() != Some(failure)) {
                tracing::warn!(key = %name, reason = failure.reason.as_str(), message = failure.message, "a sealing key is not at hand");
            }
            keys.outcomes.insert(name, Outcome { loaded, failure, again: false });
        }
        self.release_unused();
        self.bring_ring_up_to_date();
    }

    fn release_unused(&self) {
        let keys = self.keys();
        self.inputs.release(|user| matches!(user, KeyInput::Key(name) if !keys.objects.contains_key(name)));
    }

    fn bring_ring_up_to_date(&self) {
        let (held, all_known) = {
            let keys = self.keys();
            let held = keys.objects.values().filter_map(|key| {
                let loaded = keys.outcomes.get(&key.name)?.loaded.as_ref()?;
                let held = Held {
                    id: loaded.recipient.id(),
                    ring: loaded.ring.clone(),
                    limits: key.limits.clone(),
                    unbound: Arc::clone(&key.unbound),
                };
                Some((Arc::clone(&key.name), held))
            });
            let all_known = (keys.listed || keys.forbidden) && keys.objects.keys().all(|name| keys.outcomes.contains_key(name));
            (held.collect(), all_known)
        };
        let ring = Ring::new(held);
        if !ring.opens_the_same_as(&self.ring.load()) {
            self.ring.store(Arc::new(ring));
            self.tell();
        }
        if all_known {
            self.ready.send_replace(true);
        }
    }

    async fn answer(&self, sealed: &dyn SealedValues) {
        let in_use = sealed.in_use();
        let due: Vec<_> = {
            let keys = self.keys();
            let status = |key: &KeyObject| {
                let outcome = keys.outcomes.get(&key.name)?;
                let loaded = outcome.loaded.as_ref().map(|loaded| &loaded.recipient);
                let known = loaded.ok_or(outcome.failure.as_ref());
                let outcome = match known {
                    Ok(recipient) => Ok(recipient),
                    Err(failure) => Err(failure?),
                };
                let id = outcome.ok().map(|recipient| recipient.id().to_string()).or_else(|| key.status.key_id.clone());
                // A key of which not even the id is known may be in use.
                let count = in_use.as_ref().zip(id).map(|(counts, id)| counts.get(&id).copied().unwrap_or_default());
                let knowledge = Knowledge { outcome, in_use: count, namespace: &self.config.namespace };
                let status = answer::status(key, knowledge, Timestamp::now());
                (status != key.status).then(|| (key.clone(), status))
            };
            keys.objects.values().filter_map(status).collect()
        };
        for (key, status) in due {
            match answer::write(&self.client, &key, &status).await {
                Ok(()) => {
                    self.metrics.wrote("SealingKey", "patch");
                    // The watch tells of the write in a moment; until then the key would be written again.
                    if let Some(known) = self.keys().objects.get_mut(&key.name).filter(|known| known.uid == key.uid) {
                        known.status = status;
                    }
                }
                // Gone, or made anew: the watch tells.
                Err(Refusal::NotFound | Refusal::Conflict) => {}
                Err(refusal) => tracing::warn!(key = %key.name, ?refusal, "the status of a sealing key could not be written"),
            }
        }
    }

    async fn publish(&self, done: &mut Done) {
        if self.keys().objects.is_empty() {
            return self.publish_missing(done).await;
        }
        done.told_missing = false;
        let Some(data) = self.recipients() else { return };
        if done.published.as_ref() != Some(&data) && self.write_recipients(&data).await {
            done.published = Some(data);
        }
    }

    /// Without any SealingKey the list stays and says that its keys are missing, so that nobody seals to them.
    async fn publish_missing(&self, done: &mut Done) {
        if done.told_missing {
            return;
        }
        let Ok(found) = recipients::get(&self.client, &self.config.namespace).await else { return };
        done.told_missing = match found.as_ref().and_then(recipients::all_missing) {
            Some(data) => self.write_recipients(&data).await,
            None => true,
        };
        done.published = None;
    }

    /// Whether the list now says `data`.
    async fn write_recipients(&self, data: &BTreeMap<String, String>) -> bool {
        match recipients::publish(&self.client, &self.config.namespace, data).await {
            Ok(verb) => {
                verb.into_iter().for_each(|verb| self.metrics.wrote("ConfigMap", verb));
                self.follow_recipients();
                true
            }
            Err(refusal) => {
                tracing::warn!(?refusal, "the list of recipients could not be written; it is tried again");
                false
            }
        }
    }

    /// What is to be published, once it is known of every key whether it is at hand.
    fn recipients(&self) -> Option<BTreeMap<String, String>> {
        let keys = self.keys();
        let all_known = keys.objects.keys().all(|name| keys.outcomes.contains_key(name));
        if !all_known {
            return None;
        }
        let published = keys.objects.values().filter_map(|key| {
            let loaded = keys.outcomes.get(&key.name).and_then(|outcome| outcome.loaded.as_ref());
            match loaded {
                Some(loaded) => Some(Published {
                    key_id: loaded.recipient.id().to_string(),
                    recipient: loaded.recipient.to_string(),
                    state: key.state.into(),
                }),
                None => Some(Published {
                    key_id: key.status.key_id.clone()?,
                    recipient: key.status.recipient.clone()?,
                    state: PublishedState::Missing,
                }),
            }
        });
        Some(recipients::data(published.collect()))
    }

    fn follow_recipients(&self) {
        let namespace = self.config.namespace.as_str().into();
        let input = InputId { kind: InputKind::ConfigMap, namespace, name: recipients::CONFIG_MAP.into() };
        self.inputs.follow(&KeyInput::Recipients, &input);
    }

    async fn create_if_asked(&self, sealed: &dyn SealedValues, done: &mut Done) {
        if !self.config.create_key || !self.keys().objects.is_empty() {
            return;
        }
        let Some(claimed) = sealed.claimed_key_ids() else { return };
        let Ok(config_map) = recipients::get(&self.client, &self.config.namespace).await else { return };
        let published = config_map.as_ref().map(recipients::published_ids);
        let keys = self.keys().objects.len();
        match create::decide(Evidence { keys, published, claimed }) {
            Decision::HasKeys => {}
            Decision::Create => match create::create(&self.client, &self.config.namespace).await {
                Ok(()) => tracing::info!(key = create::KEY_NAME, "made the first sealing key; it asks for a backup in its status"),
                Err(refusal) => tracing::warn!(?refusal, "the first sealing key could not be made; it is tried again"),
            },
            Decision::Lost(missing) => {
                if done.told_lost.as_ref() != Some(&missing) {
                    tracing::error!("{}", create::how_to_restore(&self.config.namespace, &missing));
                    done.told_lost = Some(missing);
                }
            }
        }
    }
}
