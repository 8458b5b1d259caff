//! A store whose values stand in its own object, for trials and tests.
//!
//! Must never: find a key by anything but key and version exactly.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sealbridge_api::store::FakeProvider;
use sealbridge_secret::SecretBytes;

use crate::counters::TrafficCounters;
use crate::provider::ReadResult;
use crate::{Absence, Payload, Provider, ReadError, RemoteKey, Selection, Traffic};

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
        key.ensure_value()?;
        self.traffic.request();
        let value = self.values.get(key).ok_or(ReadError::Absent(Absence::NotFound))?;
        Ok(Payload::new(value.duplicate(), Selection::FakeGjson, key.version.clone()))
    }
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
}
