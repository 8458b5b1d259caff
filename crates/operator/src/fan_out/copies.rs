//! The copies that are there, by their metadata.
//!
//! Must never: count an object as a copy that nothing controls which declares copies.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use tokio::sync::watch;

use super::copy::{CopyError, Left};
use super::kind::{CopyMeta, FanOutKind};
use crate::observe::Observation;

/// Namespace and name of a copy.
pub(super) type Place = (Arc<str>, String);

/// What is known of one copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Its own uid.
    pub(super) uid: String,
    /// The uid of the object that controls it.
    pub(super) owner: String,
    owner_name: String,
    pub(super) generation: i64,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
}

/// All copies of one kind.
pub(super) struct Copies {
    kind: FanOutKind,
    known: Mutex<HashMap<Place, Known>>,
    left: Mutex<HashMap<Place, Left>>,
    listed: watch::Sender<bool>,
}

/// The object of a kind that controls another one: its uid and name.
pub(super) fn owner(kind: FanOutKind, metadata: &ObjectMeta) -> Option<(&str, &str)> {
    let owners = metadata.owner_references.iter().flatten();
    let mut controllers = owners.filter(|owner| owner.controller == Some(true) && owner.kind == kind.as_str());
    controllers.next().map(|owner| (owner.uid.as_str(), owner.name.as_str()))
}

impl Copies {
    /// Nothing is known yet.
    pub(super) fn new(kind: FanOutKind) -> Self {
        Self { kind, known: Mutex::default(), left: Mutex::default(), listed: watch::Sender::new(false) }
    }

    /// Returns when the first list is there, or when it is certain that the operator may not have it.
    pub(super) async fn ready(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _listed = self.listed.subscribe().wait_for(|listed| *listed).await.is_ok();
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Place, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn how_left(&self) -> MutexGuard<'_, HashMap<Place, Left>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The copy at a place.
    pub(super) fn at(&self, place: &Place) -> Option<Known> {
        self.known().get(place).cloned()
    }

    /// How the copy at a place was left.
    pub(super) fn left(&self, place: &Place) -> Option<Left> {
        self.how_left().get(place).cloned()
    }

    /// Keeps how a copy was left.
    pub(super) fn keep(&self, place: &Place, written: Result<Left, CopyError>) -> Result<(), CopyError> {
        let mut left = self.how_left();
        left.remove(place);
        left.insert(place.clone(), written?);
        Ok(())
    }

    /// The places of the copies that an object controls.
    pub(super) fn of(&self, owner: &str) -> Vec<(Place, Known)> {
        let known = self.known();
        let of_owner = known.iter().filter(|(_, copy)| copy.owner == owner);
        of_owner.map(|(place, copy)| (place.clone(), copy.clone())).collect()
    }

    /// Takes a change in; returns the names of those whose copies it was about.
    pub(super) fn take_in(&self, observation: Observation<CopyMeta>) -> Vec<String> {
        let mut known = self.known();
        let asked = match observation {
            Observation::Replaced(all) => {
                let before: Vec<String> = known.values().map(|copy| copy.owner_name.clone()).collect();
                *known = all.iter().filter_map(|one| read(self.kind, one)).collect();
                self.how_left().retain(|place, _| known.contains_key(place));
                before.into_iter().chain(known.values().map(|copy| copy.owner_name.clone())).collect()
            }
            Observation::Applied(one) => {
                let place = place_of(one.meta());
                let before = known.remove(&place).map(|copy| copy.owner_name);
                let after = read(self.kind, &one).map(|(_, copy)| copy);
                let names = before.into_iter().chain(after.as_ref().map(|copy| copy.owner_name.clone())).collect();
                known.extend(after.map(|copy| (place, copy)));
                names
            }
            Observation::Deleted(one) => {
                let place = place_of(one.meta());
                self.how_left().remove(&place);
                known.remove(&place).map(|copy| copy.owner_name).into_iter().collect()
            }
            Observation::Forbidden => Vec::new(),
        };
        self.listed.send_replace(true);
        asked
    }
}

fn place_of(metadata: &ObjectMeta) -> Place {
    (metadata.namespace.as_deref().unwrap_or_default().into(), metadata.name.clone().unwrap_or_default())
}

fn read(kind: FanOutKind, object: &CopyMeta) -> Option<(Place, Known)> {
    let metadata = object.meta();
    let (owner, owner_name) = owner(kind, metadata)?;
    let known = Known {
        uid: metadata.uid.clone().unwrap_or_default(),
        owner: owner.to_owned(),
        owner_name: owner_name.to_owned(),
        generation: metadata.generation.unwrap_or_default(),
        labels: metadata.labels.clone().unwrap_or_default(),
        annotations: metadata.annotations.clone().unwrap_or_default(),
    };
    Some((place_of(metadata), known))
}
