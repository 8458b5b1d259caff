//! What was rendered of ExternalSecrets is rendered again when `seal migrate eso` has made native objects of them: the same
//! bytes, and objects that the API server takes. It must never judge by what a case expects.

use std::collections::BTreeMap;

use sealbridge_tests::{Namespace, Seal};
use serde_json::Value;

use super::case::Case;
use super::run::Wrong;

/// Of what a case may hold, what no BridgedSecret says: words of the refusal.
const NOT_NATIVE: [&str; 5] = [
    "sourceRef.generatorRef: a BridgedSecret runs no generators",
    "it has no native counterpart; leave it as it is: the operator runs it",
    ": it has more than one of configMap, secret and literal",
    ".secretKey: another entry has this name",
    "spec.refreshInterval: a BridgedSecret reads at most every 10s",
];
/// What labels begin with that tell whose the Secret is.
const MARKS: &str = "reconcile.external-secrets.io/";

/// Migrates the folder, which holds one file a case and the stores, and answers what went otherwise than it should.
pub(crate) async fn migrated(
    seal: &Seal,
    cases: &[&&Case],
    before: &BTreeMap<String, Value>,
    namespace: &Namespace<'_>,
) -> Vec<Wrong> {
    let wrong = |case: &Case, how: String| Wrong { case: case.name.clone(), how: format!("rendered: migrated: {how}") };
    let told = seal.run(&["migrate", "eso", ".", "--verify", "--stores", "live", "-q", "-n", namespace.name()]).await;
    let render = ["render", ".", "--reveal", "--quiet", "--stores", "live", "-n", namespace.name()];
    let again = seal.run(&render).await;
    let after = super::run::by_name(&again.stdout);
    let (mut all_wrong, mut native) = (Vec::new(), stores(seal));
    for case in cases {
        let text = seal.read(&format!("{}.yaml", case.name));
        let refusal = told.stderr.lines().find(|line| line.starts_with(&format!("error: {}.yaml: ", case.name)));
        let is_native = text.contains("BridgedSecret");
        match refusal {
            Some(line) if is_native || !NOT_NATIVE.iter().any(|words| line.contains(words)) => {
                all_wrong.push(wrong(case, line.to_owned()));
            }
            Some(_) => continue,
            None if is_native => native.push(text),
            None => all_wrong.push(wrong(case, format!("nothing was done, without a word: {told}"))),
        }
        let (before, after) = (before.get(case.secret_name()), after.get(case.secret_name()));
        if before.map(shown) != after.map(shown) {
            all_wrong.push(wrong(case, format!("{before:?} became {after:?}; {}", again.stderr)));
        }
    }
    let apply = ["apply", "--server-side", "--dry-run=server", "--field-manager=migrated", "-f", "-"];
    let applied = namespace.kubectl_with_input(&apply, &native.join("\n---\n")).await;
    for line in applied.stderr.lines().filter(|line| !line.is_empty()) {
        all_wrong.push(Wrong { case: "all".to_owned(), how: format!("rendered: migrated: not taken by the API server: {line}") });
    }
    all_wrong
}

/// The stores that a cluster could have: that of all cases of the fake store is larger.
fn stores(seal: &Seal) -> Vec<String> {
    let stores: Vec<Value> = serde_saphyr::from_multiple(&seal.read("stores.yaml")).unwrap();
    let values = |store: &Value| store.pointer("/spec/provider/fake/data").and_then(Value::as_array).map_or(0, Vec::len);
    stores.iter().filter(|store| values(store) <= 256).map(Value::to_string).collect()
}

/// All of the Secret but whose it is.
fn shown(secret: &Value) -> Value {
    let mut secret = secret.clone();
    secret["metadata"]["labels"].as_object_mut().unwrap().retain(|label, _| !label.starts_with(MARKS));
    secret
}
