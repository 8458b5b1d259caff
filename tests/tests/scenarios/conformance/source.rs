//! The stores that cases read, on their real servers, and what is put into them. It must never judge what comes of it.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::StreamExt;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Bao, Moto, Namespace, TestCa};
use serde_json::{Value, json};

use super::case::{Case, Deed, Kind, Words};

/// Cases whose keys are written at the same time.
const PARALLEL: usize = 8;

/// A store with everything that belongs to it.
pub(crate) enum Source {
    Fake,
    Kv { bao: &'static Bao, mount: Mount<'static>, token: String, is_open_bao: bool },
    Aws(&'static Moto),
    Kubernetes { token: String },
}

impl Source {
    /// A store of a kind, empty.
    pub(crate) async fn new(kind: Kind, namespace: &Namespace<'_>) -> Self {
        let mount = match kind {
            Kind::Fake => return Self::Fake,
            Kind::Aws => return Self::Aws(Moto::shared().await),
            Kind::Kubernetes => return Self::kubernetes(namespace).await,
            Kind::Kv1 => Bao::shared().await.kv1("conformance").await,
            Kind::Kv2 | Kind::OpenBao => Bao::shared().await.kv2("conformance").await,
        };
        let bao = Bao::shared().await;
        let token = bao.token(mount.namespace(), &[&mount.read_policy().await], json!({})).await;
        Self::Kv { bao, mount, token, is_open_bao: kind == Kind::OpenBao }
    }

    async fn kubernetes(namespace: &Namespace<'_>) -> Self {
        let name = namespace.name();
        let rules = json!([{"apiGroups": [""], "resources": ["secrets", "namespaces"], "verbs": ["get", "list"]}]);
        let reader = json!({"kind": "ServiceAccount", "name": "reader", "namespace": name});
        let objects = [
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reader"}, "rules": rules}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "reader"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}, "subjects": [reader]}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}, "data": {"ca.crt": TestCa::shared().pem()}}),
        ];
        namespace.apply(&crate::stage::documents(&objects)).await;
        Self::Kubernetes { token: namespace.cluster().service_account_token(name, "reader", &[]).await }
    }

    /// The store object `store`, with what it needs. The values of a fake store are those of the cases.
    pub(crate) fn objects(&self, cases: &[&Case], namespace: &Namespace<'_>) -> Vec<Value> {
        let credential =
            |values: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": values});
        let token = |token: &str| credential(json!({"token": token}));
        let by_token = json!({"name": "login", "key": "token"});
        match self {
            Self::Fake => vec![store("store", &json!({"fake": {"data": inline(cases, &self.words(namespace))}}))],
            Self::Kv { bao, mount, token: login, is_open_bao } => {
                let version = format!("v{}", mount.version());
                let auth = json!({"tokenSecretRef": by_token});
                let provider = json!({"server": bao.url(), "path": mount.path(), "version": version, "auth": auth});
                let provider = if *is_open_bao { json!({"openBao": provider}) } else { json!({"vault": provider}) };
                vec![token(login), store("store", &provider)]
            }
            Self::Aws(moto) => {
                let key = |entry: &str| json!({"name": "login", "key": entry});
                let auth = json!({"secretRef": {"accessKeyIDSecretRef": key("id"), "secretAccessKeySecretRef": key("key")}});
                let aws = json!({"service": "SecretsManager", "region": moto.region(), "endpoint": moto.url(), "auth": auth});
                vec![credential(json!({"id": "harness", "key": "harness"})), store("store", &json!({"aws": aws}))]
            }
            Self::Kubernetes { token: login } => {
                let ca = json!({"type": "ConfigMap", "name": "ca", "key": "ca.crt"});
                let server = json!({"url": namespace.cluster().url(), "caProvider": ca});
                let provider =
                    json!({"server": server, "remoteNamespace": namespace.name(), "auth": {"token": {"bearerToken": by_token}}});
                vec![token(login), store("store", &json!({"kubernetes": provider}))]
            }
        }
    }

