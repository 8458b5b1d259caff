//! `v1` Secret manifests, from a file or exported from a cluster.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_api::labels;
use sealbridge_manifest::document::{Object, objects};
use sealbridge_manifest::is_template;
use sealbridge_secret::{SecretBytes, SecretMap};
use serde_json::Value;
use zeroize::Zeroize;

use super::{Adopt, Imported};
use crate::target::ensure_key;

/// Types whose Secrets Kubernetes makes by itself.
const MADE_BY_KUBERNETES: [&str; 2] = ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"];

/// The Secrets of the documents, which are wiped.
pub(crate) fn read(mut documents: Vec<Value>) -> Result<Vec<Imported>, String> {
    let secrets: Vec<_> =
        objects(&documents).into_iter().filter(|object| object.kind() == "Secret" && object.api_version() == "v1").collect();
    let imported = if secrets.is_empty() {
        Err("holds no Secret; give a manifest with `kind: Secret`, or use --env-file, or --cert and --key".to_owned())
    } else {
        secrets.iter().map(|secret| one(secret).map_err(|problem| format!("Secret {}: {problem}", secret.name()))).collect()
    };
    documents.iter_mut().for_each(wipe);
    imported
}

fn one(secret: &Object<'_>) -> Result<Imported, String> {
    let type_ = secret.value.get("type").and_then(Value::as_str).filter(|type_| *type_ != "Opaque");
    if type_.is_some_and(|type_| MADE_BY_KUBERNETES.contains(&type_)) {
        return Err("is of a type that Kubernetes makes by itself; leave it out".to_owned());
    }
    let carried = |pointer| strings(secret.value.pointer(pointer));
    let annotations = carried("/metadata/annotations");
    if let Some((key, _)) = annotations.iter().find(|(_, text)| is_template(text)) {
        return Err(format!("has the annotation {key} with {{{{, which a BridgedSecret takes for a template; remove it"));
    }
    Ok(Imported {
        name: Some(secret.name()).filter(|name| !name.is_empty()).map(str::to_owned),
        namespace: secret.namespace().map(str::to_owned),
        type_: type_.map(str::to_owned),
        immutable: secret.value.get("immutable").and_then(Value::as_bool).unwrap_or_default(),
        labels: carried("/metadata/labels"),
        annotations,
        templates: BTreeMap::new(),
        adopt: adopt(secret.value),
        values: values(secret.value)?,
    })
}

fn strings(map: Option<&Value>) -> BTreeMap<String, String> {
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .filter(|(key, value)| !labels::belongs_to_gitops_tool(key, value) && !labels::is_reserved(key))
        .collect()
}

/// Whom a Secret that was exported from a cluster belongs to there.
fn adopt(secret: &Value) -> Option<Adopt> {
    secret.pointer("/metadata/uid")?;
    let owners = secret.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let controller = owners.into_iter().flatten().find(|owner| owner.get("controller") == Some(&Value::Bool(true)));
    let Some(controller) = controller else { return Some(Adopt { from: "None", name: None }) };
    let text = |field: &str| controller.get(field).and_then(Value::as_str).unwrap_or_default();
    let from = match (text("apiVersion").split('/').next().unwrap_or_default(), text("kind")) {
        ("external-secrets.io", "ExternalSecret") => "ExternalSecret",
        ("bitnami.com", "SealedSecret") => "SealedSecret",
        _ => return None,
    };
    Some(Adopt { from, name: Some(text("name").to_owned()) })
}

/// `data`, with `stringData` over it, as the API server merges them.
fn values(secret: &Value) -> Result<SecretMap, String> {
    let mut values = SecretMap::new();
    for (field, is_base64) in [("data", true), ("stringData", false)] {
        for (key, value) in secret.get(field).and_then(Value::as_object).into_iter().flatten() {
            ensure_key(key).map_err(|_| format!("an entry under {field} has a name that Kubernetes refuses; correct it"))?;
            let not_text = || format!("{field}.{key} is not text; put it in quotes");
            let text = value.as_str().ok_or_else(not_text)?;
            let bytes = if is_base64 {
                let compact: String = text.split_whitespace().collect();
                BASE64_STANDARD
                    .decode(compact)
                    .map_err(|_| format!("{field}.{key} is not base64; correct it, or put it under stringData"))?
            } else {
                text.as_bytes().to_vec()
            };
            values.insert(key.clone(), SecretBytes::new(bytes));
        }
    }
    if values.is_empty() { Err("has no entry; there is nothing to import".to_owned()) } else { Ok(values) }
}

/// Overwrites all texts of a value.
pub(crate) fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(entries) => entries.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn imported(text: &str) -> Result<Vec<Imported>, String> {
        read(sealbridge_manifest::document::parse(text).expect("YAML"))
    }

    #[test]
    fn what_is_the_secrets_own_is_carried_and_tools_marks_are_not() {
        let text = "
apiVersion: v1
kind: Secret
metadata:
  name: checkout-env
  namespace: shop
  uid: 5f0c
  labels: {app: checkout, app.kubernetes.io/instance: shop}
  annotations: {argocd.argoproj.io/tracking-id: x, kubectl.kubernetes.io/last-applied-configuration: '{}', owner: team-a}
  ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ExternalSecret, name: checkout, controller: true, uid: 1}]
immutable: true
type: example.com/custom
data: {A: YQ==, B: Yg==}
stringData: {B: over}
";
        let secrets = imported(text).expect("imported");
        let [secret] = secrets.as_slice() else { panic!("one Secret") };
        assert_eq!(secret.labels.keys().collect::<Vec<_>>(), ["app"]);
        assert_eq!(secret.annotations.keys().collect::<Vec<_>>(), ["owner"]);
        assert_eq!(secret.adopt, Some(Adopt { from: "ExternalSecret", name: Some("checkout".to_owned()) }));
        assert!(secret.immutable);
        assert_eq!(secret.type_.as_deref(), Some("example.com/custom"));
        let values: Vec<_> = secret.values.iter().map(|(key, value)| (key, value.expose())).collect();
        assert_eq!(values, [("A", b"a".as_slice()), ("B", b"over")]);
    }

    #[rstest]
    #[case("kind: ConfigMap\napiVersion: v1\n", "holds no Secret")]
    #[case("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", "Secret a: has no entry")]
    #[case("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {K: 'hunter2!'}\n", "Secret a: data.K is not base64")]
    #[case(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {n: '{{ hunter2 }}'}}\nstringData: {K: v}\n",
        "Secret a: has the annotation n with {{"
    )]
    #[case("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {K: 12}\n", "Secret a: stringData.K is not text")]
    #[case(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {K=hunter2: x}\n",
        "Secret a: an entry under stringData has a name"
    )]
    #[case(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/service-account-token\n",
        "Secret a: is of a type"
    )]
    fn what_cannot_be_imported_is_named_and_not_quoted(#[case] text: &str, #[case] begins: &str) {
        let problem = imported(text).expect_err("refused");
        assert!(problem.starts_with(begins), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}
