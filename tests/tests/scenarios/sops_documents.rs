//! SOPS documents made by the real `sops` become Secrets, in the namespaces that a SealingKey names and nowhere
//! else. A refusal must never touch the Secret that is there.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use sealbridge_tests::{Cluster, Operator, SecretHistory, Sops, eventually};
use serde_json::{Value, json};

use crate::sealing::{KeyPair, bytes, key_is_told};
use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message};

fn of_document(name: &str, document: &str) -> Value {
    bridged_secret(name, &json!({"refreshInterval": "10s", "dataFrom": [{"sops": document}]}))
}

fn sealing_key(namespaces: &[&str]) -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": "main"},
        "spec": {"identity": {"secretRef": {"name": "key"}}, "unboundNamespaces": namespaces}})
}

async fn encrypted(sops: &Sops, key: &KeyPair, name: &str, plain: &str) -> String {
    sops.write(name, plain.as_bytes());
    sops.run("", &["encrypt", "--age", &key.recipient, name]).await.text()
}

#[tokio::test]
async fn a_document_opens_in_the_namespaces_that_its_key_names_and_a_broken_one_changes_nothing() {
    let cluster = Cluster::private().await;
    let operator = Operator::of(&cluster).start().await;
    let (named, other) = (cluster.namespace("named").await, cluster.namespace("other").await);
    let (key, sops) = (KeyPair::new().await, Sops::new().await);
    cluster.apply(&documents(&[key.secret(&operator), sealing_key(&[named.name()])])).await;
    key_is_told(&cluster, "main", "Valid").await;

    let plain = "PASSWORD: hunter2\nPORT: 5432\nLIST:\n  - a\n  - b: true\nHOST_unencrypted: db\n";
    let document = encrypted(&sops, &key, "app.yaml", plain).await;
    named.apply(&documents(&[of_document("app", &document)])).await;
    let object = is_told(&named, "app", "Synced").await;
    assert_eq!(object.status.unwrap().opened_with, [key.id.as_str()]);
    has_text(&named, "app", "PASSWORD", "hunter2").await;
    for (entry, value) in [("PORT", "5432"), ("LIST", "[\"a\",{\"b\":true}]"), ("HOST_unencrypted", "db")] {
        assert_eq!(String::from_utf8(bytes(&named, "app", entry).await).unwrap(), value);
    }

    // What is offline is what is in the cluster, byte for byte.
    let developer = key.developer().await;
    developer.write("keys.txt", &key.identity);
    developer.write("app.json", &of_document("app", &document).to_string());
    let rendered = developer.run(&["render", "app.json", "-n", named.name(), "--reveal", "-i", "keys.txt"]).await.text();
    let live = named.api::<Secret>().get("app").await.unwrap();
    for (entry, value) in live.data.unwrap() {
        let line = format!("  \"{entry}\": \"{}\"\n", BASE64_STANDARD.encode(&value.0));
        assert!(rendered.contains(&line), "{line}{rendered}");
    }

    // The same document pasted elsewhere.
    other.apply(&documents(&[of_document("app", &document)])).await;
    let told = message(&is_told(&other, "app", "NoKey").await);
    assert!(told.contains("spec.unboundNamespaces") && told.contains(other.name()), "{told}");
    assert!(other.api::<Secret>().get_opt("app").await.unwrap().is_none());

    // A document that was changed by something else than SOPS, and one that is another Secret.
    let before = named.api::<Secret>().get("app").await.unwrap();
    let history = SecretHistory::record(&named, "app").await;
    named.apply(&documents(&[of_document("app", &document.replace("HOST_unencrypted: db", "HOST_unencrypted: evil"))])).await;
    let told = message(&is_told(&named, "app", "SealedInvalid").await);
    assert!(told.contains("dataFrom[0]") && told.contains("MAC does not agree") && !told.contains("evil"), "{told}");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n    name: elsewhere\nstringData:\n    PASSWORD: stolen\n";
    let secret = encrypted(&sops, &key, "secret.yaml", secret).await;
    named.apply(&documents(&[of_document("app", &secret)])).await;
    let told = message(&is_told(&named, "app", "SealedForOther").await);
    assert!(told.contains("elsewhere") && !told.contains("stolen"), "{told}");
    let after = named.api::<Secret>().get("app").await.unwrap();
    assert_eq!(after.metadata.resource_version, before.metadata.resource_version);
    history.assert_never_without(&["PASSWORD"]);

    // Named later, the other namespace opens it without anybody touching the object there.
    cluster.apply(&documents(&[sealing_key(&[named.name(), other.name()])])).await;
    has_text(&other, "app", "PASSWORD", "hunter2").await;
    // And named no more, it says so; the Secret stays.
    cluster.apply(&documents(&[sealing_key(&[named.name()])])).await;
    is_told(&other, "app", "NoKey").await;
    has_text(&other, "app", "PASSWORD", "hunter2").await;
    eventually(SOON, "the key is in use", async || {
        let key = key_is_told(&cluster, "main", "Valid").await;
        let in_use = key.status.and_then(|status| status.in_use);
        if in_use == Some(2) { Ok(()) } else { Err(format!("{in_use:?}")) }
    })
    .await;
}
