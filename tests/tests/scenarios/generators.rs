//! Generators of ExternalSecrets on a real API server: what they make, and that they run once in a slot and for nothing
//! else.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use sealbridge_tests::{Cluster, Namespace, Operator, OperatorBuilder, eventually};
use serde_json::{Value, json};

use crate::external_secrets::objects;
use crate::stage::{SOON, documents, other_kinds, text};

pub(crate) const GENERATORS: &str = "generators.external-secrets.io/v1alpha1";

/// A generator object.
pub(crate) fn generator(kind: &str, name: &str, spec: Value) -> Value {
    let mut object = json!({"apiVersion": GENERATORS, "kind": kind, "metadata": {"name": name}});
    object["spec"] = spec;
    object
}

/// A source that a generator brings.
pub(crate) fn from(kind: &str, name: &str) -> Value {
    json!({"sourceRef": {"generatorRef": {"apiVersion": GENERATORS, "kind": kind, "name": name}}})
}

/// An ExternalSecret that is this operator's although it names no store.
pub(crate) fn adopted(name: &str, spec: Value) -> Value {
    let metadata = json!({"name": name, "annotations": {"sealbridge.dev/adopt": "true"}});
    let mut object = json!({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": metadata});
    object["spec"] = spec;
    object
}

pub(crate) fn operator<'a>(cluster: &'a Cluster, namespace: &Namespace<'_>) -> OperatorBuilder<'a> {
    Operator::of(cluster).watch(namespace).flag("--dialect=external-secrets")
}

/// Waits until the Secret is there.
pub(crate) async fn made(namespace: &Namespace<'_>, name: &str) -> Secret {
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, &format!("{name} is made"), async || secrets.get(name).await.map_err(|error| error.to_string())).await
}

/// Waits until an entry is not what it was.
async fn changes(namespace: &Namespace<'_>, name: &str, key: &str, was: &str) -> String {
    let secrets: Api<Secret> = namespace.api();
    eventually(SOON, &format!("{key} of {name} changes"), async || {
        let secret = secrets.get(name).await.map_err(|error| error.to_string())?;
        text(&secret, key).filter(|now| now != was).ok_or_else(|| "it is as it was".to_owned())
    })
    .await
}

/// Waits until Ready has this status, and tells its reason and message.
pub(crate) async fn ready(namespace: &Namespace<'_>, name: &str, status: &str) -> (String, String) {
    eventually(SOON, &format!("{name} is Ready={status}"), async || {
        let object = objects(namespace, "ExternalSecret").get(name).await.map_err(|error| error.to_string())?;
        let ready = &object.data["status"]["conditions"][0];
        let word = |field: &str| ready[field].as_str().unwrap_or_default().to_owned();
        if word("status") == status { Ok((word("reason"), word("message"))) } else { Err(ready.to_string()) }
    })
    .await
}

async fn present(namespace: &Namespace<'_>, name: &str, key: &str) -> String {
    text(&namespace.api::<Secret>().get(name).await.expect("the Secret"), key).expect("the entry")
}

#[tokio::test]
async fn each_kind_makes_what_its_spec_says() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("generators").await;
    namespace
        .apply(&documents(&[
            generator("Password", "p", json!({"length": 16, "digits": 4, "symbols": 0, "noUpper": true, "secretKeys": ["a", "b"]})),
            generator("UUID", "u", json!({})),
            generator("SSHKey", "s", json!({"keyType": "ed25519", "comment": "deploy@ci"})),
            generator("Fake", "f", json!({"data": {"user": "app", "x": "1"}})),
            adopted(
                "all",
                json!({
                    "refreshInterval": "1h",
                    "dataFrom": [from("Password", "p"), from("UUID", "u"), from("SSHKey", "s"), {
                        "sourceRef": {"generatorRef": {"kind": "Fake", "name": "f"}},
                        "rewrite": [{"regexp": {"source": "^user$", "target": "login"}}]}],
                }),
            ),
        ]))
        .await;
    let _operator = operator(cluster, &namespace).start().await;
    let secret = made(&namespace, "all").await;
    let of = |key: &str| text(&secret, key).unwrap_or_default();
    let keys: Vec<_> = secret.data.as_ref().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["a", "b", "login", "privateKey", "publicKey", "uuid", "x"]);
    for key in ["a", "b"] {
        assert_eq!((of(key).len(), of(key).chars().filter(char::is_ascii_digit).count()), (16, 4), "{key}");
        assert!(of(key).chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{key}");
    }
    assert_ne!(of("a"), of("b"));
    assert!(of("privateKey").starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    assert!(of("publicKey").starts_with("ssh-ed25519 ") && of("publicKey").ends_with(" deploy@ci\n"));
    assert_eq!((of("uuid").len(), of("login").as_str()), (36, "app"));
    assert_eq!(ready(&namespace, "all", "True").await.0, "SecretSynced");
    let told = json!(secret.annotations()).to_string();
    assert!(!told.contains(&of("a")) && !told.contains(&of("uuid")), "{told}");
}

#[tokio::test]
async fn a_generator_runs_once_in_a_slot_and_a_restart_is_none() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("generators").await;
    let once = |interval: &str| json!({"refreshInterval": interval, "dataFrom": [from("Password", "p")]});
    namespace
        .apply(&documents(&[
            generator("Password", "p", json!({})),
            adopted("often", once("2s")),
            adopted("rarely", once("87600h")),
            adopted("never-again", once("0")),
            adopted("created", json!({"refreshPolicy": "CreatedOnce", "dataFrom": [from("Password", "p")]})),
        ]))
        .await;
    let mut operator = operator(cluster, &namespace).start().await;
    made(&namespace, "often").await;
    let still = ["rarely", "never-again", "created"];
    let mut before = Vec::new();
    for name in still {
        let secret = made(&namespace, name).await;
        ready(&namespace, name, "True").await;
        before.push((text(&secret, "password").unwrap(), secret.resource_version()));
    }
    for _ in 0..2 {
        let last = present(&namespace, "often", "password").await;
        changes(&namespace, "often", "password", &last).await;
    }
    operator.stop().await;
    let last = present(&namespace, "often", "password").await;
    operator.start_again().await;
    changes(&namespace, "often", "password", &last).await;
    for (name, before) in still.iter().zip(&before) {
        let secret = namespace.api::<Secret>().get(name).await.unwrap();
        assert_eq!((text(&secret, "password").unwrap(), secret.resource_version()), *before, "{name}");
    }
}

