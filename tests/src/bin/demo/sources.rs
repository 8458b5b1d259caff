//! Where the values are: OpenBao and an AWS emulator, on this machine. It must never be reached by anybody else.

use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Bao, Moto};
use serde_json::{Value, json};

use crate::telling::say;

/// Both stores, with a login to each.
pub(crate) struct Sources {
    bao: Bao,
    moto: Moto,
}

impl Sources {
    pub(crate) async fn start() -> Self {
        say("start OpenBao and an AWS emulator (moto)");
        let (bao, moto) = tokio::join!(Bao::private(), Moto::private());
        Self { bao, moto }
    }

    /// A key-value mount of OpenBao.
    pub(crate) async fn mount(&self) -> Mount<'_> {
        self.bao.kv2("shop").await
    }

    /// Puts a secret into AWS Secrets Manager.
    pub(crate) async fn put_into_aws(&self, name: &str, value: &str) {
        self.moto.put(name, value).await;
    }

    /// Stores `vault` and `aws` with their credentials, as manifests.
    pub(crate) async fn manifests(&self, mount: &Mount<'_>) -> Vec<Value> {
        let policy = mount.read_policy().await;
        let token = self.bao.token("", &[&policy], json!({})).await;
        vec![
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vault-token"}, "stringData": {"token": token}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws-login"}, "stringData": {"id": "demo", "key": "demo"}}),
            store(
                "vault",
                &json!({"vault": {
                    "server": self.bao.url(),
                    "path": mount.path(),
                    "auth": {"tokenSecretRef": {"name": "vault-token", "key": "token"}},
                }}),
            ),
            store(
                "aws",
                &json!({"aws": {
                    "service": "SecretsManager",
                    "region": self.moto.region(),
                    "endpoint": self.moto.url(),
                    "auth": {"secretRef": {
                        "accessKeyIDSecretRef": {"name": "aws-login", "key": "id"},
                        "secretAccessKeySecretRef": {"name": "aws-login", "key": "key"},
                    }},
                }}),
            ),
        ]
    }
}

fn store(name: &str, provider: &Value) -> Value {
    json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": name}, "spec": {"provider": provider}})
}
