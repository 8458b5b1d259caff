//! The published weaknesses of the sealed-secrets controller, replayed one by one against the operator: each is
//! refused, the message holds no value, and a Secret that is there is never touched.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use sealbridge_tests::{Cluster, Kubeseal, SealedSecretsKey};
use serde_json::{Value, json};

use crate::sealed_secrets::{is_synced, operator, plain};
use crate::stage::has_text;

const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";

/// One attack: what is changed in an object that was sealed strictly for `elsewhere`/`victim`.
struct Attack {
    name: &'static str,
    change: fn(&mut Value),
    told: &'static str,
}

const ATTACKS: &[Attack] = &[
    // CVE-2026-22728: the template's annotations chose the scope.
    Attack {
        name: "widened-by-template",
        change: |object| object["spec"]["template"]["metadata"]["annotations"] = json!({CLUSTER_WIDE: "true"}),
        told: "entry TOKEN: none of the 1 RSA keys",
    },
    Attack {
        name: "widened-by-object",
        change: |object| object["metadata"]["annotations"] = json!({CLUSTER_WIDE: "true"}),
        told: "entry TOKEN: none of the 1 RSA keys",
    },
    Attack { name: "moved", change: |_| {}, told: "entry TOKEN: none of the 1 RSA keys" },
    // A template that depends on a value turned the answer of a service into an oracle. There is no such service here, and
    // a value that is bound to another object is not opened for a template either.
    Attack {
        name: "oracle",
        change: |object| {
            object["spec"]["template"]["data"] = json!({"A": r#"{{ if eq .TOKEN "hunter2" }}{{ fail "yes" }}{{ end }}"#});
        },
        told: "entry TOKEN: none of the 1 RSA keys",
    },
    // An entry that is no string emptied the whole map unseen.
    Attack {
        name: "no-string",
        change: |object| object["spec"]["encryptedData"]["TOKEN"] = json!(7),
        told: "spec.encryptedData.TOKEN is unknown or of the wrong type",
    },
    Attack {
        name: "whole-secret",
        change: |object| object["spec"] = json!({"data": object["spec"]["encryptedData"]["TOKEN"]}),
        told: "spec.data: the form with one value",
    },
    Attack {
        name: "damaged",
        change: |object| {
            let text = object["spec"]["encryptedData"]["TOKEN"].as_str().unwrap();
            let mut bytes = BASE64_STANDARD.decode(text).unwrap();
            bytes[100] ^= 1;
            object["spec"]["encryptedData"]["TOKEN"] = json!(BASE64_STANDARD.encode(bytes));
        },
        told: "entry TOKEN: none of the 1 RSA keys",
    },
    Attack { name: "misspelt", change: |object| object["spec"]["templates"] = json!({}), told: "spec.templates is unknown" },
];

#[tokio::test]
async fn each_published_weakness_is_refused_and_the_secret_stays() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("weakness").await;
    let key = SealedSecretsKey::since(2024);
    let kubeseal = Kubeseal::with(&key).await;
    let _operator = operator(cluster, &namespace, &[&key]).await;
    for attack in ATTACKS {
        let own = kubeseal.seal(&plain(namespace.name(), attack.name, &[("TOKEN", "own")]), "strict").await;
        namespace.apply(&own.to_string()).await;
        is_synced(&namespace, attack.name, "True").await;
        let before = has_text(&namespace, attack.name, "TOKEN", "own").await;

        let mut stolen = kubeseal.seal(&plain("elsewhere", "victim", &[("TOKEN", "hunter2")]), "strict").await;
        (attack.change)(&mut stolen);
        stolen["metadata"]["name"] = json!(attack.name);
        stolen["metadata"]["namespace"] = json!(namespace.name());
        namespace.kubectl_with_input(&["replace", "-f", "-"], &stolen.to_string()).await.ok();
        let told = is_synced(&namespace, attack.name, "False").await;
        let message = told["message"].as_str().unwrap();
        assert!(message.contains(attack.told), "{}: {message}", attack.name);
        assert!(!message.contains("hunter2"), "{}: {message}", attack.name);
        let after = namespace.api::<Secret>().get(attack.name).await.unwrap();
        assert_eq!(after.resource_version(), before.resource_version(), "{}", attack.name);
    }
}

#[tokio::test]
async fn a_copy_of_the_plain_secret_does_not_stay_in_an_annotation() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("weakness").await;
    let key = SealedSecretsKey::since(2024);
    let _operator = operator(cluster, &namespace, &[&key]).await;
    let mut live = plain(namespace.name(), "app", &[("TOKEN", "hunter2")]);
    live["metadata"]["annotations"] = json!({"sealedsecrets.bitnami.com/managed": "true"});
    namespace.kubectl_with_input(&["apply", "-f", "-"], &live.to_string()).await.ok();
    let with_copy = namespace.api::<Secret>().get("app").await.unwrap();
    let last_applied = "kubectl.kubernetes.io/last-applied-configuration";
    assert!(with_copy.annotations().contains_key(last_applied), "client-side apply leaves a copy");
    let sealed = Kubeseal::with(&key).await.seal(&live, "strict").await;
    namespace.apply(&sealed.to_string()).await;
    is_synced(&namespace, "app", "True").await;
    let taken = has_text(&namespace, "app", "TOKEN", "hunter2").await;
    assert!(!taken.annotations().contains_key(last_applied));
}
