//! The generated files under `deploy/`, path and text. Shared by the command that writes them and the test that
//! compares them.

use std::path::PathBuf;

use sealbridge_api::{crd, json_schema};

/// Every generated file: its path below the checkout's root and its whole text.
pub(crate) fn generated() -> Result<Vec<(PathBuf, String)>, Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    for crd in crd::all() {
        let path = PathBuf::from("deploy/crds").join(format!("{}.yaml", crd.spec.names.plural));
        files.push((path, format!("# Written by `cargo xtask crds` from crates/api; edits here are lost.\n{}", yaml(&crd)?)));
    }
    for (name, schema) in json_schema::all()? {
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        files.push((PathBuf::from("deploy/schemas").join(name), text));
    }
    Ok(files)
}

fn yaml(crd: &impl serde::Serialize) -> Result<String, Box<dyn std::error::Error>> {
    // Through a JSON value, whose maps are sorted: equal CRDs give equal bytes.
    Ok(serde_saphyr::to_string(&serde_json::to_value(crd)?)?)
}
