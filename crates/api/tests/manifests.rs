//! Manifests that the API server accepts are read by the types of this crate, so that nothing that was applied
//! is misunderstood later. That the API server accepts and refuses them is a scenario of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::path::Path;

use sealbridge_api::{BridgedSecret, ClusterBridgedSecret, ClusterSecretStore, PushSecret, SealingKey, SecretStore};
use serde_json::Value;

fn decode(manifest: Value) -> Result<(), serde_json::Error> {
    let kind = manifest.pointer("/kind").and_then(Value::as_str).unwrap().to_owned();
    match kind.as_str() {
        "BridgedSecret" => serde_json::from_value::<BridgedSecret>(manifest).map(drop),
        "ClusterBridgedSecret" => serde_json::from_value::<ClusterBridgedSecret>(manifest).map(drop),
        "PushSecret" => serde_json::from_value::<PushSecret>(manifest).map(drop),
        "SecretStore" => serde_json::from_value::<SecretStore>(manifest).map(drop),
        "ClusterSecretStore" => serde_json::from_value::<ClusterSecretStore>(manifest).map(drop),
        "SealingKey" => serde_json::from_value::<SealingKey>(manifest).map(drop),
        kind => panic!("a manifest of kind {kind}"),
    }
}

fn manifests(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/manifests").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn accepted_manifests_are_read() {
    let manifests = manifests("accepted");
    assert!(!manifests.is_empty());
    for (path, text) in manifests {
        decode(serde_saphyr::from_str(&text).unwrap()).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

#[test]
fn unknown_fields_are_refused_here_too() {
    let unknown = manifests("refused").into_iter().filter(|(_, text)| text.starts_with("# refused: unknown field"));
    let mut seen = 0;
    for (path, text) in unknown {
        assert!(decode(serde_saphyr::from_str(&text).unwrap()).is_err(), "{path} was read");
        seen += 1;
    }
    assert!(seen > 0);
}
