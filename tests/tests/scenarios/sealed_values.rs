//! Values that a developer seals with `seal` become Secrets under their own namespace, name and entry, and
//! nowhere else. A refusal must never touch the Secret that is there.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use sealbridge_tests::{Bao, Recorder, SecretHistory, eventually};
use serde_json::json;

use crate::sealing::{SealingCluster, bytes, of_sealed, sealed};
use crate::stage::{SOON, bridged_secret, documents, has_text, is_told, message};

#[tokio::test]
async fn what_a_developer_seals_becomes_a_secret_and_opens_with_plain_age() {
    let stage = SealingCluster::shared().await;
    let namespace = stage.cluster.namespace("sealed").await;
    let developer = stage.key.developer().await;
    let value = b"line one\n\0\xff no text\n";
    developer.run_with_input(&["set", "checkout.yaml", "BLOB", "-n", namespace.name(), "--keep-newline"], value).await.ok();
    developer.run_with_input(&["set", "checkout.yaml", "TOKEN"], b"hunter2").await.ok();
    let manifest = developer.read("checkout.yaml");

    namespace.apply(&manifest).await;
    let object = is_told(&namespace, "checkout", "Synced").await;
    assert_eq!(object.status.unwrap().opened_with, [stage.key.id.as_str()]);
    assert_eq!(bytes(&namespace, "checkout", "BLOB").await, value);
    has_text(&namespace, "checkout", "TOKEN", "hunter2").await;

    let text = manifest
        .lines()
        .skip_while(|line| !line.contains("BLOB"))
        .find_map(|line| line.split('"').find(|part| part.starts_with("sb1:")));
    let file = BASE64_STANDARD.decode(text.unwrap().split(':').nth(2).unwrap()).unwrap();
    developer.write("keys.txt", &stage.key.identity);
    let opened = developer.age(&["-d", "-i", "keys.txt"], &file).await.ok();
    let header_end = opened.iter().position(|byte| *byte == b'\n').unwrap();
    assert_eq!(&opened[header_end + 1..], value, "everything after the first line");

    let replaced = developer.run_with_input(&["set", "checkout.yaml", "TOKEN"], b"hunter3").await;
    assert!(!replaced.stderr.contains("hunter3"), "{replaced}");
    namespace.apply(&developer.read("checkout.yaml")).await;
    has_text(&namespace, "checkout", "TOKEN", "hunter3").await;
    assert_eq!(bytes(&namespace, "checkout", "BLOB").await, value);
}

#[tokio::test]
async fn a_value_that_is_moved_elsewhere_is_refused_and_the_secret_stays() {
    let stage = SealingCluster::shared().await;
    let namespace = stage.cluster.namespace("moved").await;
    let developer = stage.key.developer().await;
    let here = namespace.name();
    let moved = [
        (
            "from-namespace",
            "namespace",
            "elsewhere",
            sealed(&developer, "elsewhere", "from-namespace", "TOKEN", "strict", "stolen").await,
        ),
        ("from-name", "name", "other", sealed(&developer, here, "other", "TOKEN", "strict", "stolen").await),
        ("from-entry", "entry", "OTHER", sealed(&developer, here, "from-entry", "OTHER", "strict", "stolen").await),
    ];
    for (name, ..) in &moved {
        let own = sealed(&developer, here, name, "TOKEN", "strict", "own").await;
        namespace.apply(&documents(&[of_sealed(name, &[("TOKEN", &own)])])).await;
    }
    for (name, part, sealed_for, value) in &moved {
        let before = has_text(&namespace, name, "TOKEN", "own").await;
        is_told(&namespace, name, "Synced").await;
        let history = SecretHistory::record(&namespace, name).await;

        namespace.apply(&documents(&[of_sealed(name, &[("TOKEN", value)])])).await;
        let object = is_told(&namespace, name, "SealedForOther").await;
        let told = message(&object);
        assert!(told.contains("entry TOKEN") && told.contains(part) && told.contains(sealed_for), "{told}");
        assert!(!told.contains("stolen"));
        assert!(object.status.unwrap().conditions.iter().any(|condition| condition.type_ == "Stalled"));

        // A write of one's own is seen last, so that one by the operator would have been seen before.
        namespace.kubectl(&["annotate", "secret", name, "seen=true"]).await.ok();
        let after = namespace.api::<Secret>().get(name).await.unwrap();
        history.reached(&after).await;
        let seen: Vec<_> = history.revisions().into_iter().map(|revision| revision.resource_version).collect();
        assert_eq!(seen, [before.metadata.resource_version.unwrap(), after.metadata.resource_version.unwrap()], "{name}");
        history.assert_never_without(&["TOKEN"]);
        has_text(&namespace, name, "TOKEN", "own").await;
    }
}

