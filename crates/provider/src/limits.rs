//! Which keys of a store a namespace may have: judged on canonical names, before the store is asked and on what came back.
//!
//! ```text
//!   limits ──of a namespace──▶ Admission ──admit(key)──▶ AdmittedKey ──read──▶ Payload ──ensure_found──▶ used
//! ```
//!
//! Owns: the one way to an [`AdmittedKey`]. Must never: admit what no limit admits, or hand out a part of a search as all.

use std::sync::Arc;

use sealbridge_api::limits::{MAX_KEY_LIMITS, MAX_KEY_PREFIXES, MAX_STORE_NAMESPACES, MAX_WORD_LEN};
use sealbridge_api::store::{KeyAction, KeyLimit, ProviderSpec};

use crate::naming::{CanonicalName, Naming, Unclear, asked, naming};
use crate::{Payload, PushKey, RemoteKey, What};

/// The prefix that stands for every key.
const EVERY_KEY: &str = "*";

/// The limits of one store.
#[derive(Debug)]
pub struct Limits {
    rules: Vec<Rule>,
    naming: Box<dyn Naming>,
}

#[derive(Debug)]
struct Rule {
    limit: KeyLimit,
    prefixes: Vec<CanonicalName>,
}

/// A limit that cannot be judged by, so that the store admits nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct LimitError {
    /// The field, from the list of limits on: `[0].keyPrefixes[1]`.
    pub path: String,
    /// What is wrong with it and what to write instead.
    pub problem: &'static str,
}

/// Why a namespace does not get a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No limit is for the namespace.
    #[error("the store has limits and none of them is for namespace {namespace}; have one added to the store")]
    NobodysNamespace {
        /// The namespace.
        namespace: String,
    },
    /// The limits that are for the namespace do not admit it.
    #[error(
        "{action} of {key:?} is not admitted to namespace {namespace} by the store's limits {tried}; name a key below their \
         keyPrefixes, or have them changed"
    )]
    Outside {
        /// `Read`, `Find` or `Push`.
        action: &'static str,
        /// The key or path as it was asked for.
        key: String,
        /// The namespace.
        namespace: String,
        /// The names of the limits that were tried.
        tried: String,
    },
    /// What the key is called in the end cannot be told.
    #[error("{key:?} cannot be held against the store's limits {tried}: {problem}")]
    Unclear {
        /// The key or path as it was asked for.
        key: String,
        /// The names of the limits that were tried.
        tried: String,
        /// What is wrong with the key, and what to do.
        problem: &'static str,
    },
    /// A search brought something that the namespace may not have.
    #[error(
        "Find below {key:?} brought a name that the store's limits {tried} do not admit, so nothing of it is used; search further \
         down, or have them changed"
    )]
    Found {
        /// The path as it was asked for.
        key: String,
        /// The names of the limits that were tried.
        tried: String,
    },
}

impl Limits {
    /// The limits of a store, whose prefixes are written as its keys are.
    ///
    /// # Errors
    /// [`LimitError`] for the first one that cannot be judged by.
    pub fn new(limits: &[KeyLimit], provider: &ProviderSpec) -> Result<Self, LimitError> {
        let naming = naming(provider).map_err(|problem| LimitError { path: String::new(), problem: problem.0 })?;
        if limits.len() > MAX_KEY_LIMITS {
            return Err(LimitError { path: String::new(), problem: "they are more than 64; join some of them" });
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(limits.len());
        for (position, limit) in limits.iter().enumerate() {
            if rules.iter().any(|other| other.limit.name == limit.name) {
                return Err(LimitError {
                    path: format!("[{position}].name"),
                    problem: "another limit has this name; give each one of its own",
                });
            }
            ensure_bounded(limit).map_err(|problem| LimitError { path: format!("[{position}]"), problem })?;
            let prefixes = limit.key_prefixes.iter().enumerate().map(|(at, prefix)| {
                canonical(naming.as_ref(), prefix)
                    .map_err(|problem| LimitError { path: format!("[{position}].keyPrefixes[{at}]"), problem })
            });
            rules.push(Rule { prefixes: prefixes.collect::<Result<_, _>>()?, limit: limit.clone() });
        }
        Ok(Self { rules, naming })
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &KeyLimit> {
        self.rules.iter().map(|rule| &rule.limit)
    }
}

/// The bounds of the schema, which not every way to a store goes through.
fn ensure_bounded(limit: &KeyLimit) -> Result<(), &'static str> {
    if limit.name.is_empty() || limit.name.len() > MAX_WORD_LEN {
        return Err("it has no name, or one that is too long; name it in a word");
    }
    if limit.namespace_selector.is_none() && limit.namespaces.is_empty() {
        return Err("it is for no namespace; set namespaceSelector, namespaces or both");
    }
    if limit.namespaces.len() > MAX_STORE_NAMESPACES {
        return Err("it names more than 256 namespaces; select them by label");
    }
    if limit.key_prefixes.is_empty() || limit.key_prefixes.len() > MAX_KEY_PREFIXES {
        return Err("it names no prefix, or more than 64; name 1 to 64 under keyPrefixes, or * alone for every key");
    }
    if limit.actions.is_empty() {
        return Err("it allows no action; name one or more of Read, Find and Push under actions");
    }
    Ok(())
}

fn canonical(naming: &dyn Naming, prefix: &str) -> Result<CanonicalName, &'static str> {
    match prefix {
        EVERY_KEY => Ok(CanonicalName::new(Vec::<String>::new())),
        prefix => naming.prefix(prefix).map_err(|unclear| unclear.0),
    }
}

