//! A sample for whoever adds a provider, compiled and run by the tests only: a store whose values are the files of one
//! folder. docs/providers.md goes through it.
//!
//! Must never: read outside of its folder.

use std::io::ErrorKind;
use std::path::PathBuf;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sealbridge_secret::SecretBytes;
use tokio::fs;

use crate::counters::TrafficCounters;
use crate::finder::{Finder, Found, ensure_few};
use crate::provider::ReadResult;
use crate::{Absence, InputError, Payload, Provider, ReadError, RemoteKey, Scope, Search, Selection, Traffic, What};

const PARALLEL_READS: usize = 16;
const NO_VERSIONS: ReadError = ReadError::InvalidKey("files have no versions; leave version out");
const NO_METADATA: ReadError = ReadError::InvalidKey("files have neither metadata nor tags; leave metadataPolicy and tags out");
const NO_FOLDERS: ReadError = ReadError::InvalidKey("the key or path is not the bare name of a file; correct it");
const NOT_THERE: ReadError = ReadError::Misconfigured("the store's folder is not there; check its path");

/// The files of one folder.
struct FolderStore {
    folder: PathBuf,
    traffic: TrafficCounters,
}

impl FolderStore {
    /// Takes credentials, certificates and the like from `scope` (most need `async` for that), and asks the store for
    /// nothing yet.
    fn connect(folder: &str, _scope: &dyn Scope) -> Result<Self, InputError> {
        let folder = PathBuf::from(folder);
        if folder.is_relative() {
            return Err(InputError::Invalid {
                what: "the store's folder".to_owned(),
                problem: "it is relative; name it from the root",
            });
        }
        Ok(Self { folder, traffic: TrafficCounters::default() })
    }

    async fn read_one(&self, key: &RemoteKey) -> Result<Payload, ReadError> {
        match &key.what {
            What::Value if key.version.is_some() => Err(NO_VERSIONS),
            What::Value => self.value(&key.key).await,
            What::Metadata => Err(NO_METADATA),
            What::Search(search) => self.search(&key.key, search).await,
        }
    }

    async fn value(&self, name: &str) -> Result<Payload, ReadError> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
            return Err(NO_FOLDERS);
        }
        self.traffic.request();
        let bytes = fs::read(self.folder.join(name)).await.map_err(|error| failure(error.kind()))?;
        Ok(Payload::new(SecretBytes::new(bytes), Selection::FakeGjson, None))
    }

    async fn search(&self, path: &str, search: &Search) -> Result<Payload, ReadError> {
        let finder = Finder::new(search)?;
        match (path, finder.asks_for_tags()) {
            ("", false) => {}
            (_, true) => return Err(NO_METADATA),
            (_, false) => return Err(NO_FOLDERS),
        }
        self.traffic.request();
        let mut listing = fs::read_dir(&self.folder).await.map_err(|_| NOT_THERE)?;
        let mut names = Vec::new();
        while let Some(entry) = listing.next_entry().await.map_err(|error| failure(error.kind()))? {
            names.extend(entry.file_name().into_string().ok().filter(|name| !name.starts_with('.') && finder.wants_name(name)));
            ensure_few(names.len())?;
        }
        let mut found = Found::default();
        for name in names {
            match self.value(&name).await {
                // It went after it was listed, of which the store is sure. Any other failure is that of the search.
                Err(ReadError::Absent(_)) => {}
                outcome => found.add(name, outcome?)?,
            }
        }
        found.whole()
    }
}

/// What a failure means. In doubt a key is not gone: only [`ReadError::Absent`] may ever delete anything.
fn failure(kind: ErrorKind) -> ReadError {
    match kind {
        ErrorKind::NotFound => ReadError::Absent(Absence::NotFound),
        ErrorKind::PermissionDenied => ReadError::Denied,
        ErrorKind::IsADirectory => NO_FOLDERS,
        _ => ReadError::Unavailable,
    }
}

#[async_trait]
impl Provider for FolderStore {
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        let read = async |key| {
            let outcome = self.read_one(&key).await;
            (key, outcome)
        };
        stream::iter(keys).map(read).buffer_unordered(PARALLEL_READS).boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        fs::read_dir(&self.folder).await.map(drop).map_err(|_| NOT_THERE)
    }

    async fn confirm_absence(&self, _key: &RemoteKey) -> Result<(), ReadError> {
        self.check().await
    }

    async fn store_id(&self) -> Option<String> {
        Some(self.folder.to_string_lossy().into_owned())
    }

    async fn close(&self) {}

    fn traffic(&self) -> Traffic {
        self.traffic.snapshot()
    }
}

mod tests;
