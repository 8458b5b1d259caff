//! `spec.dataFrom` of a BridgedSecret.

use sealbridge_api::bridged_secret::{
    DataFromEntry, DecodingStrategy, Extract, Find, MergeStrategy, NullBytePolicy, Rewrite, RewriteMerge, StoreRef,
};
use sealbridge_api::expression::Expression;
use sealbridge_api::keys;
use sealbridge_provider::{RemoteKey, Search};

use super::{remote_key, store_name};
use crate::plan::{EntriesFrom, Origin, PlanError, RewriteStep, SourceRef, Taking, judge_template};

/// Reads all sources, in their order.
pub(super) fn plan(from: &[DataFromEntry], default_store: Option<&StoreRef>) -> Result<Vec<EntriesFrom>, PlanError> {
    from.iter().enumerate().map(|(position, entry)| Source { position, entry, default_store }.plan()).collect()
}

/// One source and what is known around it.
struct Source<'a> {
    position: usize,
    entry: &'a DataFromEntry,
    default_store: Option<&'a StoreRef>,
}

impl Source<'_> {
    fn plan(&self) -> Result<EntriesFrom, PlanError> {
        let entry = self.entry;
        let (origin, taking) = match (&entry.extract, &entry.find, &entry.sops) {
            (Some(extract), None, None) => (self.members(extract)?, taking(extract.decoding_strategy, extract.null_byte_policy)),
            (None, Some(find), None) => (self.found(find)?, taking(find.decoding_strategy, find.null_byte_policy)),
            (None, None, Some(_)) if entry.secret_store_ref.is_some() || entry.optional.is_some() => {
                return Err(self.wrong("sops", "it comes from no store; leave secretStoreRef and optional out"));
            }
            (None, None, Some(text)) => (Origin::Document(text.clone()), Taking::default()),
            _ => {
                let advice = "exactly one of extract, find and sops is needed; to replace one by another in an overlay, set the old one to null";
                return Err(self.wrong("extract", advice));
            }
        };
        let rewrite = entry.rewrite.iter().map(|step| self.rewrite(step)).collect::<Result<_, _>>()?;
        Ok(EntriesFrom { origin, rewrite, taking, is_optional: entry.optional.unwrap_or_default() })
    }

    fn members(&self, extract: &Extract) -> Result<Origin, PlanError> {
        let key = remote_key(&extract.key, extract.version.as_ref(), extract.metadata_policy);
        Ok(Origin::Members {
            source: self.source(key)?,
            property: extract.property.clone(),
            conversion: extract.conversion_strategy.unwrap_or_default(),
        })
    }

    fn found(&self, find: &Find) -> Result<Origin, PlanError> {
        if find.path.is_none() && find.name.is_none() && find.tags.is_empty() {
            return Err(self.wrong("find", "a search needs path, name or tags"));
        }
        let name = find.name.as_ref().map(|name| name.regexp.clone());
        if let Some(name) = &name {
            Expression::parse(name).map_err(|problem| self.wrong("find.name.regexp", &problem.to_string()))?;
        }
        let search = Search { name, tags: find.tags.clone() };
        Ok(Origin::Found {
            source: self.source(RemoteKey::search(find.path.clone().unwrap_or_default(), search))?,
            conversion: find.conversion_strategy.unwrap_or_default(),
        })
    }

    fn source(&self, key: RemoteKey) -> Result<SourceRef, PlanError> {
        let store = self.entry.secret_store_ref.as_ref().or(self.default_store);
        let store = store.ok_or(PlanError::FromStoreMissing { position: self.position })?;
        Ok(SourceRef { store: store_name(store), key })
    }

    fn rewrite(&self, step: &Rewrite) -> Result<RewriteStep, PlanError> {
        match (&step.regexp, &step.transform, &step.merge) {
            (Some(regexp), None, None) => {
                let source = Expression::parse(&regexp.source);
                let source = source.map_err(|problem| self.wrong("rewrite.regexp.source", &problem.to_string()))?;
                Ok(RewriteStep::Regexp { source, target: regexp.target.clone() })
            }
            (None, Some(transform), None) => {
                let judged = judge_template("transform", &transform.template);
                judged.map_err(|problem| self.wrong("rewrite.transform.template", &problem.to_string()))?;
                Ok(RewriteStep::Transform(transform.template.clone()))
            }
            (None, None, Some(merge)) => self.merge(merge),
            _ => Err(self.wrong("rewrite", "each step is exactly one of regexp, transform and merge")),
        }
    }

    fn merge(&self, merge: &RewriteMerge) -> Result<RewriteStep, PlanError> {
        let is_json = merge.strategy.unwrap_or_default() == MergeStrategy::Json;
        match &merge.into {
            None if is_json => {
                Err(self.wrong("rewrite.merge.into", "strategy JSON needs the name of the entry that holds the object"))
            }
            Some(_) if !is_json => Err(self.wrong("rewrite.merge.into", "it goes with strategy JSON; leave it out")),
            Some(into) if !keys::is_valid_data_key(into) => {
                let advice = "Kubernetes does not accept this name; use 1 to 253 of letters, digits, '-', '.' and '_'";
                Err(self.wrong("rewrite.merge.into", advice))
            }
            _ => Ok(RewriteStep::Merge(merge.clone())),
        }
    }

    fn wrong(&self, field: &'static str, problem: &str) -> PlanError {
        PlanError::From { position: self.position, field, problem: problem.to_owned() }
    }
}

fn taking(decoding: Option<DecodingStrategy>, null_bytes: Option<NullBytePolicy>) -> Taking {
    Taking { decoding: decoding.unwrap_or_default(), null_bytes: null_bytes.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_api::bridged_secret::{ConversionStrategy, StoreKind};
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::StoreName;

    fn planned(from: Value) -> Result<EntriesFrom, String> {
        let store = StoreRef { name: "vault".to_owned(), kind: None };
        let from: DataFromEntry = serde_json::from_value(from).unwrap();
        plan(&[from], Some(&store)).map(|mut from| from.remove(0)).map_err(|problem| problem.to_string())
    }

    fn source(key: RemoteKey) -> SourceRef {
        SourceRef { store: StoreName { kind: StoreKind::SecretStore, name: "vault".to_owned() }, key }
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