/// What one namespace may have of one store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Admission(Option<Arc<Own>>);

/// The limits that are for one namespace.
#[derive(Debug)]
struct Own {
    limits: Arc<Limits>,
    namespace: String,
    /// Their positions.
    rules: Vec<usize>,
}

/// A key that its asker may have. There is no other way to one than [`Admission::admit`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdmittedKey(RemoteKey);

impl AdmittedKey {
    /// The key that an admitted read was answered for.
    pub(crate) fn answered(key: RemoteKey) -> Self {
        Self(key)
    }

    /// What is read.
    #[must_use]
    pub fn as_key(&self) -> &RemoteKey {
        &self.0
    }

    /// What is read.
    #[must_use]
    pub fn into_key(self) -> RemoteKey {
        self.0
    }
}

/// A place that its asker may write to. There is no other way to one than [`Admission::admit_push`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdmittedPush(PushKey);

impl AdmittedPush {
    /// Where is written.
    #[must_use]
    pub fn as_key(&self) -> &PushKey {
        &self.0
    }
}

impl Admission {
    /// What a store without limits gives everybody.
    #[must_use]
    pub fn to_everything() -> Self {
        Self(None)
    }

    /// What `namespace` gets of a store: what those limits admit of which `is_meant` says that they are for it.
    #[must_use]
    pub fn of(limits: &Arc<Limits>, namespace: &str, is_meant: impl Fn(&KeyLimit) -> bool) -> Self {
        let rules = limits.iter().enumerate().filter(|(_, limit)| is_meant(limit)).map(|(position, _)| position).collect();
        Self(Some(Arc::new(Own { limits: Arc::clone(limits), namespace: namespace.to_owned(), rules })))
    }

    /// Judges a key before the store is asked for it.
    ///
    /// Threat: whoever may create an object in a namespace chooses its keys, and the store answers as whoever set it up
    /// for all namespaces. A key that could be read in two ways is refused rather than understood.
    ///
    /// # Errors
    /// [`Refused`] unless one limit admits it.
    pub fn admit(&self, key: &RemoteKey) -> Result<AdmittedKey, Refused> {
        let Some(own) = &self.0 else { return Ok(AdmittedKey(key.clone())) };
        own.ensure_admitted(action(key), &key.key, |naming| asked(naming, key))?;
        Ok(AdmittedKey(key.clone()))
    }

    /// Judges a place before the store is asked to write there, as [`Self::admit`] does with keys.
    ///
    /// # Errors
    /// [`Refused`] unless one limit admits it.
    pub fn admit_push(&self, at: &PushKey) -> Result<AdmittedPush, Refused> {
        if let Some(own) = &self.0 {
            own.ensure_admitted(KeyAction::Push, &at.key, |naming| naming.key(&at.key))?;
        }
        Ok(AdmittedPush(at.clone()))
    }

    /// Judges what a search brought, name by name; of anything else there is nothing to judge.
    ///
    /// # Errors
    /// [`Refused::Found`] if one name is not admitted or has no canonical form.
    pub fn ensure_found(&self, key: &AdmittedKey, payload: &Payload) -> Result<(), Refused> {
        let (Some(own), Some(mut names)) = (&self.0, payload.found_names()) else { return Ok(()) };
        let RemoteKey { key: path, .. } = key.as_key();
        let is_admitted = |name| {
            let name = own.limits.naming.found(path, name);
            name.is_ok_and(|name| own.admits(KeyAction::Find, &name))
        };
        if names.all(is_admitted) { Ok(()) } else { Err(Refused::Found { key: path.clone(), tried: own.tried() }) }
    }

    /// The names of the limits that are for the namespace; `None` if the store has none at all.
    #[must_use]
    pub fn limits(&self) -> Option<Vec<&str>> {
        self.0.as_ref().map(|own| own.rules().map(|rule| rule.limit.name.as_str()).collect())
    }
}

impl Own {
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter_map(|position| self.limits.rules.get(*position))
    }

    fn ensure_admitted(
        &self,
        action: KeyAction,
        key: &str,
        name: impl FnOnce(&dyn Naming) -> Result<CanonicalName, Unclear>,
    ) -> Result<(), Refused> {
        if self.rules.is_empty() {
            return Err(Refused::NobodysNamespace { namespace: self.namespace.clone() });
        }
        let name = name(self.limits.naming.as_ref()).map_err(|unclear| Refused::Unclear {
            key: key.to_owned(),
            tried: self.tried(),
            problem: unclear.0,
        })?;
        if self.admits(action, &name) {
            return Ok(());
        }
        let (key, namespace) = (key.to_owned(), self.namespace.clone());
        Err(Refused::Outside { action: action.as_str(), key, namespace, tried: self.tried() })
    }

    fn admits(&self, action: KeyAction, name: &CanonicalName) -> bool {
        self.rules().any(|rule| rule.limit.actions.contains(&action) && rule.prefixes.iter().any(|prefix| name.is_within(prefix)))
    }

    fn tried(&self) -> String {
        self.rules().map(|rule| rule.limit.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn action(key: &RemoteKey) -> KeyAction {
    match key.what {
        What::Value | What::Metadata => KeyAction::Read,
        What::Search(_) => KeyAction::Find,
    }
}

#[cfg(test)]
mod tests;
