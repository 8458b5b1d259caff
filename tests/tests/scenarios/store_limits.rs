//! What one namespace may have of a store that several share, asked for in every way in which it could be had: what is
//! refused never reaches the store, and the condition names the limits that were tried.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Cluster, Moto, Namespace, Operator, Recorder, eventually};
use serde_json::{Value, json};

use crate::external_secrets::{external_secret, objects};
use crate::provider_aws::operations;
use crate::sealing::{KeyPair, key_is_told, key_message};
use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message, remote, rounds_pass};

const ALL: [&str; 2] = ["Read", "Find"];

fn limit(name: &str, namespace: &Namespace<'_>, prefixes: &[&str], actions: &[&str]) -> Value {
    json!({"name": name, "namespaces": [namespace.name()], "keyPrefixes": prefixes, "actions": actions})
}

fn store(name: &str, provider: Value, limits: Value) -> Value {
    let mut store =
        json!({"apiVersion": "sealbridge.dev/v1", "kind": "ClusterSecretStore", "metadata": {"name": name}, "spec": {}});
    store["spec"]["provider"] = provider;
    store["spec"]["limits"] = limits;
    store
}

/// The provider of a KV2 mount whose token, which may read all of it, stands in a namespace of its own.
async fn vault(home: &Namespace<'_>, bao: &Bao, mount: &Mount<'_>) -> Value {
    let policy = mount.read_policy().await;
    let token = bao.token(mount.namespace(), &[&policy], json!({})).await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"token": token}});
    home.apply(&secret.to_string()).await;
    let auth = json!({"tokenSecretRef": {"name": "login", "key": "token", "namespace": home.name()}});
    json!({"vault": {"server": bao.url(), "path": mount.path(), "auth": auth}})
}

fn of_store(name: &str, more: Value) -> Value {
    let mut spec = json!({"secretStoreRef": {"name": "limited", "kind": "ClusterSecretStore"}, "refreshInterval": "10s"});
    if let Value::Object(more) = more {
        spec.as_object_mut().unwrap().extend(more);
    }
    bridged_secret(name, &spec)
}

fn reads(name: &str, key: &str) -> Value {
    of_store(name, json!({"data": {"A": remote(key, "p")}}))
}

fn finds(name: &str, find: Value) -> Value {
    let mut spec = json!({"dataFrom": [{}]});
    spec["dataFrom"][0]["find"] = find;
    of_store(name, spec)
}

/// Waits until the object is refused, and looks at the words.
async fn is_refused(namespace: &Namespace<'_>, name: &str, words: &[&str]) {
    let told = message(&is_told(namespace, name, "StoreNotAllowed").await);
    for word in words.iter().chain(&["ClusterSecretStore/limited"]) {
        assert!(told.contains(word), "{name}: {told}");
    }
    assert!(namespace.api::<Secret>().get_opt(name).await.unwrap().is_none(), "{name}");
}

