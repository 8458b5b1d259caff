//! The new object rendered with made-up values, beside what the plugin makes of the same values.
//!
//! Must never: ask a store, or take a value that could be somebody's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_api::BridgedSecretSpec;
use sealbridge_engine::{DEFAULT_TYPE, Kept, SourceError, System, Values, assemble, gather, summary};
use sealbridge_manifest::document::{self, Object};
use sealbridge_manifest::{Entry, Plan, SourceRef, TemplateInput, native};
use sealbridge_provider::{Payload, RemoteKey, Selection};
use sealbridge_secret::{Digest, SecretBytes};
use serde_json::Value;

use super::placeholder::{Defaults, Part, Placeholder, parts};
use super::{entry, rewrite};
use crate::render::keys::PersonalKeys;

const DIFFERS: &str = "the new manifest would not stand for the same Secret, so it was left as it is; migrate it by hand";

/// Refuses a new object that is rendered otherwise than the old one.
pub(super) fn ensure_same(old: &Object<'_>, new: &Object<'_>, defaults: &Defaults) -> Result<(), String> {
    let spec: BridgedSecretSpec =
        document::decode(new.value.get("spec").unwrap_or(&Value::Null), "spec").map_err(|problem| problem.to_string())?;
    let plan = native::plan("made-up", new.name(), &spec).map_err(|problem| problem.to_string())?;
    let gathered = gather(&plan, &MadeUp::of(&plan), &PersonalKeys::default()).map_err(|failures| summary(&failures))?;
    let secret = assemble(&plan, gathered, Kept::Nothing(&System)).map_err(|problem| problem.to_string())?;
    let data: BTreeMap<String, Vec<u8>> =
        secret.data.iter().map(|(key, value)| (key.to_owned(), value.expose().to_vec())).collect();
    let text = |field: &str| old.value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let is_same = data == of_plugin(old, defaults).ok_or(DIFFERS)?
        && secret.name == old.name()
        && secret.type_.as_deref().unwrap_or(DEFAULT_TYPE) == text("type").unwrap_or(DEFAULT_TYPE)
        && secret.immutable == old.value.get("immutable").and_then(Value::as_bool).unwrap_or_default()
        && secret.labels == rewrite::kept(old.metadata_texts("labels"))
        && secret.annotations == rewrite::kept(old.metadata_texts("annotations"));
    if is_same { Ok(()) } else { Err(DIFFERS.to_owned()) }
}

/// The Secret's data as the plugin and the API server make it.
fn of_plugin(secret: &Object<'_>, defaults: &Defaults) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut data = BTreeMap::new();
    for (field, is_base64) in [("data", true), ("stringData", false)] {
        for (key, text) in secret.value.get(field).and_then(Value::as_object).into_iter().flatten() {
            let text = text.as_str()?;
            let bytes = match (is_base64, entry::decoded(text, defaults)) {
                (false, _) => replaced(text, defaults)?.into_bytes(),
                (true, Some(inner)) => replaced(&inner, defaults)?.into_bytes(),
                (true, None) => BASE64_STANDARD.decode(replaced(text, defaults)?.split_whitespace().collect::<String>()).ok()?,
            };
            data.insert(key.clone(), bytes);
        }
    }
    Some(data)
}

fn replaced(text: &str, defaults: &Defaults) -> Option<String> {
    let one = |part: Part| match part {
        Part::Text(text) => Some(text),
        Part::Placeholder(Placeholder { path, key, version, modifiers, .. }) => {
            modifiers.iter().try_fold(made_up(&path, &key, version.as_deref()), |value, modifier| match modifier.as_str() {
                "base64encode" => Some(BASE64_STANDARD.encode(value)),
                "base64decode" => String::from_utf8(BASE64_STANDARD.decode(value).ok()?).ok(),
                _ => None,
            })
        }
    };
    parts(text, defaults).into_iter().map(one).collect()
}

/// A value that is base64, as it has to be where it is decoded, and like no other.
fn made_up(path: &str, key: &str, version: Option<&str>) -> String {
    BASE64_STANDARD.encode(format!("{path} # {key} # {}", version.unwrap_or("newest")))
}

/// A store that has all that is asked for.
struct MadeUp(BTreeMap<RemoteKey, BTreeSet<String>>);

impl MadeUp {
    fn of(plan: &Plan) -> Self {
        let mut properties: BTreeMap<RemoteKey, BTreeSet<String>> = BTreeMap::new();
        for entry in plan.entries.values() {
            if let Entry::Remote { source, property: Some(property), .. } = entry {
                properties.entry(source.key.clone()).or_default().insert(property.clone());
            }
        }
        Self(properties)
    }
}

impl Values for MadeUp {
    fn get(&self, source: &SourceRef) -> Option<Result<Arc<Payload>, SourceError>> {
        let properties = self.0.get(&source.key)?;
        let (path, version) = (source.key.key.as_str(), source.key.version.as_deref());
        let members: serde_json::Map<String, Value> =
            properties.iter().map(|key| (key.clone(), Value::String(made_up(path, key, version)))).collect();
        let body = SecretBytes::new(Value::Object(members).to_string().into_bytes());
        Some(Ok(Arc::new(Payload::new(body, Selection::VaultLiteralThenGjson, None))))
    }

    fn template(&self, _input: &TemplateInput, _key: &str) -> Option<Result<Arc<SecretBytes>, SourceError>> {
        None
    }

    fn templates(&self) -> Option<Digest> {
        None
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const OLD: &str = "
apiVersion: v1
kind: Secret
metadata: {name: app, labels: {l: v}}
type: example.com/t
stringData: {A: 'x<path:p#k>', B: plain}
data: {C: '<path:p#c>'}
";
    const NEW: &str = "
kind: BridgedSecret
metadata: {name: app}
spec:
  secretStoreRef: {name: vault}
  data:
    A_1: {remoteRef: {key: p, property: k}}
    B: {plain: plain}
    C: {remoteRef: {key: p, property: c, decodingStrategy: Base64}}
  target:
    template:
      type: example.com/t
      metadata: {labels: {l: v}}
      data: {A: 'x{{ .A_1 }}', B: '{{ .B }}', C: '{{ .C }}'}
";

    fn compared(new: &str) -> Result<(), String> {
        let (old, new) = (document::parse(OLD).unwrap(), document::parse(new).unwrap());
        let (old, new) = (document::objects(&old), document::objects(&new));
        ensure_same(&old[0], &new[0], &Defaults::of(&old[0]))
    }

    #[test]
    fn the_same_secret_is_let_through() {
        assert_eq!(compared(NEW), Ok(()));
    }

    #[rstest]
    #[case::another_key("{key: p, property: k}", "{key: q, property: k}")]
    #[case::another_property("{key: p, property: k}", "{key: p, property: c}")]
    #[case::a_version("{key: p, property: k}", "{key: p, property: k, version: \"1\"}")]
    #[case::not_decoded(", decodingStrategy: Base64", "")]
    #[case::another_text("{plain: plain}", "{plain: other}")]
    #[case::another_template("x{{ .A_1 }}", "y{{ .A_1 }}")]
    #[case::an_entry_more("C: '{{ .C }}'", "C: '{{ .C }}', D: '{{ .C }}'")]
    #[case::another_type("example.com/t", "example.com/u")]
    #[case::another_label("labels: {l: v}", "labels: {l: w}")]
    #[case::another_name("{name: app}", "{name: other}")]
    fn anything_else_is_refused(#[case] from: &str, #[case] to: &str) {
        assert_eq!(compared(&NEW.replacen(from, to, 1)), Err(DIFFERS.to_owned()));
    }
}