#[tokio::test]
async fn nothing_but_a_slot_an_edit_of_the_generator_and_a_request_makes_it_run_again() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("generators").await;
    let spec = json!({"refreshInterval": "87600h", "dataFrom": [from("Password", "p"), from("Fake", "f")]});
    namespace
        .apply(&documents(&[
            generator("Password", "p", json!({"secretKeys": ["a", "b"]})),
            generator("Fake", "f", json!({"data": {"x": "1"}})),
            adopted("app", spec.clone()),
        ]))
        .await;
    let operator = operator(cluster, &namespace).start().await;
    let secret = made(&namespace, "app").await;
    let first = (text(&secret, "a").unwrap(), text(&secret, "b").unwrap());
    let secrets: Api<Secret> = namespace.api();
    let has = async |what: &str, holds: &dyn Fn(&Secret) -> bool| {
        let secret = eventually(SOON, what, async || {
            let secret = secrets.get("app").await.map_err(|error| error.to_string())?;
            if holds(&secret) { Ok(secret) } else { Err(format!("{:?}", secret.metadata)) }
        })
        .await;
        (text(&secret, "a").unwrap_or_default(), text(&secret, "b").unwrap_or_default())
    };
    // Each by somebody else: who undoes something again and again is let have it for a while.
    let merge = async |who: &str, patch: Value| {
        let params = PatchParams { field_manager: Some(who.to_owned()), ..PatchParams::default() };
        drop(secrets.patch("app", &params, &Patch::Merge(patch)).await.unwrap());
    };

    // A label of the object, which the Secret gets.
    let mut labelled = adopted("app", spec.clone());
    labelled["metadata"]["labels"] = json!({"team": "shop"});
    namespace.apply(&labelled.to_string()).await;
    assert_eq!(has("the label is there", &|secret| secret.labels().contains_key("team")).await, first);
    // Another generator's edit.
    namespace.apply(&generator("Fake", "f", json!({"data": {"x": "2"}})).to_string()).await;
    assert_eq!(has("the other value is there", &|secret| text(secret, "x").as_deref() == Some("2")).await, first);
    // A heal of what is around the values, and of a value of another generator.
    merge("one", json!({"metadata": {"labels": {"sealbridge.dev/managed": null}}})).await;
    assert_eq!(has("the mark is back", &|secret| secret.labels().contains_key("sealbridge.dev/managed")).await, first);
    merge("two", json!({"stringData": {"x": "edited", "more": "foreign"}})).await;
    let healed = |secret: &Secret| text(secret, "x").as_deref() == Some("2") && text(secret, "more").is_none();
    assert_eq!(has("the edit is undone", &healed).await, first);

    // A value that is lost: both of its run are made anew.
    merge("three", json!({"stringData": {"a": "edited"}})).await;
    let second = has("a new value is there", &|secret| text(secret, "a").as_deref() != Some("edited")).await;
    assert!(second.0 != first.0 && second.1 != first.1);
    // Somebody asks for it.
    let mut asked = labelled.clone();
    asked["metadata"]["annotations"]["force-sync"] = json!("1");
    namespace.apply(&asked.to_string()).await;
    let third = has("a new value is there", &|secret| text(secret, "a").as_deref() != Some(&second.0)).await;
    namespace.apply(&labelled.to_string()).await;
    let is_settled = |secret: &Secret| !secret.annotations().contains_key("force-sync");
    assert_eq!(has("the request is taken back", &is_settled).await, third);
    // The generator is edited.
    namespace.apply(&generator("Password", "p", json!({"length": 40, "secretKeys": ["a", "b"]})).to_string()).await;
    has("the longer value is there", &|secret| text(secret, "a").is_some_and(|value| value.len() == 40)).await;
    drop(operator);
}

