//! `kubectl seal why`: the whole story of one Secret, and no value in it.

use sealbridge_tests::{Bao, Seal};
use serde_json::{Value, json};

use crate::kubectl_status::person;
use crate::kubectl_uses::deployment;
use crate::sealing::{SealingCluster, sealed};
use crate::stage::{bridged_secret, documents, has_text, is_told, remote, vault_store};

async fn told(person: &Seal, namespace: &str, asked: &[&str]) -> (String, Value) {
    let asked = [&["why", "-n", namespace], asked].concat();
    let text = person.kubectl(&asked).await.text();
    let json = person.kubectl(&[&asked[..], &["-o", "json"]].concat()).await.ok();
    (text, serde_json::from_slice(&json).unwrap())
}

fn entry<'a>(story: &'a Value, name: &str) -> &'a Value {
    story["entries"].as_array().unwrap().iter().find(|entry| entry["entry"] == name).unwrap()
}

fn workload<'a>(story: &'a Value, name: &str) -> &'a Value {
    story["workloads"].as_array().unwrap().iter().find(|workload| workload["name"] == name).unwrap()
}

#[tokio::test]
async fn every_part_of_the_story_is_told() {
    let stage = SealingCluster::shared().await;
    let namespace = stage.cluster.namespace("why").await;
    let here = namespace.name();
    let bao = Bao::shared().await;
    let mount = bao.kv2("why").await;
    mount.put("shop/db", &[("password", "canary-first")]).await;
    vault_store(&namespace, bao, &mount).await;
    let developer = stage.key.developer().await;
    let value = sealed(&developer, here, "env", "TOKEN", "strict", "canary-sealed").await;
    let spec = |level: &str| {
        let mut password = remote("shop/db", "password");
        password["secretStoreRef"] = json!({"name": "vault"});
        let data = json!({"PASSWORD": password, "TOKEN": {"sealed": value}, "A": {"plain": level}});
        let rollout = json!([{"kind": "Deployment", "name": "web"}, {"kind": "Deployment", "name": "gone"}]);
        bridged_secret("app", &json!({"data": data, "target": {"name": "env"}, "rollout": rollout}))
    };
    namespace.apply(&documents(&[deployment("web", "env"), deployment("deaf", "env"), spec("canary-plain")])).await;
    is_told(&namespace, "app", "Synced").await;
    has_text(&namespace, "env", "PASSWORD", "canary-first").await;
    let person = person(stage.cluster);

    let (text, story) = told(&person, here, &["app"]).await;
    assert!(!text.contains("canary") && !story.to_string().contains("canary"), "{text}");
    assert_eq!((&story["secret"], &story["ready"]), (&json!("env"), &json!(true)));
    let password = entry(&story, "PASSWORD");
    assert_eq!((&password["store"], &password["key"]), (&json!("SecretStore/vault"), &json!("shop/db")));
    assert_eq!((&password["property"], &password["servedVersion"]), (&json!("password"), &json!("1")));
    assert!(password["changedAt"].is_string() && story["refresh"]["next"].is_string(), "{story}");
    let token = entry(&story, "TOKEN");
    assert_eq!((&token["scope"], &token["keyIds"]), (&json!("strict"), &json!([stage.key.id])));
    assert_eq!(story["sealingKeys"][0]["name"], "main");
    assert_eq!(story["sealingKeys"][0]["opened"], true);
    assert_eq!(entry(&story, "A")["source"], "plain");
    let defaults = &story["defaults"];
    assert_eq!((&defaults["refreshInterval"], &defaults["target.deletionPolicy"]), (&json!("5m"), &json!("Retain")));
    assert!(defaults["target.name"].is_null(), "what is given is no default");
    assert_eq!((&story["stores"][0]["ready"], &story["rollout"]["done"]), (&json!(true), &json!(true)));
    assert_eq!(story["live"]["owners"], json!([{"kind": "BridgedSecret", "name": "app", "thisObject": true}]));
    assert_eq!(story["live"]["writers"][0]["manager"], "sealbridge");
    assert_eq!(workload(&story, "deaf")["follows"], false);
    assert!(workload(&story, "deaf")["explained"].as_str().unwrap().contains("name it under spec.rollout"));
    assert!(workload(&story, "gone")["explained"].as_str().unwrap().starts_with("does not exist"));

    let (text, one) = told(&person, here, &["env", "TOKEN"]).await;
    assert_eq!(one["entries"].as_array().unwrap().len(), 1, "by the Secret's name, and one entry: {text}");
    let missing = person.kubectl(&["why", "-n", here, "app", "NOTHING"]).await;
    assert_eq!(missing.status, Some(2), "{missing}");

    // A failure is told in full, with what to do.
    let broken = spec("canary-plain").to_string().replace("\"shop/db\"", "\"shop/nowhere\"");
    namespace.apply(&broken).await;
    let object = is_told(&namespace, "app", "SourceNotFound").await;
    let message = crate::stage::message(&object);
    let (text, story) = told(&person, here, &["app"]).await;
    assert_eq!((&story["ready"], &story["message"]), (&json!(false), &json!(message)));
    assert!(text.contains("state: NOT READY, SourceNotFound (since 20") && text.contains(&message), "{text}");
    assert!(entry(&story, "PASSWORD")["servedVersion"].is_null(), "no version of another key");
}
