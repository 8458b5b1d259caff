//! ExternalSecrets as they are become the Secrets that their own controller would make, and only those that are this
//! operator's to serve.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Bao, Cluster, Namespace, Operator, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, text};

const GROUP: &str = "external-secrets.io/v1";

pub(crate) fn objects(namespace: &Namespace<'_>, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("external-secrets.io", "v1", kind));
    Api::namespaced_with(namespace.client(), namespace.name(), &resource)
}

pub(crate) fn external_secret(name: &str, spec: Value) -> Value {
    let mut spec = spec;
    if spec.get("secretStoreRef").is_none() {
        spec["secretStoreRef"] = json!({"name": "vault", "kind": "SecretStore"});
    }
    json!({"apiVersion": GROUP, "kind": "ExternalSecret", "metadata": {"name": name}, "spec": spec})
}

pub(crate) fn entry(key: &str, remote: &str, property: &str) -> Value {
    json!({"secretKey": key, "remoteRef": {"key": remote, "property": property}})
}

/// A store of that kind which reads a KV2 mount, handed to a controller of a class.
pub(crate) async fn store(namespace: &Namespace<'_>, bao: &Bao, mount: &Mount<'_>, class: Option<&str>) {
    let policy = mount.read_policy().await;
    let token = bao.token(mount.namespace(), &[&policy], json!({})).await;
    let vault = json!({"server": bao.url(), "path": mount.path(), "version": "v2",
        "auth": {"tokenSecretRef": {"name": "vault-token", "key": "token"}}});
    let mut spec = json!({"provider": {"vault": vault}, "retrySettings": {"maxRetries": 3, "retryInterval": "5s"}});
    if let Some(class) = class {
        spec["controller"] = json!(class);
    }
    namespace
        .apply(&documents(&[
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vault-token"}, "stringData": {"token": token}}),
            json!({"apiVersion": GROUP, "kind": "SecretStore", "metadata": {"name": "vault"}, "spec": spec}),
        ]))
        .await;
}

/// Waits until `Ready` is told with this status and reason for the present generation; answers the status.
async fn is_told(namespace: &Namespace<'_>, name: &str, status: &str, reason: &str) -> Value {
    eventually(SOON, &format!("{name} is told {reason}={status}"), async || {
        let object = objects(namespace, "ExternalSecret").get(name).await.map_err(|error| error.to_string())?;
        let told = &object.data["status"];
        let ready = &told["conditions"][0];
        let synced = told["syncedResourceVersion"].as_str().unwrap_or_default();
        let is_present = synced.starts_with(&format!("{}-", object.metadata.generation.unwrap_or_default()));
        if ready["status"] == status && ready["reason"] == reason && is_present { Ok(told.clone()) } else { Err(told.to_string()) }
    })
    .await
}

/// A namespace whose store is this operator's and holds `a` at `app`.
struct Stage {
    cluster: &'static Cluster,
    namespace: Namespace<'static>,
    mount: Mount<'static>,
}

async fn stage() -> Stage {
    let (cluster, bao) = (Cluster::shared().await, Bao::shared().await);
    let (namespace, mount) = (cluster.namespace("eso").await, bao.kv2("eso").await);
    mount.put("app", &[("a", "one")]).await;
    store(&namespace, bao, &mount, Some("sealbridge")).await;
    Stage { cluster, namespace, mount }
}

fn operator<'a>(cluster: &'a Cluster, namespace: &Namespace<'_>) -> sealbridge_tests::OperatorBuilder<'a> {
    Operator::of(cluster).watch(namespace).flag("--dialect=external-secrets")
}