#[tokio::test]
async fn what_keeps_a_generator_from_running_is_told_and_the_secret_stays() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("generators").await;
    let spec = json!({"refreshInterval": "1h", "dataFrom": [from("Password", "p")]});
    namespace.apply(&adopted("app", spec).to_string()).await;
    let _operator = operator(cluster, &namespace).start().await;
    let (reason, message) = ready(&namespace, "app", "False").await;
    assert_eq!(reason, "SecretSyncedError");
    assert!(message.contains("Password/p") && message.contains("there is no such generator"), "{message}");
    namespace.apply(&generator("Password", "p", json!({})).to_string()).await;
    let secret = made(&namespace, "app").await;
    ready(&namespace, "app", "True").await;
    namespace.apply(&generator("Password", "p", json!({"length": 4, "digits": 9})).to_string()).await;
    let (_, message) = ready(&namespace, "app", "False").await;
    assert!(message.contains("spec.length: it is less than"), "{message}");
    namespace.apply(&generator("Password", "p", json!({"lenght": 9})).to_string()).await;
    eventually(SOON, "the misspelt field is named", async || {
        let (_, message) = ready(&namespace, "app", "False").await;
        if message.contains("spec.lenght is not a known field") { Ok(()) } else { Err(message) }
    })
    .await;
    assert_eq!(namespace.api::<Secret>().get("app").await.unwrap().data, secret.data);
}

