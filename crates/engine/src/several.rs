//! A source of several entries into those entries.

use sealbridge_api::Reason;
use sealbridge_manifest::{EntriesFrom, Origin, Plan};
use sealbridge_provider::SelectError;
use sealbridge_seal::KeyId;
use sealbridge_secret::SecretBytes;

use crate::document::{self, Refused};
use crate::names::{Named, named};
use crate::ports::{Keys, Values};
use crate::read::{read, unselected};
use crate::take::take;

/// What a source brings.
pub(crate) enum Brought {
    /// Entries, and the keys that opened them.
    Entries(Named, Vec<KeyId>),
    /// Nothing, with authority, and the object can do without.
    Nothing,
}

/// The entries of one source.
pub(crate) fn gather(plan: &Plan, from: &EntriesFrom, values: &impl Values, keys: &impl Keys) -> Result<Brought, Refused> {
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
    };
    let named = named(found, &from.rewrite, conversion).map_err(|problem| invalid(problem.to_string()))?;
    let taken = |(name, value): (String, SecretBytes)| match take(value, from.taking) {
        Ok(value) => Ok((name, value)),
        Err(problem) => Err(invalid(format!("{name}: {problem}"))),
    };
    Ok(Brought::Entries(named.into_iter().map(taken).collect::<Result<_, _>>()?, opened_by))
}

fn invalid(detail: String) -> Refused {
    Refused { reason: Reason::SourceInvalid, detail }
}
