//! The files under `deploy/crds` and `deploy/schemas` are what the types in this crate say.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "generated/files.rs"]
mod files;

use std::path::Path;

#[test]
fn files_are_as_generated() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (path, text) in files::generated().unwrap() {
        let written = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
        assert!(written == text, "{} is not as crates/api says; run `cargo xtask crds`", path.display());
    }
}

#[test]
fn yaml_reads_back_as_the_same_object() {
    for (path, text) in files::generated().unwrap() {
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
            let kind = read.pointer("/spec/names/plural").unwrap().as_str().unwrap();
            let crd = sealbridge_api::crd::all().into_iter().find(|crd| crd.spec.names.plural == kind).unwrap();
            assert_eq!(read, serde_json::to_value(crd).unwrap());
        }
    }
}
