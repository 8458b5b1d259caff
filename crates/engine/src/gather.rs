//! First half: a value for each entry, or why there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::{EntriesFrom, Entry, Missing, Origin, Plan, SourceRef, Taking, TemplateInput};
use sealbridge_provider::{ReadError, SelectError, What};
use sealbridge_seal::{KeyId, OpenError, Target};
use sealbridge_sealed_secrets as sealed_secrets;
use sealbridge_secret::{SecretBytes, SecretMap};

use crate::document::Refused;
use crate::failure::EntryFailure;
use crate::ports::{Keys, SourceError, Values};
use crate::read::{read, unselected};
use crate::several::{self, Brought};
use crate::take::take;

/// What was gathered for a plan.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The values by entry.
    pub values: SecretMap,
    /// Entries left out because their source is gone and the deletion policy says so.
    pub absent: Vec<String>,
    /// The sealing keys that opened the sealed entries.
    pub opened_with: BTreeSet<KeyId>,
    /// Templates that stand in other objects.
    pub templates: BTreeMap<(TemplateInput, String), Arc<SecretBytes>>,
    /// The entries that a generator brought, by its position among the sources of several entries, as far as nothing that
    /// comes later took their places.
    pub generated: BTreeMap<usize, BTreeSet<String>>,
}

/// Gathers a value for each entry of `plan`.
///
/// # Errors
/// All entries that have none. One is enough: nothing partial is ever written.
pub fn gather(plan: &Plan, values: &impl Values, keys: &impl Keys) -> Result<Gathered, Vec<EntryFailure>> {
    let mut gathered = Gathered::default();
    let mut failures = Vec::new();
    let mut waiting = Vec::new();
    for (position, from) in plan.from.iter().enumerate() {
        let name = format!("dataFrom[{position}]");
        match several::gather(plan, position, values, keys) {
            Ok(Brought::Entries(entries, opened_by)) => {
                gathered.opened_with.extend(opened_by);
                if matches!(from.origin, Origin::Generated(_)) {
                    gathered.generated.insert(position, BTreeSet::new());
                }
                for (name, value) in entries {
                    gathered.place(Some(position), name, value);
                }
            }
            Ok(Brought::Nothing) => gathered.absent.push(name),
            // Whatever keeps it from being run is told by itself.
            Ok(Brought::NotYet) => waiting.push(name),
            Err(refused) => failures.push(EntryFailure {
                entry: name,
                source: origin_text(from),
                reason: refused.reason,
                detail: refused.detail,
            }),
        }
    }
    for (input, key) in plan.target.template.items() {
        let text = values.template(input, key).unwrap_or_else(|| Err(SourceError::Read(ReadError::Unavailable)));
        match text {
            Ok(text) => drop(gathered.templates.insert((input.clone(), key.to_owned()), text)),
            Err(error) => failures.push(EntryFailure {
                entry: "templateFrom".to_owned(),
                source: Some(format!("{input} {key}")),
                reason: error.reason(),
                detail: error.detail(),
            }),
        }
    }
    for (name, entry) in &plan.entries {
        match entry {
            Entry::Plain(text) => {
                gathered.place(None, name.clone(), SecretBytes::new(text.clone().into_bytes()));
            }
            Entry::Sealed(sealed) => {
                let target = Target { namespace: &plan.namespace, name: &plan.target.name, key: name };
                match keys.open(sealed, &target) {
                    Ok(opened) => {
                        gathered.opened_with.insert(opened.key_id);
                        gathered.place(None, name.clone(), opened.value);
                    }
                    Err(error) => failures.push(EntryFailure {
                        entry: name.clone(),
                        source: None,
                        reason: sealed_reason(&error),
                        detail: error.to_string(),
                    }),
                }
            }
            Entry::SealedSecretValue { text, label } => match keys.open_sealed_secret_value(text, label) {
                Ok(value) => gathered.place(None, name.clone(), value),
                Err(error) => failures.push(EntryFailure {
                    entry: name.clone(),
                    source: None,
                    reason: sealed_secret_reason(error),
                    detail: error.to_string(),
                }),
            },
            Entry::Remote { source, property, taking, missing } => {
                match remote(plan, source, property.as_deref(), *taking, missing, values) {
                    Ok(Some(value)) => gathered.place(None, name.clone(), value),
                    Ok(None) => gathered.absent.push(name.clone()),
                    Err(refused) => failures.push(EntryFailure {
                        entry: name.clone(),
                        source: Some(source_text(source, property.as_deref())),
                        reason: refused.reason,
                        detail: refused.detail,
                    }),
                }
            }
        }
    }
    if failures.is_empty() {
        failures.extend(waiting.into_iter().map(|entry| EntryFailure {
            entry,
            source: None,
            reason: Reason::StoreNotReady,
            detail: "the generator was not run; it is asked again by itself".to_owned(),
        }));
    }
    if failures.is_empty() { Ok(gathered) } else { Err(failures) }
}

