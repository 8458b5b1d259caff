//! What is to be in stores, given the entries that are pushed. Pure.
//!
//! ```text
//!   source ──entries of templates added──▶ Prepared ──per store──▶ Wanted: place, value, what is known about it
//! ```
//!
//! Must never: want two values at one place, or say a part of what is wanted for all of it.

mod error;
mod names;
mod object;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sealbridge_manifest::push::{KeyConversion, PushEntry, PushPlan, PushSeveral, StoreChoice};
use sealbridge_provider::PushKey;
use sealbridge_secret::{SecretBytes, SecretMap};

pub use error::WantedError;

use self::names::Names;
use crate::template::{self, Texts};

/// The entries of one source with those that the plan's templates make of them.
#[derive(Debug)]
pub struct Prepared {
    of: String,
    data: SecretMap,
}

/// A value for a place.
#[derive(Debug)]
pub struct Wanted {
    /// The place.
    pub at: PushKey,
    /// The value; of several entries a JSON object of texts.
    pub value: SecretBytes,
    /// What the store is to know about it.
    pub metadata: Option<serde_json::Value>,
    /// The entry, by its name after the conversion; `None` is several of them.
    pub key: Option<String>,
    /// What became of the names of entries.
    pub conversion: KeyConversion,
    /// Where the manifest says so, such as `spec.data[0]`.
    pub path: String,
}

impl Prepared {
    /// The entries of `of`, such as `Secret app`, with those that templates make of them; they take the place of its own.
    ///
    /// # Errors
    /// [`WantedError::Template`]
    pub fn new(plan: &PushPlan, of: &str, mut data: SecretMap, templates: &Texts) -> Result<Self, WantedError> {
        let made = template::added(&plan.template, &data, templates);
        let made = made.map_err(|problem| WantedError::Template { of: of.to_owned(), problem: Box::new(problem) })?;
        for (key, value) in made {
            data.insert(key, value);
        }
        Ok(Self { of: of.to_owned(), data })
    }
}

/// What is to be in one store, of which `is_chosen` tells whether a choice of the plan means it, in the order of places.
///
/// # Errors
/// [`WantedError`] for the first thing that keeps it from being told whole.
pub fn wanted(plan: &PushPlan, sources: &[Prepared], is_chosen: impl Fn(&StoreChoice) -> bool) -> Result<Vec<Wanted>, WantedError> {
    let mut places: BTreeMap<PushKey, Wanted> = BTreeMap::new();
    for source in sources {
        let mut said = BTreeSet::new();
        for entry in &plan.entries {
            let (wanted, key) = one(entry, source)?;
            said.extend(key);
            put(&mut places, wanted)?;
        }
        for several in plan.several.iter().filter(|several| is_chosen(&several.stores)) {
            for wanted in each(several, source, &said)? {
                put(&mut places, wanted)?;
            }
        }
    }
    ensure_apart(&places)?;
    Ok(places.into_values().collect())
}

/// What one entry of the plan wants, and the entry that it is about.
fn one(entry: &PushEntry, source: &Prepared) -> Result<(Wanted, Option<String>), WantedError> {
    let names = Names::of(source, entry.conversion)?;
    let (value, key) = match &entry.key {
        None => (object::of(source, names.all())?, None),
        Some(key) => {
            let original = names.original(key);
            let value = original.and_then(|original| source.data.get(original)).ok_or_else(|| WantedError::KeyMissing {
                path: entry.path.clone(),
                of: source.of.clone(),
                key: key.clone(),
            })?;
            (copied(value), original.map(str::to_owned))
        }
    };
    let wanted = Wanted {
        at: entry.at.clone(),
        value,
        metadata: entry.metadata.clone(),
        key: entry.key.clone(),
        conversion: entry.conversion,
        path: entry.path.clone(),
    };
    Ok((wanted, key))
}

/// What an item of the plan for several entries wants, without the entries in `said`.
fn each(several: &PushSeveral, source: &Prepared, said: &BTreeSet<String>) -> Result<Vec<Wanted>, WantedError> {
    let names = Names::of(source, several.conversion)?;
    let matches = |name: &str| several.matching.as_ref().is_none_or(|matching| matching.is_found_in(name));
    let matching = names.all().filter(|(name, _)| matches(name));
    let wanted = |key: String, entry: Option<&str>, value: SecretBytes| Wanted {
        at: PushKey { key, property: None },
        value,
        metadata: several.metadata.clone(),
        key: entry.map(str::to_owned),
        conversion: several.conversion,
        path: several.path.clone(),
    };
    if let Some(bundle) = &several.bundle {
        let matching: Vec<_> = matching.collect();
        if matching.is_empty() {
            return Ok(Vec::new());
        }
        return Ok(vec![wanted(bundle.clone(), None, object::of(source, matching.into_iter())?)]);
    }
    let unsaid: Vec<_> = matching.filter(|(_, original)| !said.contains(*original)).collect();
    let remote = names::in_store(&several.path, &source.of, unsaid.iter().map(|(name, _)| *name), &several.rewrite)?;
    let values = unsaid.iter().filter_map(|(name, original)| Some((*name, source.data.get(original)?)));
    Ok(remote.into_iter().zip(values).map(|(key, (name, value))| wanted(key, Some(name), copied(value))).collect())
}

fn put(places: &mut BTreeMap<PushKey, Wanted>, wanted: Wanted) -> Result<(), WantedError> {
    if let Some(first) = places.get(&wanted.at) {
        return Err(WantedError::Twice { at: shown(&wanted.at), first: said_by(first), second: said_by(&wanted) });
    }
    places.insert(wanted.at.clone(), wanted);
    Ok(())
}

/// Refuses a value and a property of the same: each push of one would undo the other.
fn ensure_apart(places: &BTreeMap<PushKey, Wanted>) -> Result<(), WantedError> {
    for (at, part) in places.iter().filter(|(at, _)| at.property.is_some()) {
        let whole = PushKey { key: at.key.clone(), property: None };
        if let Some(whole) = places.get(&whole) {
            return Err(WantedError::Within { key: at.key.clone(), whole: said_by(whole), part: said_by(part) });
        }
    }
    Ok(())
}

fn said_by(wanted: &Wanted) -> String {
    match &wanted.key {
        Some(key) => format!("{} (entry {key})", wanted.path),
        None => wanted.path.clone(),
    }
}

fn shown(at: &PushKey) -> String {
    match &at.property {
        Some(property) => format!("{}/{property}", at.key),
        None => at.key.clone(),
    }
}

fn copied(value: &SecretBytes) -> SecretBytes {
    SecretBytes::new(value.expose().to_vec())
}
