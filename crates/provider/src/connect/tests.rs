//! Specs to stores: what is asked of the surroundings, and what is refused before anything is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use rstest::rstest;
use sealbridge_secret::SecretBytes;
use serde_json::{Value, json};

use super::*;
use crate::{AmbientIdentity, AmbientTokens, NamespaceInputs};

/// One namespace's inputs, by `name/key`.
#[derive(Default)]
struct Inputs(BTreeMap<String, String>);

#[async_trait]
impl NamespaceInputs for Inputs {
    async fn secret_entry(&self, name: &str, key: &str) -> Result<SecretBytes, InputError> {
        let entry = self.0.get(&format!("{name}/{key}"));
        let missing = || InputError::EntryMissing { kind: "Secret", name: format!("ns/{name}"), key: key.to_owned() };
        entry.map(|value| SecretBytes::new(value.clone().into_bytes())).ok_or_else(missing)
    }

    async fn config_map_entry(&self, name: &str, key: &str) -> Result<String, InputError> {
        let missing = || InputError::EntryMissing { kind: "ConfigMap", name: format!("ns/{name}"), key: key.to_owned() };
        self.0.get(&format!("{name}/{key}")).cloned().ok_or_else(missing)
    }

    async fn service_account_annotations(&self, _: &str) -> Result<BTreeMap<String, String>, InputError> {
        Ok(BTreeMap::new())
    }

    async fn service_account_token(&self, _: &str, _: &[String], _: Duration) -> Result<SecretBytes, InputError> {
        Ok(SecretBytes::new(b"jwt".to_vec()))
    }
}

#[async_trait]
impl AmbientTokens for Inputs {
    async fn token(&self, _: &[String], _: Duration) -> Result<SecretBytes, InputError> {
        Ok(SecretBytes::new(b"own".to_vec()))
    }
}

struct OneNamespace {
    inputs: Arc<Inputs>,
    ambient: AmbientIdentity,
}

impl Scope for OneNamespace {
    fn inputs(&self, namespace: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
        match namespace {
            None | Some("ns") => Ok(self.inputs.clone()),
            Some(other) => Err(InputError::NamespaceRefused { namespace: other.to_owned() }),
        }
    }

    fn ambient_identity(&self) -> AmbientIdentity {
        self.ambient
    }

    fn ambient_tokens(&self) -> Option<Arc<dyn AmbientTokens>> {
        Some(self.inputs.clone())
    }
}

fn scope(ambient: AmbientIdentity) -> OneNamespace {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let entries = [("creds/token", "s.canary\n"), ("creds/bad", "two words canary"), ("ca/bundle", "canary, no certificate")];
    let inputs = Inputs(entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    OneNamespace { inputs: Arc::new(inputs), ambient }
}

fn spec(provider: Value) -> ProviderSpec {
    serde_json::from_value(provider).unwrap()
}

fn vault(auth: &Value) -> ProviderSpec {
    spec(json!({"vault": {"server": "http://127.0.0.1:1", "path": "kv", "auth": *auth}}))
}

fn kubernetes(url: &str, auth: &Value) -> ProviderSpec {
    spec(json!({"kubernetes": {"server": {"url": url}, "auth": *auth}}))
}

#[rstest]
#[case(json!({"vault": {"server": "https://a", "auth": {"tokenSecretRef": {"name": "t", "key": "k"}}}}), true)]
#[case(json!({"vault": {"server": "https://a", "version": "logical", "auth": {"tokenSecretRef": {"name": "t", "key": "k"}}}}), false)]
#[case(json!({"openBao": {"server": "https://a", "version": "v1", "auth": {"tokenSecretRef": {"name": "t", "key": "k"}}}}), true)]
#[case(json!({"aws": {"service": "SecretsManager", "region": "eu-central-1", "auth": {"secretRef": {
    "accessKeyIDSecretRef": {"name": "t", "key": "k"}, "secretAccessKeySecretRef": {"name": "t", "key": "k"}}}}}), true)]
