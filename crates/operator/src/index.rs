//! What the operator remembers of every BridgedSecret: enough to know that nothing changed.
//!
//! ```text
//!   watch ──upsert/remove/saw_secret──▶ Index ──take_work──▶ schedule
//!                                         ▲
//!                              reconcile ─┘ record_*
//! ```
//!
//! Owns: the map of objects and which of them need which work.
//! Must never: hold a value, or be locked across an await.

mod object;
mod ports;
mod work;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealbridge_manifest::{SourceRef, StoreName};
use sealbridge_provider::RemoteKey;
use tokio::sync::Notify;

pub use object::{Departed, Object, Observed, Proven};
pub use work::Work;

use crate::identity::ObjectId;
use crate::stores::StoreKey;

/// A Secret by namespace and name.
type SecretName = (Arc<str>, Arc<str>);

/// All objects, and a bell that rings when some of them need work.
#[derive(Default)]
pub struct Index {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Default)]
struct State {
    objects: HashMap<ObjectId, Object>,
    by_target: HashMap<SecretName, Vec<ObjectId>>,
    sources: HashSet<Arc<SourceRef>>,
    pending: HashSet<ObjectId>,
    to_load: HashSet<ObjectId>,
    departed: Vec<Departed>,
}

impl Index {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic of another thread leaves the map whole: every change is a single assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until some object needs work.
    pub async fn wait(&self) {
        self.bell.notified().await;
    }

    /// One shared copy of equal sources.
    pub fn share(&self, source: &SourceRef) -> Arc<SourceRef> {
        let mut state = self.lock();
        if let Some(shared) = state.sources.get(source) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(source.clone());
        state.sources.insert(Arc::clone(&shared));
        shared
    }

    /// Adds or replaces what is known of an object from its spec, keeping what is known of its Secret when
    /// it is the same object. `work` is then asked for.
    pub fn upsert(&self, id: &ObjectId, mut object: Object, work: Work) {
        let mut state = self.lock();
        if let Some(mut old) = state.objects.remove(id) {
            state.unlink_target(id, &old.target);
            if old.uid != object.uid {
                state.departed.extend(old.departed(id));
            }
            object.take_over(old);
        }
        state.link_target(id, &object.target);
        object.work |= work;
        let needs_work = !object.work.is_empty();
        state.objects.insert(id.clone(), object);
        if needs_work {
            state.pending.insert(id.clone());
            drop(state);
            self.bell.notify_one();
        }
    }

    /// Forgets an object that does not exist any more.
    pub fn remove(&self, id: &ObjectId) {
        let mut state = self.lock();
        if let Some(mut old) = state.objects.remove(id) {
            state.unlink_target(id, &old.target);
            state.departed.extend(old.departed(id));
            state.pending.remove(id);
            if state.sources.len() > 2 * state.objects.len() + 64 {
                state.sources.retain(|source| Arc::strong_count(source) > 1);
            }
        }
    }

    /// Asks that an object, known or not, be read from the API server.
    pub fn ask_to_load(&self, id: ObjectId) {
        self.lock().to_load.insert(id);
        self.bell.notify_one();
    }

    /// Takes the objects that have to be read from the API server.
    #[must_use]
    pub fn take_loads(&self) -> Vec<ObjectId> {
        self.lock().to_load.drain().collect()
    }

    /// Takes the objects that are not known any more and of which something is still to be done.
    #[must_use]
    pub fn take_departed(&self) -> Vec<Departed> {
        std::mem::take(&mut self.lock().departed)
    }

    /// Asks for work on one object; unknown objects are ignored.
    pub fn ask(&self, id: &ObjectId, work: Work) {
        let mut state = self.lock();
        if let Some(object) = state.objects.get_mut(id) {
            object.work |= work;
            state.pending.insert(id.clone());
            drop(state);
            self.bell.notify_one();
        }
    }

    /// Asks for work on every object that `choose` picks.
    pub fn ask_where(&self, work: Work, mut choose: impl FnMut(&ObjectId, &Object) -> bool) {
        let mut state = self.lock();
        let State { objects, pending, .. } = &mut *state;
        for (id, object) in objects.iter_mut() {
            if choose(id, object) {
                object.work |= work;
                pending.insert(id.clone());
            }
        }
        drop(state);
        self.bell.notify_one();
    }

    /// Has every object with generators for which `slot_of` tells a slot run them anew in it.
    pub fn begin_runs(&self, slot_of: impl Fn(&ObjectId, &Object) -> Option<u64>) {
        for (id, object) in &mut self.lock().objects {
            let slot = if object.generators.is_some() { slot_of(id, object) } else { None };
            if let (Some(progress), Some(slot)) = (&mut object.generators, slot) {
                progress.begin(slot);
            }
        }
    }

