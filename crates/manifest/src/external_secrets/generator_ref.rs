//! `generatorRef`, wherever it stands, into a [`GeneratorRef`].

use sealbridge_api::keys;

use super::spec::OtherGenerator;
use crate::plan::{GENERATOR_GROUP, GENERATOR_VERSION, GeneratorKind, GeneratorRef};

/// The generator, where the reference names one that runs here.
///
/// # Errors
/// The field that says otherwise, and what is wrong with it.
pub(super) fn generator_ref(named: &OtherGenerator) -> Result<GeneratorRef, (&'static str, String)> {
    let version = named.api_version.as_deref().filter(|version| !version.is_empty());
    let group = version.map(|version| version.split_once('/'));
    if group.is_some_and(|group| group != Some((GENERATOR_GROUP, GENERATOR_VERSION))) {
        let problem = "generators are of generators.external-secrets.io/v1alpha1; write that, or leave it out";
        return Err(("apiVersion", problem.to_owned()));
    }
    let kind = named.kind.as_deref().and_then(GeneratorKind::named).ok_or_else(|| ("kind", unknown_kind()))?;
    match named.name.clone().filter(|name| keys::is_valid_data_key(name)) {
        Some(name) => Ok(GeneratorRef { kind, name }),
        None => Err(("name", "it is no name of an object; name the generator".to_owned())),
    }
}

fn unknown_kind() -> String {
    let kinds: Vec<_> = GeneratorKind::ALL.into_iter().map(GeneratorKind::as_str).collect();
    format!("generators of this kind are not supported; use one of {}", kinds.join(", "))
}
