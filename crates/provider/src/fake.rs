//! A store whose values stand in its own object, for trials and tests.
//!
//! Must never: find a key by anything but key and version exactly, unless it is searched for.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sealbridge_api::store::FakeProvider;
use sealbridge_secret::SecretBytes;

use crate::counters::TrafficCounters;
use crate::finder::{Finder, Found};
use crate::naming::{CanonicalName, Naming, Unclear, plain_segments, without_end};
use crate::provider::ReadResult;
use crate::{Absence, Payload, Provider, ReadError, RemoteKey, Search, Selection, Traffic, What};

const NO_METADATA: ReadError = ReadError::InvalidKey("a fake store knows nothing beside its values; leave metadataPolicy out");
const NO_TAGS: ReadError = ReadError::InvalidKey("the keys of a fake store have no tags; search by name or path");

/// Values by key and version.
pub(crate) struct FakeStore {
    values: BTreeMap<RemoteKey, SecretBytes>,
    traffic: TrafficCounters,
}

impl FakeStore {
    /// Takes over the values of a spec; of two for the same key and version the last one stands.
    pub(crate) fn new(spec: &FakeProvider) -> Self {
        let values = spec
            .data
            .iter()
            .map(|entry| {
                let version = entry.version.clone().filter(|version| !version.is_empty());
                let key = RemoteKey::value(&entry.key, version);
                (key, SecretBytes::new(entry.value.clone().into_bytes()))
            })
            .collect();
        Self { values, traffic: TrafficCounters::default() }
    }

    fn lookup(&self, key: &RemoteKey) -> Result<Payload, ReadError> {
        self.traffic.request();
        match &key.what {
            What::Value => self.values.get(key).map(|value| payload(key, value)).ok_or(ReadError::Absent(Absence::NotFound)),
            What::Metadata => Err(NO_METADATA),
            What::Search(search) => self.search(&key.key, search),
        }
    }

    fn search(&self, path: &str, search: &Search) -> Result<Payload, ReadError> {
        let finder = Finder::new(search)?;
        if finder.asks_for_tags() {
            return Err(NO_TAGS);
        }
        let wanted = self.values.iter().filter(|(key, _)| is_below(path, &key.key) && finder.wants_name(&key.key));
        // Versions of a key come in order, so that the highest of them stays.
        let highest: BTreeMap<&str, _> = wanted.map(|entry| (entry.0.key.as_str(), entry)).collect();
        let mut found = Found::default();
        for (name, (key, value)) in highest {
            found.add(name.to_owned(), payload(key, value))?;
        }
        found.whole()
    }
}

/// Keys are what they are; they have segments where they hold a `/`.
#[derive(Debug)]
pub(crate) struct FakeNaming;

impl Naming for FakeNaming {
    fn key(&self, key: &str) -> Result<CanonicalName, Unclear> {
        plain_segments(key).map(CanonicalName::new)
    }

    fn folder(&self, path: &str) -> Result<CanonicalName, Unclear> {
        if path.is_empty() { Ok(CanonicalName::new([""; 0])) } else { self.key(without_end(path)) }
    }

    fn found(&self, _path: &str, name: &str) -> Result<CanonicalName, Unclear> {
        self.key(name)
    }

    fn prefix(&self, prefix: &str) -> Result<CanonicalName, Unclear> {
        self.key(without_end(prefix))
    }
}

fn payload(key: &RemoteKey, value: &SecretBytes) -> Payload {
    Payload::new(value.duplicate(), Selection::FakeGjson, key.version.clone())
}

