//! JSON Schemas of the native kinds, for editors and for kubeconform.
//!
//! Derived from the CRDs, so that there is one truth. They say what CEL says where JSON Schema can say it,
//! and refuse unknown fields, which the API server refuses only with strict field validation.
//! Must never: be stricter than the CRDs with what they accept.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Map, Value, json};

use crate::keys::MAX_KEY_LEN;
use crate::{GROUP, VERSION, crd, limits};

/// The dialect that both kubeconform and the YAML language server read.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of each kind, under the file name by which kubeconform looks for it: `bridgedsecret_v1.json`.
///
/// # Errors
/// Never in practice: only if a schema of ours were not representable as JSON.
pub fn all() -> Result<Vec<(String, Value)>, serde_json::Error> {
    crd::all().iter().map(|crd| Ok((file_name(crd), schema(crd)?))).collect()
}

fn file_name(crd: &CustomResourceDefinition) -> String {
    format!("{}_{VERSION}.json", crd.spec.names.kind.to_lowercase())
}

fn schema(crd: &CustomResourceDefinition) -> Result<Value, serde_json::Error> {
    let root = crd.spec.versions.first().and_then(|version| version.schema.as_ref()?.open_api_v3_schema.as_ref());
    let mut root = serde_json::to_value(root)?;
    close(&mut root);
    add_entry_rules(&mut root);
    let spec = root.pointer_mut("/properties/spec").map(Value::take);
    Ok(json!({
        "$schema": DRAFT,
        "title": crd.spec.names.kind,
        "description": root.get("description"),
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": format!("{GROUP}/{VERSION}")},
            "kind": {"const": crd.spec.names.kind},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": {"type": "object"},
        },
    }))
}

/// Objects with named fields take no others; what only the API server understands goes.
fn close(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !key.starts_with("x-kubernetes-"));
            if map.get("properties").is_some_and(Value::is_object) && map.get("type").is_some_and(|kind| kind == "object") {
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

fn add_entry_rules(root: &mut Value) {
    // Of a BridgedSecret, and of one that is declared for several namespaces.
    let specs = ["/properties/spec", "/properties/spec/properties/template/properties/spec"];
    for spec in specs {
        if let Some(data) = root.pointer_mut(&format!("{spec}/properties/data")).and_then(Value::as_object_mut) {
            add_rules_of_entries(data);
        }
    }
}

fn add_rules_of_entries(data: &mut Map<String, Value>) {
    data.insert(
        "propertyNames".to_owned(),
        json!({"pattern": limits::DATA_KEY_PATTERN, "maxLength": MAX_KEY_LEN, "not": {"pattern": r"^(\.$|\.\.)"}}),
    );
    if let Some(entry) = data.get_mut("additionalProperties").and_then(Value::as_object_mut) {
        exactly_one(entry, &["remoteRef", "sealed", "plain"]);
        entry.insert("dependencies".to_owned(), json!({"secretStoreRef": ["remoteRef"]}));
    }
}

fn exactly_one(schema: &mut Map<String, Value>, fields: &[&str]) {
    let choices: Vec<Value> = fields.iter().map(|field| json!({"required": [field]})).collect();
    schema.insert("oneOf".to_owned(), Value::Array(choices));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_exactly_one_source_and_no_unknown_field() {
        let schemas = all().unwrap();
        let (_, bridged) = schemas.iter().find(|(file, _)| file == "bridgedsecret_v1.json").unwrap();
        let entry = bridged.pointer("/properties/spec/properties/data/additionalProperties").unwrap();
        assert_eq!(entry.get("oneOf").and_then(Value::as_array).map(Vec::len), Some(3));
        assert_eq!(entry.get("additionalProperties"), Some(&Value::Bool(false)));
    }

    #[test]
    fn nothing_that_only_the_api_server_reads_is_left() {
        for (file, schema) in all().unwrap() {
            assert!(!schema.to_string().contains("x-kubernetes-"), "{file}");
        }
    }
}
