//! The public halves, published for whoever seals.
//!
//! Owns the ConfigMap and its format. Must never: publish anything private, or take the list away because
//! keys are missing: values that were sealed to them can be opened again once they are restored.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use sealbridge_api::sealing_key::SealingKeyState;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::refusal::Refusal;

/// The ConfigMap's name, in the operator's namespace.
pub const CONFIG_MAP: &str = "sealbridge-recipients";
/// Entry with every key, as a JSON list of objects with `keyId`, `recipient` and `state`, by `keyId`.
pub const JSON_ENTRY: &str = "recipients.json";
/// Entry with the recipients to seal to, one `age1…` a line, as `age -R` takes it.
pub const TEXT_ENTRY: &str = "recipients.txt";

/// Whether values should be sealed to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PublishedState {
    /// Yes.
    Active,
    /// Values sealed to it open; no new ones should be made.
    Retiring,
    /// The private half is not at hand.
    Missing,
}

impl From<SealingKeyState> for PublishedState {
    fn from(state: SealingKeyState) -> Self {
        match state {
            SealingKeyState::Active => Self::Active,
            SealingKeyState::Retiring => Self::Retiring,
        }
    }
}

/// One published key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The short id, 16 hex digits.
    pub key_id: String,
    /// The public half, `age1…`.
    pub recipient: String,
    /// Whether to seal to it.
    pub state: PublishedState,
}

/// The data of the ConfigMap. Of keys that are given twice the more useful state counts.
pub(super) fn data(keys: Vec<Published>) -> BTreeMap<String, String> {
    let mut by_id: BTreeMap<String, Published> = BTreeMap::new();
    for key in keys {
        let better = by_id.get(&key.key_id).is_none_or(|known| key.state < known.state);
        if better {
            by_id.insert(key.key_id.clone(), key);
        }
    }
    let keys: Vec<Published> = by_id.into_values().collect();
    let active = keys.iter().filter(|key| key.state == PublishedState::Active);
    let text = active.map(|key| format!("{}\n", key.recipient)).collect();
    // Strings and a unit enum: nothing here that JSON cannot express.
    let json = serde_json::to_string(&keys).unwrap_or_default();
    BTreeMap::from([(JSON_ENTRY.to_owned(), json), (TEXT_ENTRY.to_owned(), text)])
}

/// Ids of the keys that `config_map` names; those that cannot be read are left out.
pub(super) fn published_ids(config_map: &ConfigMap) -> Vec<String> {
    published(config_map).unwrap_or_default().into_iter().map(|key| key.key_id).collect()
}

/// The data of `config_map` with every key told to be missing; nothing if it cannot be read.
pub(super) fn all_missing(config_map: &ConfigMap) -> Option<BTreeMap<String, String>> {
    let keys = published(config_map)?;
    Some(data(keys.into_iter().map(|key| Published { state: PublishedState::Missing, ..key }).collect()))
}

fn published(config_map: &ConfigMap) -> Option<Vec<Published>> {
    let json = config_map.data.as_ref()?.get(JSON_ENTRY)?;
    serde_json::from_str(json).ok()
}

/// The ConfigMap as it is.
pub(super) async fn get(client: &Client, namespace: &str) -> Result<Option<ConfigMap>, Refusal> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    api.get_opt(CONFIG_MAP).await.map_err(|error| Refusal::from(&error))
}

/// Makes the ConfigMap hold `data`; the verb if something was written.
pub(super) async fn publish(
    client: &Client,
    namespace: &str,
    data: &BTreeMap<String, String>,
) -> Result<Option<&'static str>, Refusal> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    match get(client, namespace).await? {
        Some(config_map) if holds(&config_map, data) => Ok(None),
        Some(_) => {
            let patch = Patch::Merge(json!({"data": data}));
            let patched = api.patch(CONFIG_MAP, &PatchParams::default(), &patch).await;
            patched.map(|_| Some("patch")).map_err(|error| Refusal::from(&error))
        }
        None => {
            let labels = BTreeMap::from([("app.kubernetes.io/part-of".to_owned(), "sealbridge".to_owned())]);
            let metadata = ObjectMeta { name: Some(CONFIG_MAP.to_owned()), labels: Some(labels), ..ObjectMeta::default() };
            let config_map = ConfigMap { metadata, data: Some(data.clone()), ..ConfigMap::default() };
            let created = api.create(&PostParams::default(), &config_map).await;
            created.map(|_| Some("create")).map_err(|error| Refusal::from(&error))
        }
    }
}

/// Whether the entries are as in `data`; others may stand beside them.
fn holds(config_map: &ConfigMap, data: &BTreeMap<String, String>) -> bool {
    data.iter().all(|(entry, text)| config_map.data.as_ref().and_then(|held| held.get(entry)) == Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, state: PublishedState) -> Published {
        Published { key_id: id.to_owned(), recipient: format!("age1{id}"), state }
    }

    #[test]
    fn the_list_is_sorted_and_only_active_ones_are_sealed_to() {
        let data =
            data(vec![key("c", PublishedState::Active), key("b", PublishedState::Missing), key("a", PublishedState::Retiring)]);
        assert_eq!(data[TEXT_ENTRY], "age1c\n");
        assert_eq!(
            data[JSON_ENTRY],
            r#"[{"keyId":"a","recipient":"age1a","state":"Retiring"},{"keyId":"b","recipient":"age1b","state":"Missing"},{"keyId":"c","recipient":"age1c","state":"Active"}]"#
        );
    }

    #[test]
    fn of_two_objects_with_one_key_the_more_useful_counts() {
        for order in [[PublishedState::Retiring, PublishedState::Active], [PublishedState::Active, PublishedState::Retiring]] {
            assert_eq!(data(order.map(|state| key("a", state)).to_vec())[TEXT_ENTRY], "age1a\n");
        }
    }

    #[test]
    fn nobody_is_told_to_seal_to_a_key_that_is_missing() {
        let of = |data| all_missing(&ConfigMap { data: Some(data), ..ConfigMap::default() });
        let missing = of(data(vec![key("a", PublishedState::Active), key("b", PublishedState::Retiring)])).unwrap();
        assert_eq!(missing, data(vec![key("a", PublishedState::Missing), key("b", PublishedState::Missing)]));
        assert_eq!(missing[TEXT_ENTRY], "");
        assert_eq!(of([(JSON_ENTRY.to_owned(), "{".to_owned())].into()), None);
    }

    #[test]
    fn ids_are_read_back() {
        let of = |data| published_ids(&ConfigMap { data, ..ConfigMap::default() });
        assert_eq!(of(Some(data(vec![key("a", PublishedState::Active)]))), ["a"]);
        assert!(of(Some([(JSON_ENTRY.to_owned(), "{".to_owned())].into())).is_empty());
        assert!(of(None).is_empty());
    }
}