#[case(json!({"aws": {"service": "ParameterStore", "region": "eu-central-1", "auth": {"secretRef": {
    "accessKeyIDSecretRef": {"name": "t", "key": "k"}, "secretAccessKeySecretRef": {"name": "t", "key": "k"}}}}}), true)]
#[case(json!({"kubernetes": {"server": {"url": "https://a"}, "auth": {"token": {"bearerToken": {"name": "t", "key": "k"}}}}}), true)]
#[case(json!({"fake": {"data": []}}), false)]
#[tokio::test]
async fn what_is_said_of_writing_holds_for_the_store(#[case] spec: Value, #[case] wanted: bool) {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let spec: ProviderSpec = serde_json::from_value(spec).unwrap();
    let inputs = Arc::new(Inputs([("t/k".to_owned(), "value".to_owned())].into()));
    let store = connect(&spec, &OneNamespace { inputs, ambient: AmbientIdentity::Refused }).await.unwrap();
    assert_eq!((is_written_to(&spec), store.writer().is_some()), (wanted, wanted));
}

#[rstest]
#[case(vault(&json!({"tokenSecretRef": {"name": "creds", "key": "token"}})))]
#[case(vault(&json!({"appRole": {"roleId": "r", "secretRef": {"name": "creds", "key": "token"}}})))]
#[case(vault(&json!({"kubernetes": {"role": "r", "serviceAccountRef": {"name": "sa"}}})))]
#[case(vault(&json!({"jwt": {"kubernetesServiceAccountToken": {"serviceAccountRef": {"name": "sa"}}}})))]
#[case(vault(&json!({"userPass": {"username": "u", "secretRef": {"name": "creds", "key": "bad"}}})))]
#[case(vault(&json!({"ldap": {"username": "u", "secretRef": {"name": "creds", "key": "token"}}})))]
#[case(vault(&json!({"appRole": {"roleId": "r", "wrappedSecretRef": {"name": "creds", "key": "token"}}})))]
#[case(vault(&json!({"iam": {"vaultRole": "r", "jwt": {"serviceAccountRef": {"name": "sa"}}}})))]
#[case(spec(json!({"aws": {"service": "ParameterStore", "region": "eu-central-1", "role": "arn:aws:iam::123456789012:role/r",
    "auth": {"jwt": {"serviceAccountRef": {"name": "sa"}}}}})))]
#[case(spec(json!({"openBao": {"server": "http://127.0.0.1:1", "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}}}})))]
#[case(spec(json!({"aws": {"service": "SecretsManager", "region": "eu-central-1", "auth": {"secretRef": {
    "accessKeyIDSecretRef": {"name": "creds", "key": "token"}, "secretAccessKeySecretRef": {"name": "creds", "key": "token"}}}}})))]
#[case(kubernetes("https://127.0.0.1:1", &json!({"token": {"bearerToken": {"name": "creds", "key": "token"}}})))]
#[case(kubernetes("https://127.0.0.1:1", &json!({"serviceAccount": {"name": "sa", "audiences": ["other"]}})))]
#[case(spec(json!({"fake": {"data": []}})))]
#[tokio::test]
async fn a_store_that_is_down_connects(#[case] spec: ProviderSpec) {
    assert!(connect(&spec, &scope(AmbientIdentity::Refused)).await.is_ok());
}

