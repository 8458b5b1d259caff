//! Each field of each kind made bad, one at a time: whoever reads the manifest answers with what is declared, or with an error
//! that names a field; never with a panic, never with what was written, and a wrong type is never taken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "bad_fields/mutations.rs"]
mod mutations;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mutations::{How, Step};
use sealbridge_api::bridged_secret::BridgedSecretSpec;
use sealbridge_api::crd;
use sealbridge_api::sealing_key::SealingKeySpec;
use sealbridge_api::store::{ClusterSecretStoreSpec, SecretStoreSpec};
use sealbridge_manifest::document::{DecodeError, decode, parse};
use sealbridge_manifest::external_secrets::{self, Around, ExternalSecretSpec, StoreSpec};
use sealbridge_manifest::native;
use serde_json::{Value, json};

/// Fields of these kinds whose words are listed.
const WORDS: [&str; 21] = [
    "actions",
    "conflictPolicy",
    "conversionStrategy",
    "creationPolicy",
    "decodingStrategy",
    "deletionPolicy",
    "engineVersion",
    "from",
    "mergePolicy",
    "metadataPolicy",
    "nullBytePolicy",
    "operator",
    "priorityPolicy",
    "refreshPolicy",
    "service",
    "state",
    "strategy",
    "templateAs",
    "updatePolicy",
    "valuesDecodingStrategy",
    "version",
];

/// What a manifest stands for, as far as it can be told without a cluster.
fn judged(manifest: &Value) -> Result<(), String> {
    let spec = manifest.get("spec").unwrap_or(&Value::Null);
    let kind = manifest["kind"].as_str().unwrap();
    let (labels, annotations) = (BTreeMap::new(), BTreeMap::new());
    let told = |error: DecodeError| error.to_string();
    match (manifest["apiVersion"].as_str().unwrap(), kind) {
        ("sealbridge.dev/v1", "BridgedSecret") => {
            let spec: BridgedSecretSpec = decode(spec, "spec").map_err(told)?;
            native::plan("shop", "app", &spec).map(drop).map_err(|error| error.to_string())
        }
        ("sealbridge.dev/v1", "ClusterBridgedSecret") => {
            let fan_out = native::fan_out(spec).map_err(told)?;
            // Each copy answers for the rest.
            let copy: BridgedSecretSpec = decode(&fan_out.spec, "spec.template.spec").map_err(told)?;
            native::plan("shop", "app", &copy).map(drop).map_err(|error| error.to_string())
        }
        ("sealbridge.dev/v1", "PushSecret") => native::push_plan(spec).map(drop).map_err(|error| error.to_string()),
        ("sealbridge.dev/v1", "SecretStore") => decode(spec, "spec").map(|_: SecretStoreSpec| ()).map_err(told),
        ("sealbridge.dev/v1", "ClusterSecretStore") => decode(spec, "spec").map(|_: ClusterSecretStoreSpec| ()).map_err(told),
        ("sealbridge.dev/v1", "SealingKey") => decode(spec, "spec").map(|_: SealingKeySpec| ()).map_err(told),
        (_, "ExternalSecret") => {
            let spec: ExternalSecretSpec = decode(spec, "spec").map_err(told)?;
            let around = Around { namespace: "shop", name: "app", labels: &labels, annotations: &annotations };
            external_secrets::plan(around, &spec).map(drop).map_err(|error| error.to_string())
        }
        (_, "PushSecret") => external_secrets::push_plan(spec).map(drop).map_err(|error| error.to_string()),
        _ => decode(spec, "spec").map(|_: StoreSpec| ()).map_err(told),
    }
}

fn native_manifests() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/manifests/accepted");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let manifests: Vec<Value> = files.flat_map(|text| parse(&text).unwrap()).collect();
    // Of a list as long as it may be, one item speaks for all.
    manifests.into_iter().filter(|manifest| manifest.to_string().len() < 10_000).collect()
}

/// An object of each kind with all fields that its schema has, whether they go together or not.
fn with_every_field() -> Vec<Value> {
    let kinds = crd::all().into_iter().map(|crd| serde_json::to_value(crd).unwrap());
    let object = |crd: Value| {
        let spec = sample(crd.pointer("/spec/versions/0/schema/openAPIV3Schema/properties/spec").unwrap());
        json!({"apiVersion": "sealbridge.dev/v1", "kind": crd["spec"]["names"]["kind"], "metadata": {"name": "all"}, "spec": spec})
    };
    kinds.map(object).collect()
}

