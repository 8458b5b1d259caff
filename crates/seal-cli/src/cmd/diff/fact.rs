//! What one state of a file says of each entry.

use std::collections::BTreeMap;
use std::path::Path;

use sealbridge_manifest::document as manifests;
use sealbridge_seal::PREFIX;
use sealbridge_sops::Encrypted;

use super::document;
use crate::config::{self, Config};
use crate::error::Error;
use crate::manifest_file::{BridgedSecretAt, Entry};
use crate::sealed_texts;
use crate::sops;
use crate::target::NamespaceSources;

/// What manifests are called.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// What only files that matter have in them.
const MARKS: [&str; 2] = ["sealbridge.dev/", PREFIX];

/// Where an entry stands: the object, and the key or path in it.
pub(super) type Place = (String, String);

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A sealed text.
    Sealed(String),
    /// A reference, in words.
    Remote(String),
    /// A plain text.
    Plain(String),
    /// A value of a SOPS document, as a ciphertext.
    Encrypted(String),
    /// A value of a SOPS document that its selector leaves plain.
    Unselected(String),
    /// To whom a SOPS document is sealed.
    Recipients(Vec<String>),
    /// None of these, or several.
    Unclear,
}

/// An entry, and for which Secret it is where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) source: Source,
    /// Namespace, name of the Secret, key.
    pub(super) target: Option<(String, String, String)>,
}

/// All entries of a file.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) entries: BTreeMap<Place, Fact>,
    /// The SOPS document that they are of.
    pub(super) document: Option<Encrypted>,
}

impl Facts {
    /// Reads a state of the file; none when there was none, when it is not for us, or when it is a template.
    pub(super) fn read(bytes: Option<&[u8]>, path: &Path, config: Option<&Config>) -> Result<Self, Error> {
        let Some(text) = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()) else { return Ok(Self::default()) };
        if let Some(encrypted) = sops::encrypted(path, text)? {
            return document::facts(path, encrypted);
        }
        let is_manifest = path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        if !is_manifest || !MARKS.iter().any(|mark| text.contains(mark)) {
            return Ok(Self::default());
        }
        let documents = match manifests::parse(text) {
            Ok(documents) => documents,
            Err(_) if text.contains("{{") => {
                crate::output::note(&format!("{} is a template, not a manifest, and is left out", path.display()));
                return Ok(Self::default());
            }
            Err(problem) => return Err(Error::Document { path: path.to_owned(), problem }),
        };
        let mut facts = Self::default();
        let objects = manifests::objects(&documents);
        let secrets: Vec<_> = objects.into_iter().filter(|object| object.is_native("BridgedSecret")).collect();
        for object in &secrets {
            facts.add_secret(BridgedSecretAt::new(*object), object.name(), path, config);
        }
        for (place, text) in sealed_texts::outside_of(&secrets, &documents) {
            let fact = Fact { source: Source::Sealed(text.to_owned()), target: None };
            facts.entries.insert((String::new(), place), fact);
        }
        Ok(facts)
    }

    /// Whether there is a sealed value.
    pub(super) fn has_sealed(&self) -> bool {
        self.entries.values().any(|fact| matches!(fact.source, Source::Sealed(_)))
    }

    fn add_secret(&mut self, secret: BridgedSecretAt<'_>, object: &str, path: &Path, config: Option<&Config>) {
        let folder = config::folder_of(path);
        let rule = config.and_then(|config| config.rule_for(path));
        let sources = NamespaceSources { flag: None, manifest: secret.namespace(), rule, folder: &folder };
        let namespace = sources.resolve().ok();
        let shown = format!("{}/{object}", namespace.as_deref().unwrap_or("?"));
        for (key, entry) in secret.entries() {
            let source = match entry {
                Entry::Sealed(text) => Source::Sealed(text.to_owned()),
                Entry::Remote(reference) => Source::Remote(reference),
                Entry::Plain => Source::Plain(secret.plain(key).unwrap_or_default().to_owned()),
                Entry::Unclear => Source::Unclear,
            };
            let target = namespace.clone().map(|namespace| (namespace, secret.secret_name().to_owned(), key.to_owned()));
            self.entries.insert((shown.clone(), key.to_owned()), Fact { source, target });
        }
    }
}