#[tokio::test]
async fn what_templates_make_of_generated_values_stays_too() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("generators").await;
    namespace
        .apply(&documents(&[
            generator("Password", "p", json!({"symbols": 0})),
            adopted(
                "app",
                json!({"refreshInterval": "87600h", "dataFrom": [from("Password", "p")],
                    "target": {"template": {"data": {"url": "db://app:{{ .password }}@db"}}}}),
            ),
        ]))
        .await;
    let mut operator = operator(cluster, &namespace).start().await;
    let secret = made(&namespace, "app").await;
    let url = text(&secret, "url").unwrap();
    assert!(url.len() > 20);
    ready(&namespace, "app", "True").await;
    operator.stop().await;
    operator.start_again().await;
    // Around the data: the Secret is whole, so that nothing runs.
    let patch = Patch::Merge(json!({"metadata": {"labels": {"sealbridge.dev/managed": null}}}));
    namespace.api::<Secret>().patch("app", &PatchParams::default(), &patch).await.unwrap();
    eventually(SOON, "the mark is back", async || {
        let secret = namespace.api::<Secret>().get("app").await.map_err(|error| error.to_string())?;
        if secret.labels().contains_key("sealbridge.dev/managed") { Ok(()) } else { Err("not yet".to_owned()) }
    })
    .await;
    assert_eq!(present(&namespace, "app", "url").await, url);
}

#[tokio::test]
async fn a_generator_of_the_cluster_serves_every_namespace_and_each_object_has_its_own_run() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("generators").await;
    let name = format!("of-{}", namespace.name());
    let spec = json!({"kind": "Password", "generator": {"passwordSpec": {"length": 12}}});
    cluster.apply(&generator("ClusterGenerator", &name, spec).to_string()).await;
    let spec = json!({"refreshInterval": "1h", "dataFrom": [from("ClusterGenerator", &name)]});
    namespace.apply(&documents(&[adopted("one", spec.clone()), adopted("two", spec)])).await;
    let _operator = operator(cluster, &namespace).start().await;
    let values: BTreeSet<_> = [made(&namespace, "one").await, made(&namespace, "two").await]
        .iter()
        .map(|secret| text(secret, "password").unwrap())
        .collect();
    assert!(values.len() == 2 && values.iter().all(|value| value.len() == 12));
}

#[tokio::test]
async fn a_cluster_without_the_kind_is_told_on_the_object_and_hinders_nothing_else() {
    let cluster = Cluster::private().await;
    cluster.kubectl(&["delete", "crd", "passwords.generators.external-secrets.io"]).await.ok();
    let namespace = cluster.namespace("generators").await;
    let of = |kind: &str, name: &str| adopted(name, json!({"refreshInterval": "1h", "dataFrom": [from(kind, name)]}));
    namespace.apply(&documents(&[generator("UUID", "u", json!({})), of("Password", "p"), of("UUID", "u")])).await;
    let mut operator = operator(&cluster, &namespace).start().await;
    made(&namespace, "u").await;
    let (_, message) = ready(&namespace, "p", "False").await;
    assert!(message.contains("the cluster has no such kind"), "{message}");
    operator.stop().await;
    operator.start_again().await;
    ready(&namespace, "u", "True").await;
}

const TARGET_KINDS: &str = "--target-kinds=ConfigMap,traefik.io/v1alpha1/Middleware";

/// What an object of any kind has at a path.
async fn stands(namespace: &Namespace<'_>, kind: &str, name: &str, pointer: &str) -> (String, Value) {
    eventually(SOON, &format!("{kind} {name} has {pointer}"), async || {
        let found = namespace.kubectl(&["get", kind, name, "--output=json"]).await;
        let object: Value = serde_json::from_str(&found.stdout).map_err(|_| found.stderr)?;
        let text = object.pointer(pointer).and_then(Value::as_str).ok_or("it is not there")?;
        Ok((text.to_owned(), object["metadata"].clone()))
    })
    .await
}