    /// Has every object run its generators anew of which values are about to end, those renew them that can, and those try
    /// again that could not. `now` is in seconds since the Unix epoch.
    pub fn renew_runs(&self, now: u64, is_left_alone: impl Fn(&Object) -> bool) {
        let mut state = self.lock();
        let State { objects, pending, .. } = &mut *state;
        let mut rang = false;
        for (id, object) in objects {
            let is_left_alone = object.generators.is_some() && is_left_alone(object);
            let Some(progress) = &mut object.generators else { continue };
            let work = if !is_left_alone && progress.comes_due(now) {
                Work::READ | Work::RENDER
            } else if !object.busy && progress.held.due(now).next().is_some() {
                Work::RENEW
            } else {
                continue;
            };
            object.work |= work;
            pending.insert(id.clone());
            rang = true;
        }
        drop(state);
        if rang {
            self.bell.notify_one();
        }
    }

    /// Asks for work on every object that reads from `store`.
    pub fn ask_users_of(&self, store: &StoreKey, work: Work, mut choose: impl FnMut(&Object) -> bool) {
        self.ask_where(work, |id, object| {
            object.recipe.sources.iter().any(|source| store.is_named_by(&id.namespace, &source.store)) && choose(object)
        });
    }

    /// Takes the objects that need work and on which nobody works; they are busy until [`Index::finish`].
    pub fn take_work(&self) -> Vec<(ObjectId, Work)> {
        let mut state = self.lock();
        let State { objects, pending, .. } = &mut *state;
        let mut taken = Vec::new();
        pending.retain(|id| {
            let Some(object) = objects.get_mut(id) else { return false };
            if object.busy {
                return true;
            }
            let work = std::mem::take(&mut object.work);
            if !work.is_empty() {
                if work.contains(Work::INSPECT) || work.contains(Work::RENDER) {
                    object.attended = object.observed.clone();
                }
                object.busy = true;
                taken.push((id.clone(), work));
            }
            false
        });
        taken
    }

    /// Ends the work on an object; what was asked for meanwhile is taken next.
    pub fn finish(&self, id: &ObjectId) {
        let mut state = self.lock();
        let Some(object) = state.objects.get_mut(id) else { return };
        object.busy = false;
        if object.secret_was_touched() {
            object.work |= Work::INSPECT;
        }
        if !object.work.is_empty() {
            state.pending.insert(id.clone());
            drop(state);
            self.bell.notify_one();
        }
    }

    /// Reads one object.
    pub fn with<T>(&self, id: &ObjectId, read: impl FnOnce(&Object) -> T) -> Option<T> {
        self.lock().objects.get(id).map(read)
    }

    /// Changes one object.
    pub fn update(&self, id: &ObjectId, change: impl FnOnce(&mut Object)) {
        if let Some(object) = self.lock().objects.get_mut(id) {
            change(object);
        }
    }

    /// Reads all objects in no order.
    pub fn for_each(&self, mut read: impl FnMut(&ObjectId, &Object)) {
        for (id, object) in &self.lock().objects {
            read(id, object);
        }
    }

    /// The names of all objects in the given namespaces' lists that are not in `present`.
    #[must_use]
    pub fn missing_from(&self, present: &HashSet<ObjectId>, in_scope: impl Fn(&ObjectId) -> bool) -> Vec<ObjectId> {
        self.lock().objects.keys().filter(|id| in_scope(id) && !present.contains(*id)).cloned().collect()
    }

    /// Notes what the API server shows of a Secret.
    pub fn saw_secret(&self, namespace: &str, name: &str, observed: &Observed) {
        let mut state = self.lock();
        let State { objects, by_target, pending, .. } = &mut *state;
        let mut rang = false;
        for id in by_target.get(&(Arc::from(namespace), Arc::from(name))).into_iter().flatten() {
            let Some(object) = objects.get_mut(id) else { continue };
            object.observed = observed.clone();
            if !object.busy && object.secret_was_touched() {
                object.work |= Work::INSPECT;
                pending.insert(id.clone());
                rang = true;
            }
        }
        drop(state);
        if rang {
            self.bell.notify_one();
        }
    }

    /// Distinct keys of `store` that synced objects read, as seen from every namespace: how many are missing, and how
    /// many there are in all.
    #[must_use]
    pub fn served_keys(&self, store: &StoreKey, is_missing: impl Fn(&RemoteKey) -> bool) -> (usize, usize) {
        let state = self.lock();
        let mut keys = HashSet::new();
        for (id, object) in &state.objects {
            if object.proven.is_some() {
                for source in &object.recipe.sources {
                    if store.is_named_by(&id.namespace, &source.store) {
                        keys.insert(&source.key);
                    }
                }
            }
        }
        (keys.iter().filter(|key| is_missing(key)).count(), keys.len())
    }
}

impl State {
    fn link_target(&mut self, id: &ObjectId, target: &Arc<str>) {
        self.by_target.entry((Arc::clone(&id.namespace), Arc::clone(target))).or_default().push(id.clone());
    }

    fn unlink_target(&mut self, id: &ObjectId, target: &Arc<str>) {
        let name = (Arc::clone(&id.namespace), Arc::clone(target));
        if let Some(ids) = self.by_target.get_mut(&name) {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                self.by_target.remove(&name);
            }
        }
    }
}

/// The store that decides when an object's sources are due: its first one.
#[must_use]
pub fn leading_store(object: &Object) -> Option<&StoreName> {
    object.recipe.sources.first().map(|source| &source.store)
}
