//! What an entry tells Parameter Store beside the value.

use std::collections::BTreeMap;

use aws_sdk_ssm::operation::put_parameter::builders::PutParameterFluentBuilder;
use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use serde_json::Value;

use super::super::super::push::ensure_may_be_set;
use crate::PushError;
use crate::push::{MetadataSpec, invalid};

const TIER: &str = "metadata.spec.tier";

/// `metadata.spec`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct About<'m> {
    /// All tags beside the mark.
    pub(super) tags: Option<BTreeMap<String, String>>,
    /// Of which type the parameter is; absent, a new one is a text that is not encrypted, as in External Secrets Operator.
    pub(super) kind: Option<ParameterType>,
    description: Option<&'m str>,
    key_id: Option<&'m str>,
    tier: Option<ParameterTier>,
}

impl<'m> About<'m> {
    pub(super) fn of(metadata: Option<&'m Value>) -> Result<Self, PushError> {
        let mut spec = MetadataSpec::of(metadata)?;
        let kinds = [("String", 0), ("StringList", 1), ("SecureString", 2)];
        let kind = spec.word("secretType", &kinds, "it is none of String, StringList and SecureString; write one of them")?;
        let about = Self {
            tags: spec.texts("tags")?,
            kind: kind.map(|kind| match kind {
                0 => ParameterType::String,
                1 => ParameterType::StringList,
                _ => ParameterType::SecureString,
            }),
            description: spec.text("description")?.filter(|text| !text.is_empty()),
            key_id: spec.text("kmsKeyID")?.filter(|text| !text.is_empty()),
            tier: spec.any("tier").map_or(Ok(None), tier)?,
        };
        match spec.any("encodeAsDecoded") {
            None | Some(Value::Bool(true)) => {}
            Some(_) => {
                return Err(invalid(
                    "metadata.spec.encodeAsDecoded",
                    "a whole Secret is always pushed as an object of texts, which true asks for; write true or leave it out",
                ));
            }
        }
        spec.finish()?;
        if about.key_id.is_some() && about.kind != Some(ParameterType::SecureString) {
            return Err(invalid(
                "metadata.spec.kmsKeyID",
                "only a SecureString is encrypted with a key; set secretType, or leave it out",
            ));
        }
        if let Some(tags) = &about.tags {
            ensure_may_be_set(tags)?;
        }
        Ok(about)
    }

    /// Says it in a request that writes the value; `kind` is the type that the parameter has, where there is one.
    pub(super) fn put_into(&self, request: PutParameterFluentBuilder, kind: Option<ParameterType>) -> PutParameterFluentBuilder {
        request
            .r#type(self.kind.clone().or(kind).unwrap_or(ParameterType::String))
            .set_description(self.description.map(str::to_owned))
            .set_key_id(self.key_id.map(str::to_owned))
            .set_tier(self.tier.clone())
    }
}

fn tier(tier: &Value) -> Result<Option<ParameterTier>, PushError> {
    let Some(tier) = tier.as_object() else { return Err(invalid(TIER, "it is no object; write its type")) };
    let given = |name: &str| tier.get(name).filter(|value| !value.is_null());
    if given("policies").is_some() {
        return Err(invalid("metadata.spec.tier.policies", "policies of parameters are not written here; leave them out"));
    }
    if let Some(name) = tier.keys().find(|name| !matches!(name.as_str(), "type" | "policies")) {
        return Err(invalid(&format!("{TIER}.{name}"), "a tier has no such field; correct its name or leave it out"));
    }
    match given("type").map(Value::as_str) {
        None => Ok(None),
        Some(Some("Standard")) => Ok(Some(ParameterTier::Standard)),
        Some(Some("Advanced")) => Ok(Some(ParameterTier::Advanced)),
        Some(_) => Err(invalid("metadata.spec.tier.type", "it is neither Standard nor Advanced; write one of them")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::push::push_metadata;

    #[test]
    fn what_is_told() {
        let spec =
            json!({"secretType": "SecureString", "kmsKeyID": "alias/x", "tier": {"type": "Advanced"}, "encodeAsDecoded": true});
        let metadata = push_metadata(&spec);
        let about = About::of(Some(&metadata)).unwrap();
        assert_eq!((about.kind, about.key_id), (Some(ParameterType::SecureString), Some("alias/x")));
        assert_eq!((about.tier, about.tags), (Some(ParameterTier::Advanced), None));
        assert_eq!(About::of(None), Ok(About::default()));
    }

    #[rstest]
    #[case(json!({"type": "String"}), "metadata.spec.type")]
    #[case(json!({"secretType": "Text"}), "metadata.spec.secretType")]
    #[case(json!({"kmsKeyID": "alias/x"}), "metadata.spec.kmsKeyID")]
    #[case(json!({"encodeAsDecoded": false}), "metadata.spec.encodeAsDecoded")]
    #[case(json!({"tier": "Advanced"}), "metadata.spec.tier")]
    #[case(json!({"tier": {"type": "Intelligent-Tiering"}}), "metadata.spec.tier.type")]
    #[case(json!({"tier": {"policies": []}}), "metadata.spec.tier.policies")]
    #[case(json!({"tier": {"typ": "Standard"}}), "metadata.spec.tier.typ")]
    #[case(json!({"tags": {"managed-by": "x"}}), "metadata.spec.tags.managed-by")]
    fn what_is_refused(#[case] spec: Value, #[case] path: &str) {
        let metadata = push_metadata(&spec);
        let error = About::of(Some(&metadata)).unwrap_err();
        assert!(matches!(&error, PushError::Invalid { field, .. } if field == path), "{error}");
    }
}
