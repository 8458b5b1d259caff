//! A manifest of External Secrets Operator that is served, migrated and applied again: its Secret goes over to the new object
//! as it is, and the old one can go.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::DeleteParams;
use sealbridge_api::push_secret::PushSecret;
use sealbridge_tests::{Cluster, Namespace, Operator, Seal, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::external_secrets::objects;
use crate::fan_out::{is_gone, label};
use crate::push_secrets::{self, entry, push, secret};
use crate::stage::{SOON, documents, has_text, is_told};

const MANIFEST: &str = "\
# What the application reads.
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: source}
spec:
  controller: sealbridge
  provider: {fake: {data: [{key: db, value: '{\"user\": \"app\", \"password\": \"hunter2\"}'}]}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: app, labels: {team: shop}}
spec:
  secretStoreRef: {name: source}
  target: {name: live} # mounted
  data:
  # Who reads.
  - secretKey: USER
    remoteRef: {key: db, property: user}
  dataFrom:
  - extract: {key: db}
    rewrite: [{regexp: {source: ^password$, target: PASSWORD}}]
";

const SEVERAL: &str = "\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: source}
spec:
  controller: sealbridge
  provider: {fake: {data: [{key: registry, value: '{\"user\": \"app\", \"password\": \"hunter2\"}'}]}}
---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: registry}
spec:
  externalSecretName: pull
  externalSecretMetadata: {labels: {team: platform}}
  namespaceSelectors:
  - matchLabels: {fan: out} # who pulls
  externalSecretSpec:
    secretStoreRef: {name: source, kind: ClusterSecretStore}
    dataFrom:
    - extract: {key: registry} # all of it
";

#[tokio::test]
async fn a_served_secret_goes_over_to_the_migrated_object() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("migrate").await;
    let _operator = Operator::of(cluster).watch(&namespace).flag("--dialect=external-secrets").start().await;
    namespace.apply(MANIFEST).await;
    let before = has_text(&namespace, "live", "PASSWORD", "hunter2").await;
    let history = SecretHistory::record(&namespace, "live").await;

    let seal = Seal::new();
    seal.write("app.yaml", MANIFEST);
    seal.run(&["migrate", "eso", "app.yaml", "--verify", "-n", namespace.name()]).await.ok();
    let migrated = seal.read("app.yaml");
    for comment in ["# What the application reads.", "# mounted", "# Who reads."] {
        assert!(migrated.contains(comment), "{migrated}");
    }
    namespace.apply(&migrated).await;
    is_told(&namespace, "app", "Synced").await;
    objects(&namespace, "ExternalSecret").delete("app", &DeleteParams::default()).await.unwrap();
    eventually(SOON, "the old object is gone", async || {
        let old = objects(&namespace, "ExternalSecret").get_opt("app").await.map_err(|error| error.to_string())?;
        old.map_or(Ok(()), |old| Err(format!("{:?}", old.metadata.finalizers)))
    })
    .await;

    let after = went_over(&namespace, &before).await;
    assert_eq!(after.labels().get("team").map(String::as_str), Some("shop"));
    assert!(!after.labels().keys().any(|label| label.starts_with("reconcile.external-secrets.io/")), "{:?}", after.labels());
    history.reached(&after).await;
    history.assert_never_without(&["USER", "PASSWORD"]);
}

