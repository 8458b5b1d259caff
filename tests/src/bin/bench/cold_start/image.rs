//! What the operator's image is started with, read from `deploy/`. It must never set what `deploy/` does not.

use sealbridge_xtask::parts::workspace_root;
use serde_json::Value;

/// The variables with a fixed value; the others are told by flags here.
pub(super) fn environment() -> Vec<(String, String)> {
    let path = workspace_root().join("deploy/base/deployment.yaml");
    let text = std::fs::read_to_string(&path).expect("the Deployment");
    let deployment: Value = serde_saphyr::from_str(&text).expect("YAML");
    let variables = deployment.pointer("/spec/template/spec/containers/0/env").and_then(Value::as_array).expect("variables");
    let fixed: Vec<_> = variables
        .iter()
        .filter_map(|variable| Some((variable["name"].as_str()?.to_owned(), variable["value"].as_str()?.to_owned())))
        .collect();
    assert!(fixed.iter().any(|(name, _)| name == "_RJEM_MALLOC_CONF"), "the allocator's settings in {}", path.display());
    fixed
}
