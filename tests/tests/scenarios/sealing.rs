//! What scenarios about sealed values set up: a key that a cluster holds, and a developer with `seal` who has
//! its public half. It must never assert what a scenario is about.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use sealbridge_api::SealingKey;
use sealbridge_tests::{Cluster, Namespace, Operator, Seal, eventually};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::stage::{SOON, bridged_secret, documents};

/// A key pair as `seal keys new` makes it.
pub(crate) struct KeyPair {
    pub(crate) id: String,
    pub(crate) recipient: String,
    /// The text of the identity file.
    pub(crate) identity: String,
}

impl KeyPair {
    pub(crate) async fn new() -> Self {
        let seal = Seal::new();
        let told = seal.run(&["keys", "new", "keys.txt", "-o", "json"]).await.text();
        let told: Value = serde_json::from_str(&told).unwrap();
        let field = |name: &str| told[name].as_str().unwrap().to_owned();
        Self { id: field("keyId"), recipient: field("recipient"), identity: seal.read("keys.txt") }
    }

    /// The Secret with the private half in an operator's namespace.
    pub(crate) fn secret(&self, operator: &Operator<'_>) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": operator.namespace()},
            "stringData": {"identity": self.identity}})
    }

    /// A developer in a repository that seals to this key, without the private half.
    pub(crate) async fn developer(&self) -> Seal {
        let seal = Seal::new();
        seal.run(&["init", "-r", &format!("cluster={}", self.recipient)]).await.ok();
        seal
    }
}

/// A SealingKey `main` whose private half is in the Secret of [`KeyPair::secret`].
pub(crate) fn sealing_key() -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": "main"},
        "spec": {"identity": {"secretRef": {"name": "key"}}}})
}

/// A cluster of its own, since SealingKeys belong to no namespace, with an operator that holds one key.
pub(crate) struct SealingCluster {
    pub(crate) cluster: &'static Cluster,
    pub(crate) operator: Operator<'static>,
    pub(crate) key: KeyPair,
}

impl SealingCluster {
    /// The one that scenarios share which change no key. Its operator watches all namespaces.
    pub(crate) async fn shared() -> &'static Self {
        static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
        static SHARED: OnceCell<SealingCluster> = OnceCell::const_new();
        SHARED
            .get_or_init(async || {
                let cluster = CLUSTER.get_or_init(Cluster::private).await;
                let operator = Operator::of(cluster).start().await;
                let key = KeyPair::new().await;
                cluster.apply(&documents(&[key.secret(&operator), sealing_key()])).await;
                key_is_told(cluster, "main", "Valid").await;
                Self { cluster, operator, key }
            })
            .await
    }
}

/// Waits until the Ready condition of a SealingKey has this reason.
pub(crate) async fn key_is_told(cluster: &Cluster, name: &str, reason: &str) -> SealingKey {
    let keys: Api<SealingKey> = Api::all(cluster.client().await);
    eventually(SOON, &format!("SealingKey {name} is told to be {reason}"), async || {
        let key = keys.get(name).await.map_err(|error| error.to_string())?;
        let ready = key.status.iter().flat_map(|status| &status.conditions).find(|condition| condition.type_ == "Ready");
        let ready = ready.ok_or("no Ready")?;
        if ready.reason == reason { Ok(key.clone()) } else { Err(format!("{}: {}", ready.reason, ready.message)) }
    })
    .await
}

/// The message of a SealingKey's Ready condition.
pub(crate) fn key_message(key: &SealingKey) -> String {
    let conditions = key.status.iter().flat_map(|status| &status.conditions);
    conditions.filter(|condition| condition.type_ == "Ready").map(|condition| condition.message.clone()).collect()
}

/// The text that `seal value` makes of a value for an entry of a Secret.
pub(crate) async fn sealed(developer: &Seal, namespace: &str, name: &str, key: &str, scope: &str, value: &str) -> String {
    let arguments = ["value", "--name", name, "--key", key, "-n", namespace, "--scope", scope];
    developer.run_with_input(&arguments, value.as_bytes()).await.text().trim_end().to_owned()
}

/// A BridgedSecret whose entries are sealed values.
pub(crate) fn of_sealed(name: &str, entries: &[(&str, &str)]) -> Value {
    let data: serde_json::Map<String, Value> =
        entries.iter().map(|(key, sealed)| ((*key).to_owned(), json!({"sealed": sealed}))).collect();
    bridged_secret(name, &json!({"refreshInterval": "10s", "data": data}))
}

/// The bytes of an entry of a Secret.
pub(crate) async fn bytes(namespace: &Namespace<'_>, name: &str, key: &str) -> Vec<u8> {
    let secret = namespace.api::<Secret>().get(name).await.unwrap();
    secret.data.unwrap().remove(key).unwrap().0
}
