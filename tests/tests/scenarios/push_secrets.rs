//! PushSecrets bring Secrets into a real store, follow them, write nothing twice, and take back only what they brought.

use kube::api::DynamicObject;
use sealbridge_tests::bao::{Mark, Mount};
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, OperatorBuilder, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, documents};

const GROUP: &str = "external-secrets.io/v1";
pub(crate) const FINALIZER: &str = "pushsecret.externalsecrets.io/finalizer";

/// A namespace and what its stores write to.
pub(crate) struct Stage {
    cluster: &'static Cluster,
    bao: &'static Bao,
    pub(crate) namespace: Namespace<'static>,
    pub(crate) mount: Mount<'static>,
}

pub(crate) async fn stage() -> Stage {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let (namespace, mount) = (cluster.namespace("push").await, bao.kv2("push").await);
    let stage = Stage { cluster, bao, namespace, mount };
    stage.namespace.apply(&documents(&[stage.login().await, stage.store("vault", "sealbridge", &json!({}))])).await;
    stage
}

impl Stage {
    async fn login(&self) -> Value {
        let token = self.bao.token("", &[&self.mount.push_policy().await], json!({})).await;
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"token": token}})
    }

    pub(crate) fn store(&self, name: &str, class: &str, labels: &Value) -> Value {
        let vault = json!({"server": self.bao.url(), "path": self.mount.path(), "version": "v2",
            "auth": {"tokenSecretRef": {"name": "login", "key": "token"}}});
        json!({"apiVersion": GROUP, "kind": "SecretStore", "metadata": {"name": name, "labels": labels},
            "spec": {"controller": class, "provider": {"vault": vault}}})
    }

    pub(crate) fn operator(&self) -> OperatorBuilder<'static> {
        Operator::of(self.cluster).watch(&self.namespace).flag("--dialect=external-secrets")
    }

    pub(crate) async fn holds(&self, key: &str, expected: Option<Value>) {
        eventually(SOON, &format!("{key} holds {expected:?}"), async || {
            let found = self.mount.get(key).await;
            if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
    }

    /// How often the mount was read since a mark.
    fn reads(&self, mark: Mark) -> usize {
        self.bao.requests(mark).reads(self.mount.path()).count()
    }

    /// Where the store's log stands now.
    pub(crate) fn mark(&self) -> Mark {
        self.bao.mark()
    }

    /// How often it was written to.
    pub(crate) fn writes(&self, mark: Mark) -> usize {
        let is_write = |operation: &str| matches!(operation, "create" | "update" | "delete" | "patch");
        self.bao.requests(mark).under(self.mount.path()).filter(|request| is_write(&request.operation)).count()
    }

    pub(crate) async fn is_gone(&self, name: &str) {
        eventually(SOON, &format!("{name} is gone"), async || match objects_of(&self.namespace).get_opt(name).await {
            Ok(None) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    pub(crate) async fn pushed(&self, name: &str) -> DynamicObject {
        objects_of(&self.namespace).get(name).await.unwrap()
    }

    /// Waits until `Ready` is told so; answers the status.
    pub(crate) async fn is_told(&self, name: &str, reason: &str, words: &str) -> Value {
        eventually(SOON, &format!("{name} is told {reason}: {words}"), async || {
            let object = objects_of(&self.namespace).get(name).await.map_err(|error| error.to_string())?;
            let ready = &object.data["status"]["conditions"][0];
            let is_told = ready["reason"] == reason && ready["message"].as_str().unwrap_or_default().contains(words);
            if is_told { Ok(object.data["status"].clone()) } else { Err(object.data["status"].to_string()) }
        })
        .await
    }

    pub(crate) async fn is_synced(&self, name: &str) -> Value {
        eventually(SOON, &format!("{name} is synced"), async || {
            let object = objects_of(&self.namespace).get(name).await.map_err(|error| error.to_string())?;
            let status = &object.data["status"];
            let generation = object.metadata.generation.unwrap_or_default();
            let version = status["syncedResourceVersion"].as_str().unwrap_or_default();
            let is_synced = status["conditions"][0]["reason"] == "Synced" && version.starts_with(&format!("{generation}-"));
            if is_synced { Ok(status.clone()) } else { Err(status.to_string()) }
        })
        .await
    }
}

fn objects_of(namespace: &Namespace<'_>) -> kube::Api<DynamicObject> {
    let kind = kube::api::GroupVersionKind::gvk("external-secrets.io", "v1alpha1", "PushSecret");
    let resource = kube::api::ApiResource::from_gvk(&kind);
    kube::Api::namespaced_with(namespace.client(), namespace.name(), &resource)
}

pub(crate) fn secret(name: &str, data: &Value, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": labels}, "stringData": data})
}

pub(crate) fn push(name: &str, more: Value) -> Value {
    let mut spec = json!({"selector": {"secret": {"name": "app"}}, "secretStoreRefs": [{"name": "vault"}]});
    if let Value::Object(more) = more {
        spec.as_object_mut().unwrap().extend(more);
    }
    json!({"apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret", "metadata": {"name": name}, "spec": spec})
}

pub(crate) fn entry(key: &str, remote: &str, property: &str) -> Value {
    let mut entry = json!({"match": {"remoteRef": {"remoteKey": remote}}});
    if !key.is_empty() {
        entry["match"]["secretKey"] = json!(key);
    }
    if !property.is_empty() {
        entry["match"]["remoteRef"]["property"] = json!(property);
    }
    entry
}

#[tokio::test]
async fn a_secret_is_pushed_followed_and_never_written_twice() {
    let stage = stage().await;
    let data = json!([entry("user", "shop/app", "user"), entry("password", "shop/app", "password"), entry("", "shop/whole", "")]);
    stage
        .namespace
        .apply(&documents(&[
            secret("app", &json!({"user": "app", "password": "one"}), &json!({})),
            push("app", json!({"refreshInterval": "10s", "data": data})),
        ]))
        .await;
    let mut operator = stage.operator().start().await;
    stage.holds("shop/app", Some(json!({"user": "app", "password": "one"}))).await;
    stage.holds("shop/whole", Some(json!({"user": "app", "password": "one"}))).await;
    let status = stage.is_synced("app").await;
    assert_eq!(status["conditions"][0]["message"], "PushSecret synced successfully");
    let synced = &status["syncedPushSecrets"]["SecretStore/vault"];
    let expected = json!({"match": {"secretKey": "user", "remoteRef": {"remoteKey": "shop/app", "property": "user"}},
        "conversionStrategy": "None"});
    assert_eq!((&synced["shop/app/user"], synced.as_object().unwrap().len()), (&expected, 3));
    assert_eq!(stage.mount.metadata("shop/app").await.unwrap()["custom_metadata"]["managed-by"], "external-secrets");
    let columns = stage.namespace.kubectl(&["get", "pushsecrets"]).await.ok();
    let row: Vec<_> = columns.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((row[0], row[2], row.len()), ("app", "Synced", 4), "{columns}");

    // At once, long before the hour that it would take without an interval.
    let mark = stage.mark();
    stage.namespace.apply(&secret("app", &json!({"user": "app", "password": "two"}), &json!({})).to_string()).await;
    stage.holds("shop/app", Some(json!({"user": "app", "password": "two"}))).await;
    stage.holds("shop/whole", Some(json!({"user": "app", "password": "two"}))).await;
    stage.is_synced("app").await;
    assert_eq!(stage.writes(mark), 2, "one write for each value that changed");

    // A round costs one read of each entry, and nothing else.
    let mark = stage.mark();
    eventually(SOON, "a round has passed", async || match stage.reads(mark) {
        reads if reads >= 3 => Ok(()),
        reads => Err(reads.to_string()),
    })
    .await;
    assert_eq!(stage.writes(mark), 0);

    // What somebody writes into the store is set right at the next slot, and that is all that is written.
    let quiet = stage.cluster.audit().mark();
    let version = stage.pushed("app").await.metadata.resource_version;
    let mark = stage.mark();
    stage.mount.put("shop/app", &[("user", "app"), ("password", "drift")]).await;
    stage.holds("shop/app", Some(json!({"user": "app", "password": "two"}))).await;
    assert_eq!(stage.writes(mark), 2, "that of the test and one other");
    assert_eq!(stage.pushed("app").await.metadata.resource_version, version, "nothing is told of what is as it was");

    // A restart asks no store for what it knows to be as it was.
    operator.stop().await;
    let long = json!({"refreshInterval": "1000h", "data": data});
    stage.namespace.apply(&push("app", long).to_string()).await;
    operator.start_again().await;
    stage.is_synced("app").await;
    operator.stop().await;
    let mark = stage.mark();
    operator.start_again().await;
    let later = json!({"refreshInterval": "0", "data": [entry("user", "later", "user")]});
    stage.namespace.apply(&push("later", later).to_string()).await;
    stage.holds("later", Some(json!({"user": "app"}))).await;
    let of_app = |request: &sealbridge_tests::bao::Request| request.path.contains("/shop/");
    let asked = stage.bao.requests(mark).under(stage.mount.path()).filter(of_app);
    assert_eq!(asked.count(), 0, "{asked:?}");
    let listed = operator.requests_since(quiet).await.of("secrets", &["list"]);
    assert!(
        listed.iter().all(|request| request.uri.contains("/namespaces/") || request.uri.contains("labelSelector")),
        "{listed:?}"
    );
}

#[tokio::test]
async fn what_is_chosen_made_and_renamed_stands_where_it_is_meant() {
    let stage = stage().await;
    let yes = json!({"push": "yes"});
    let to = |name: &str| json!({"name": name});
    stage
        .namespace
        .apply(&documents(&[
            stage.store("more-a", "sealbridge", &json!({"stores": "more"})),
            secret("app", &json!({"DB_USER": "app", "DB_PASSWORD": "one"}), &json!({})),
            secret("s1", &json!({"A": r#"{"v": "1"}"#}), &yes),
            secret("s2", &json!({"B": r#"{"v": "2"}"#}), &yes),
            push(
                "renamed",
                json!({"data": [entry("DB_USER", "own", "user")], "dataTo": [{"storeRef": to("vault"), "remoteKey": "bundle",
                    "match": {"regexp": "^DB_"}}]}),
            ),
            push(
                "selected",
                json!({"selector": {"secret": {"selector": {"matchLabels": yes}}}, "dataTo": [{"storeRef": to("vault"),
                    "rewrite": [{"transform": {"template": "sel/{{ .value | lower }}"}}]}]}),
            ),
            push(
                "made",
                json!({"secretStoreRefs": [{"labelSelector": {"matchLabels": {"stores": "more"}}}],
                    "template": {"data": {"url": "pg://{{ .DB_USER }}:{{ .DB_PASSWORD }}@db"}}, "data": [entry("url", "made", "url")]}),
            ),
            push("kept", json!({"updatePolicy": "IfNotExists", "data": [entry("DB_USER", "kept", "user")]})),
        ]))
        .await;
    stage.mount.put("kept", &[("user", "before")]).await;
    let _operator = stage.operator().start().await;
    stage.holds("bundle", Some(json!({"DB_USER": "app", "DB_PASSWORD": "one"}))).await;
    stage.holds("own", Some(json!({"user": "app"}))).await;
    stage.holds("sel/a", Some(json!({"v": "1"}))).await;
    stage.holds("sel/b", Some(json!({"v": "2"}))).await;
    stage.holds("made", Some(json!({"url": "pg://app:one@db"}))).await;
    let status = stage.is_synced("kept").await;
    let message = "PushSecret synced successfully. Existing secrets in providers unchanged.";
    assert_eq!((&status["conditions"][0]["message"], &status["syncedPushSecrets"]), (&json!(message), &json!({})));
    assert_eq!(stage.mount.get("kept").await, Some(json!({"user": "before"})));

    // A store that is edited is pushed to at once.
    let other = stage.bao.kv2("push-other").await;
    let token = stage.bao.token("", &[&other.push_policy().await], json!({})).await;
    let mut moved = stage.store("more-a", "sealbridge", &json!({"stores": "more"}));
    moved["spec"]["provider"]["vault"]["path"] = json!(other.path());
    moved["spec"]["provider"]["vault"]["auth"]["tokenSecretRef"]["name"] = json!("other-login");
    let login = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other-login"}, "stringData": {"token": token}});
    stage.namespace.apply(&documents(&[login, moved])).await;
    eventually(SOON, "it stands where the store leads to now", async || match other.get("made").await {
        Some(found) if found == json!({"url": "pg://app:one@db"}) => Ok(()),
        found => Err(format!("{found:?}")),
    })
    .await;

    // One that comes to carry the label is pushed too.
    stage.namespace.apply(&secret("s3", &json!({"C": r#"{"v": "3"}"#}), &json!({"push": "yes"})).to_string()).await;
    stage.holds("sel/c", Some(json!({"v": "3"}))).await;
}

#[tokio::test]
async fn what_cannot_be_meant_is_told_and_nothing_is_sent() {
    let stage = stage().await;
    stage.mount.put("foreign", &[("user", "theirs")]).await;
    let mut held_back = push("kept-back", json!({"data": [entry("A", "held", "a")]}));
    held_back["metadata"]["annotations"] = json!({"sealbridge.dev/adopt": "false"});
    let of_another = json!({"secretStoreRefs": [{"name": "another"}], "data": [entry("A", "another", "a")]});
    let mut adopted = push("adopted", of_another.clone());
    adopted["metadata"]["annotations"] = json!({"sealbridge.dev/adopt": "true"});
    let mark = stage.mark();
    stage
        .namespace
        .apply(&documents(&[
            stage.store("another", "another", &json!({})),
            secret("app", &json!({"A": "canary-value", "B": "b"}), &json!({})),
            push("twice", json!({"data": [entry("A", "B", "")], "dataTo": [{"storeRef": {"name": "vault"}}]})),
            push("no-entry", json!({"data": [entry("C", "c", "c")]})),
            push("misspelt", json!({"data": [entry("A", "m", "a")], "datta": []})),
            push("absent", json!({"selector": {"secret": {"name": "absent"}}, "data": [entry("A", "x", "a")]})),
            push("broken", json!({"data": [entry("A", "t", "a")], "template": {"data": {"u": "{{ fail .A }}"}}})),
            push("no-store", json!({"secretStoreRefs": [{"name": "nobody"}], "data": [entry("A", "n", "a")]})),
            push(
                "no-label",
                json!({"secretStoreRefs": [{"labelSelector": {"matchLabels": {"a": "b"}}}], "data": [entry("A", "l", "a")]}),
            ),
            held_back,
            push("of-another", of_another),
            adopted,
        ]))
        .await;
    let _operator = stage.operator().flag("--sole-operator").start().await;
    let told = [
        ("twice", "set secret failed: SpecInvalid: spec.data[0] (entry A) and spec.dataTo[0] (entry B) both push to \"B\""),
        ("no-entry", "set secret failed: SourceNotFound: spec.data[0]: Secret app has no entry \"C\""),
        ("misspelt", "could not read the object: SpecInvalid: spec.datta is not a known field"),
        ("absent", "could not get source secret: SourceNotFound: Secret absent does not exist"),
        ("broken", "set secret failed: SourceInvalid: spec.template, of Secret app: template u"),
        ("no-store", "set secret failed: StoreNotFound: "),
        ("no-label", "set secret failed: StoreNotFound: no store has the labels that are selected"),
    ];
    for (name, words) in told {
        let status = stage.is_told(name, "Errored", words).await;
        assert!(!status.to_string().contains("canary-value"), "{status}");
    }
    stage.holds("another", Some(json!({"a": "canary-value"}))).await;
    stage.is_synced("adopted").await;
    let asked = stage.bao.requests(mark).under(stage.mount.path()).filter(|request| !request.path.ends_with("/another"));
    assert_eq!(asked.count(), 0, "{asked:?}");
    for name in ["kept-back", "of-another"] {
        assert!(stage.pushed(name).await.data["status"].is_null(), "{name} is another's");
    }

    stage.namespace.apply(&push("foreign", json!({"data": [entry("A", "foreign", "user")]})).to_string()).await;
    stage.is_told("foreign", "Errored", "SourceDenied: foreign in SecretStore/vault: the store holds a value there").await;
    assert_eq!(stage.mount.get("foreign").await, Some(json!({"user": "theirs"})));
}

#[tokio::test]
async fn limits_count_before_the_store_is_asked_and_a_store_that_is_back_is_pushed_to() {
    let cluster = Cluster::private().await;
    let bao = Bao::private().await;
    let (namespace, mount) = (cluster.namespace("push").await, bao.kv2("push").await);
    let token = bao.token("", &[&mount.push_policy().await], json!({})).await;
    let login = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"token": token}});
    let limit = |name: &str, prefix: &str, action: &str| json!({"name": name, "namespaces": [namespace.name()], "keyPrefixes": [prefix], "actions": [action]});
    let limits = json!([limit("reads", "all", "Read"), limit("pushes", "team", "Push")]);
    let auth = json!({"tokenSecretRef": {"name": "login", "key": "token", "namespace": namespace.name()}});
    let store = json!({"apiVersion": GROUP, "kind": "ClusterSecretStore",
        "metadata": {"name": "limited", "annotations": {"sealbridge.dev/limits": limits.to_string()}},
        "spec": {"controller": "sealbridge", "provider": {"vault": {"server": bao.url(), "path": mount.path(), "auth": auth}}}});
    let stores = json!([{"name": "limited", "kind": "ClusterSecretStore"}]);
    let mark = bao.mark();
    namespace
        .apply(&documents(&[
            login,
            store,
            secret("app", &json!({"A": "1"}), &json!({})),
            push(
                "refused",
                json!({"secretStoreRefs": stores, "data": [entry("A", "all/app", "a"), entry("A", "team-b/app", "a")]}),
            ),
        ]))
        .await;
    let _operator = Operator::of(&cluster).flag("--dialect=external-secrets").start().await;
    let told = async |name: &str, reason: &str, words: &str| {
        eventually(SOON * 2, &format!("{name} is told {reason}: {words}"), async || {
            let object = objects_of(&namespace).get(name).await.map_err(|error| error.to_string())?;
            let ready = &object.data["status"]["conditions"][0];
            let is_told = ready["reason"] == reason && ready["message"].as_str().unwrap_or_default().contains(words);
            if is_told { Ok(()) } else { Err(object.data["status"].to_string()) }
        })
        .await;
    };
    told(
        "refused",
        "Errored",
        "StoreNotAllowed: ClusterSecretStore.external-secrets.io/limited: Push of \"all/app\" is not admitted",
    )
    .await;
    let asked = bao.requests(mark).under(mount.path());
    assert_eq!(asked.count(), 0, "{asked:?}");

    bao.seal().await;
    namespace.apply(&push("waits", json!({"secretStoreRefs": stores, "data": [entry("A", "team/app", "a")]})).to_string()).await;
    told("waits", "Errored", "StoreNotReady").await;
    bao.unseal().await;
    told("waits", "Synced", "synced").await;
    assert_eq!(mount.get("team/app").await, Some(json!({"a": "1"})));

    // What cannot be taken back now is not forgotten, and holds its object until then.
    let taken_back = json!({"secretStoreRefs": stores, "deletionPolicy": "Delete", "data": [entry("A", "team/gone", "a")]});
    namespace.apply(&push("goes", taken_back).to_string()).await;
    told("goes", "Synced", "synced").await;
    bao.seal().await;
    namespace.kubectl(&["delete", "pushsecret", "goes", "--wait=false"]).await.ok();
    told("goes", "Errored", "StoreNotReady").await;
    bao.unseal().await;
    eventually(SOON * 2, "it is gone", async || match objects_of(&namespace).get_opt("goes").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
    assert_eq!(mount.get("team/gone").await, None);
}
