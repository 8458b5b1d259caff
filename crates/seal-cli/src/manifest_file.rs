//! One file of manifests and the BridgedSecret in it that a verb is about.

use std::path::{Path, PathBuf};

use sealbridge_manifest::document::{self, Object, Place};
use sealbridge_manifest::edit::{EditError, EntrySource};
use sealbridge_manifest::native;
use serde_json::Value;

use crate::error::Error;
use crate::file::Snapshot;

/// A file of manifests.
#[derive(Debug)]
pub(crate) struct ManifestFile {
    snapshot: Snapshot,
    documents: Vec<Value>,
}

impl ManifestFile {
    /// Reads a file; one that does not exist holds nothing.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        Self::of(Snapshot::read(path)?)
    }

    /// Reads a file that has to be there.
    pub(crate) fn read_existing(path: &Path) -> Result<Self, Error> {
        Self::of(Snapshot::read_existing(path)?)
    }

    /// Takes what was read.
    pub(crate) fn of(snapshot: Snapshot) -> Result<Self, Error> {
        let documents = snapshot.text().map(document::parse).transpose();
        let documents = documents.map_err(|problem| Error::Document { path: snapshot.shown.clone(), problem })?.unwrap_or_default();
        Ok(Self { snapshot, documents })
    }

    /// Whether there is such a file.
    pub(crate) fn exists(&self) -> bool {
        self.snapshot.text().is_some()
    }

    /// The path, for people.
    pub(crate) fn path(&self) -> PathBuf {
        self.snapshot.shown.clone()
    }

    /// The text; empty when there is no file.
    pub(crate) fn text(&self) -> &str {
        self.snapshot.text().unwrap_or_default()
    }

    /// All objects of the file.
    pub(crate) fn objects(&self) -> Vec<Object<'_>> {
        document::objects(&self.documents)
    }

    /// The documents that are not empty.
    pub(crate) fn documents(&self) -> &[Value] {
        &self.documents
    }

    /// The number of documents.
    pub(crate) fn document_count(&self) -> usize {
        self.documents.len()
    }

    /// The BridgedSecret with this name, or the only one.
    pub(crate) fn bridged_secret(&self, name: Option<&str>) -> Result<BridgedSecretAt<'_>, Error> {
        let mut found: Vec<_> = self.objects().into_iter().filter(|object| object.is_native("BridgedSecret")).collect();
        let held: Vec<_> = found.iter().map(|object| object.name().to_owned()).collect();
        let held = held.join(", ");
        if found.is_empty() {
            let of_cluster = self.objects().into_iter().find(|object| object.is_native(native::CLUSTER_KIND));
            return Err(match of_cluster {
                Some(object) => Error::OnlyCopies { path: self.path(), name: object.name().to_owned() },
                None => Error::NoBridgedSecret { path: self.path() },
            });
        }
        if let Some(name) = name {
            found.retain(|object| object.name() == name);
        }
        match (found.as_slice(), name) {
            ([object], _) if object.name().is_empty() => Err(Error::Nameless { path: self.path() }),
            ([object], _) => Ok(BridgedSecretAt { object: *object }),
            ([], Some(name)) => Err(Error::NoSuchBridgedSecret { path: self.path(), name: name.to_owned(), held }),
            _ => Err(Error::SeveralBridgedSecrets { path: self.path(), held }),
        }
    }

    /// Puts an edited text in the file's place.
    pub(crate) fn replace(&self, text: &str) -> Result<(), Error> {
        self.snapshot.replace(text)
    }

    /// Whether both are the same file of the disk.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.snapshot.is_same_file(&other.snapshot)
    }

    /// Names the file in an error of an edit.
    pub(crate) fn edit_error(&self, problem: EditError) -> Error {
        Error::Edit { path: self.path(), problem }
    }
}

/// One BridgedSecret as it is written, which may be more than is understood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BridgedSecretAt<'a> {
    object: Object<'a>,
}

impl<'a> BridgedSecretAt<'a> {
    /// Takes an object of that kind.
    pub(crate) fn new(object: Object<'a>) -> Self {
        Self { object }
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        self.object.place
    }

