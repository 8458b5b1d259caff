//! `syncWindows` of ExternalSecrets: which objects follow their source while a window is open or closed.

use k8s_openapi::api::core::v1::Secret;
use sealbridge_tests::{Bao, Cluster, Operator};
use serde_json::{Value, json};

use crate::external_secrets::{entry, external_secret, store};
use crate::stage::{documents, has_text, text};

#[tokio::test]
async fn windows_hold_back_what_the_clock_asks_for_and_nothing_else() {
    let cluster = Cluster::shared().await;
    let bao = Bao::shared().await;
    let namespace = cluster.namespace("eso-windows").await;
    let mount = bao.kv2("eso-windows").await;
    mount.put("a", &[("p", "first")]).await;
    store(&namespace, bao, &mount, Some("sealbridge")).await;
    // Open at every moment, or at none: which, is the schedule's own test.
    let windows = |kind: &str, schedule: &str| json!({"kind": kind, "windows": [{"schedule": schedule, "duration": "1h"}]});
    let object = |name: &str, windows: Option<Value>| {
        let mut spec = json!({"refreshInterval": "10s", "data": [entry("A", "a", "p")]});
        if let Some(windows) = windows {
            spec["syncWindows"] = windows;
        }
        external_secret(name, spec)
    };
    namespace
        .apply(&documents(&[
            object("free", None),
            object("denied", Some(windows("deny", "* * * * *"))),
            object("not-allowed", Some(windows("allow", "@every 2h"))),
            object("allowed", Some(windows("allow", "* * * * *"))),
        ]))
        .await;
    let _operator = Operator::of(cluster).watch(&namespace).flag("--dialect=external-secrets").start().await;
    for name in ["free", "denied", "not-allowed", "allowed"] {
        has_text(&namespace, name, "A", "first").await;
    }
    for value in ["second", "third"] {
        mount.put("a", &[("p", value)]).await;
        for name in ["free", "allowed"] {
            has_text(&namespace, name, "A", value).await;
        }
    }
    for name in ["denied", "not-allowed"] {
        assert_eq!(text(&namespace.api::<Secret>().get(name).await.unwrap(), "A"), Some("first".to_owned()), "{name}");
    }
    // What somebody asks for is not by the clock.
    namespace.apply(&documents(&[object("denied", Some(windows("deny", "*/1 * * * *")))])).await;
    has_text(&namespace, "denied", "A", "third").await;
    namespace.apply(&documents(&[object("not-allowed", Some(windows("allow", "* * * * *")))])).await;
    has_text(&namespace, "not-allowed", "A", "third").await;
}
