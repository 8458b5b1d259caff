//! A search: lists the names and labels of the namespace, reads each Secret that is wanted.
//!
//! Must never: list values, or hand out a part as if it were all.

use futures::stream::{self, StreamExt, TryStreamExt};

use super::{KubernetesStore, PARALLEL_READS, classify};
use crate::finder::{Finder, Found, LISTS_TOO_MUCH, MOST_LISTED, ensure_few};
use crate::{Payload, ReadError, Search};

/// The most pages of a list; some may be empty though others follow.
const MOST_PAGES: usize = 200;

const NO_PATH: ReadError = ReadError::InvalidKey("Secrets of a namespace stand below no path; leave path out");
const TOO_MANY_PAGES: ReadError =
    ReadError::Misconfigured("the server goes on listing without naming Secrets; check the store's server.url");

impl KubernetesStore {
    /// Every Secret whose name and labels are searched for.
    pub(super) async fn search(&self, path: &str, search: &Search) -> Result<Payload, ReadError> {
        let finder = Finder::new(search)?;
        if !path.is_empty() {
            return Err(NO_PATH);
        }
        let names = self.names(&finder).await?;
        ensure_few(names.len())?;
        let mut found = Found::default();
        let mut reads = stream::iter(names)
            .map(async |name| match self.data(&name).await {
                Ok(payload) => Ok(Some((name, payload))),
                // It went after it was listed.
                Err(ReadError::Absent(_)) => Ok(None),
                Err(error) => Err(error),
            })
            .buffer_unordered(PARALLEL_READS);
        while let Some(read) = reads.try_next().await? {
            if let Some((name, payload)) = read {
                found.add(name, payload)?;
            }
        }
        found.whole()
    }

    async fn names(&self, finder: &Finder) -> Result<Vec<String>, ReadError> {
        let mut names = Vec::new();
        let (mut listed, mut next) = (0, None);
        for _ in 0..MOST_PAGES {
            let page = classify::page(&self.list(next.as_deref()).await?)?;
            listed += page.secrets.len();
            if listed > MOST_LISTED {
                return Err(LISTS_TOO_MUCH);
            }
            let wanted = page.secrets.into_iter().filter(|(name, labels)| finder.wants_name(name) && finder.wants_tags(labels));
            names.extend(wanted.map(|(name, _)| name));
            next = page.next;
            if next.is_none() {
                return Ok(names);
            }
        }
        Err(TOO_MANY_PAGES)
    }
}
