//! Where entries are copied to: a BridgedSecret, new or not, a SealedSecret or a SOPS document.
//!
//! Must never: bind a value to less than its source did unless that is asked for by name, or write a part of what was
//! asked for.

use sealbridge_manifest::document::Place as ObjectPlace;
use sealbridge_manifest::edit::{self, EntrySource};
use sealbridge_seal::Scope;
use sealbridge_secret::SecretBytes;

use super::CopyArgs;
use super::place::{Content, Place};
use super::source::{Carried, ensure_no_base64, without};
use crate::config::{Config, Rule};
use crate::destination::Destination;
use crate::error::Error;
use crate::manifest_file::{ManifestFile, StoreName};
use crate::output::Output;
use crate::recipients::Recipients;
use crate::sealed_secret::{SealedSecretAt, Sealing, scope_of_ours};
use crate::sealing::{self, SealArgs};
use crate::size::{self, Judgement};
use crate::sops::{self, OpenFile, SopsPath};
use crate::target::ensure_key;

/// The destination, how values are sealed for it, and what it gets.
pub(super) enum To<'a> {
    Bridged(Bridged<'a>),
    Sealed { file: &'a ManifestFile, secret: SealedSecretAt<'a>, sealing: Sealing, entries: Vec<(String, String)> },
    Document(&'a mut OpenFile),
}

pub(super) struct Bridged<'a> {
    place: Destination<'a>,
    path: &'a Place,
    config: Option<&'a Config>,
    rule: Option<&'a Rule>,
    /// Asked for when the first value has to be sealed.
    recipients: Option<Recipients>,
    entries: Vec<(String, EntrySource)>,
}

impl<'a> To<'a> {
    /// `config` is that of the destination's folder.
    pub(super) fn of(
        args: &CopyArgs,
        place: &'a Place,
        content: &'a mut Content,
        config: Option<&'a Config>,
    ) -> Result<Self, Error> {
        let seal = &args.seal;
        let file = match content {
            Content::Document(_) if args.name.is_some() || seal.namespace.is_some() || !seal.recipients.is_empty() => {
                return Err(Error::Arguments(
                    "a SOPS document has its own recipients and is for no Secret; leave out --name, --namespace and -r",
                ));
            }
            Content::Document(file) => return Ok(Self::Document(file)),
            Content::Manifest(file) => &*file,
        };
        if let Some(secret) = SealedSecretAt::chosen(file, args.name.as_deref())? {
            let flags = SealArgs { recipients: seal.recipients.clone(), scope: None, namespace: seal.namespace.clone() };
            let sealing = Sealing::of(&secret, &place.path, &flags, args.certificate.as_deref(), &args.config)?;
            return Ok(Self::Sealed { file, secret, sealing, entries: Vec::new() });
        }
        let rule = config.and_then(|config| config.rule_for(&place.path));
        let destination = Destination::of(file, args.name.as_deref(), seal.namespace.as_deref(), rule)?;
        Ok(Self::Bridged(Bridged { place: destination, path: place, config, rule, recipients: None, entries: Vec::new() }))
    }

    /// Where in its file the object stands.
    pub(super) fn object(&self) -> Option<ObjectPlace> {
        match self {
            Self::Bridged(bridged) => bridged.place.present.map(|present| present.place()),
            Self::Sealed { secret, .. } => Some(secret.place()),
            Self::Document(_) => None,
        }
    }

    /// Whether there is an entry of this name; refuses what can be none.
    pub(super) fn has(&self, new: &str) -> Result<bool, Error> {
        match self {
            Self::Bridged(bridged) => {
                ensure_key(new).map(|()| bridged.place.present.is_some_and(|present| present.entry(new).is_some()))
            }
            Self::Sealed { secret, .. } => ensure_key(new).map(|()| secret.entry(new).is_some()),
            Self::Document(file) => {
                sops::ensure_path(new)?;
                let place = SopsPath::find(&file.opened, new)?;
                ensure_no_base64(file, &place)?;
                Ok(file.opened.get(place.document, &place.steps).is_some())
            }
        }
    }

    /// Takes an entry, and says how it is written.
    pub(super) fn put(&mut self, key: &str, new: &str, carried: Carried, args: &CopyArgs) -> Result<String, Error> {
        match self {
            Self::Bridged(bridged) => bridged.put(key, new, carried, &args.seal),
            Self::Sealed { secret, sealing, entries, .. } => {
                let scope = scope_of_ours(secret.scope());
                let value = value(key, carried, scope, &args.seal, "a SealedSecret is bound to what its annotations say")?;
                entries.push((new.to_owned(), sealing.seal(new, &value.0)?));
                Ok(format!("sealed {}", sealing.described(secret.name())))
            }
            Self::Document(file) => {
                let why = "a SOPS document is bound to no Secret";
                let (value, kind) = value(key, carried, Scope::Cluster, &args.seal, why)?;
                let (path, place) = (file.path(), SopsPath::find(&file.opened, new)?);
                sops::put(&mut file.opened, &path, &place, value, kind)?;
                Ok("encrypted for its recipients".to_owned())
            }
        }
    }