#[tokio::test]
async fn copies_in_several_namespaces_go_over_to_those_of_the_migrated_object() {
    let cluster = Cluster::private().await;
    let (a, b) = (cluster.namespace("a").await, cluster.namespace("b").await);
    label(&a, "fan=out").await;
    label(&b, "fan=out").await;
    let _operator = Operator::of(&cluster).flag("--dialect=external-secrets").start().await;
    a.apply(SEVERAL).await;
    let mut lives = Vec::new();
    for namespace in [&a, &b] {
        let live = has_text(namespace, "pull", "password", "hunter2").await;
        lives.push((namespace, live, SecretHistory::record(namespace, "pull").await));
    }

    let seal = Seal::new();
    seal.write("registry.yaml", SEVERAL);
    seal.write("namespaces.yaml", &documents(&lives.iter().map(|(namespace, ..)| selected(namespace)).collect::<Vec<_>>()));
    assert_rendered(&seal, lives.iter().map(|(_, live, _)| live)).await;
    let said = String::from_utf8(seal.run(&["migrate", "eso", ".", "--verify"]).await.ok()).unwrap();
    assert!(said.contains("migrated ClusterBridgedSecret registry in registry.yaml, 1 source, rendered the same"), "{said}");
    let migrated = seal.read("registry.yaml");
    assert!(migrated.contains("# who pulls") && migrated.contains("# all of it"), "{migrated}");
    a.apply(&migrated).await;
    for (namespace, ..) in &lives {
        is_told(namespace, "pull", "Synced").await;
    }
    a.kubectl(&["delete", "clusterexternalsecret", "registry"]).await.ok();
    let mut taken_over = Vec::new();
    for (namespace, before, history) in lives {
        is_gone(&objects(namespace, "ExternalSecret"), "pull").await;
        let after = went_over(namespace, &before).await;
        assert_eq!(after.labels().get("team").map(String::as_str), Some("platform"));
        history.reached(&after).await;
        history.assert_never_without(&["user", "password"]);
        taken_over.push(after);
    }
    assert_rendered(&seal, taken_over.iter()).await;
}

/// The namespace as a manifest declares it.
fn selected(namespace: &Namespace<'_>) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace.name(), "labels": {"fan": "out"}}})
}

/// Holds what `seal render` makes of the folder against the live Secrets, and nothing else.
async fn assert_rendered(seal: &Seal, lives: impl Iterator<Item = &Secret>) {
    let rendered = seal.run(&["render", ".", "--reveal", "--quiet"]).await.ok();
    let mut rendered: Vec<Secret> = serde_saphyr::from_multiple(std::str::from_utf8(&rendered).unwrap()).unwrap();
    rendered.sort_by_key(Secret::namespace);
    let shown = |secret: &Secret| (secret.namespace(), secret.type_.clone(), secret.data.clone(), secret.labels().clone());
    let mut expected: Vec<_> = lives.map(shown).collect();
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(rendered.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_was_pushed_stays_when_the_migrated_object_pushes_it() {
    let stage = push_secrets::stage().await;
    let pushed =
        json!({"deletionPolicy": "Delete", "data": [entry("password", "shop/app", "password"), entry("", "shop/all", "")]});
    let manifest = documents(&[stage.store("vault", "sealbridge", &json!({})), push("app", pushed)]);
    let secret = secret("app", &json!({"password": "hunter2"}), &json!({}));
    stage.namespace.apply(&documents(std::slice::from_ref(&secret))).await;
    let _operator = stage.operator().start().await;
    stage.namespace.apply(&manifest).await;
    stage.is_synced("app").await;
    let mark = stage.mark();

    let seal = Seal::new();
    seal.write("push.yaml", &manifest);
    seal.run(&["migrate", "eso", "push.yaml"]).await.ok();
    stage.namespace.apply(&seal.read("push.yaml")).await;
    eventually(SOON, "the new object is synced", async || {
        let object = stage.namespace.api::<PushSecret>().get("app").await.map_err(|error| error.to_string())?;
        let pushed = object.status.unwrap_or_default().pushed;
        if pushed.len() == 2 { Ok(()) } else { Err(format!("{pushed:?}")) }
    })
    .await;
    stage.namespace.kubectl(&["delete", "pushsecrets.external-secrets.io", "app", "--wait=false"]).await.ok();
    stage.is_gone("app").await;
    stage.holds("shop/app", Some(json!({"password": "hunter2"}))).await;
    stage.holds("shop/all", Some(json!({"password": "hunter2"}))).await;
    assert_eq!(stage.writes(mark), 0, "equal values are not written, and none is taken back");
}

/// The live Secret, which is the same object with the same values, and the new object's alone.
async fn went_over(namespace: &Namespace<'_>, before: &Secret) -> Secret {
    let after = namespace.api::<Secret>().get(&before.name_any()).await.unwrap();
    let owners: Vec<&str> = after.owner_references().iter().map(|owner| owner.kind.as_str()).collect();
    assert_eq!((owners, after.uid()), (vec!["BridgedSecret"], before.uid()));
    assert_eq!((&after.data, &after.type_), (&before.data, &before.type_));
    after
}