fn sample(schema: &Value) -> Value {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("object"), _) => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            // The one word that Kubernetes' own schema does not list.
            let value = |name: &str, schema| if name == "operator" { json!("In") } else { sample(schema) };
            let named = fields.map(|(name, schema)| (name.clone(), value(name, schema)));
            let any = schema["additionalProperties"].is_object().then(|| ("a".to_owned(), sample(&schema["additionalProperties"])));
            Value::Object(named.chain(any).collect())
        }
        (Some("array"), _) => json!([sample(&schema["items"])]),
        (Some("integer" | "number"), _) => json!(1),
        (Some("boolean"), _) => json!(true),
        (Some("string"), Some("byte")) => json!("eA=="),
        (Some("string"), _) => schema["enum"].get(0).cloned().unwrap_or(json!("x")),
        other => panic!("a schema of {other:?}"),
    }
}

fn external_manifests() -> Vec<Value> {
    parse(include_str!("bad_fields/external.yaml")).unwrap()
}

#[test]
fn a_bad_field_is_told_by_its_path_or_means_what_it_always_meant() {
    let mut seen = BTreeMap::<String, usize>::new();
    let mut wrong = Vec::new();
    let (native, external) = (native_manifests(), external_manifests());
    for manifest in native.iter().chain(&external) {
        assert_eq!(judged(manifest), Ok(()), "{manifest}");
    }
    let whole = with_every_field();
    // Of kinds that are planned, fields that do not go together are refused; all of them are read.
    let is_planned = |kind: &str| matches!(kind, "BridgedSecret" | "ClusterBridgedSecret" | "PushSecret");
    for manifest in whole.iter().filter(|manifest| !is_planned(manifest["kind"].as_str().unwrap())) {
        assert_eq!(judged(manifest), Ok(()), "{manifest}");
    }
    for manifests in [[native, whole].concat(), external] {
        for mutation in mutations::of(&manifests) {
            let manifest = &mutation.manifest;
            *seen.entry(format!("{:?}", mutation.how)).or_default() += 1;
            let (path, told) = (mutation.shown(), judged(&mutation.manifest));
            let name = format!("{} {}: {path} {:?}", manifest["kind"], manifest["metadata"]["name"], mutation.how);
            if told.as_ref().is_err_and(|told| !told.contains("spec") || told.contains("canary")) {
                wrong.push(format!("{name}: {told:?} names no field, or says what stood there"));
            }
            // The last step is in the path that is told, or in the name of the field that is told to be unknown.
            let is_at = |told: &str| told.starts_with(&path);
            match mutation.how {
                How::WrongType if !told.as_ref().is_err_and(|told| is_at(told)) => {
                    wrong.push(format!("{name}: a wrong type is taken, or told elsewhere: {told:?}"));
                }
                How::UnknownField if mutations::is_map(&mutation.path[..mutation.path.len() - 1]) => {}
                // A map by entry takes any name; what stands there is none.
                How::UnknownField if !told.as_ref().is_err_and(|told| is_at(told)) => {
                    wrong.push(format!("{name}: an unknown field is taken, or told elsewhere: {told:?}"));
                }
                How::UnknownWord if is_word(&mutation.path, manifest) && told.is_ok() => {
                    wrong.push(format!("{name}: an unknown word is taken"));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {seen:?}:\n{}", wrong.len(), wrong.join("\n"));
    println!("{seen:?}");
    assert!(seen.values().sum::<usize>() > 2_000, "{seen:?}");
}

/// Whether the field holds one of a list of words.
fn is_word(path: &[Step], manifest: &Value) -> bool {
    let mut keys = path.iter().rev().filter_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None });
    let (Some(last), above) = (keys.next(), keys.next()) else { return false };
    let is_of_remote = last == "version" && above.is_some_and(|above| !matches!(above, "vault" | "openBao"));
    let is_listed = WORDS.contains(&last) && !is_of_remote
        || last == "kind" && !matches!(above, Some("rollout" | "manifest"))
        || last == "target" && above == Some("templateFrom");
    is_listed && manifest["kind"].is_string()
}

/// The types of the other kinds say their fields themselves, to whoever names one that is none.
#[test]
fn every_field_of_external_secrets_is_tried() {
    let manifests = external_manifests();
    let tried: BTreeSet<String> = manifests.iter().flat_map(mutations::paths).map(|path| mutations::shown(&path)).collect();
    let mut missing = BTreeSet::new();
    for mutation in mutations::of(&manifests).into_iter().filter(|mutation| mutation.how == How::UnknownField) {
        let Err(told) = judged(&mutation.manifest) else { continue };
        let holder = mutations::shown(&mutation.path[..mutation.path.len() - 1]);
        let known = told.split_once("(expected ").map_or("", |(_, known)| known).split('`').skip(1).step_by(2);
        for field in known.map(|field| format!("{holder}.{field}")) {
            // Providers are tried with the native kinds; generators and other targets are refused as a whole.
            let is_elsewhere =
                field.starts_with("spec.provider.") || field.ends_with(".generatorRef") || field == "spec.target.manifest";
            if !is_elsewhere && !tried.contains(&field) {
                missing.insert(field);
            }
        }
    }
    assert!(missing.is_empty(), "no manifest has these fields: {missing:?}");
}