#[tokio::test]
async fn a_manifest_as_it_is_becomes_the_secret_and_follows_its_source() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("eso").await;
    let mount = bao.kv2("eso").await;
    mount.put("shop/db", &[("user", "app"), ("password", "hunter2"), ("port", "5432")]).await;
    store(&namespace, bao, &mount, Some("sealbridge")).await;
    let mut operator = operator(cluster, &namespace).start().await;
    let spec = json!({
        "refreshInterval": "10s",
        "target": {"name": "checkout-env", "template": {
            "engineVersion": "v2",
            "mergePolicy": "Merge",
            "metadata": {"labels": {"user": "{{ .USER }}"}, "annotations": {"note": "{{ .port | int | add 1 }}"}},
            "data": {"url": "postgres://{{ .USER }}:{{ .PASSWORD }}@db:{{ .port }}/shop"},
            "templateFrom": [{"literal": "more: {{ .USER | upper }}\nurl: over"}],
        }},
        "data": [entry("USER", "shop/db", "user"), entry("PASSWORD", "shop/db", "password")],
        "dataFrom": [{"extract": {"key": "shop/db"}, "rewrite": [{"regexp": {"source": "^(user|password)$", "target": "db_$1"}}]}],
    });
    namespace.apply(&external_secret("checkout", spec).to_string()).await;

    let told = is_told(&namespace, "checkout", "True", "SecretSynced").await;
    assert_eq!((&told["conditions"][0]["message"], &told["binding"]["name"]), (&json!("secret synced"), &json!("checkout-env")));
    let url = "postgres://app:hunter2@db:5432/shop";
    let secret = has_text(&namespace, "checkout-env", "url", url).await;
    let entries = [
        ("USER", "app"),
        ("PASSWORD", "hunter2"),
        ("db_user", "app"),
        ("db_password", "hunter2"),
        ("port", "5432"),
        ("more", "APP"),
    ];
    for (key, value) in entries {
        assert_eq!(text(&secret, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(secret.data.as_ref().unwrap().len(), entries.len() + 1);
    assert_eq!(secret.labels().get("user").map(String::as_str), Some("app"));
    assert_eq!(secret.annotations().get("note").map(String::as_str), Some("5433"));
    assert_eq!(secret.labels().get("reconcile.external-secrets.io/managed").map(String::as_str), Some("true"));
    assert_eq!(secret.labels()["reconcile.external-secrets.io/created-by"].len(), 56);
    assert!(!secret.annotations().contains_key("reconcile.external-secrets.io/data-hash"));
    let owner = &secret.owner_references()[0];
    assert_eq!((owner.kind.as_str(), owner.api_version.as_str(), owner.controller), ("ExternalSecret", GROUP, Some(true)));
    let columns = namespace.kubectl(&["get", "externalsecrets"]).await.ok();
    let row: Vec<_> = columns.lines().nth(1).unwrap().split_whitespace().take(6).collect();
    assert_eq!(row, ["checkout", "SecretStore", "vault", "10s", "SecretSynced", "True"]);
    let stores = namespace.kubectl(&["get", "secretstores.external-secrets.io"]).await.ok();
    let row: Vec<_> = stores.lines().nth(1).unwrap().split_whitespace().skip(2).collect();
    assert_eq!(row, ["Valid", "ReadWrite", "True"], "{stores}");

    mount.put("shop/db", &[("user", "app"), ("password", "later"), ("port", "5432")]).await;
    has_text(&namespace, "checkout-env", "PASSWORD", "later").await;
    namespace.kubectl(&["patch", "secret", "checkout-env", "--type=merge", "-p", r#"{"stringData":{"USER":"edited"}}"#]).await.ok();
    has_text(&namespace, "checkout-env", "USER", "app").await;

    operator.stop().await;
    let mark = cluster.audit().mark();
    operator.start_again().await;
    // What is applied after the restart is served after what the restart found.
    let later = json!({"data": [entry("A", "shop/db", "user")]});
    namespace.apply(&external_secret("later", later).to_string()).await;
    is_told(&namespace, "later", "True", "SecretSynced").await;
    let writes = operator.requests_since(mark).await.in_namespace(namespace.name()).writes();
    let ours = writes.filter(|request| ["checkout", "checkout-env"].contains(&request.name()));
    let writes: Vec<_> = ours.iter().map(|request| request.uri.clone()).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn an_annotation_asks_for_a_refresh_and_created_once_does_not_follow() {
    let Stage { cluster, namespace, mount } = &stage().await;
    let _operator = operator(cluster, namespace).start().await;
    let data = json!([entry("A", "app", "a")]);
    namespace
        .apply(&documents(&[
            external_secret("forced", json!({"data": data})),
            external_secret("once", json!({"data": data, "refreshPolicy": "CreatedOnce"})),
            external_secret("change", json!({"data": data, "refreshPolicy": "OnChange"})),
        ]))
        .await;
    for name in ["forced", "once", "change"] {
        has_text(namespace, name, "A", "one").await;
        is_told(namespace, name, "True", "SecretSynced").await;
    }
    mount.put("app", &[("a", "two")]).await;
    for name in ["forced", "once", "change"] {
        namespace.kubectl(&["annotate", "externalsecret", name, "force-sync=1"]).await.ok();
    }
    has_text(namespace, "forced", "A", "two").await;
    has_text(namespace, "change", "A", "two").await;
    let once = namespace.api::<Secret>().get("once").await.unwrap();
    assert_eq!(text(&once, "A").as_deref(), Some("one"));
}

#[tokio::test]
async fn a_store_is_handed_over_by_one_field_and_no_secret_is_lost() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("eso").await;
    let mount = bao.kv2("eso").await;
    mount.put("app", &[("a", "one")]).await;
    store(&namespace, bao, &mount, Some("default")).await;
    // As the other controller leaves it: owned, labelled, with a hash of the values, and held by a finalizer.
    let mut object = external_secret("app", json!({"data": [entry("A", "app", "a")]}));
    object["metadata"]["finalizers"] = json!(["externalsecrets.external-secrets.io/externalsecret-cleanup"]);
    namespace.apply(&object.to_string()).await;
    let live = objects(&namespace, "ExternalSecret").get("app").await.unwrap();
    let reference = json!([{"apiVersion": GROUP, "kind": "ExternalSecret", "name": "app", "uid": live.uid().unwrap(),
        "controller": true, "blockOwnerDeletion": true}]);
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app", "ownerReferences": reference,
        "labels": {"reconcile.external-secrets.io/managed": "true"},
        "annotations": {"reconcile.external-secrets.io/data-hash": "0123"}}, "stringData": {"A": "old"}});
    namespace.apply(&secret.to_string()).await;
    let before = namespace.api::<Secret>().get("app").await.unwrap();
    let history = SecretHistory::record(&namespace, "app").await;
    let _operator = operator(cluster, &namespace).start().await;
    // Something that the operator does answer tells that it would have come to the other by now.
    namespace
        .apply(&documents(&[
            json!({"apiVersion": GROUP, "kind": "SecretStore", "metadata": {"name": "ours"}, "spec": {"controller": "sealbridge",
            "provider": {"fake": {"data": [{"key": "k", "value": "v"}]}}}}),
            external_secret(
                "ours",
                json!({"secretStoreRef": {"name": "ours"}, "data": [{"secretKey": "A", "remoteRef": {"key": "k"}}]}),
            ),
        ]))
        .await;
    has_text(&namespace, "ours", "A", "v").await;
    let untouched = objects(&namespace, "ExternalSecret").get("app").await.unwrap();
    assert!(untouched.data.get("status").is_none() && untouched.finalizers().len() == 1);
    let store_now = objects(&namespace, "SecretStore").get("vault").await.unwrap();
    assert!(store_now.data.get("status").is_none(), "the store of another controller is left alone");

    let patch = r#"{"spec":{"controller":"sealbridge"}}"#;
    namespace.kubectl(&["patch", "secretstores.external-secrets.io", "vault", "--type=merge", "-p", patch]).await.ok();
    let after = has_text(&namespace, "app", "A", "one").await;
    assert_eq!(after.uid(), before.uid());
    assert!(!after.annotations().contains_key("reconcile.external-secrets.io/data-hash"));
    is_told(&namespace, "app", "True", "SecretSynced").await;
    assert!(objects(&namespace, "ExternalSecret").get("app").await.unwrap().finalizers().is_empty());
    history.assert_never_without(&["A"]);

    namespace.kubectl(&["delete", "externalsecret", "app", "--timeout=30s"]).await.ok();
    let secrets = namespace.api::<Secret>();
    eventually(SOON, "the Secret goes with its owner", async || match secrets.get_opt("app").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

#[tokio::test]
async fn policies_of_creation() {
    let Stage { cluster, namespace, .. } = &stage().await;
    let _operator = operator(cluster, namespace).start().await;
    let foreign =
        |name: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"theirs": "x"}});
    let of = |name: &str, policy: &str| {
        external_secret(name, json!({"data": [entry("A", "app", "a")], "target": {"creationPolicy": policy}}))
    };
    namespace
        .apply(&documents(&[
            foreign("merge"),
            foreign("both"),
            foreign("owner"),
            of("owner", "Owner"),
            of("orphan", "Orphan"),
            of("merge", "Merge"),
            of("absent", "Merge"),
            of("both", "CreateOrMerge"),
            of("made", "CreateOrMerge"),
            of("none", "None"),
        ]))
        .await;
    let read = async |name: &str| has_text(namespace, name, "A", "one").await;
    let owner = read("owner").await;
    assert_eq!((text(&owner, "theirs"), owner.owner_references().len()), (None, 1), "an unowned Secret is taken over, as there");
    let orphan = read("orphan").await;
    assert_eq!(orphan.owner_references().len(), 0);
    for name in ["merge", "both"] {
        let merged = read(name).await;
        assert_eq!((text(&merged, "theirs").as_deref(), merged.owner_references().len()), (Some("x"), 0), "{name}");
    }
    assert_eq!(read("made").await.owner_references().len(), 0);
    let told = is_told(namespace, "absent", "True", "SecretMissing").await;
    assert_eq!(told["conditions"][0]["message"], "secret will not be created due to CreationPolicy=Merge");
    is_told(namespace, "none", "True", "SecretSynced").await;
    for name in ["absent", "none"] {
        assert!(namespace.api::<Secret>().get_opt(name).await.unwrap().is_none(), "{name}");
    }
    // An entry that is asked for no longer goes from what was made, too.
    let other = external_secret("made", json!({"data": [entry("B", "app", "a")], "target": {"creationPolicy": "CreateOrMerge"}}));
    namespace.apply(&other.to_string()).await;
    let made = has_text(namespace, "made", "B", "one").await;
    assert_eq!(text(&made, "A"), None);
}