    /// What words in the texts of cases stand for.
    pub(crate) fn words(&self, namespace: &Namespace<'_>) -> Words {
        let (mount, server) = match self {
            Self::Fake | Self::Kubernetes { .. } => ("", ""),
            Self::Kv { bao, mount, .. } => (mount.path(), bao.url()),
            Self::Aws(moto) => ("", moto.url()),
        };
        Words { namespace: namespace.name().to_owned(), mount: mount.to_owned(), server: server.to_owned() }
    }

    /// Variables with which a person reads the same store; `None` if a person cannot.
    pub(crate) fn environment(&self) -> Option<Vec<(&'static str, String)>> {
        match self {
            Self::Fake => Some(Vec::new()),
            Self::Kv { token, .. } => Some(vec![("VAULT_TOKEN", token.clone())]),
            Self::Aws(_) => {
                Some(vec![("AWS_ACCESS_KEY_ID", "harness".to_owned()), ("AWS_SECRET_ACCESS_KEY", "harness".to_owned())])
            }
            Self::Kubernetes { .. } => None,
        }
    }

    /// Puts what cases say into the store.
    pub(crate) async fn fill<'c>(
        &self,
        cases: impl Iterator<Item = (&'c Case, &'c BTreeMap<String, String>, &'c [Deed])>,
        words: &Words,
    ) {
        let filled = cases.map(async |(case, seed, deeds)| {
            for (key, text) in seed {
                self.put(&case.spelt(key, words), text).await;
            }
            for deed in deeds {
                self.act(&case.spelt(&deed.key, words), deed).await;
            }
        });
        futures::stream::iter(filled).buffer_unordered(PARALLEL).collect::<Vec<()>>().await;
    }

    async fn put(&self, key: &str, text: &str) {
        match self {
            Self::Fake => {}
            // As it is written: to read it as JSON here would lose digits.
            Self::Kv { mount, .. } => mount.put_text(key, text).await,
            Self::Aws(moto) => drop(moto.put(key, text).await),
            Self::Kubernetes { .. } => panic!("what a store of Secrets holds stands under objects: {key}"),
        }
    }

    async fn act(&self, key: &str, deed: &Deed) {
        if let Self::Fake = self {
            return;
        }
        if let Self::Aws(moto) = self {
            return act_on_aws(moto, key, deed).await;
        }
        let Self::Kv { bao, mount, .. } = self else { panic!("nothing can be done to {key}") };
        if let Some(text) = &deed.text {
            self.put(key, text).await;
        }
        if let Some(tags) = &deed.tags {
            let path = format!("{}/metadata/{key}", mount.path());
            bao.call(reqwest::Method::POST, &path, Some(&json!({"custom_metadata": tags}))).await.expect("metadata");
        }
        if !deed.destroy.is_empty() {
            mount.destroy(key, &deed.destroy).await;
        }
        if deed.delete {
            mount.delete(key).await;
        }
    }
}

async fn act_on_aws(moto: &Moto, key: &str, deed: &Deed) {
    let client = moto.secrets_manager();
    let tags =
        deed.tags.as_ref().map(|tags| tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect());
    if let Some(bytes) = &deed.base64 {
        let bytes = Blob::new(BASE64_STANDARD.decode(bytes).unwrap());
        client.create_secret().name(key).secret_binary(bytes).set_tags(tags).send().await.expect("stored");
    } else if let (Some(text), Some(_)) = (&deed.text, &tags) {
        client.create_secret().name(key).secret_string(text).set_tags(tags).send().await.expect("stored");
    } else if let Some(text) = &deed.text {
        moto.put(key, text).await;
    }
    if deed.delete {
        client.delete_secret().secret_id(key).send().await.expect("marked for deletion");
    }
}

/// A SecretStore.
pub(crate) fn store(name: &str, provider: &Value) -> Value {
    json!({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": {"name": name},
        "spec": {"controller": "sealbridge", "provider": provider}})
}

fn inline(cases: &[&Case], words: &Words) -> Vec<Value> {
    let of = |case: &&Case| {
        let seed = case.seed.iter().map(|(key, text)| json!({"key": case.spelt(key, words), "value": text}));
        let versions =
            case.also.iter().map(|deed| json!({"key": case.spelt(&deed.key, words), "value": deed.text, "version": deed.version}));
        seed.chain(versions).collect::<Vec<_>>()
    };
    cases.iter().flat_map(of).collect()
}
