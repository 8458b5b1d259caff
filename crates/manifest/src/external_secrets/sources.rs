//! Entries and sources of several entries of an `ExternalSecret`.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::keys;

use super::GROUP;
use super::spec::{Data, DataFrom, OtherGenerator, SourceRef as Other, StoreRef};
use crate::data_from::{Position, found, members, remote_key, rewrite_step, taking};
use crate::plan::{
    EntriesFrom, Entry, GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef, Missing, Origin, PlanError, SourceRef,
    StoreName, Taking,
};

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
    let version = generator.api_version.as_deref().filter(|version| !version.is_empty());
    let group = version.map(|version| version.split_once('/'));
    if group.is_some_and(|group| group != Some((GENERATOR_GROUP, GENERATOR_VERSION))) {
        let problem = "generators are of generators.external-secrets.io/v1alpha1; write that, or leave it out";
        return Err(at.wrong("sourceRef.generatorRef.apiVersion", problem));
    }
    let kind = generator.kind.as_deref().and_then(GeneratorKind::named);
    let kind = kind.ok_or_else(|| at.wrong("sourceRef.generatorRef.kind", &unknown_kind()))?;
    match generator.name.clone().filter(|name| keys::is_valid_data_key(name)) {
        Some(name) => Ok(GeneratorRef { kind, name }),
        None => Err(at.wrong("sourceRef.generatorRef.name", "it is no name of an object; name the generator")),
    }
}

fn unknown_kind() -> String {
    let kinds: Vec<_> = GeneratorKind::ALL.into_iter().map(GeneratorKind::as_str).collect();
    format!("generators of this kind are not supported; use one of {}", kinds.join(", "))
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
