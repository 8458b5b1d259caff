//! Templates of a BridgedSecret that stand in other objects, and labels and annotations that templates make.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use sealbridge_api::BridgedSecret;
use sealbridge_tests::{Cluster, Operator, SecretHistory, eventually};
use serde_json::{Value, json};

use crate::stage::{SOON, bridged_secret, documents, has_text, text};

fn object(name: &str, template: &Value) -> Value {
    bridged_secret(name, &json!({"data": {"A": {"plain": "canary-one"}}, "target": {"template": template}}))
}

#[tokio::test]
async fn templates_in_other_objects_are_followed() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("templates").await;
    let _operator = Operator::of(cluster).watch(&namespace).start().await;
    let config_map = |text: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts"},
            "data": {"app.conf": text, "pairs": "x: {{ .A }}-x\ny: 1.10\n"}})
    };
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "texts"}, "stringData": {"more": "{{ .A | b64enc }}"}});
    let from = json!([
        {"configMap": {"name": "texts", "items": [{"key": "app.conf"}, {"key": "pairs", "templateAs": "KeysAndValues"}]}},
        {"secret": {"name": "texts", "items": [{"key": "more"}]}, "valuesDecodingStrategy": "Base64"},
        {"literal": "y: over\nteam: shop"},
        {"literal": "tier: front", "target": "Labels"},
    ]);
    namespace.apply(&documents(&[config_map("a = {{ .A }}"), secret, object("app", &json!({"templateFrom": from}))])).await;
    let made = has_text(&namespace, "app", "app.conf", "a = canary-one").await;
    for (key, value) in [("x", "canary-one-x"), ("y", "over"), ("more", "canary-one"), ("team", "shop")] {
        assert_eq!(text(&made, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!((made.data.as_ref().unwrap().len(), made.labels().get("tier").map(String::as_str)), (5, Some("front")));
    namespace.apply(&config_map("b = {{ .A }}").to_string()).await;
    has_text(&namespace, "app", "app.conf", "b = canary-one").await;
}

#[tokio::test]
async fn labels_of_values_need_the_operators_flag_and_without_it_the_secret_stays() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("metadata").await;
    let mut operator = Operator::of(cluster).watch(&namespace).start().await;
    let plain = json!({"metadata": {"labels": {"user": "nobody"}, "annotations": {"note": "as }} it stands"}}});
    namespace.apply(&object("app", &plain).to_string()).await;
    let made = has_text(&namespace, "app", "A", "canary-one").await;
    assert_eq!(made.annotations()["note"], "as }} it stands");
    let history = SecretHistory::record(&namespace, "app").await;

    let from = json!({"templateFrom": [{"literal": "user: '{{ .A }}'", "target": "Labels"}]});
    let label = json!({"metadata": {"labels": {"user": "{{ .A | upper }}"}}, "data": {"B": "{{ .A }}"}});
    for (template, path) in [(&from, "spec.target.template.templateFrom, target Labels: "), (&label, "metadata.labels.user: ")] {
        namespace.apply(&object("app", template).to_string()).await;
        eventually(SOON, "the template is refused by its path", async || {
            let object = namespace.api::<BridgedSecret>().get("app").await.map_err(|error| error.to_string())?;
            let status = object.status.clone().unwrap_or_default();
            let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready").cloned();
            let told = ready.ok_or("nothing is told")?;
            let is_refused = told.reason == "SpecInvalid" && told.message.contains(path);
            let is_whole = told.message.contains("--allow-values-in-metadata") && !told.message.contains("canary");
            if is_refused && is_whole && status.observed_generation == object.metadata.generation {
                Ok(())
            } else {
                Err(told.message)
            }
        })
        .await;
    }
    assert_eq!(history.revisions().len(), 1, "the Secret stays as it was");

    operator.stop().await;
    let _allowing = Operator::of(cluster).watch(&namespace).beside(&operator).flag("--allow-values-in-metadata").start().await;
    has_text(&namespace, "app", "B", "canary-one").await;
    eventually(SOON, "the label is made", async || {
        let secret = namespace.api::<Secret>().get("app").await.map_err(|error| error.to_string())?;
        match secret.labels().get("user").map(String::as_str) {
            Some("CANARY-ONE") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}