#[rstest]
#[case(spec(json!({})))]
#[case(spec(json!({"fake": {"data": []}, "openBao": {"server": "http://a", "auth": {}}})))]
#[case(vault(&json!({})))]
#[case(vault(&json!({"tokenSecretRef": {"name": "creds", "key": "token"}, "kubernetes": {"role": "r", "serviceAccountRef": {"name": "sa"}}})))]
#[case(vault(&json!({"tokenSecretRef": {"name": "creds", "key": "absent"}})))]
#[case(vault(&json!({"tokenSecretRef": {"name": "creds", "key": "bad"}})))]
#[case(vault(&json!({"tokenSecretRef": {"name": "creds", "key": "token", "namespace": "other"}})))]
#[case(vault(&json!({"appRole": {"roleId": "r"}})))]
#[case(vault(&json!({"appRole": {"secretRef": {"name": "creds", "key": "token"}}})))]
#[case(vault(&json!({"appRole": {"path": "../sys", "roleId": "r", "secretRef": {"name": "creds", "key": "token"}}})))]
#[case(vault(&json!({"kubernetes": {"role": "r", "serviceAccountRef": {"name": "sa", "audiences": ["https://kubernetes.default.svc"]}}})))]
#[case(vault(&json!({"kubernetes": {"role": "r", "serviceAccountRef": {"name": "sa", "namespace": "other"}}})))]
#[case(vault(&json!({"jwt": {}})))]
#[case(vault(&json!({"userPass": {"username": "../sys", "secretRef": {"name": "creds", "key": "token"}}})))]
#[case(vault(&json!({"appRole": {"roleId": "r", "secretRef": {"name": "creds", "key": "token"}, "wrappedSecretRef": {"name": "creds", "key": "token"}}})))]
#[case(vault(&json!({"cert": {"clientCert": {"name": "creds", "key": "bad"}, "secretRef": {"name": "creds", "key": "bad"}}})))]
#[case(vault(&json!({"gcp": {"role": "r", "secretRef": {"secretAccessKeySecretRef": {"name": "creds", "key": "bad"}}}})))]
#[case(vault(&json!({"iam": {"vaultRole": "r", "externalID": "canary", "jwt": {"serviceAccountRef": {"name": "sa"}}}})))]
#[case(spec(json!({"aws": {"service": "SecretsManager", "region": "a", "externalID": "canary", "auth": {"jwt": {"serviceAccountRef": {"name": "sa"}}}}})))]
#[case(spec(json!({"aws": {"service": "SecretsManager", "region": "a",
    "auth": {"jwt": {"serviceAccountRef": {"name": "sa", "audiences": ["https://kubernetes.default.svc"]}}}}})))]
#[case(spec(json!({"vault": {"server": "https://a", "headers": {"X-Vault-Token": "canary"},
    "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}}}})))]
#[case(spec(json!({"vault": {"server": "https://a", "tls": {"certSecretRef": {"name": "creds", "key": "bad"}, "keySecretRef": {"name": "creds", "key": "bad"}},
    "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}}}})))]
#[case(spec(json!({"vault": {"server": "https://a", "caProvider": {"type": "ConfigMap", "name": "ca", "key": "bundle"},
    "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}}}})))]
#[case(spec(json!({"vault": {"server": "https://a", "caBundle": "Y2FuYXJ5",
    "auth": {"tokenSecretRef": {"name": "creds", "key": "token"}}}})))]
#[case(kubernetes("https://a", &json!({})))]
#[case(kubernetes("http://a", &json!({"token": {"bearerToken": {"name": "creds", "key": "token"}}})))]
#[case(kubernetes("https://a", &json!({"token": {"bearerToken": {"name": "creds", "key": "token", "namespace": "other"}}})))]
#[case(kubernetes("https://a", &json!({"serviceAccount": {"name": "sa"}})))]
#[case(kubernetes("https://a", &json!({"serviceAccount": {"name": "sa", "audiences": ["https://kubernetes.default.svc"]}})))]
#[case(kubernetes("https://a", &json!({"cert": {
    "clientCert": {"name": "creds", "key": "token"}, "clientKey": {"name": "creds", "key": "token"}}})))]
#[tokio::test]
async fn what_cannot_be_meant_is_refused_without_showing_it(#[case] spec: ProviderSpec) {
    let error = connect(&spec, &scope(AmbientIdentity::Allowed)).await.err().unwrap();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
}

#[tokio::test]
async fn the_operators_own_identity_needs_leave() {
    let spec = vault(&json!({"kubernetes": {"role": "r"}}));
    let refused = connect(&spec, &scope(AmbientIdentity::Refused)).await.err();
    assert_eq!(refused, Some(InputError::AmbientIdentityRefused));
    assert!(connect(&spec, &scope(AmbientIdentity::Allowed)).await.is_ok());
}

