//! ConfigMaps and Secrets of the manifests, in which templates can stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealbridge_manifest::document::Object;
use sealbridge_manifest::{TemplateInput, TemplateInputKind};
use sealbridge_secret::SecretBytes;
use serde_json::Value;

/// All of them. Without a namespace of its own an object is taken for one of every namespace.
#[derive(Debug, Default)]
pub(crate) struct Templates(BTreeMap<(TemplateInput, Option<String>), BTreeMap<String, Arc<SecretBytes>>>);

impl Templates {
    /// Adds the object if it is one; `namespace` is that of objects that say none.
    pub(crate) fn add(&mut self, namespace: Option<&str>, object: &Object<'_>) {
        let kind = match (object.api_version(), object.kind()) {
            ("v1", "ConfigMap") => TemplateInputKind::ConfigMap,
            ("v1", "Secret") => TemplateInputKind::Secret,
            _ => return,
        };
        let texts = |field: &str| object.value.get(field).and_then(Value::as_object).into_iter().flatten();
        let plain =
            |(key, value): (&String, &Value)| Some((key.clone(), Arc::new(SecretBytes::new(value.as_str()?.as_bytes().to_vec()))));
        let encoded = |(key, value): (&String, &Value)| {
            Some((key.clone(), Arc::new(SecretBytes::new(STANDARD.decode(value.as_str()?).ok()?))))
        };
        let entries = match kind {
            TemplateInputKind::ConfigMap => {
                texts("data").filter_map(plain).chain(texts("binaryData").filter_map(encoded)).collect()
            }
            TemplateInputKind::Secret => texts("data").filter_map(encoded).chain(texts("stringData").filter_map(plain)).collect(),
        };
        let namespace = object.namespace().or(namespace).map(str::to_owned);
        self.0.insert((TemplateInput { kind, name: object.name().to_owned() }, namespace), entries);
    }

    /// An entry of an object as it is seen from a namespace.
    pub(crate) fn get(&self, namespace: &str, input: &TemplateInput, key: &str) -> Option<Arc<SecretBytes>> {
        let own = self.0.get(&(input.clone(), Some(namespace.to_owned())));
        own.or_else(|| self.0.get(&(input.clone(), None)))?.get(key).cloned()
    }
}