#[tokio::test]
async fn a_renamed_target_takes_its_former_secret_along_unless_it_outlives_the_object() {
    let Stage { cluster, namespace, .. } = &stage().await;
    let _operator = operator(cluster, namespace).start().await;
    let of = |name: &str, policy: &str, target: &str| {
        external_secret(name, json!({"data": [entry("A", "app", "a")], "target": {"name": target, "creationPolicy": policy}}))
    };
    let native = |target: &str| bridged_secret("native", &json!({"data": {"A": {"plain": "one"}}, "target": {"name": target}}));
    namespace.apply(&documents(&[of("owner", "Owner", "o-1"), of("orphan", "Orphan", "p-1"), native("n-1")])).await;
    for name in ["o-1", "p-1", "n-1"] {
        has_text(namespace, name, "A", "one").await;
    }
    is_told(namespace, "owner", "True", "SecretSynced").await;
    is_told(namespace, "orphan", "True", "SecretSynced").await;
    crate::stage::is_told(namespace, "native", "Synced").await;
    namespace.apply(&documents(&[of("owner", "Owner", "o-2"), of("orphan", "Orphan", "p-2"), native("n-2")])).await;
    for name in ["o-2", "p-2", "n-2"] {
        has_text(namespace, name, "A", "one").await;
    }
    let secrets = namespace.api::<Secret>();
    for former in ["o-1", "n-1"] {
        eventually(SOON, &format!("{former} is gone"), async || match secrets.get_opt(former).await {
            Ok(None) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }
    assert!(secrets.get_opt("p-1").await.unwrap().is_some(), "an orphan stays");
}

#[tokio::test]
async fn templates_in_other_objects_are_followed() {
    let Stage { cluster, namespace, .. } = &stage().await;
    let mut operator = operator(cluster, namespace).start().await;
    let from = json!([
        {"configMap": {"name": "texts", "items": [{"key": "app.conf"}, {"key": "pairs", "templateAs": "KeysAndValues"}]}},
        {"secret": {"name": "texts", "items": [{"key": "more"}]}},
    ]);
    let spec = json!({"data": [entry("A", "app", "a")], "target": {"template": {"templateFrom": from}}});
    namespace.apply(&external_secret("app", spec).to_string()).await;
    let told = eventually(SOON, "the missing object is told", async || {
        let told = is_told(namespace, "app", "False", "SecretSyncedError").await["conditions"][0]["message"].to_string();
        if told.contains("ConfigMap texts does not exist; create it") { Ok(told) } else { Err(told) }
    })
    .await;
    assert!(told.contains("SourceNotFound"), "{told}");

    let config_map = |text: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts"},
        "data": {"app.conf": text, "pairs": "x: {{ .A }}-x\ny: 1.10\n"}})
    };
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "texts"}, "stringData": {"more": "{{ .A | upper }}"}});
    namespace.apply(&documents(&[config_map("a = {{ .A }}"), secret])).await;
    let made = has_text(namespace, "app", "app.conf", "a = one").await;
    for (key, value) in [("x", "one-x"), ("y", "1.10"), ("more", "ONE")] {
        assert_eq!(text(&made, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(made.data.as_ref().unwrap().len(), 4);
    is_told(namespace, "app", "True", "SecretSynced").await;

    namespace.apply(&config_map("b = {{ .A }}").to_string()).await;
    let changed = has_text(namespace, "app", "app.conf", "b = one").await;
    let revision = |secret: &Secret| secret.annotations().get("sealbridge.dev/revision").cloned();
    assert_ne!(revision(&made), revision(&changed), "workloads follow a changed template");

    operator.stop().await;
    namespace.apply(&config_map("c = {{ .A }}").to_string()).await;
    operator.start_again().await;
    has_text(namespace, "app", "app.conf", "c = one").await;
}

#[tokio::test]
async fn what_is_not_understood_is_told_by_its_path_and_keeps_the_secret() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("eso").await;
    let mount = bao.kv2("eso").await;
    mount.put("app", &[("a", "canary-one")]).await;
    store(&namespace, bao, &mount, Some("sealbridge")).await;
    let _operator = operator(cluster, &namespace).start().await;
    namespace.apply(&external_secret("app", json!({"data": [entry("A", "app", "a")]})).to_string()).await;
    has_text(&namespace, "app", "A", "canary-one").await;
    let history = SecretHistory::record(&namespace, "app").await;
    let cases = [
        (json!({"data": [entry("A", "app", "a")], "refreshIntervall": "1m"}), "SpecInvalid: spec.refreshIntervall is unknown"),
        (json!({"data": [entry("A", "app", "missing")]}), "PropertyNotFound: entry A"),
        (json!({"data": [entry("A", "other", "a")]}), "SourceNotFound: "),
        (json!({"secretStoreRef": {"name": "nobody"}, "data": [entry("A", "app", "a")]}), "StoreNotFound: "),
        (
            json!({"data": [entry("A", "app", "a")], "target": {"template": {"data": {"x": "{{ .nobody }}"}}}}),
            "there is no value nobody",
        ),
    ];
    for (spec, words) in cases {
        let mut object = external_secret("app", spec);
        // A store that is not there belongs to nobody yet; the annotation says who is asked.
        object["metadata"]["annotations"] = json!({"sealbridge.dev/adopt": "true"});
        let apply = ["apply", "--server-side", "--field-manager=tests", "--validate=ignore", "-f", "-"];
        namespace.kubectl_with_input(&apply, &object.to_string()).await.ok();
        eventually(SOON, words, async || {
            let told = is_told(&namespace, "app", "False", "SecretSyncedError").await;
            let message = told["conditions"][0]["message"].as_str().unwrap().to_owned();
            if message.contains(words) && !message.contains("canary") { Ok(()) } else { Err(message) }
        })
        .await;
    }
    assert_eq!(history.revisions().len(), 1, "the Secret stays as it was");
}
