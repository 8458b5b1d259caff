//! Where entries are copied from: a BridgedSecret, a SealedSecret or a SOPS document.
//!
//! Must never: take out a value without the key that opens it, or guess how a nested value is called elsewhere.

use sealbridge_manifest::edit::{self, EntrySource};
use sealbridge_seal::{KeyRing, Scope, Target};
use sealbridge_sealed_secrets as sealed_secrets;
use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Kind, Step};

use super::CopyArgs;
use super::place::{Content, Place};
use crate::config::{self, Config};
use crate::error::Error;
use crate::identities;
use crate::manifest_file::{BridgedSecretAt, ManifestFile};
use crate::recovery_keys;
use crate::sealed_secret::{SealedSecretAt, scope_of_ours};
use crate::sops::{self, OpenFile, SopsPath};
use crate::target::{NamespaceSources, ensure_key};

/// The source, and how its values are opened.
pub(super) enum From<'a> {
    Bridged { file: &'a ManifestFile, secret: BridgedSecretAt<'a>, namespace: String, ring: KeyRing },
    Sealed { file: &'a ManifestFile, secret: SealedSecretAt<'a>, namespace: String, keys: sealed_secrets::KeyRing },
    Document(&'a mut OpenFile),
}

/// An entry on its way.
pub(super) enum Carried {
    /// A value that was opened, its type if its document has types, and how little it was bound to.
    Value { value: SecretBytes, kind: Option<Kind>, scope: Scope },
    /// What is no secret: a reference, or a plain value.
    AsItStands(EntrySource),
}

impl<'a> From<'a> {
    pub(super) fn of(args: &CopyArgs, content: &'a mut Content) -> Result<Self, Error> {
        let file = match content {
            Content::Document(_) if args.from_name.is_some() || args.from_namespace.is_some() => {
                return Err(Error::Arguments("a SOPS document is for no Secret; leave out --from-name and --from-namespace"));
            }
            Content::Document(file) => return Ok(Self::Document(file)),
            Content::Manifest(file) => &*file,
        };
        let folder = config::folder_of(&file.path());
        let config = Config::find(args.config.config.as_deref(), &folder)?;
        let rule = config.as_ref().and_then(|config| config.rule_for(&file.path()));
        let namespace = |manifest: Option<&str>| {
            NamespaceSources { flag: args.from_namespace.as_deref(), manifest, rule, folder: &folder }.resolve()
        };
        if let Some(secret) = SealedSecretAt::chosen(file, args.from_name.as_deref())? {
            let keys = recovery_keys::load(&args.recovery)?;
            return Ok(Self::Sealed { file, namespace: namespace(secret.namespace())?, secret, keys });
        }
        let secret = file.bridged_secret(args.from_name.as_deref())?;
        let beside = config.as_ref().map(|config| config.identities.as_slice()).unwrap_or_default();
        let ring = identities::load(&args.identities, beside)?;
        Ok(Self::Bridged { file, namespace: namespace(secret.namespace())?, secret, ring })
    }

    /// Where in its file the object stands; a SOPS document is its whole file.
    pub(super) fn object(&self) -> Option<sealbridge_manifest::document::Place> {
        match self {
            Self::Bridged { secret, .. } => Some(secret.place()),
            Self::Sealed { secret, .. } => Some(secret.place()),
            Self::Document(_) => None,
        }
    }

    /// The entries that are copied, and their names at the destination.
    pub(super) fn pairs(&mut self, source: &Place, target: &Place, to_document: bool) -> Result<Vec<(String, String)>, Error> {
        let named = |key: &str| if to_document { sops::shown(&[Step::key(key)]) } else { key.to_owned() };
        match (&source.key, &target.key) {
            (None, Some(_)) => Err(Error::Arguments("a name at the destination is for one entry; name it at the source too")),
            (Some(key), new) => {
                let default = match self {
                    Self::Document(file) => name_of_path(file, key, to_document)?,
                    object => named(object.existing(source, key)?),
                };
                Ok(vec![(key.clone(), new.clone().unwrap_or(default))])
            }
            (None, None) => {
                let all: Vec<_> = match self {
                    Self::Bridged { secret, .. } => secret.entries().map(|(key, _)| (key.to_owned(), named(key))).collect(),
                    Self::Sealed { secret, .. } => secret.entries().map(|(key, _)| (key.to_owned(), named(key))).collect(),
                    Self::Document(file) => encrypted(file, to_document)?,
                };
                if all.is_empty() { Err(Error::Arguments("the source has no entries; check its path")) } else { Ok(all) }
            }
        }
    }