    /// The text of the file with all that was put.
    pub(super) fn text(&mut self, allow_large: bool, output: Output) -> Result<String, Error> {
        match self {
            Self::Bridged(Bridged { place, entries, .. }) => {
                let text = place.with(entries)?;
                place.judge_size(&text, allow_large, output)?;
                Ok(text)
            }
            Self::Sealed { file, secret, entries, .. } => {
                let text = edit::set_sealed_secret_values(file.text(), secret.place(), entries);
                let text = text.map_err(|problem| file.edit_error(problem))?;
                if let Judgement::Warning(words) = size::judge(&file.path(), &text, secret.place(), allow_large)? {
                    output.note(&words);
                }
                Ok(text)
            }
            Self::Document(file) => file.sealed(),
        }
    }

    /// The text of a document that is the source too, without what was moved away; `None` for manifests.
    pub(super) fn without(&mut self, keys: &[(String, String)]) -> Option<Result<String, Error>> {
        match self {
            Self::Document(file) => Some(without(file, keys)),
            Self::Bridged(_) | Self::Sealed { .. } => None,
        }
    }
}

impl Bridged<'_> {
    fn put(&mut self, key: &str, new: &str, carried: Carried, args: &SealArgs) -> Result<String, Error> {
        let (value, from) = match carried {
            Carried::Value { value, scope, .. } => (value, scope),
            Carried::AsItStands(EntrySource::Plain(_)) if self.rule.is_some_and(|rule| !rule.policy.allows_plain(new)) => {
                return Err(Error::PlainNotAllowed { path: self.path.path.clone(), key: new.to_owned() });
            }
            Carried::AsItStands(source) => {
                let default = self.place.present.and_then(|present| present.default_store());
                self.entries.push((new.to_owned(), without_default(source, default.as_ref())));
                return Ok("as it stands".to_owned());
            }
        };
        let scope: Scope = args.scope(self.rule)?;
        if args.scope.is_none() && scope > from {
            return Err(Error::WiderScope { key: key.to_owned(), from, to: scope });
        }
        let recipients = match self.recipients.take() {
            Some(recipients) => recipients,
            None => Recipients::resolve(&args.recipients, self.config, self.rule, &self.path.path)?,
        };
        let recipients = self.recipients.insert(recipients);
        let target = self.place.target(new);
        let sealed = sealing::seal_value(&value, &target, scope, recipients)?;
        let words = format!("sealed {}", sealing::described(&target, scope, recipients));
        self.entries.push((new.to_owned(), EntrySource::Sealed(sealed)));
        Ok(words)
    }
}

/// The value for a place that binds values as `to` does, whatever is asked for: a wider one has to be named.
fn value(
    key: &str,
    carried: Carried,
    to: Scope,
    args: &SealArgs,
    why: &'static str,
) -> Result<(SecretBytes, Option<sealbridge_sops::Kind>), Error> {
    let asked = args.scope.as_deref().map(|scope| scope.parse::<Scope>().map_err(Error::Scope)).transpose()?;
    let mismatch = Error::FixedScope { why, to };
    match carried {
        _ if asked.is_some_and(|asked| asked != to) => Err(mismatch),
        Carried::Value { scope, .. } if scope < to && asked.is_none() => {
            Err(Error::WiderPlace { key: key.to_owned(), from: scope, to, why })
        }
        Carried::Value { value, kind, .. } => Ok((value, kind)),
        Carried::AsItStands(EntrySource::Plain(text)) => Ok((SecretBytes::new(text.into_bytes()), None)),
        Carried::AsItStands(_) => Err(Error::NoReferenceThere { key: key.to_owned() }),
    }
}

/// A store that is the destination's default is not repeated.
fn without_default(source: EntrySource, default: Option<&StoreName>) -> EntrySource {
    match source {
        EntrySource::Remote { store, store_kind, key, property, version } => {
            let kind = store_kind.as_deref().unwrap_or("SecretStore");
            let is_default = default.is_some_and(|default| default.kind == kind && store.as_deref() == Some(default.name.as_str()));
            let (store, store_kind) = if is_default { (None, None) } else { (store, store_kind) };
            EntrySource::Remote { store, store_kind, key, property, version }
        }
        source => source,
    }
}