impl Gathered {
    /// Sets an entry, which takes the place of one of the same name that came before.
    fn place(&mut self, position: Option<usize>, name: String, value: SecretBytes) {
        for (generator, names) in &mut self.generated {
            if position == Some(*generator) {
                names.insert(name.clone());
            } else {
                names.remove(&name);
            }
        }
        self.values.insert(name, value);
    }
}

fn origin_text(from: &EntriesFrom) -> Option<String> {
    match &from.origin {
        Origin::Generated(generator) => Some(generator.to_string()),
        origin => origin.source().map(|source| source_text(source, property(from))),
    }
}

/// The value of an entry, or nothing if the store has none and the object can do without.
fn remote(
    plan: &Plan,
    source: &SourceRef,
    property: Option<&str>,
    taking: Taking,
    missing: &Missing,
    values: &impl Values,
) -> Result<Option<SecretBytes>, Refused> {
    let Some(payload) = read(plan, source, missing.is_tolerated(), values)? else { return Ok(instead(missing)) };
    let value = match payload.select(property) {
        Ok(value) => value,
        Err(SelectError::PropertyNotFound) if missing.is_tolerated() => return Ok(instead(missing)),
        Err(problem) => return Err(unselected(problem)),
    };
    let taken = take(value, taking).map_err(|error| Refused { reason: Reason::SourceInvalid, detail: error.to_string() })?;
    Ok(Some(taken))
}

fn instead(missing: &Missing) -> Option<SecretBytes> {
    match missing {
        Missing::Value(text) => Some(SecretBytes::new(text.clone().into_bytes())),
        Missing::LeftOut | Missing::AsPolicySays => None,
    }
}

fn property(from: &EntriesFrom) -> Option<&str> {
    match &from.origin {
        Origin::Members { property, .. } => property.as_deref(),
        Origin::Document(_) | Origin::Found { .. } | Origin::Generated(_) => None,
    }
}

fn sealed_reason(error: &OpenError) -> Reason {
    match error {
        OpenError::SealedForOther { .. } => Reason::SealedForOther,
        OpenError::NoKey { .. } => Reason::NoKey,
        _ => Reason::SealedInvalid,
    }
}

fn sealed_secret_reason(error: sealed_secrets::OpenError) -> Reason {
    match error {
        sealed_secrets::OpenError::NoKey { .. } => Reason::NoKey,
        _ => Reason::SealedInvalid,
    }
}

fn source_text(source: &SourceRef, property: Option<&str>) -> String {
    let kind = match source.store.kind {
        StoreKind::SecretStore => "SecretStore",
        StoreKind::ClusterSecretStore => "ClusterSecretStore",
    };
    let what = match &source.key.what {
        What::Value => "",
        What::Metadata => "metadata of ",
        What::Search(_) => "search below ",
    };
    let mut text = format!("{kind}/{} {what}{}", source.store.name, source.key.key);
    if let Some(property) = property {
        text.push('#');
        text.push_str(property);
    }
    if let Some(version) = &source.key.version {
        text.push('@');
        text.push_str(version);
    }
    text
}