    /// `metadata.namespace`.
    pub(crate) fn namespace(&self) -> Option<&'a str> {
        self.object.namespace()
    }

    /// The name of the Secret that it stands for.
    pub(crate) fn secret_name(&self) -> &'a str {
        let target = self.object.value.pointer("/spec/target/name").and_then(Value::as_str);
        target.unwrap_or_else(|| self.object.name())
    }

    /// The store of entries that name none.
    pub(crate) fn default_store(&self) -> Option<StoreName> {
        self.object.value.pointer("/spec/secretStoreRef").and_then(StoreName::of)
    }

    /// The entries in the order of their names.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Entry<'a>)> + use<'a> {
        let spec = self.object.value.get("spec");
        let data = spec.and_then(|spec| spec.get("data")).and_then(Value::as_object);
        let default = spec.and_then(|spec| spec.get("secretStoreRef"));
        data.into_iter().flatten().map(move |(key, value)| (key.as_str(), Entry::of(value, default)))
    }

    /// The SOPS documents under `dataFrom`, as `dataFrom[0]`.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (String, &'a str)> + use<'a> {
        let from = self.object.value.pointer("/spec/dataFrom").and_then(Value::as_array);
        from.into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(position, from)| Some((format!("dataFrom[{position}]"), from.get("sops")?.as_str()?)))
    }

    /// All entries as they can be written elsewhere.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&'a str, Option<EntrySource>)> + use<'a> {
        let secret = *self;
        self.entries().map(move |(key, _)| (key, secret.source(key)))
    }

    /// The text of a plain entry.
    pub(crate) fn plain(&self, key: &str) -> Option<&'a str> {
        self.object.value.pointer("/spec/data")?.get(key)?.get("plain")?.as_str()
    }

    /// An entry as it can be written elsewhere: its store is named even where it is the manifest's own default.
    pub(crate) fn source(&self, key: &str) -> Option<EntrySource> {
        let entry = self.object.value.pointer("/spec/data")?.get(key)?;
        let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
        match self.entry(key)? {
            Entry::Sealed(sealed) => Some(EntrySource::Sealed(sealed.to_owned())),
            Entry::Plain => text(entry, "plain").map(EntrySource::Plain),
            Entry::Remote(_) => {
                let remote = entry.get("remoteRef")?;
                let store = entry.get("secretStoreRef").and_then(StoreName::of).or_else(|| self.default_store());
                Some(EntrySource::Remote {
                    store_kind: store.as_ref().map(|store| store.kind.clone()).filter(|kind| kind != "SecretStore"),
                    store: store.map(|store| store.name),
                    key: text(remote, "key")?,
                    property: text(remote, "property"),
                    version: text(remote, "version"),
                })
            }
            Entry::Unclear => None,
        }
    }

    /// One entry.
    pub(crate) fn entry(&self, key: &str) -> Option<Entry<'a>> {
        self.entries().find(|(name, _)| *name == key).map(|(_, entry)| entry)
    }
}

/// An entry as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// `sealed`.
    Sealed(&'a str),
    /// `remoteRef`, as `SecretStore/aws prod/token#property@version`.
    Remote(String),
    /// `plain`.
    Plain,
    /// None of these, or several.
    Unclear,
}

impl<'a> Entry<'a> {
    fn of(value: &'a Value, default_store: Option<&Value>) -> Self {
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let remote = value.get("remoteRef").filter(|remote| !remote.is_null());
        match (text("sealed"), remote, text("plain")) {
            (Some(sealed), None, None) => Self::Sealed(sealed),
            (None, Some(remote), None) => Self::Remote(reference(remote, value.get("secretStoreRef").or(default_store))),
            (None, None, Some(_)) => Self::Plain,
            _ => Self::Unclear,
        }
    }
}

/// A store as a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreName {
    /// `SecretStore` or `ClusterSecretStore`.
    pub(crate) kind: String,
    /// The store's name.
    pub(crate) name: String,
}

impl StoreName {
    fn of(value: &Value) -> Option<Self> {
        let text = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
        Some(Self { name: text("name")?, kind: text("kind").unwrap_or_else(|| "SecretStore".to_owned()) })
    }
}

fn reference(remote: &Value, store: Option<&Value>) -> String {
    let text = |field: &str| remote.get(field).and_then(Value::as_str);
    let mut shown = store.and_then(StoreName::of).map(|store| format!("{}/{} ", store.kind, store.name)).unwrap_or_default();
    shown.push_str(text("key").unwrap_or_default());
    for (mark, field) in [('#', "property"), ('@', "version")] {
        if let Some(part) = text(field) {
            shown.push(mark);
            shown.push_str(part);
        }
    }
    shown
}