#[tokio::test]
async fn keys_outside_of_the_limits_are_refused_before_the_store_is_asked() {
    let (cluster, bao) = (Cluster::private().await, Bao::shared().await);
    let (home, a, b) = tokio::join!(cluster.namespace("home"), cluster.namespace("team-a"), cluster.namespace("team-b"));
    let mount = bao.kv2("limits").await;
    for key in ["team-a/db", "team-b/db", "team-ab/db", "data/team-b", "team-a"] {
        mount.put(key, &[("p", key)]).await;
    }
    let provider = vault(&home, bao, &mount).await;
    let limits = json!([
        limit("own", &a, &["team-a"], &ALL),
        limit("own-too", &a, &[&format!("{}/more", mount.path())], &["Read"]),
        limit("finds", &b, &["team-b"], &["Find"]),
    ]);
    cluster.apply(&store("limited", provider, limits).to_string()).await;
    let _operator = Operator::of(&cluster).watch(&home).watch(&a).watch(&b).start().await;
    let mark = bao.mark();

    let kv = mount.path();
    let keys = [
        "team-b/db".to_owned(),
        "team-ab/db".to_owned(),
        "team".to_owned(),
        "data/team-b".to_owned(),
        format!("{kv}/team-b/db"),
        format!("{kv}/data/team-b/db"),
        format!("{kv}/{kv}/team-a/db"),
        "team-a/../team-b/db".to_owned(),
        "team-a//db".to_owned(),
        "/team-a/db".to_owned(),
        "team-a/./db".to_owned(),
        "team-a/%2e%2e/team-b/db".to_owned(),
        "team-a%2Fdb".to_owned(),
        "team-a/..;/team-b/db".to_owned(),
        "team-a\\..\\team-b".to_owned(),
        "team-a/db?version=1".to_owned(),
        "team-a\u{ff0f}db".to_owned(),
    ];
    let objects: Vec<_> = keys.iter().enumerate().map(|(n, key)| reads(&format!("key-{n}"), key)).collect();
    let searches = [
        ("find-all", json!({"name": {"regexp": "."}})),
        ("find-by-tags", json!({"tags": {"team": "a"}})),
        ("find-others", json!({"path": "team-b", "name": {"regexp": "."}})),
        ("find-beside", json!({"path": "team-ab/"})),
        ("find-above", json!({"path": format!("{kv}/")})),
        ("find-out-of-it", json!({"path": "team-a/../team-b"})),
        ("find-where-only-read", json!({"path": "more"})),
    ];
    let metadata = json!({"data": {"A": {"remoteRef": {"key": "team-b/db", "metadataPolicy": "Fetch"}}}});
    let extract = json!({"dataFrom": [{"extract": {"key": "team-b/db"}}]});
    let both = json!({"data": {"A": remote("team-a/db", "p"), "B": remote("team-b/db", "p")}});
    let others = [of_store("metadata", metadata), of_store("extract", extract)];
    a.apply(&documents(&[&objects[..], &searches.clone().map(|(name, find)| finds(name, find)), &others].concat())).await;
    b.apply(&documents(&[reads("read-where-only-find", "team-b/db")])).await;
    home.apply(&documents(&[reads("nobody", "team-a/db")])).await;
    for (n, key) in keys.iter().enumerate() {
        is_refused(&a, &format!("key-{n}"), &[&format!("{key:?}"), "limits own, own-too", "entry A"]).await;
    }
    for (name, _) in searches {
        is_refused(&a, name, &["limits own, own-too", "dataFrom[0]"]).await;
    }
    for (name, words) in [("metadata", "Read of \"team-b/db\""), ("extract", "Read of \"team-b/db\"")] {
        is_refused(&a, name, &[words]).await;
    }
    is_refused(&b, "read-where-only-find", &["limits finds"]).await;
    is_refused(&home, "nobody", &["none of them is for namespace"]).await;
    let asked: Vec<_> = bao.requests(mark).under(kv).iter().map(|request| request.path.clone()).collect();
    assert!(asked.is_empty(), "{asked:?}");

    // What the namespaces may have, so that silence above means refusal; and what one entry may not have, none gets.
    let api_path = format!("{kv}/data/team-a/db");
    let good =
        [reads("plain", "team-a/db"), reads("api-path", &api_path), reads("prefix-itself", "team-a"), of_store("both", both)];
    a.apply(&documents(&[&good[..], &[finds("found", json!({"path": "team-a"}))]].concat())).await;
    b.apply(&documents(&[finds("found", json!({"path": format!("{kv}/team-b/"), "name": {"regexp": "db"}}))])).await;
    has_text(&a, "plain", "A", "team-a/db").await;
    has_text(&a, "api-path", "A", "team-a/db").await;
    has_text(&a, "prefix-itself", "A", "team-a").await;
    has_text(&a, "found", "team-a_db", r#"{"p":"team-a/db"}"#).await;
    has_text(&b, "found", "team-b_db", r#"{"p":"team-b/db"}"#).await;
    is_refused(&a, "both", &["entry B", "\"team-b/db\""]).await;
    let asked = bao.requests(mark).under(kv);
    let strangers = asked.filter(|request| !["/team-a", "/team-b"].iter().any(|name| request.path.contains(name)));
    assert_eq!(strangers.count(), 0);
}

#[tokio::test]
async fn who_shares_a_session_shares_the_reads_of_what_both_may_have() {
    let (cluster, bao) = (Cluster::private().await, Bao::shared().await);
    let (home, a, b, c) = tokio::join!(
        cluster.namespace("home"),
        cluster.namespace("team-a"),
        cluster.namespace("team-b"),
        cluster.namespace("team-c")
    );
    let mount = bao.kv2("shared").await;
    for key in ["shared/ca", "team-b/db"] {
        mount.put(key, &[("p", "value")]).await;
    }
    let provider = vault(&home, bao, &mount).await;
    let limits = json!([
        limit("shared", &a, &["shared"], &["Read"]),
        limit("b", &b, &["shared/ca", "team-b"], &["Read"]),
        limit("c", &c, &["team-c"], &["Read"]),
    ]);
    cluster.apply(&store("limited", provider, limits).to_string()).await;
    for namespace in [&a, &b, &c] {
        namespace.apply(&documents(&[reads("shared", "shared/ca"), reads("of-b", "team-b/db")])).await;
    }
    let operator = Operator::of(&cluster).watch(&a).watch(&b).watch(&c).start().await;
    for (namespace, name) in [(&a, "shared"), (&b, "shared"), (&b, "of-b")] {
        has_text(namespace, name, "A", "value").await;
        is_told(namespace, name, "Synced").await;
    }
    for (namespace, name) in [(&a, "of-b"), (&c, "shared"), (&c, "of-b")] {
        is_refused(namespace, name, &[]).await;
    }
    rounds_pass(&operator, 1).await;
    let mark = bao.mark();
    rounds_pass(&operator, 2).await;
    let mut reads = BTreeMap::new();
    for request in bao.requests(mark).reads(mount.path()).iter() {
        *reads.entry(request.path.clone()).or_insert(0) += 1;
    }
    let path = |key: &str| format!("{}/data/{key}", mount.path());
    assert_eq!(reads, [(path("shared/ca"), 2), (path("team-b/db"), 2)].into(), "each key once a round, for all who may have it");
}

#[tokio::test]
async fn a_change_of_limits_or_labels_counts_at_once_and_takes_no_secret_away() {
    let (cluster, bao) = (Cluster::private().await, Bao::shared().await);
    let (home, a) = tokio::join!(cluster.namespace("home"), cluster.namespace("team-a"));
    let mount = bao.kv2("changes").await;
    mount.put("team-a/db", &[("p", "value")]).await;
    let provider = vault(&home, bao, &mount).await;
    let by_label = |prefix: &str| json!([{"name": "by-label", "namespaceSelector": {"matchLabels": {"team": "a"}}, "keyPrefixes": [prefix], "actions": ["Read"]}]);
    cluster.apply(&store("limited", provider.clone(), by_label("team-a")).to_string()).await;
    let _operator = Operator::of(&cluster).watch(&a).start().await;
    let mut hourly = reads("app", "team-a/db");
    hourly["spec"]["refreshInterval"] = json!("1h");
    a.apply(&documents(&[hourly])).await;
    is_refused(&a, "app", &["none of them is for namespace"]).await;
    cluster.kubectl(&["label", "namespace", a.name(), "team=a"]).await.ok();
    let made = has_text(&a, "app", "A", "value").await;
    is_told(&a, "app", "Synced").await;

    cluster.apply(&store("limited", provider.clone(), by_label("team-b")).to_string()).await;
    let told = message(&is_told(&a, "app", "StoreNotAllowed").await);
    assert!(told.contains("limits by-label"), "{told}");
    cluster.apply(&store("limited", provider, by_label("*")).to_string()).await;
    is_told(&a, "app", "Synced").await;
    cluster.kubectl(&["label", "namespace", a.name(), "team-"]).await.ok();
    is_told(&a, "app", "StoreNotAllowed").await;
    let still = a.api::<Secret>().get("app").await.unwrap();
    assert_eq!(still.resource_version(), made.resource_version());
}

#[tokio::test]
async fn a_private_half_in_a_store_needs_a_limit_for_the_operator_too() {
    let cluster = Cluster::private().await;
    let a = cluster.namespace("team-a").await;
    let operator = Operator::of(&cluster).watch(&a).start().await;
    let key = KeyPair::new().await;
    let fake = json!({"fake": {"data": [{"key": "sealing/main", "value": key.identity}]}});
    cluster.apply(&store("limited", fake.clone(), json!([limit("a", &a, &["team-a"], &ALL)])).to_string()).await;
    let identity =
        json!({"remoteRef": {"key": "sealing/main"}, "secretStoreRef": {"name": "limited", "kind": "ClusterSecretStore"}});
    let main = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": "main"}, "spec": {"identity": identity}});
    cluster.apply(&main.to_string()).await;
    let told = key_message(&key_is_told(&cluster, "main", "StoreNotAllowed").await);
    assert!(told.contains(&format!("none of them is for namespace {}", operator.namespace())), "{told}");
    let limits = json!([{"name": "keys", "namespaces": [operator.namespace()], "keyPrefixes": ["sealing"], "actions": ["Read"]}]);
    cluster.apply(&store("limited", fake, limits).to_string()).await;
    key_is_told(&cluster, "main", "Valid").await;
}

fn aws(endpoint: &str, home: &Namespace<'_>) -> Value {
    let key = |key: &str| json!({"name": "aws", "key": key, "namespace": home.name()});
    let auth = json!({"secretRef": {"accessKeyIDSecretRef": key("id"), "secretAccessKeySecretRef": key("key")}});
    json!({"aws": {"service": "SecretsManager", "region": "eu-central-1", "endpoint": endpoint, "auth": auth}})
}

async fn aws_login(home: &Namespace<'_>) {
    let data = json!({"id": "AKIAIOSFODNN7EXAMPLE", "key": "example-secret-key"});
    home.apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws"}, "stringData": data}).to_string()).await;
}

#[tokio::test]
async fn an_arn_or_the_beginning_of_a_name_is_no_way_around() {
    let (cluster, moto) = (Cluster::private().await, Moto::shared().await);
    let (home, a, b) = tokio::join!(cluster.namespace("home"), cluster.namespace("team-a"), cluster.namespace("team-b"));
    let root = home.name();
    let mut arns = BTreeMap::new();
    for name in ["team-a/x", "team-a/y", "team-ab/x", "team-b/x"] {
        let name = format!("{root}/{name}");
        moto.put(&name, "{\"p\":\"value\"}").await;
        let described = moto.secrets_manager().describe_secret().secret_id(&name).send().await.unwrap();
        arns.insert(name, described.arn.unwrap());
    }
    let recorder = moto.recorded().await;
    aws_login(&home).await;
    let below = |name: &str| format!("{root}/{name}");
    let limits = json!([limit("a", &a, &[&below("team-a")], &ALL), limit("b", &b, &[&below("team-b/")], &["Read"])]);
    cluster.apply(&store("limited", aws(&recorder.url(), &home), limits).to_string()).await;
    let _operator = Operator::of(&cluster).watch(&a).watch(&b).start().await;

    let own_arn = &arns[&below("team-a/x")];
    let other_arn = &arns[&below("team-b/x")];
    let keys = [
        below("team-b/x"),
        below("team-ab/x"),
        format!("/{}", below("team-a/x")),
        format!("{}//x", below("team-a")),
        own_arn.clone(),
        other_arn.clone(),
        other_arn.rsplit_once('-').unwrap().0.to_owned(),
        below("team-a/../team-b/x"),
    ];
    let searches = [
        ("find-all", json!({"name": {"regexp": "."}})),
        ("find-by-tags", json!({"tags": {"team": "a"}})),
        ("find-by-beginning", json!({"path": below("team-a"), "name": {"regexp": "."}})),
        ("find-others", json!({"path": below("team-b/"), "name": {"regexp": "."}})),
    ];
    let objects: Vec<_> = keys.iter().enumerate().map(|(n, key)| reads(&format!("key-{n}"), key)).collect();
    a.apply(&documents(&[&objects[..], &searches.clone().map(|(name, find)| finds(name, find))].concat())).await;
    for (n, key) in keys.iter().enumerate() {
        is_refused(&a, &format!("key-{n}"), &[&format!("{key:?}"), "limits a"]).await;
    }
    for (name, _) in searches {
        is_refused(&a, name, &["limits a", "dataFrom[0]"]).await;
    }
    let asked = || recorder.requests().into_iter().filter(|request| request.body.contains(root)).collect::<Vec<_>>();
    assert!(asked().is_empty() && operations(&recorder).keys().all(|operation| operation == "ListSecrets"), "{:?}", asked());

    let two = json!({"data": {"A": remote(&below("team-a/x"), "p"), "B": remote(&below("team-a/y"), "p")}});
    a.apply(&documents(&[of_store("two", two), finds("found", json!({"path": below("team-a/")}))])).await;
    b.apply(&documents(&[reads("own", &below("team-b/x")), reads("others", &below("team-a/x"))])).await;
    has_text(&a, "two", "B", "value").await;
    has_text(&b, "own", "A", "value").await;
    is_refused(&b, "others", &["limits b"]).await;
    is_told(&a, "found", "Synced").await;
    assert_eq!(a.api::<Secret>().get("found").await.unwrap().data.unwrap().len(), 2, "neither team-ab nor team-b");
    assert!(asked().iter().all(|request| !request.body.contains("team-ab")), "never in a batch");
}

#[tokio::test]
async fn an_answer_about_another_key_is_none() {
    let cluster = Cluster::private().await;
    let (home, a) = tokio::join!(cluster.namespace("home"), cluster.namespace("team-a"));
    let answer = json!({"ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team-b/x-AbCdEf", "Name": "team-b/x",
        "VersionId": "v", "SecretString": "{\"p\":\"canary\"}"});
    let server = Recorder::answering(Answer::Json(200, answer.to_string())).await;
    aws_login(&home).await;
    cluster.apply(&store("limited", aws(&server.url(), &home), json!([limit("a", &a, &["team-a"], &ALL)])).to_string()).await;
    let _operator = Operator::of(&cluster).watch(&a).start().await;
    a.apply(&documents(&[reads("app", "team-a/x")])).await;
    let told = message(&is_told(&a, "app", "StoreMisconfigured").await);
    assert!(!told.contains("canary"), "{told}");
}

#[tokio::test]
async fn one_name_that_cannot_be_judged_spoils_the_whole_search() {
    let cluster = Cluster::private().await;
    let a = cluster.namespace("team-a").await;
    let entry = |key: &str| json!({"key": key, "value": "v"});
    let fake = json!({"fake": {"data": [entry("team-a/x"), entry("team-a/o dd"), entry("team-b/x")]}});
    cluster.apply(&store("limited", fake, json!([limit("a", &a, &["team-a"], &ALL)])).to_string()).await;
    let _operator = Operator::of(&cluster).watch(&a).start().await;
    let search = |name: &str, regexp: &str| finds(name, json!({"path": "team-a", "name": {"regexp": regexp}}));
    a.apply(&documents(&[search("all", "."), search("one", "x$")])).await;
    has_text(&a, "one", "team-a_x", "v").await;
    is_refused(&a, "all", &["nothing of it is used", "limits a"]).await;
    assert!(!message(&is_told(&a, "all", "StoreNotAllowed").await).contains("o dd"), "a name is not told either");
}

#[tokio::test]
async fn stores_of_the_other_kind_have_limits_in_an_annotation() {
    let (cluster, bao) = (Cluster::private().await, Bao::shared().await);
    let (home, a) = tokio::join!(cluster.namespace("home"), cluster.namespace("team-a"));
    let mount = bao.kv2("annotated").await;
    for key in ["team-a/db", "team-b/db"] {
        mount.put(key, &[("p", "value")]).await;
    }
    let mut provider = vault(&home, bao, &mount).await;
    provider["vault"]["version"] = json!("v2");
    let annotated = |limits: &str| {
        json!({"apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore",
            "metadata": {"name": "limited", "annotations": {"sealbridge.dev/limits": limits}},
            "spec": {"controller": "sealbridge", "provider": provider}})
    };
    let yaml = |prefix: &str| format!("- name: own\n  namespaces: [{}]\n  keyPrefixes: [{prefix}]\n  actions: [Read]\n", a.name());
    cluster.apply(&annotated(&yaml("team-a")).to_string()).await;
    let _operator = Operator::of(&cluster).watch(&a).flag("--dialect=external-secrets").start().await;
    let of = |name: &str, key: &str| {
        let data = json!([{"secretKey": "A", "remoteRef": {"key": key, "property": "p"}}]);
        let store = json!({"name": "limited", "kind": "ClusterSecretStore"});
        external_secret(name, json!({"secretStoreRef": store, "refreshInterval": "1h", "data": data}))
    };
    let mark = bao.mark();
    a.apply(&documents(&[of("own", "team-a/db"), of("others", "team-b/db")])).await;
    let told = async |name: &str, words: &str| {
        eventually(SOON, &format!("{name} is told {words}"), async || {
            let object = objects(&a, "ExternalSecret").get(name).await.map_err(|error| error.to_string())?;
            let ready = object.data["status"]["conditions"][0].clone();
            let is_told = ready["message"].as_str().is_some_and(|message| message.contains(words));
            if is_told { Ok(ready) } else { Err(ready.to_string()) }
        })
        .await
    };
    has_text(&a, "own", "A", "value").await;
    let refused = told("others", "limits own").await;
    assert_eq!((&refused["status"], &refused["reason"]), (&json!("False"), &json!("SecretSyncedError")));
    let others = bao.requests(mark).under(mount.path()).filter(|request| request.path.contains("team-b"));
    assert_eq!(others.count(), 0);

    cluster.apply(&annotated(&yaml("\"*\"")).to_string()).await;
    has_text(&a, "others", "A", "value").await;
    cluster.apply(&annotated("- name: own").to_string()).await;
    told("own", "metadata.annotations[sealbridge.dev/limits]").await;
    let store = eventually(SOON, "the store is not ready", async || {
        let told = cluster.kubectl(&["get", "clustersecretstores.external-secrets.io", "limited", "-o", "json"]).await.ok();
        let store: Value = serde_json::from_str(&told).unwrap();
        let ready = store["status"]["conditions"][0].clone();
        if ready["status"] == "False" { Ok(ready) } else { Err(told) }
    })
    .await;
    assert!(store["message"].as_str().unwrap().contains("sealbridge.dev/limits"), "{store}");
}
