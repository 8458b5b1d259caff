//! To whom a value is sealed, and how that is told.

use std::path::Path;

use sealbridge_seal::{KeyId, Recipient, RecipientSet};

use crate::config::{Config, Rule, is_plainly_a_name};
use crate::error::Error;

/// Recipients and their names for people.
#[derive(Debug)]
pub(crate) struct Recipients {
    /// To whom.
    pub(crate) set: RecipientSet,
    /// `prod + break-glass`: names of sets, and ids of recipients that stand alone.
    pub(crate) label: String,
}

impl Recipients {
    /// Those that `-r` names, or else those of the rule that matches the file.
    pub(crate) fn resolve(flag: &[String], config: Option<&Config>, rule: Option<&Rule>, file: &Path) -> Result<Self, Error> {
        if !flag.is_empty() {
            let named = Self::named(flag, config, "-r")?;
            return match rule {
                Some(rule) if rule.policy.lacks_break_glass(named.set.ids()) => Err(Error::LacksBreakGlass),
                _ => Ok(named),
            };
        }
        let config = config.ok_or(Error::NoConfig)?;
        let rule = rule.ok_or_else(|| Error::NoRule { config: config.path.clone(), file: file.display().to_string() })?;
        Self::named(&rule.recipients, Some(config), "the rule in .sealbridge.yaml")
    }

    fn named(names: &[String], config: Option<&Config>, place: &str) -> Result<Self, Error> {
        let mut members = Vec::new();
        let mut labels = Vec::new();
        for name in names {
            if let Some(set) = config.and_then(|config| config.sets.get(name)) {
                members.extend(set.iter().cloned());
                labels.push(name.clone());
            } else {
                let recipient = recipient(name, config, place)?;
                labels.push(recipient.id().to_string());
                members.push(recipient);
            }
        }
        let set = RecipientSet::new(members).map_err(Error::RecipientSet)?;
        Ok(Self { set, label: labels.join(" + ") })
    }

    /// The ids of the keys, ascending.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.set.ids().map(|id| id.to_string()).collect()
    }
}

/// A key by the name of its set; by id where no set has it.
pub(crate) fn name(config: Option<&Config>, id: KeyId) -> String {
    config.and_then(|config| config.key_names.get(&id)).cloned().unwrap_or_else(|| id.to_string())
}

/// Keys by name, `prod + break-glass`; a name that comes several times running is said once.
pub(crate) fn names<'k>(config: Option<&Config>, ids: impl IntoIterator<Item = &'k KeyId>) -> String {
    let mut names: Vec<_> = ids.into_iter().map(|id| name(config, *id)).collect();
    names.dedup();
    names.join(" + ")
}

/// The keys that are not among others.
pub(crate) fn without(some: &[KeyId], others: &[KeyId]) -> Vec<KeyId> {
    some.iter().filter(|id| !others.contains(id)).copied().collect()
}

/// A recipient as it stands.
fn recipient(text: &str, config: Option<&Config>, place: &str) -> Result<Recipient, Error> {
    text.parse().map_err(|problem| {
        if is_plainly_a_name(text) {
            let known: Vec<_> = config.into_iter().flat_map(|config| config.sets.keys().cloned()).collect();
            let known = if known.is_empty() { String::new() } else { format!(", which has {}", known.join(", ")) };
            Error::UnknownSet { name: text.to_owned(), known }
        } else {
            Error::Recipient { place: place.to_owned(), problem }
        }
    })
}
