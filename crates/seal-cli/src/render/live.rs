//! Stores read as the person at the command line, not as the operator.
//!
//! Vault and OpenBao take the token in `VAULT_TOKEN` (`BAO_TOKEN` first for OpenBao), AWS the SDK's default
//! chain. Credentials that the store itself names live in a cluster and are not used.
//! Must never: send a credential anywhere but to the address that the store names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sealbridge_api::store::{OpenBaoAuth, ProviderSpec, SecretKeySelector, VaultAuth};
use sealbridge_provider::{AmbientIdentity, InputError, NamespaceInputs, Provider, Scope, connect as connect_provider};
use sealbridge_secret::SecretBytes;

const VAULT_VARIABLES: &[&str] = &["VAULT_TOKEN"];
const OPEN_BAO_VARIABLES: &[&str] = &["BAO_TOKEN", "VAULT_TOKEN"];
const ENTRY: &str = "token";

/// Connects to the store with the person's own credentials.
pub(super) async fn connect(spec: &ProviderSpec) -> Result<Arc<dyn Provider>, InputError> {
    // A provider that another part has installed is as good.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    if spec.kubernetes.is_some() {
        // A manifest that names a variable of this process as its credential must not get it sent to a server of its choice.
        return Err(InputError::Invalid {
            what: "the store's provider kubernetes".to_owned(),
            problem: "its credentials live in a cluster, which a command line does not ask; let the operator read it",
        });
    }
    let mut spec = spec.clone();
    let token = |variable: &str| Some(SecretKeySelector { name: variable.to_owned(), key: ENTRY.to_owned(), namespace: None });
    if let Some(vault) = &mut spec.vault {
        let token_secret_ref = token(first_set(VAULT_VARIABLES)?);
        vault.auth = VaultAuth { namespace: vault.auth.namespace.take(), token_secret_ref, ..VaultAuth::default() };
    }
    if let Some(open_bao) = &mut spec.open_bao {
        let token_secret_ref = token(first_set(OPEN_BAO_VARIABLES)?);
        open_bao.auth = OpenBaoAuth { namespace: open_bao.auth.namespace.take(), token_secret_ref, ..OpenBaoAuth::default() };
    }
    if let Some(aws) = &mut spec.aws {
        aws.auth = None;
    }
    connect_provider(&spec, &Person).await
}

fn first_set(variables: &[&'static str]) -> Result<&'static str, InputError> {
    let set = variables.iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    set.copied().ok_or_else(|| InputError::Invalid {
        what: format!("the environment variable {}", variables.join(" or ")),
        problem: "it is not set; log in, and export the token",
    })
}

/// A person at the command line: the environment, and nothing of a cluster.
struct Person;

impl Scope for Person {
    fn inputs(&self, _namespace: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
        Ok(Arc::new(Environment))
    }

    fn ambient_identity(&self) -> AmbientIdentity {
        AmbientIdentity::Allowed
    }
}

struct Environment;

fn in_a_cluster(kind: &str, name: &str) -> InputError {
    InputError::Invalid { what: format!("{kind} {name}"), problem: "it lives in a cluster, which a command line does not ask" }
}

#[async_trait]
impl NamespaceInputs for Environment {
    async fn secret_entry(&self, name: &str, key: &str) -> Result<SecretBytes, InputError> {
        use std::os::unix::ffi::OsStringExt;
        match std::env::var_os(name) {
            Some(value) if key == ENTRY && OPEN_BAO_VARIABLES.contains(&name) => Ok(SecretBytes::new(value.into_vec())),
            _ => Err(in_a_cluster("Secret", name)),
        }
    }

    async fn config_map_entry(&self, name: &str, _key: &str) -> Result<String, InputError> {
        Err(in_a_cluster("ConfigMap", name))
    }

    async fn service_account_annotations(&self, name: &str) -> Result<BTreeMap<String, String>, InputError> {
        Err(in_a_cluster("ServiceAccount", name))
    }

    async fn service_account_token(&self, name: &str, _audiences: &[String], _life: Duration) -> Result<SecretBytes, InputError> {
        Err(in_a_cluster("ServiceAccount", name))
    }
}
