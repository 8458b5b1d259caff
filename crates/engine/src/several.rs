//! A source of several entries into those entries.

use sealbridge_api::Reason;
use sealbridge_manifest::{Origin, Plan};
use sealbridge_provider::SelectError;
use sealbridge_seal::KeyId;
use sealbridge_secret::SecretBytes;

use crate::document::{self, Refused};
use crate::names::{Named, named};
use crate::ports::{Generated, Keys, Values};
use crate::read::{read, unselected};
use crate::take::take;

/// What a source brings.
pub(crate) enum Brought {
    /// Entries, and the keys that opened them.
    Entries(Named, Vec<KeyId>),
    /// Nothing, with authority, and the object can do without.
    Nothing,
    /// Nothing yet: a generator that was not run.
    NotYet,
}

/// The entries of one source.
pub(crate) fn gather(plan: &Plan, position: usize, values: &impl Values, keys: &impl Keys) -> Result<Brought, Refused> {
    let Some(from) = plan.from.get(position) else { return Ok(Brought::Nothing) };
    let (found, conversion, opened_by) = match &from.origin {
        Origin::Document(text) => {
            let document = document::open(plan, text, keys)?;
            (document.entries, None, document.opened_by)
        }
        Origin::Members { source, property, conversion } => match read(plan, source, from.is_optional, values)? {
            Some(payload) => match payload.members(property.as_deref()) {
                Ok(members) => (members, Some(*conversion), Vec::new()),
                Err(SelectError::PropertyNotFound) if from.is_optional => return Ok(Brought::Nothing),
                Err(problem) => return Err(unselected(problem)),
            },
            None => return Ok(Brought::Nothing),
        },
        Origin::Found { source, conversion } => match read(plan, source, from.is_optional, values)? {
            Some(payload) => {
                let found = payload.entries().unwrap_or(Err(SelectError::NotAnObject)).map_err(unselected)?;
                (found, Some(*conversion), Vec::new())
            }
            None => return Ok(Brought::Nothing),
        },
        Origin::Generated(_) => match values.generated(position) {
            None => return Ok(Brought::NotYet),
            Some(Err(error)) => return Err(Refused { reason: error.reason(), detail: error.detail() }),
            Some(Ok(generated)) => match generated.as_ref() {
                Generated::Made(entries) => (duplicates(entries), None, Vec::new()),
                Generated::Kept(entries) => return Ok(Brought::Entries(duplicates(entries).into_iter().collect(), Vec::new())),
            },
        },
    };
    let named = named(found, &from.rewrite, conversion).map_err(|problem| invalid(problem.to_string()))?;
    let taken = |(name, value): (String, SecretBytes)| match take(value, from.taking) {
        Ok(value) => Ok((name, value)),
        Err(problem) => Err(invalid(format!("{name}: {problem}"))),
    };
    Ok(Brought::Entries(named.into_iter().map(taken).collect::<Result<_, _>>()?, opened_by))
}

/// A generator's values may be needed again, if they cannot be written now.
fn duplicates(entries: &[(String, SecretBytes)]) -> Vec<(String, SecretBytes)> {
    entries.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect()
}

fn invalid(detail: String) -> Refused {
    Refused { reason: Reason::SourceInvalid, detail }
}
