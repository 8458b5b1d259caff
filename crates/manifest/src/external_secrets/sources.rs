//! Entries and sources of several entries of an `ExternalSecret`.

use sealbridge_api::bridged_secret::StoreKind;

use super::GROUP;
use super::generator_ref::generator_ref;
use super::spec::{Data, DataFrom, OtherGenerator, SourceRef as Other, StoreRef};
use crate::data_from::{Position, found, members, remote_key, rewrite_step, taking};
use crate::plan::{EntriesFrom, Entry, GeneratorRef, Missing, Origin, PlanError, SourceRef, StoreName, Taking};

/// One of `spec.data`.
pub(super) fn entry(position: usize, data: &Data, store: Option<&StoreRef>) -> Result<Entry, PlanError> {
    let wrong = |field, problem| PlanError::Data { position, field, problem };
    if data.remote_ref.key.is_empty() {
        return Err(wrong("remoteRef.key", "it is empty; name a key in the store"));
    }
    // A generator beside an entry says nothing.
    let other = data.source_ref.as_ref().and_then(|other| other.store_ref.as_ref());
    let store = other.or(store).and_then(store_name);
    let store = store.ok_or_else(|| wrong("sourceRef", "no store is named; set spec.secretStoreRef or sourceRef.storeRef"))?;
    let remote = &data.remote_ref;
    Ok(Entry::Remote {
        source: SourceRef { store, key: remote_key(&remote.key, remote.version.as_ref(), remote.metadata_policy) },
        property: remote.property.clone().filter(|property| !property.is_empty()),
        taking: taking(remote.decoding_strategy, remote.null_byte_policy),
        missing: Missing::AsPolicySays,
    })
}

/// One of `spec.dataFrom`.
pub(super) fn several(position: usize, from: &DataFrom, store: Option<&StoreRef>) -> Result<EntriesFrom, PlanError> {
    let at = Position(position);
    let generator = from.source_ref.as_ref().and_then(|other| other.generator_ref.as_ref());
    let store = from.source_ref.as_ref().and_then(other_store).or(store).and_then(store_name);
    let store =
        || store.clone().ok_or_else(|| at.wrong("sourceRef", "no store is named; set spec.secretStoreRef or sourceRef.storeRef"));
    let (origin, taking): (Origin, Taking) = match (&from.extract, &from.find, generator) {
        (Some(extract), None, None) => members(store()?, extract),
        (None, Some(find), None) => found(at, store()?, find)?,
        (None, None, Some(generator)) => (Origin::Generated(made_by(at, from, generator)?), Taking::default()),
        (_, _, Some(_)) => {
            return Err(at.wrong("sourceRef.generatorRef", "it goes with neither extract nor find; leave one of the two out"));
        }
        _ => return Err(at.wrong("extract", "exactly one of extract, find and sourceRef.generatorRef is needed")),
    };
    let steps = from.rewrite.as_deref().unwrap_or_default();
    let rewrite = steps.iter().map(|step| rewrite_step(at, step)).collect::<Result<_, _>>()?;
    Ok(EntriesFrom { origin, rewrite, taking, is_optional: false })
}

/// The generator, where the reference names one that runs here.
fn made_by(at: Position, from: &DataFrom, generator: &OtherGenerator) -> Result<GeneratorRef, PlanError> {
    if from.source_ref.as_ref().and_then(other_store).is_some() {
        return Err(at.wrong("sourceRef", "exactly one of storeRef and generatorRef is needed"));
    }
    generator_ref(generator).map_err(|(field, problem)| at.wrong(&format!("sourceRef.generatorRef.{field}"), &problem))
}

fn other_store(other: &Other) -> Option<&StoreRef> {
    other.store_ref.as_ref()
}

/// The store, where the reference names one.
pub(super) fn store_name(reference: &StoreRef) -> Option<StoreName> {
    let name = reference.name.clone().filter(|name| !name.is_empty())?;
    let kind = reference.kind.map(StoreKind::from).unwrap_or_default();
    Some(StoreName { group: GROUP, kind, name })
}
