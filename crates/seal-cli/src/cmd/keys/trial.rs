//! Which values of SealedSecrets some private keys open. A SealedSecret names no key, so that nothing but trying tells.
//!
//! Must never: take a value that could not be tried for one that no key opens.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use sealbridge_manifest::document;
use sealbridge_sealed_secrets::{Fingerprint, KeyRing};

use crate::config::{self, Config};
use crate::sealed_secret::SealedSecretAt;
use crate::target::NamespaceSources;

/// What only files with SealedSecrets have in them.
pub(super) const MARK: &str = "encryptedData";

/// One value of a SealedSecret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tried {
    /// `namespace/name` of the Secret.
    pub(super) secret: String,
    /// The entry.
    pub(super) key: String,
    /// The value as it stands.
    pub(super) text: String,
    /// The key that opens it.
    pub(super) opened_by: Option<Fingerprint>,
    /// Whether its place is known, so that keys could be tried.
    pub(super) is_tried: bool,
}

/// The keys that are tried, and what is known of each value: trying one takes long.
pub(super) struct Trial<'a> {
    ring: &'a KeyRing,
    config: Option<&'a Config>,
    /// The namespace of objects that say none.
    namespace: Option<&'a str>,
    known: HashMap<(String, String), Option<Fingerprint>>,
    /// Objects whose namespace is not known, so that their values cannot be tried.
    pub(super) untried: BTreeSet<String>,
}

impl<'a> Trial<'a> {
    /// Nothing is tried yet.
    pub(super) fn new(ring: &'a KeyRing, config: Option<&'a Config>, namespace: Option<&'a str>) -> Self {
        Self { ring, config, namespace, known: HashMap::new(), untried: BTreeSet::new() }
    }

    /// The values of a text that lies, or lay, at `path`. What is no YAML has none.
    pub(super) fn values(&mut self, path: &Path, bytes: &[u8]) -> Vec<Tried> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains(MARK));
        let documents = text.and_then(|text| document::parse(text).ok()).unwrap_or_default();
        let mut values = Vec::new();
        for object in document::objects(&documents).into_iter().filter(document::Object::is_sealed_secret) {
            self.object(path, &SealedSecretAt::new(object), &mut values);
        }
        values
    }

    fn object(&mut self, path: &Path, secret: &SealedSecretAt<'_>, values: &mut Vec<Tried>) {
        let namespace = self.namespace_of(path, secret);
        let shown = format!("{}/{}", namespace.as_deref().unwrap_or("?"), secret.name());
        let label = match (&namespace, secret.scope()) {
            (Some(namespace), scope) => Some(scope.label(namespace, secret.name())),
            (None, scope @ sealbridge_sealed_secrets::Scope::ClusterWide) => Some(scope.label("", secret.name())),
            (None, _) => None,
        };
        if label.is_none() && !self.ring.is_empty() && secret.entries().next().is_some() {
            self.untried.insert(format!("{}, {}", path.display(), secret.name()));
        }
        for (key, text) in secret.entries() {
            let opened_by = label.as_ref().and_then(|label| self.opened_by(text, label));
            let is_tried = label.is_some();
            values.push(Tried { secret: shown.clone(), key: key.to_owned(), text: text.to_owned(), opened_by, is_tried });
        }
    }

    /// The object's own; where it says none, the one that is asked for or that holds for the file as it is now.
    fn namespace_of(&self, path: &Path, secret: &SealedSecretAt<'_>) -> Option<String> {
        if let Some(namespace) = secret.namespace().or(self.namespace) {
            return Some(namespace.to_owned());
        }
        let rule = self.config.and_then(|config| config.rule_for(path));
        NamespaceSources { flag: None, manifest: None, rule, folder: &config::folder_of(path) }.resolve().ok()
    }

    fn opened_by(&mut self, text: &str, label: &str) -> Option<Fingerprint> {
        let ring = self.ring;
        let place = (text.to_owned(), label.to_owned());
        *self.known.entry(place).or_insert_with(|| ring.open(text, label).ok().map(|opened| opened.key))
    }
}
