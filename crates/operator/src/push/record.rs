//! What an object pushed, as its status holds it: the one memory of it that outlives the operator. Pure.
//!
//! Must never: hold a value.

use std::collections::{BTreeMap, BTreeSet};

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::push_secret::PushedPlace;
use sealbridge_engine::push::Wanted;
use sealbridge_manifest::{StoreGroup, StoreName};
use sealbridge_provider::PushKey;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::kind::PushKind;

/// Places in stores, each with what the status says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Record(BTreeMap<(StoreName, PushKey), Value>);

impl Record {
    /// The field of a status that holds it.
    pub(super) fn field(kind: PushKind) -> &'static str {
        match kind {
            PushKind::Native => "pushed",
            PushKind::External => "syncedPushSecrets",
        }
    }

    /// Reads it from a status; what is no such thing is left out, since nothing can be taken back by it.
    pub(super) fn read(kind: PushKind, status: &Value) -> Self {
        let told = status.get(Self::field(kind)).unwrap_or(&Value::Null);
        match kind {
            PushKind::Native => Self::of_list(told),
            PushKind::External => Self::of_tree(kind.group(), told),
        }
    }

    fn of_list(pushed: &Value) -> Self {
        let all = pushed.as_array().into_iter().flatten().filter_map(|place| {
            let place = PushedPlace::deserialize(place).ok()?;
            let at = PushKey { key: place.key, property: place.property };
            Some(((store_name(StoreGroup::Native, &place.store)?, at), Value::Null))
        });
        Self(all.collect())
    }

    fn of_tree(group: StoreGroup, synced: &Value) -> Self {
        let stores = synced.as_object().into_iter().flatten();
        let all = stores.filter_map(|(store, places)| Some((store_name(group, store)?, places.as_object()?)));
        let places = all.flat_map(|(store, places)| {
            places.values().filter_map(move |told| Some(((store.clone(), place(told)?), told.clone())))
        });
        Self(places.collect())
    }

    /// It as a status holds it.
    pub(super) fn told(&self, kind: PushKind) -> Value {
        match kind {
            PushKind::Native => self.list(),
            PushKind::External => self.tree(),
        }
    }

    fn list(&self) -> Value {
        let places = self.0.keys().map(|(store, at)| PushedPlace {
            store: format!("{}/{}", store.kind.as_str(), store.name),
            key: at.key.clone(),
            property: at.property.clone(),
        });
        json!(places.collect::<Vec<_>>())
    }

    /// By `Kind/name` of the store, then by `remoteKey` or `remoteKey/property`.
    fn tree(&self) -> Value {
        let mut stores: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for ((store, at), told) in &self.0 {
            let place = match &at.property {
                Some(property) => format!("{}/{property}", at.key),
                None => at.key.clone(),
            };
            stores.entry(format!("{}/{}", store.kind.as_str(), store.name)).or_default().insert(place, told.clone());
        }
        json!(stores)
    }

    pub(super) fn insert(&mut self, store: &StoreName, wanted: &Wanted) {
        self.0.insert((store.clone(), wanted.at.clone()), told(wanted));
    }

    /// Whether it holds a place in a store of that kind and name, whosever kind it is: of a store that was migrated one object
    /// stands beside the other.
    pub(super) fn holds(&self, store: &StoreName, at: &PushKey) -> bool {
        let groups = [StoreGroup::Native, StoreGroup::ExternalSecrets];
        groups.into_iter().any(|group| self.0.contains_key(&(StoreName { group, ..store.clone() }, at.clone())))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &(StoreName, PushKey)> {
        self.0.keys()
    }

    /// The stores, each once.
    pub(super) fn stores(&self) -> BTreeSet<&StoreName> {
        self.0.keys().map(|(store, _)| store).collect()
    }

    /// Adds what `other` holds and this does not.
    pub(super) fn keep(&mut self, other: &Self) {
        for (place, told) in &other.0 {
            self.0.entry(place.clone()).or_insert_with(|| told.clone());
        }
    }

    /// Adds what `other` says of these places.
    pub(super) fn keep_of<'a>(&mut self, other: &Self, places: impl IntoIterator<Item = &'a (StoreName, PushKey)>) {
        for place in places {
            if let Some(told) = other.0.get(place) {
                self.0.insert(place.clone(), told.clone());
            }
        }
    }
}