#[test]
fn every_reference_is_named_once() {
    let spec = spec(json!({
        "vault": {
            "server": "https://a",
            "caProvider": {"type": "ConfigMap", "name": "ca", "key": "bundle", "namespace": "infra"},
            "auth": {
                "tokenSecretRef": {"name": "token", "key": "t"},
                "appRole": {"roleRef": {"name": "role", "key": "r"}, "secretRef": {"name": "role", "key": "s"}},
                "kubernetes": {"role": "r", "serviceAccountRef": {"name": "sa", "namespace": "infra"}, "secretRef": {"name": "sa-token"}},
                "jwt": {"secretRef": {"name": "jwt", "key": "t"}, "kubernetesServiceAccountToken": {"serviceAccountRef": {"name": "sa2"}}},
                "ldap": {"username": "u", "secretRef": {"name": "ldap", "key": "p"}},
                "userPass": {"username": "u", "secretRef": {"name": "userpass", "key": "p"}},
                "cert": {"clientCert": {"name": "login", "key": "c"}, "secretRef": {"name": "login-key", "key": "k"}},
                "iam": {"vaultRole": "r", "jwt": {"serviceAccountRef": {"name": "sa4"}}, "secretRef": {
                    "accessKeyIDSecretRef": {"name": "iam", "key": "id"}, "secretAccessKeySecretRef": {"name": "iam-key", "key": "key"}}},
                "gcp": {"role": "r", "secretRef": {"secretAccessKeySecretRef": {"name": "gcp", "key": "k"}}}
            },
            "tls": {"certSecretRef": {"name": "tls"}, "keySecretRef": {"name": "tls-key", "key": "k"}}
        },
        "openBao": {"server": "https://a", "auth": {
            "appRole": {"roleId": "r", "wrappedSecretRef": {"name": "wrapped", "key": "t"}},
            "userPass": {"username": "u", "secretRef": {"name": "bao-password", "key": "p"}}}},
        "aws": {"service": "SecretsManager", "region": "a", "auth": {"jwt": {"serviceAccountRef": {"name": "sa5", "namespace": "infra"}},
            "secretRef": {
            "accessKeyIDSecretRef": {"name": "aws", "key": "id"}, "secretAccessKeySecretRef": {"name": "aws", "key": "key"},
            "sessionTokenSecretRef": {"name": "aws-session", "key": "t"}}}},
        "kubernetes": {
            "server": {"url": "https://a", "caProvider": {"type": "ConfigMap", "name": "kube-ca", "key": "ca.crt"}},
            "auth": {
                "token": {"bearerToken": {"name": "bearer", "key": "t"}}, "serviceAccount": {"name": "sa3"},
                "cert": {"clientCert": {"name": "cert", "key": "c"}, "clientKey": {"name": "cert-key", "key": "k"}}
            }
        }
    }));
    let name = |kind, namespace: Option<&str>, name: &str| InputName {
        kind,
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    };
    let mut wanted = vec![
        name(InputKind::ConfigMap, Some("infra"), "ca"),
        name(InputKind::ConfigMap, None, "kube-ca"),
        name(InputKind::ServiceAccount, None, "sa2"),
        name(InputKind::ServiceAccount, None, "sa3"),
        name(InputKind::ServiceAccount, None, "sa4"),
        name(InputKind::ServiceAccount, Some("infra"), "sa"),
        name(InputKind::ServiceAccount, Some("infra"), "sa5"),
    ];
    let secrets = [
        "aws",
        "aws-session",
        "bao-password",
        "bearer",
        "cert",
        "cert-key",
        "gcp",
        "iam",
        "iam-key",
        "jwt",
        "ldap",
        "login",
        "login-key",
        "role",
        "sa-token",
        "tls",
        "tls-key",
        "token",
        "userpass",
        "wrapped",
    ];
    wanted.extend(secrets.map(|secret| name(InputKind::Secret, None, secret)));
    wanted.sort();
    assert_eq!(inputs_of(&spec), wanted);
}