#[tokio::test]
async fn objects_of_other_kinds_keep_what_generators_made() {
    let cluster = Cluster::shared().await;
    other_kinds(cluster).await;
    let namespace = cluster.namespace("generators").await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    let route = json!({"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware"});
    let spec = |interval: &str, target: Value| json!({"refreshInterval": interval, "dataFrom": [from("Password", "p"), from("Fake", "f")], "target": target});
    let alone =
        |interval: &str, target: Value| json!({"refreshInterval": interval, "dataFrom": [from("Password", "p")], "target": target});
    let template = json!({"templateFrom": [{"target": "spec.headers.customRequestHeaders",
        "literal": "X-Key: \"{{ .password | b64enc }}\"\n"}]});
    let objects = [
        ("map", "configmap", "/data/password", spec("87600h", json!({"manifest": map}))),
        ("once", "configmap", "/data/password", alone("0", json!({"manifest": map}))),
        ("merged", "configmap", "/data/password", spec("87600h", json!({"manifest": map, "creationPolicy": "CreateOrMerge"}))),
        ("route", "middleware", "/spec/data/password", spec("87600h", json!({"manifest": route}))),
        (
            "part",
            "middleware",
            "/spec/headers/customRequestHeaders/X-Key",
            alone("87600h", json!({"manifest": route, "template": template})),
        ),
    ];
    let mut documents_of = vec![
        generator("Password", "p", json!({"symbols": 6, "symbolCharacters": "\"\\/;,%&"})),
        generator("Fake", "f", json!({"data": {"x": "1"}})),
    ];
    documents_of.extend(objects.iter().map(|(name, _, _, spec)| adopted(name, spec.clone())));
    namespace.apply(&documents(&documents_of)).await;
    let mut operator = operator(cluster, &namespace).flag(TARGET_KINDS).start().await;
    let mut before = Vec::new();
    for (name, kind, pointer, _) in &objects {
        before.push(stands(&namespace, kind, name, pointer).await);
        ready(&namespace, name, "True").await;
    }
    let last = &before[0].1["annotations"]["sealbridge.dev/generated"];
    assert!(last.as_str().is_some_and(|record| !record.contains(&before[0].0)), "{last}");

    operator.stop().await;
    operator.start_again().await;
    // Another generator's edit reaches those that name it; the passwords stay, also where a template made something of one.
    namespace.apply(&generator("Fake", "f", json!({"data": {"x": "2"}})).to_string()).await;
    for (name, kind, pointer) in
        [("map", "configmap", "/data/x"), ("merged", "configmap", "/data/x"), ("route", "middleware", "/spec/data/x")]
    {
        eventually(SOON, &format!("{name} has the other value"), async || {
            let (found, _) = stands(&namespace, kind, name, pointer).await;
            if found == "2" { Ok(()) } else { Err(found) }
        })
        .await;
    }
    for ((name, kind, pointer, _), before) in objects.iter().zip(&before) {
        assert_eq!(stands(&namespace, kind, name, pointer).await.0, before.0, "{name}");
    }
    let untouched = stands(&namespace, "configmap", "once", "/data/password").await;
    assert_eq!(untouched.1["resourceVersion"], before[1].1["resourceVersion"]);

    // A request, and a value that is lost, make another one.
    let lost = namespace
        .kubectl(&["patch", "middleware", "route", "--type=merge", "--patch", r#"{"spec":{"data":{"password":"edited"}}}"#])
        .await;
    assert!(lost.success, "{}", lost.stderr);
    let mut asked = adopted("map", objects[0].3.clone());
    asked["metadata"]["annotations"]["force-sync"] = json!("1");
    namespace.apply(&asked.to_string()).await;
    for (name, kind, pointer, was) in
        [("route", "middleware", "/spec/data/password", &before[3].0), ("map", "configmap", "/data/password", &before[0].0)]
    {
        eventually(SOON, &format!("{name} has a new password"), async || {
            let (found, _) = stands(&namespace, kind, name, pointer).await;
            if found == *was || found == "edited" { Err("not yet".to_owned()) } else { Ok(()) }
        })
        .await;
    }
}