    fn existing<'k>(&self, source: &Place, key: &'k str) -> Result<&'k str, Error> {
        ensure_key(key)?;
        let is_there = match self {
            Self::Bridged { secret, .. } => secret.entry(key).is_some(),
            Self::Sealed { secret, .. } => secret.entry(key).is_some(),
            Self::Document(_) => true,
        };
        if is_there { Ok(key) } else { Err(Error::NoEntry { path: source.path.clone(), key: key.to_owned() }) }
    }

    /// One entry, opened.
    pub(super) fn take(&self, key: &str) -> Result<Carried, Error> {
        match self {
            Self::Bridged { file, secret, namespace, ring } => {
                let unclear = || Error::UnclearEntry { path: file.path(), key: key.to_owned() };
                let EntrySource::Sealed(text) = secret.source(key).ok_or_else(unclear)? else {
                    return secret.source(key).map(Carried::AsItStands).ok_or_else(unclear);
                };
                if ring.is_empty() {
                    return Err(Error::NoIdentity);
                }
                let name = secret.secret_name();
                let opened = ring.open(&text, &Target { namespace, name, key });
                let opened = opened.map_err(|problem| closed(namespace, name, key, &problem))?;
                Ok(Carried::Value { value: opened.value, kind: None, scope: opened.scope })
            }
            Self::Sealed { file, secret, namespace, keys } => {
                if keys.is_empty() {
                    return Err(Error::NoRecoveryKey);
                }
                let missing = || Error::NoEntry { path: file.path(), key: key.to_owned() };
                let text = secret.entry(key).ok_or_else(missing)?;
                let opened = keys.open(text, &secret.scope().label(namespace, secret.name()));
                let opened = opened.map_err(|problem| closed(namespace, secret.name(), key, &problem))?;
                Ok(Carried::Value { value: opened.value, kind: None, scope: scope_of_ours(secret.scope()) })
            }
            Self::Document(file) => {
                let place = SopsPath::find(&file.opened, key)?;
                let missing = || Error::NoEntry { path: file.path(), key: key.to_owned() };
                let value = file.opened.get(place.document, &place.steps).ok_or_else(missing)?;
                Ok(Carried::Value { value: sops::plain_form(value), kind: Some(value.kind()), scope: Scope::Cluster })
            }
        }
    }

    /// `text`, which is that of the source's file, without these entries.
    pub(super) fn without(&mut self, text: &str, keys: &[(String, String)]) -> Result<String, Error> {
        match self {
            Self::Bridged { file, secret, .. } => keys.iter().try_fold(text.to_owned(), |text, (key, _)| {
                edit::remove_entry(&text, secret.place(), key).map_err(|problem| file.edit_error(problem))
            }),
            Self::Sealed { file, secret, .. } => keys.iter().try_fold(text.to_owned(), |text, (key, _)| {
                edit::remove_sealed_secret_value(&text, secret.place(), key).map_err(|problem| file.edit_error(problem))
            }),
            Self::Document(file) => without(file, keys),
        }
    }
}

/// The text of a document without these values.
pub(super) fn without(file: &mut OpenFile, keys: &[(String, String)]) -> Result<String, Error> {
    for (key, _) in keys {
        let place = SopsPath::find(&file.opened, key)?;
        file.opened.unset(place.document, &place.steps).map_err(|problem| file.error(problem))?;
    }
    file.sealed()
}

fn closed(namespace: &str, name: &str, key: &str, problem: &dyn std::fmt::Display) -> Error {
    Error::Several(vec![format!("{namespace}/{name}, entry {key}: {problem}")])
}

/// How the value at a path is called elsewhere.
fn name_of_path(file: &OpenFile, key: &str, to_document: bool) -> Result<String, Error> {
    let place = SopsPath::find(&file.opened, key)?;
    if file.opened.get(place.document, &place.steps).is_none() {
        return Err(Error::NoEntry { path: file.path(), key: sops::shown(&place.steps) });
    }
    if to_document {
        return Ok(sops::shown(&place.steps));
    }
    ensure_no_base64(file, &place)?;
    match place.steps.last() {
        Some(Step::Key(name)) if ensure_key(name).is_ok() => Ok(name.clone()),
        _ => Err(Error::Arguments(
            "the path at the source ends in nothing that names an entry; name it behind the colon of the destination",
        )),
    }
}

/// All values that the document encrypts.
fn encrypted(file: &mut OpenFile, to_document: bool) -> Result<Vec<(String, String)>, Error> {
    if file.opened.documents() > 1 {
        return Err(Error::Arguments("the source holds several SOPS documents; name one value behind the colon"));
    }
    let path = file.path();
    let leaves = file.opened.all_leaves().map_err(|problem| sops::refused(path, problem))?;
    let chosen = leaves.iter().filter(|leaf| leaf.is_selected).map(|leaf| {
        let shown = sops::shown(&leaf.path);
        match leaf.path.as_slice() {
            _ if to_document => Ok((shown.clone(), shown)),
            [Step::Key(name)] if ensure_key(name).is_ok() => Ok((shown, name.clone())),
            _ => Err(Error::Arguments(
                "the source has values that are nested, or whose names no entry can have; copy each with its path and a name, or a whole Secret manifest with `seal migrate sops`",
            )),
        }
    });
    chosen.collect()
}

/// Values under `data` of an encrypted Secret manifest are base64 of what they stand for.
pub(super) fn ensure_no_base64(file: &OpenFile, place: &SopsPath) -> Result<(), Error> {
    let kind = file.opened.get(place.document, &[Step::key("kind")]);
    let is_secret = kind.is_some_and(|kind| kind.bytes().expose() == b"Secret");
    if is_secret && place.steps.first() == Some(&Step::key("data")) {
        return Err(Error::Arguments(
            "values under `data` of a Secret manifest are base64; use stringData, or convert the manifest with `seal migrate sops`",
        ));
    }
    Ok(())
}