/// Whether a key stands below a path, by whole segments.
fn is_below(path: &str, key: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.is_empty() || key.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

#[async_trait]
impl Provider for FakeStore {
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        stream::iter(keys)
            .map(|key| {
                let found = self.lookup(&key);
                (key, found)
            })
            .boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        Ok(())
    }

    async fn confirm_absence(&self, _key: &RemoteKey) -> Result<(), ReadError> {
        Ok(())
    }

    async fn store_id(&self) -> Option<String> {
        Some("fake".to_owned())
    }

    async fn close(&self) {}

    fn traffic(&self) -> Traffic {
        self.traffic.snapshot()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_api::store::FakeEntry;

    fn store() -> FakeStore {
        let entry = |key: &str, value: &str, version: Option<&str>| FakeEntry {
            key: key.to_owned(),
            value: value.to_owned(),
            version: version.map(str::to_owned),
        };
        FakeStore::new(&FakeProvider {
            data: vec![entry("a", "newest", None), entry("a", "one", Some("1")), entry("b", r#"{"p":{"q":"deep"}}"#, Some(""))],
        })
    }

    #[rstest]
    #[case("a", None, None, Ok("newest"))]
    #[case("a", Some("1"), None, Ok("one"))]
    #[case("a", Some("2"), None, Err(ReadError::Absent(Absence::NotFound)))]
    #[case("b", None, Some("p.q"), Ok("deep"))]
    #[case("c", None, None, Err(ReadError::Absent(Absence::NotFound)))]
    #[tokio::test]
    async fn lookup_is_exact(
        #[case] key: &str,
        #[case] version: Option<&str>,
        #[case] property: Option<&str>,
        #[case] wanted: Result<&str, ReadError>,
    ) {
        let key = RemoteKey::value(key, version.map(str::to_owned));
        let store = store();
        let results: Vec<_> = store.read(vec![key.clone()]).collect().await;
        let [(found_key, found)] = results.as_slice() else { panic!("one result for one key") };
        assert_eq!(*found_key, key);
        let found = found.as_ref().map(|payload| payload.select(property).unwrap().expose().to_vec());
        assert_eq!(found.map_err(Clone::clone), wanted.map(|text| text.as_bytes().to_vec()));
    }

    async fn read(store: &FakeStore, key: RemoteKey) -> Result<Payload, ReadError> {
        store.read(vec![key]).next().await.unwrap().1
    }

    fn by_name(expression: &str) -> Search {
        Search { name: Some(expression.to_owned()), ..Search::default() }
    }

    #[rstest]
    #[case("", "", &[("a", "one"), ("b", r#"{"p":{"q":"deep"}}"#), ("team/a", "nine"), ("team-b", "b")])]
    #[case("", "^a$", &[("a", "one")])]
    #[case("", "a", &[("a", "one"), ("team/a", "nine"), ("team-b", "b")])]
    #[case("team", "", &[("team/a", "nine")])]
    #[case("team/", "", &[("team/a", "nine")])]
    #[tokio::test]
    async fn a_search_takes_the_highest_version_string(#[case] path: &str, #[case] name: &str, #[case] wanted: &[(&str, &str)]) {
        let mut store = store();
        let more = [("team/a", "ten", Some("10")), ("team/a", "nine", Some("9")), ("team-b", "b", None)];
        store.values.extend(more.map(|(key, value, version): (_, _, Option<&str>)| {
            (RemoteKey::value(key, version.map(str::to_owned)), SecretBytes::new(value.as_bytes().to_vec()))
        }));
        let found = read(&store, RemoteKey::search(path, by_name(name))).await.unwrap().entries().unwrap().unwrap();
        let found: Vec<_> =
            found.iter().map(|(name, value)| (name.as_str(), std::str::from_utf8(value.expose()).unwrap())).collect();
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
    }

    #[tokio::test]
    async fn what_a_fake_store_cannot_do_is_refused() {
        let tags = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        let cases = [
            (RemoteKey::metadata("a", None), NO_METADATA),
            (RemoteKey::search("", Search { name: None, tags }), NO_TAGS),
            (RemoteKey::search("", by_name("nothing")), ReadError::Absent(Absence::NotFound)),
        ];
        for (key, wanted) in cases {
            assert_eq!(read(&store(), key).await.unwrap_err(), wanted);
        }
        assert!(matches!(read(&store(), RemoteKey::search("", by_name("("))).await, Err(ReadError::InvalidKey(_))));
    }
}
