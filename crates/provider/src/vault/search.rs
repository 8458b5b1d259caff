//! A search: lists everything below a folder, keeps the names and tags that are wanted, reads each once.
//!
//! Must never: hand out a part as if it were all. One list or read that fails is the failure of the search.

use futures::stream::{self, StreamExt, TryStreamExt};

use super::key::{Folder, Place};
use super::{PARALLEL_READS, VaultStore, classify, listing, metadata};
use crate::finder::{Finder, Found, LISTS_TOO_MUCH, MOST_LISTED, ensure_few};
use crate::{Payload, ReadError, Search};

/// How far below the folder keys are looked for.
const DEEPEST: usize = 32;

const TOO_DEEP: ReadError =
    ReadError::InvalidKey("the store nests folders more than 32 deep below the search's path; search further down");

/// A key that was listed, by its full name.
type Listed = (String, Place);

impl VaultStore {
    /// Everything below `path` that is searched for.
    pub(super) async fn search(&self, path: &str, search: &Search) -> Result<Payload, ReadError> {
        let finder = Finder::new(search)?;
        let folder = self.layout.folder(path)?;
        if finder.asks_for_tags() {
            // Before anything is listed: a mount without metadata has no tags on any key.
            folder.key("any").1.metadata()?;
        }
        let mut keys = self.list_all(folder).await?;
        keys.retain(|(name, _)| finder.wants_name(name));
        if finder.asks_for_tags() {
            keys = self.with_tags(keys, &finder).await?;
        }
        ensure_few(keys.len())?;
        self.read_all(keys).await
    }

    /// Every key below a folder, level by level.
    async fn list_all(&self, folder: Folder) -> Result<Vec<Listed>, ReadError> {
        let mut keys = Vec::new();
        let mut listed = 0;
        let mut level = vec![folder];
        for _ in 0..=DEEPEST {
            let mut deeper = Vec::new();
            let mut lists = stream::iter(level).map(|folder| self.list(folder)).buffer_unordered(PARALLEL_READS);
            while let Some((folder, listing)) = lists.try_next().await? {
                listed += listing.keys.len() + listing.folders.len();
                if listed > MOST_LISTED {
                    return Err(LISTS_TOO_MUCH);
                }
                keys.extend(listing.keys.iter().map(|name| folder.key(name)));
                deeper.extend(listing.folders.iter().map(|name| folder.folder(name)));
            }
            drop(lists);
            if deeper.is_empty() {
                return Ok(keys);
            }
            level = deeper;
        }
        Err(TOO_DEEP)
    }

    async fn list(&self, folder: Folder) -> Result<(Folder, listing::Listing), ReadError> {
        match listing::names(self.ask(&folder.list()).await, self.layout.kv) {
            // Nothing is below it, or its last key went after its name was listed.
            Err(ReadError::Absent(_)) => Ok((folder, listing::Listing::default())),
            listing => Ok((folder, listing?)),
        }
    }

    /// Those of `keys` that have the tags.
    async fn with_tags(&self, keys: Vec<Listed>, finder: &Finder) -> Result<Vec<Listed>, ReadError> {
        stream::iter(keys)
            .map(async |(name, place)| {
                let answer = self.ask(&place.metadata()?).await?;
                let wanted = present(metadata::tags(&answer))?.is_some_and(|tags| finder.wants_tags(&tags));
                Ok(wanted.then_some((name, place)))
            })
            .buffer_unordered(PARALLEL_READS)
            .try_filter_map(async |key| Ok(key))
            .try_collect()
            .await
    }

    async fn read_all(&self, keys: Vec<Listed>) -> Result<Payload, ReadError> {
        let mut found = Found::default();
        let mut reads = stream::iter(keys)
            .map(async |(name, place)| {
                let answer = self.ask(&place.value()).await?;
                let payload = present(classify::read(answer, self.layout.kv, self.layout.selection))?;
                Ok::<_, ReadError>((name, payload))
            })
            .buffer_unordered(PARALLEL_READS);
        while let Some((name, payload)) = reads.try_next().await? {
            if let Some(payload) = payload {
                found.add(name, payload)?;
            }
        }
        found.whole()
    }
}

/// Passes over a key that the store says is gone: names of deleted versions are listed too.
fn present<T>(outcome: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(ReadError::Absent(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
