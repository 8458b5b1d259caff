//! The status of a ClusterExternalSecret, as the other controller writes it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::copy::CopyError;

/// What the condition says where some have failed.
const SOME_FAILED: &str = "one or more namespaces failed";
/// What the other controller says where somebody else's object has the name.
const TAKEN: &str = "external secret already exists in namespace";

/// The status: namespaces in order.
pub(super) fn of(name: &str, provisioned: &BTreeSet<Arc<str>>, failed: &BTreeMap<Arc<str>, CopyError>) -> Value {
    let reasons = failed.iter().map(|(namespace, error)| json!({"namespace": &**namespace, "reason": reason(error)}));
    let ready = if failed.is_empty() {
        json!({"type": "Ready", "status": "True"})
    } else {
        json!({"type": "Ready", "status": "False", "message": SOME_FAILED})
    };
    let provisioned: Vec<&str> = provisioned.iter().map(AsRef::as_ref).collect();
    json!({
        "externalSecretName": name,
        "provisionedNamespaces": provisioned,
        "failedNamespaces": reasons.collect::<Vec<_>>(),
        "conditions": [ready],
    })
}

fn reason(error: &CopyError) -> String {
    if *error == CopyError::Taken { TAKEN.to_owned() } else { error.to_string() }
}

/// Why nothing is done; the rest of the former status stays.
pub(super) fn not_understood(problem: &str) -> Value {
    json!({"conditions": [{"type": "Ready", "status": "False", "message": problem}]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_failed_is_named_and_why() {
        let failed = BTreeMap::from([(Arc::from("b"), CopyError::Taken)]);
        let status = of("all", &BTreeSet::from([Arc::from("c"), Arc::from("a")]), &failed);
        assert_eq!(status["provisionedNamespaces"], json!(["a", "c"]));
        assert_eq!(
            status["failedNamespaces"],
            json!([{"namespace": "b", "reason": "external secret already exists in namespace"}])
        );
        assert_eq!(status["conditions"][0]["message"], SOME_FAILED);
    }
}