fn told(wanted: &Wanted) -> Value {
    let at = &wanted.at;
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let remote = object([("remoteKey", Some(json!(at.key))), ("property", text(&at.property))]);
    let matching = object([("secretKey", text(&wanted.key)), ("remoteRef", Some(remote))]);
    let conversion = json!(wanted.conversion.as_str());
    object([("match", Some(matching)), ("metadata", wanted.metadata.clone()), ("conversionStrategy", Some(conversion))])
}

/// The fields that are there.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    Value::Object(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect())
}

fn store_name(group: StoreGroup, text: &str) -> Option<StoreName> {
    let (kind, name) = text.split_once('/')?;
    let kinds = [StoreKind::SecretStore, StoreKind::ClusterSecretStore];
    let kind = kinds.into_iter().find(|one| one.as_str() == kind)?;
    Some(StoreName { group, kind, name: name.to_owned() })
}

fn place(told: &Value) -> Option<PushKey> {
    let remote = told.pointer("/match/remoteRef")?;
    let key = remote.get("remoteKey")?.as_str()?.to_owned();
    let property = remote.get("property").and_then(Value::as_str).filter(|property| !property.is_empty());
    Some(PushKey { key, property: property.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use sealbridge_manifest::push::KeyConversion;
    use sealbridge_secret::SecretBytes;

    use super::*;

    fn wanted(key: &str, property: Option<&str>) -> Wanted {
        Wanted {
            at: PushKey { key: key.to_owned(), property: property.map(str::to_owned) },
            value: SecretBytes::new(b"hunter2".to_vec()),
            metadata: Some(json!({"tags": {"a": "b"}})),
            key: property.map(str::to_owned),
            conversion: KeyConversion::None,
            path: "spec.data[0]".to_owned(),
        }
    }

    #[test]
    fn what_is_told_is_read_again_and_holds_no_value() {
        let store = |kind, name: &str| StoreName { group: StoreGroup::ExternalSecrets, kind, name: name.to_owned() };
        let mut record = Record::default();
        record.insert(&store(StoreKind::SecretStore, "vault"), &wanted("shop/app", Some("user")));
        record.insert(&store(StoreKind::ClusterSecretStore, "vault"), &wanted("shop/app", None));
        let told = record.told(PushKind::External);
        assert_eq!(
            told["SecretStore/vault"]["shop/app/user"],
            json!({"match": {"secretKey": "user", "remoteRef": {"remoteKey": "shop/app", "property": "user"}},
                "metadata": {"tags": {"a": "b"}}, "conversionStrategy": "None"})
        );
        assert!(told["ClusterSecretStore/vault"]["shop/app"]["match"].get("secretKey").is_none());
        assert!(!told.to_string().contains("hunter2"));
        assert_eq!(Record::read(PushKind::External, &json!({"syncedPushSecrets": told})), record);
        assert_eq!(record.stores().len(), 2);
    }

    #[test]
    fn a_native_status_holds_places_alone() {
        let store = StoreName { group: StoreGroup::Native, kind: StoreKind::SecretStore, name: "vault".to_owned() };
        let mut record = Record::default();
        record.insert(&store, &wanted("shop/app", Some("user")));
        record.insert(&store, &wanted("shop/app", None));
        let told = record.told(PushKind::Native);
        let whole = json!({"store": "SecretStore/vault", "key": "shop/app"});
        let property = json!({"store": "SecretStore/vault", "key": "shop/app", "property": "user"});
        assert_eq!(told, json!([whole, property]));
        let read = Record::read(PushKind::Native, &json!({"pushed": told}));
        assert_eq!(read.places().collect::<Vec<_>>(), record.places().collect::<Vec<_>>());
        assert_eq!(read.told(PushKind::Native), told);
    }

    #[test]
    fn what_is_no_record_is_none() {
        let odd = json!({"vault": {"a": {}}, "SecretStore/v": {"a": {"match": {"remoteRef": {}}}, "b": 1}, "Secret/v": 1});
        for kind in [PushKind::Native, PushKind::External] {
            for odd in [&odd, &Value::Null, &json!([1, {"store": "vault", "key": "a"}, {"key": "a"}])] {
                let status = json!({Record::field(kind): odd});
                assert!(Record::read(kind, &status).is_empty(), "{status}");
            }
        }
    }
}
