//! What a push tells a store beside the value: the object `PushSecretMetadata` of External Secrets Operator, taken apart
//! field by field.
//!
//! Must never: pass over a field that nobody took.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{METADATA_API_VERSION, METADATA_KIND, PushError};

/// The fields of `metadata.spec` that were not taken yet.
#[derive(Debug)]
pub(crate) struct MetadataSpec<'m>(BTreeMap<&'m str, &'m Value>);

impl<'m> MetadataSpec<'m> {
    /// The fields, none without metadata.
    ///
    /// # Errors
    /// [`PushError::Invalid`] unless it is such an object and nothing else.
    pub(crate) fn of(metadata: Option<&'m Value>) -> Result<Self, PushError> {
        let Some(metadata) = metadata.filter(|metadata| !metadata.is_null()) else { return Ok(Self(BTreeMap::new())) };
        let mut object = given(self::object("metadata", metadata)?);
        for (name, wanted, problem) in [
            ("apiVersion", METADATA_API_VERSION, "the object has to be of kubernetes.external-secrets.io/v1alpha1; write that"),
            ("kind", METADATA_KIND, "the object has to be a PushSecretMetadata; write that"),
        ] {
            if object.remove(name).and_then(Value::as_str) != Some(wanted) {
                return Err(invalid(&format!("metadata.{name}"), problem));
            }
        }
        let spec = match object.remove("spec") {
            Some(spec) => given(self::object("metadata.spec", spec)?),
            None => BTreeMap::new(),
        };
        match object.keys().next() {
            Some(name) => Err(unknown(&format!("metadata.{name}"))),
            None => Ok(Self(spec)),
        }
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<&'m str>, PushError> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| self::invalid(&path(name), "it is no text; write one"))
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)], problem: &'static str) -> Result<Option<T>, PushError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        found.map(Some).ok_or_else(|| invalid(&path(name), problem))
    }

    /// Texts by name.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<BTreeMap<String, String>>, PushError> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let texts = object(&path(name), value)?.iter().map(|(key, value)| match value.as_str() {
            Some(value) => Ok((key.clone(), value.to_owned())),
            None => Err(invalid(&format!("{}.{key}", path(name)), "it is no text; write one, in quotes where it looks otherwise")),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// A field that is known and not built.
    pub(crate) fn refuse(&mut self, name: &str, problem: &'static str) -> Result<(), PushError> {
        self.0.remove(name).map_or(Ok(()), |_| Err(invalid(&path(name), problem)))
    }

    /// Anything, for the caller to judge.
    pub(crate) fn any(&mut self, name: &str) -> Option<&'m Value> {
        self.0.remove(name)
    }

    /// That nothing is left.
    pub(crate) fn finish(self) -> Result<(), PushError> {
        self.0.keys().next().map_or(Ok(()), |name| Err(unknown(&path(name))))
    }
}

fn path(name: &str) -> String {
    format!("metadata.spec.{name}")
}

pub(crate) fn invalid(field: &str, problem: &'static str) -> PushError {
    PushError::Invalid { field: field.to_owned(), problem }
}

fn unknown(field: &str) -> PushError {
    invalid(field, "the store's provider knows no such field; correct its name or leave it out")
}

fn object<'m>(field: &str, value: &'m Value) -> Result<&'m Map<String, Value>, PushError> {
    value.as_object().ok_or_else(|| invalid(field, "it is no object; write its fields by name"))
}

/// Null says nothing.
fn given(object: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    object.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value)).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::push::push_metadata;

    fn take(metadata: &Value) -> Result<(), PushError> {
        let mut spec = MetadataSpec::of(Some(metadata))?;
        spec.text("description")?;
        spec.texts("tags")?;
        spec.word("format", &[("string", 1), ("binary", 2)], "write string or binary")?;
        spec.refuse("policy", "not built; leave it out")?;
        spec.finish()
    }

    #[rstest]
    #[case(json!(null))]
    #[case(push_metadata(&json!({})))]
    #[case(push_metadata(&json!({"description": "d", "tags": {"a": "b"}, "format": "string", "policy": null})))]
    #[case(json!({"apiVersion": METADATA_API_VERSION, "kind": METADATA_KIND}))]
    fn taken(#[case] metadata: Value) {
        assert_eq!(take(&metadata), Ok(()));
    }

    #[rstest]
    #[case(json!("text"), "metadata")]
    #[case(json!({}), "metadata.apiVersion")]
    #[case(json!({"apiVersion": "v1", "kind": METADATA_KIND}), "metadata.apiVersion")]
    #[case(json!({"apiVersion": METADATA_API_VERSION, "kind": "Metadata"}), "metadata.kind")]
    #[case(json!({"apiVersion": METADATA_API_VERSION, "kind": METADATA_KIND, "secretPushFormat": "string"}), "metadata.secretPushFormat")]
    #[case(push_metadata(&json!(["x"])), "metadata.spec")]
    #[case(push_metadata(&json!({"descriptoin": "d"})), "metadata.spec.descriptoin")]
    #[case(push_metadata(&json!({"description": 1})), "metadata.spec.description")]
    #[case(push_metadata(&json!({"tags": ["a"]})), "metadata.spec.tags")]
    #[case(push_metadata(&json!({"tags": {"a": 1}})), "metadata.spec.tags.a")]
    #[case(push_metadata(&json!({"format": "text"})), "metadata.spec.format")]
    #[case(push_metadata(&json!({"policy": {}})), "metadata.spec.policy")]
    fn refused_by_its_path(#[case] metadata: Value, #[case] path: &str) {
        let error = take(&metadata).unwrap_err();
        assert!(matches!(&error, PushError::Invalid { field, .. } if field == path), "{error}");
        assert!(error.to_string().contains("; ") || path.ends_with("format"), "{error}");
    }
}
