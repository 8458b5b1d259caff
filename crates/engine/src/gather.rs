//! First half: a value for each entry, or why there is none.

use std::collections::BTreeSet;

use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::{DeletionPolicy, StoreKind};
use sealbridge_manifest::{Entry, Plan, SourceRef};
use sealbridge_provider::ReadError;
use sealbridge_seal::{KeyId, OpenError, Target};
use sealbridge_sealed_secrets as sealed_secrets;
use sealbridge_secret::{SecretBytes, SecretMap};

use crate::document;
use crate::failure::EntryFailure;
use crate::ports::{Keys, SourceError, Values};

/// What was gathered for a plan.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The values by entry.
    pub values: SecretMap,
    /// Entries left out because their source is gone and the deletion policy says so.
    pub absent: Vec<String>,
    /// The sealing keys that opened the sealed entries.
    pub opened_with: BTreeSet<KeyId>,
}

/// Gathers a value for each entry of `plan`.
///
/// # Errors
/// All entries that have none. One is enough: nothing partial is ever written.
pub fn gather(plan: &Plan, values: &impl Values, keys: &impl Keys) -> Result<Gathered, Vec<EntryFailure>> {
    let mut gathered = Gathered::default();
    let mut failures = Vec::new();
    for (position, text) in plan.documents.iter().enumerate() {
        match document::open(plan, text, keys) {
            Ok(document) => {
                gathered.opened_with.extend(document.opened_by);
                document.entries.into_iter().for_each(|(name, value)| drop(gathered.values.insert(name, value)));
            }
            Err(refused) => failures.push(EntryFailure {
                entry: format!("dataFrom[{position}]"),
                source: None,
                reason: refused.reason,
                detail: refused.detail,
            }),
        }
    }
    for (name, entry) in &plan.entries {
        match entry {
            Entry::Plain(text) => {
                gathered.values.insert(name.clone(), SecretBytes::new(text.clone().into_bytes()));
            }
            Entry::Sealed(sealed) => {
                let target = Target { namespace: &plan.namespace, name: &plan.target.name, key: name };
                match keys.open(sealed, &target) {
                    Ok(opened) => {
                        gathered.opened_with.insert(opened.key_id);
                        gathered.values.insert(name.clone(), opened.value);
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
                Ok(value) => drop(gathered.values.insert(name.clone(), value)),
                Err(error) => failures.push(EntryFailure {
                    entry: name.clone(),
                    source: None,
                    reason: sealed_secret_reason(error),
                    detail: error.to_string(),
                }),
            },
            Entry::Remote { source, property } => {
                match values.get(source).unwrap_or(Err(SourceError::Read(ReadError::Unavailable))) {
                    Ok(payload) => match payload.select(property.as_deref()) {
                        Ok(value) => {
                            gathered.values.insert(name.clone(), value);
                        }
                        Err(error) => failures.push(failure(name, source, property.as_deref(), error.reason(), error.to_string())),
                    },
                    Err(error) if error.is_absence() && plan.target.deletion_policy != DeletionPolicy::Retain => {
                        gathered.absent.push(name.clone());
                    }
                    Err(error) => failures.push(failure(name, source, property.as_deref(), error.reason(), error.detail())),
                }
            }
        }
    }
    if failures.is_empty() { Ok(gathered) } else { Err(failures) }
}

fn failure(entry: &str, source: &SourceRef, property: Option<&str>, reason: Reason, detail: String) -> EntryFailure {
    EntryFailure { entry: entry.to_owned(), source: Some(source_text(source, property)), reason, detail }
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
    let mut text = format!("{kind}/{} {}", source.store.name, source.key.key);
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
