//! `seal render` with live stores, beside what the operator writes.

use k8s_openapi::api::core::v1::Secret;
use sealbridge_tests::{Bao, Cluster, Moto, Operator, Seal};
use serde_json::{Value, json};

use crate::stage::{bridged_secret, documents, has_text, vault_store};

fn secret_of(yaml: &str) -> Secret {
    serde_saphyr::from_str(yaml).unwrap()
}

#[tokio::test]
async fn what_is_rendered_is_what_the_operator_writes() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("render").await;
    let mount = bao.kv2("render").await;
    mount.put("shop/db", &[("username", "app"), ("password", "p\"ä\n")]).await;
    vault_store(&namespace, bao, &mount).await;
    let spec = json!({
        "secretStoreRef": {"name": "vault"},
        "data": {
            "DB_USER": {"remoteRef": {"key": "shop/db", "property": "username"}},
            "DB": {"remoteRef": {"key": "shop/db"}},
            "LOG_LEVEL": {"plain": "info"},
        },
        "target": {
            "name": "checkout-env",
            "template": {"type": "example.com/custom", "metadata": {"labels": {"team": "shop"}, "annotations": {"on": "1.10"}}},
        },
    });
    let store = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "vault"}, "spec": {"provider": {"vault": {
        "server": bao.url(), "path": mount.path(), "auth": {"tokenSecretRef": {"name": "vault-token", "key": "token"}},
    }}}});
    let manifest = bridged_secret("checkout", &spec);
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    namespace.apply(&documents(std::slice::from_ref(&manifest))).await;
    let written = has_text(&namespace, "checkout-env", "LOG_LEVEL", "info").await;

    let token = bao.token(mount.namespace(), &[&mount.read_policy().await], json!({})).await;
    let seal = Seal::new().env("VAULT_TOKEN", token);
    seal.write("checkout.yaml", &documents(&[store, manifest]));
    let render = ["render", "checkout.yaml", "--stores", "live", "-n", namespace.name()];
    let rendered = secret_of(&seal.run(&[&render[..], &["--reveal"]].concat()).await.text());

    assert_eq!(rendered.data, written.data);
    assert_eq!(rendered.type_, written.type_);
    assert_eq!(rendered.metadata.labels, written.metadata.labels);
    let bookkeeping = |name: &String| name.starts_with("sealbridge.dev/");
    let mut annotations = written.metadata.annotations.unwrap();
    annotations.retain(|name, _| !bookkeeping(name));
    assert_eq!(rendered.metadata.annotations, Some(annotations));

    let redacted = seal.run(&render).await.text();
    assert!(!redacted.contains("YXBw"), "a value without --reveal: {redacted}");
}

#[tokio::test]
async fn aws_is_read_with_the_persons_own_credentials() {
    let moto = Moto::shared().await;
    moto.put("render/token", r#"{"value":"from-aws"}"#).await;
    let seal = Seal::new().env("AWS_ACCESS_KEY_ID", "harness").env("AWS_SECRET_ACCESS_KEY", "harness");
    let aws = json!({
        "service": "SecretsManager", "region": moto.region(), "endpoint": moto.url(),
        "auth": {"secretRef": {
            "accessKeyIDSecretRef": {"name": "in-the-cluster", "key": "id"},
            "secretAccessKeySecretRef": {"name": "in-the-cluster", "key": "key"},
        }},
    });
    let store = json!({"apiVersion": "sealbridge.dev/v1", "kind": "ClusterSecretStore", "metadata": {"name": "aws"}, "spec": {"provider": {"aws": aws}}});
    let spec = json!({
        "secretStoreRef": {"name": "aws", "kind": "ClusterSecretStore"},
        "data": {"TOKEN": {"remoteRef": {"key": "render/token", "property": "value"}}},
    });
    seal.write("checkout.yaml", &documents(&[store, bridged_secret("checkout", &spec)]));
    let render = ["render", "checkout.yaml", "--stores", "live", "--reveal", "-n", "shop"];
    let rendered = secret_of(&seal.run(&render).await.text());
    assert_eq!(rendered.data.unwrap()["TOKEN"].0, b"from-aws");
}

#[tokio::test]
async fn a_store_that_refuses_is_told_and_no_value_with_it() {
    let bao = Bao::shared().await;
    let mount = bao.kv2("refused").await;
    mount.put("app", &[("key", "canary-hunter2")]).await;
    // Without any policy it would have those of its parent, the root token.
    let token = bao.token(mount.namespace(), &["default"], json!({})).await;
    let seal = Seal::new().env("VAULT_TOKEN", token);
    let provider: Value = json!({"openBao": {"server": bao.url(), "path": mount.path(), "auth": {}}});
    let store = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "bao"}, "spec": {"provider": provider}});
    let spec = json!({
        "secretStoreRef": {"name": "bao"},
        "data": {"A": {"remoteRef": {"key": "app", "property": "key"}}},
    });
    seal.write("checkout.yaml", &documents(&[store, bridged_secret("checkout", &spec)]));
    let told = seal.run(&["render", "checkout.yaml", "--stores", "live", "-n", "shop"]).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.contains("grant the store's identity read access"), "{told}");
    assert!(told.stdout.is_empty() && !told.stderr.contains("hunter2"), "{told}");
}
