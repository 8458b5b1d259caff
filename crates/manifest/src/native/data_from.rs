//! `spec.dataFrom` of a BridgedSecret.

use sealbridge_api::bridged_secret::{DataFromEntry, StoreRef};

use super::store_name;
use crate::data_from::{Position, found, members, rewrite_step};
use crate::plan::{EntriesFrom, Origin, PlanError, StoreName, Taking};

/// Reads all sources, in their order.
pub(super) fn plan(from: &[DataFromEntry], default_store: Option<&StoreRef>) -> Result<Vec<EntriesFrom>, PlanError> {
    from.iter().enumerate().map(|(position, entry)| plan_one(Position(position), entry, default_store)).collect()
}

fn plan_one(at: Position, entry: &DataFromEntry, default_store: Option<&StoreRef>) -> Result<EntriesFrom, PlanError> {
    let store = || store_of(at, entry, default_store);
    let (origin, taking) = match (&entry.extract, &entry.find, &entry.sops) {
        (Some(extract), None, None) => members(store()?, extract),
        (None, Some(find), None) => found(at, store()?, find)?,
        (None, None, Some(_)) if entry.secret_store_ref.is_some() || entry.optional.is_some() => {
            return Err(at.wrong("sops", "it comes from no store; leave secretStoreRef and optional out"));
        }
        (None, None, Some(text)) => (Origin::Document(text.clone()), Taking::default()),
        _ => {
            let advice =
                "exactly one of extract, find and sops is needed; to replace one by another in an overlay, set the old one to null";
            return Err(at.wrong("extract", advice));
        }
    };
    let rewrite = entry.rewrite.iter().map(|step| rewrite_step(at, step)).collect::<Result<_, _>>()?;
    Ok(EntriesFrom { origin, rewrite, taking, is_optional: entry.optional.unwrap_or_default() })
}

fn store_of(Position(position): Position, entry: &DataFromEntry, default_store: Option<&StoreRef>) -> Result<StoreName, PlanError> {
    let store = entry.secret_store_ref.as_ref().or(default_store);
    store.map(store_name).ok_or(PlanError::FromStoreMissing { position })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::{ConversionStrategy, StoreKind};
    use sealbridge_provider::{RemoteKey, Search};
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::{SourceRef, StoreGroup};

    fn planned(from: Value) -> Result<EntriesFrom, String> {
        let store = StoreRef { name: "vault".to_owned(), kind: None };
        let from: DataFromEntry = serde_json::from_value(from).unwrap();
        plan(&[from], Some(&store)).map(|mut from| from.remove(0)).map_err(|problem| problem.to_string())
    }

    fn source(key: RemoteKey) -> SourceRef {
        SourceRef { store: StoreName { group: StoreGroup::Native, kind: StoreKind::SecretStore, name: "vault".to_owned() }, key }
    }

    #[test]
    fn defaults_are_those_of_external_secrets() {
        let from = planned(json!({"extract": {"key": "a/b"}})).unwrap();
        let origin = Origin::Members {
            source: source(RemoteKey::value("a/b", None)),
            property: None,
            conversion: ConversionStrategy::Default,
        };
        assert_eq!(from, EntriesFrom { origin, rewrite: Vec::new(), taking: Taking::default(), is_optional: false });
        let from = planned(json!({"find": {"name": {"regexp": "^x"}}, "optional": true})).unwrap();
        let search = Search { name: Some("^x".to_owned()), tags: std::collections::BTreeMap::new() };
        assert_eq!(
            from.origin,
            Origin::Found { source: source(RemoteKey::search("", search)), conversion: ConversionStrategy::Default }
        );
        assert!(from.is_optional);
    }

    #[test]
    fn metadata_is_another_read_of_the_same_key() {
        let from = planned(json!({"extract": {"key": "a", "version": "2", "metadataPolicy": "Fetch"}})).unwrap();
        assert_eq!(from.origin.source(), Some(&source(RemoteKey::metadata("a", Some("2".to_owned())))));
    }

    #[rstest]
    #[case::nothing(json!({}), "spec.dataFrom[0].extract: exactly one of")]
    #[case::two(json!({"extract": {"key": "a"}, "sops": "x"}), "spec.dataFrom[0].extract: exactly one of")]
    #[case::document_of_a_store(json!({"sops": "x", "secretStoreRef": {"name": "a"}}), "spec.dataFrom[0].sops: it comes from no store")]
    #[case::optional_document(json!({"sops": "x", "optional": true}), "spec.dataFrom[0].sops: it comes from no store")]
    #[case::empty_search(json!({"find": {}}), "spec.dataFrom[0].find: a search needs")]
    #[case::bad_search(json!({"find": {"name": {"regexp": "("}}}), "spec.dataFrom[0].find.name.regexp: it is no regular expression")]
    #[case::bad_rewrite(json!({"extract": {"key": "a"}, "rewrite": [{"regexp": {"source": "(", "target": ""}}]}), "rewrite.regexp.source: it is no")]
    #[case::bad_transform(json!({"extract": {"key": "a"}, "rewrite": [{"transform": {"template": "{{ .value"}}]}), "rewrite.transform.template: template transform, line 1")]
    #[case::restless_transform(json!({"extract": {"key": "a"}, "rewrite": [{"transform": {"template": "{{ uuidv4 }}"}}]}), "rewrite.transform.template: uuidv4 gives another")]
    #[case::empty_rewrite(json!({"extract": {"key": "a"}, "rewrite": [{}]}), "spec.dataFrom[0].rewrite: each step is exactly one")]
    #[case::json_without_name(json!({"extract": {"key": "a"}, "rewrite": [{"merge": {"strategy": "JSON"}}]}), "merge.into: strategy JSON needs")]
    #[case::name_without_json(json!({"extract": {"key": "a"}, "rewrite": [{"merge": {"into": "x"}}]}), "merge.into: it goes with strategy JSON")]
    #[case::bad_name(json!({"extract": {"key": "a"}, "rewrite": [{"merge": {"into": "..x", "strategy": "JSON"}}]}), "merge.into: Kubernetes does not")]
    fn refused(#[case] from: Value, #[case] words: &str) {
        let problem = planned(from).unwrap_err();
        assert!(problem.contains(words), "{problem}");
    }

    #[test]
    fn a_source_without_a_store_is_named() {
        let from: DataFromEntry = serde_json::from_value(json!({"extract": {"key": "a"}})).unwrap();
        assert_eq!(plan(&[from], None), Err(PlanError::FromStoreMissing { position: 0 }));
    }
}
