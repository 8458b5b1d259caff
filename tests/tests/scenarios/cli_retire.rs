//! `seal keys retire`: refused while a checkout, a commit that may be rolled back to, or a cluster needs the key.

use sealbridge_api::SealingKey;
use sealbridge_tests::{Cluster, Operator, Seal, eventually};
use serde_json::{Value, json};

use crate::repository::Repository;
use crate::sealing::{KeyPair, key_is_told, of_sealed, sealed, sealing_key};
use crate::stage::{SOON, documents, is_told};

const MANIFEST: &str = "# the key of 2025\napiVersion: sealbridge.dev/v1\nkind: SealingKey\nmetadata: {name: old}\nspec:\n  identity: {secretRef: {name: old}}   # in the safe\n";

#[tokio::test]
async fn a_key_retires_when_nothing_can_be_rolled_back_to_it() {
    let repository = Repository::new();
    let [old, new] = [repository.key("old").await, repository.key("new").await];
    let sets = [("old", &old), ("new", &new)];
    let window = ", policy: {rollbackWindow: 14d}";
    repository.rules(&sets, "old", window);
    repository.seal.write("key.yaml", MANIFEST);
    repository.set("app.yaml", "A", "one").await;
    repository.commit_days_ago(100);
    let retire = ["keys", "retire", &old.id, "--name", "old"];
    let (status, told) = repository.says(&retire).await;
    assert_eq!(status, Some(1), "{told}");
    for kind in ["rules  .sealbridge.yaml", "checkout  app.yaml  shop/app  A", "history  app.yaml  shop/app  A", "is still needed"]
    {
        assert!(told.contains(kind), "{kind}: {told}");
    }

    repository.rules(&sets, "new", window);
    repository.seal.run(&["reseal", ".", "-i", "old.txt", "--accept-recipient", "new", "-q"]).await.ok();
    let resealed = repository.commit_days_ago(3);
    let (status, told) = repository.says(&retire).await;
    assert_eq!(status, Some(1), "reverting the commit of three days ago needs the key: {told}");
    assert_eq!(told.matches("  app.yaml  ").count(), 1, "{told}");
    assert!(told.contains(&format!("rolling back {}", resealed.split_at(10).0)), "{told}");
    repository.git(&["revert", "--no-edit", &resealed]);
    assert_eq!(repository.seal.run(&["get", "app.yaml", "A", "-i", "old.txt"]).await.text(), "one\n");
    repository.git(&["reset", "-q", "--hard", &resealed]);

    // The same commit, when the window is over.
    repository.git_days_ago(15, &["commit", "-q", "--amend", "--no-edit"]);
    repository.git(&["checkout", "-q", "-b", "release", "HEAD~1"]);
    repository.git(&["checkout", "-q", "main"]);
    let (status, told) = repository.says(&[&retire[..], &["--ref", "main", "--ref", "release"]].concat()).await;
    assert_eq!(status, Some(1), "a branch that is asked for has the value: {told}");
    assert_eq!(
        repository.says(&[&retire[..], &["--dry-run"]].concat()).await,
        (Some(0), "would retire SealingKey old in key.yaml\n".into())
    );
    assert_eq!(repository.seal.read("key.yaml"), MANIFEST);
    assert_eq!(repository.says(&retire).await, (Some(0), "retired SealingKey old in key.yaml\n".into()));
    assert_eq!(repository.seal.read("key.yaml"), format!("{MANIFEST}  state: Retiring\n"));
    assert_eq!(repository.says(&retire).await, (Some(0), "SealingKey old is Retiring already\n".into()));
    let told = repository.seal.run(&["get", "app.yaml", "A", "-i", "new.txt"]).await.text();
    assert_eq!(told, "one\n");
}

#[tokio::test]
async fn a_history_that_is_cut_off_proves_nothing() {
    let repository = Repository::new();
    let old = repository.key("old").await;
    repository.seal.write("key.yaml", MANIFEST);
    repository.commit();
    repository.seal.write("more.yaml", "a: 1\n");
    repository.commit();
    let clone = format!("file://{}", repository.seal.folder().display());
    let cut = Seal::new().env("PATH", std::env::var("PATH").unwrap());
    repository.git(&["clone", "-q", "--depth=1", &clone, &cut.folder().join("cut").display().to_string()]);
    let told = std::process::Command::new(sealbridge_tests::sibling_binary("seal"))
        .args(["keys", "retire", &old.id, "--name", "old"])
        .current_dir(cut.folder().join("cut"))
        .output()
        .unwrap();
    assert_eq!(told.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&told.stderr).contains("git fetch --unshallow"));
}

async fn in_use(cluster: &Cluster, count: i32) {
    let keys: kube::Api<SealingKey> = kube::Api::all(cluster.client().await);
    eventually(SOON, &format!("the key is in use by {count}"), async || {
        let status = keys.get("main").await.map_err(|error| error.to_string())?.status;
        let in_use = status.and_then(|status| status.in_use);
        if in_use == Some(count) { Ok(()) } else { Err(format!("{in_use:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_cluster_that_needs_the_key_keeps_it_active() {
    let cluster = Cluster::private().await;
    let operator = Operator::of(&cluster).start().await;
    let namespace = cluster.namespace("keys").await;
    let key = KeyPair::new().await;
    cluster.apply(&documents(&[key.secret(&operator), sealing_key()])).await;
    key_is_told(&cluster, "main", "Valid").await;
    let value = sealed(&key.developer().await, namespace.name(), "app", "TOKEN", "strict", "value").await;
    namespace.apply(&documents(&[of_sealed("app", &[("TOKEN", &value)])])).await;
    is_told(&namespace, "app", "Synced").await;
    in_use(&cluster, 1).await;

    let seal = Seal::new().env("PATH", std::env::var("PATH").unwrap()).env("KUBECONFIG", cluster.kubeconfig().to_str().unwrap());
    let listed = seal.run(&["keys", "list", "--cluster", "-o", "json"]).await.text();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["keyId"], json!(key.id));
    assert_eq!(listed[0]["sealingKey"], json!({"name": "main", "state": "Active", "inUse": 1}));

    let retire = ["keys", "retire", &key.id, "--cluster", "--live"];
    let told = seal.run(&retire).await;
    assert_eq!(told.status, Some(1), "{told}");
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains(&format!("cluster  BridgedSecret {}/app", namespace.name())), "{text}");

    namespace.kubectl(&["delete", "bridgedsecret", "app"]).await.ok();
    in_use(&cluster, 0).await;
    let unnamed = seal.run(&["keys", "retire", &key.id, "--cluster"]).await;
    assert_eq!(unnamed.status, Some(2), "a key that is not in the checkout is changed only with --live: {unnamed}");
    assert_eq!(seal.run(&retire).await.text(), "retired SealingKey main in the cluster\n");
    let state = cluster.kubectl(&["get", "sealingkey", "main", "-o", "jsonpath={.spec.state}"]).await.ok();
    assert_eq!(state, "Retiring");
}