#[tokio::test]
async fn a_wider_scope_opens_where_it_should_and_nowhere_else() {
    let stage = SealingCluster::shared().await;
    let (one, two) = (stage.cluster.namespace("scope").await, stage.cluster.namespace("scope").await);
    let developer = stage.key.developer().await;
    let of_namespace = sealed(&developer, one.name(), "any", "TOKEN", "namespace", "of the namespace").await;
    let of_cluster = sealed(&developer, "any", "any", "TOKEN", "cluster", "of the cluster").await;

    for name in ["first", "second"] {
        one.apply(&documents(&[of_sealed(name, &[("TOKEN", &of_namespace)])])).await;
        has_text(&one, name, "TOKEN", "of the namespace").await;
    }
    for namespace in [&one, &two] {
        namespace.apply(&documents(&[of_sealed("shared", &[("TOKEN", &of_cluster)])])).await;
        has_text(namespace, "shared", "TOKEN", "of the cluster").await;
    }

    let refused = [
        (&two, of_sealed("elsewhere", &[("TOKEN", &of_namespace)]), one.name()),
        (&one, of_sealed("entry", &[("PASSWORD", &of_namespace)]), "TOKEN"),
        (&one, of_sealed("wide-entry", &[("PASSWORD", &of_cluster)]), "TOKEN"),
    ];
    for (namespace, object, sealed_for) in refused {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        namespace.apply(&documents(&[object])).await;
        let told = message(&is_told(namespace, &name, "SealedForOther").await);
        assert!(told.contains(sealed_for), "{told}");
        assert!(namespace.api::<Secret>().get_opt(&name).await.unwrap().is_none(), "no Secret is made of a refused value");
    }
}

#[tokio::test]
async fn sealed_entries_ask_no_store_and_a_quiet_round_writes_nothing() {
    let stage = SealingCluster::shared().await;
    let bao = Bao::shared().await;
    let (namespace, beside) = (stage.cluster.namespace("quiet").await, stage.cluster.namespace("quiet").await);
    let developer = stage.key.developer().await;
    let mount = bao.kv2("quiet").await;
    mount.put("app", &[("key", "value")]).await;
    let token = bao.token("", &[&mount.read_policy().await], json!({})).await;
    let recorder = Recorder::proxy(bao.url()).await;
    let store = |server: &str| {
        let provider =
            json!({"server": server, "path": mount.path(), "auth": {"tokenSecretRef": {"name": "token", "key": "token"}}});
        documents(&[
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"token": token}}),
            json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "vault"}, "spec": {"provider": {"vault": provider}}}),
        ])
    };
    namespace.apply(&store(&recorder.url())).await;
    beside.apply(&store(bao.url())).await;
    namespace.kubectl(&["wait", "--for=condition=Ready", "--timeout=60s", "secretstores.sealbridge.dev/vault"]).await.ok();
    recorder.forget();

    let value = sealed(&developer, namespace.name(), "app", "TOKEN", "strict", "value").await;
    let spec = json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "10s", "data": {"TOKEN": {"sealed": value}}});
    namespace.apply(&documents(&[bridged_secret("app", &spec)])).await;
    is_told(&namespace, "app", "Synced").await;
    let spec = json!({"secretStoreRef": {"name": "vault"}, "refreshInterval": "10s", "data": {"KEY": {"remoteRef": {"key": "app", "property": "key"}}}});
    beside.apply(&documents(&[bridged_secret("app", &spec)])).await;
    is_told(&beside, "app", "Synced").await;

    let (quiet, mark) = (stage.cluster.audit().mark(), bao.mark());
    eventually(SOON, "an object beside it, of the same interval, was read in three more rounds", async || {
        let reads = bao.requests(mark).reads(mount.path()).count();
        if reads >= 3 { Ok(()) } else { Err(format!("{reads} reads")) }
    })
    .await;
    let requests = stage.operator.requests_since(quiet).await.in_namespace(namespace.name());
    let seen: Vec<_> =
        requests.iter().map(|request| format!("{} {} {}", request.verb, request.resource(), request.name())).collect();
    assert!(seen.is_empty(), "a quiet round asks the API server nothing about the object: {seen:?}");

    namespace.kubectl(&["annotate", "bsec", "app", "sealbridge.dev/refresh=now"]).await.ok();
    eventually(SOON, "the refresh was handled", async || {
        let object = namespace.api::<sealbridge_api::BridgedSecret>().get("app").await.map_err(|error| error.to_string())?;
        object.status.and_then(|status| status.last_handled_refresh).map(drop).ok_or("not yet".to_owned())
    })
    .await;
    let asked: Vec<_> = recorder.requests().into_iter().map(|request| request.path).collect();
    assert!(asked.is_empty(), "the store of an object without a reference is not asked: {asked:?}");
}
