//! Stores read as whoever runs the command, not as the operator.
//!
//! Vault and OpenBao take the token in `VAULT_TOKEN` (`BAO_TOKEN` first for OpenBao), AWS the SDK's default
//! chain; or all of them the token by which a CI system says which job this is. Credentials that the store itself names
//! live in a cluster and are not used.
//! Must never: send a credential anywhere but to the address that the store names, or a job's token to an address that
//! it is not for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sealbridge_api::store::{
    AwsAuth, AwsJwtAuth, JwtAuth, KubernetesServiceAccountToken, OpenBaoAuth, ProviderSpec, SecretKeySelector,
    ServiceAccountSelector, VaultAuth,
};
use sealbridge_provider::{AmbientIdentity, InputError, NamespaceInputs, Provider, Scope, connect as connect_provider};
use sealbridge_secret::SecretBytes;

use super::job_token::JobToken;
use super::login::LoginArgs;

const VAULT_VARIABLES: &[&str] = &["VAULT_TOKEN"];
const OPEN_BAO_VARIABLES: &[&str] = &["BAO_TOKEN", "VAULT_TOKEN"];
const ENTRY: &str = "token";
/// The `ServiceAccount` that stands for the job: none of a cluster has such a name.
const JOB: &str = "this job";
const ROLE: &str = "eks.amazonaws.com/role-arn";

/// Connects to the store with one's own credentials.
pub(super) async fn connect(spec: &ProviderSpec, login: &LoginArgs) -> Result<Arc<dyn Provider>, InputError> {
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
    let is_vault = spec.vault.is_some() || spec.open_bao.is_some();
    let as_a_job = if is_vault { login.vault_role.is_some() } else { spec.aws.is_some() && login.aws_role.is_some() };
    let job = as_a_job.then(JobToken::here).transpose()?;
    if let Some(vault) = &mut spec.vault {
        let (jwt, token_secret_ref) = login_of(login, &vault.server, VAULT_VARIABLES)?;
        vault.auth = VaultAuth { namespace: vault.auth.namespace.take(), jwt, token_secret_ref, ..VaultAuth::default() };
    }
    if let Some(open_bao) = &mut spec.open_bao {
        let (jwt, token_secret_ref) = login_of(login, &open_bao.server, OPEN_BAO_VARIABLES)?;
        open_bao.auth = OpenBaoAuth { namespace: open_bao.auth.namespace.take(), jwt, token_secret_ref, ..OpenBaoAuth::default() };
    }
    if let Some(aws) = &mut spec.aws {
        aws.auth = None;
        if login.aws_role.is_some() {
            // The token is for Amazon's audience, not for an address: whoever gets it can take the role.
            if aws.sts_endpoint.is_some() {
                return Err(InputError::Invalid {
                    what: "the store's stsEndpoint".to_owned(),
                    problem: "it would be sent the job's token; name the endpoint by AWS_STS_ENDPOINT instead",
                });
            }
            aws.auth = Some(AwsAuth { jwt: Some(AwsJwtAuth { service_account_ref: account(Vec::new()) }), ..AwsAuth::default() });
        }
    }
    connect_provider(&spec, &Caller { job, aws_role: login.aws_role.clone() }).await
}

/// How Vault and OpenBao are logged in to: as the job, or with the token in one of the variables.
fn login_of(
    login: &LoginArgs,
    server: &str,
    variables: &[&'static str],
) -> Result<(Option<JwtAuth>, Option<SecretKeySelector>), InputError> {
    match &login.vault_role {
        Some(role) => Ok((Some(jwt(role, login, server)), None)),
        None => Ok((None, Some(token(variables)?))),
    }
}

fn account(audiences: Vec<String>) -> ServiceAccountSelector {
    ServiceAccountSelector { name: JOB.to_owned(), namespace: None, audiences }
}

fn jwt(role: &str, login: &LoginArgs, server: &str) -> JwtAuth {
    let audience = login.vault_audience.clone().unwrap_or_else(|| server.to_owned());
    let token = KubernetesServiceAccountToken {
        service_account_ref: account(vec![audience]),
        audiences: Vec::new(),
        expiration_seconds: None,
    };
    JwtAuth {
        path: login.vault_auth_path.clone(),
        role: Some(role.to_owned()),
        secret_ref: None,
        kubernetes_service_account_token: Some(token),
    }
}

fn token(variables: &[&'static str]) -> Result<SecretKeySelector, InputError> {
    let set = variables.iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let variable = set.ok_or_else(|| InputError::Invalid {
        what: format!("the environment variable {}", variables.join(" or ")),
        problem: "it is not set; log in, and export the token, or pass --vault-role in a CI job",
    })?;
    Ok(SecretKeySelector { name: (*variable).to_owned(), key: ENTRY.to_owned(), namespace: None })
}

/// Whoever runs the command: the environment, and nothing of a cluster.
struct Caller {
    job: Option<JobToken>,
    aws_role: Option<String>,
}

impl Scope for Caller {
    fn inputs(&self, _namespace: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
        Ok(Arc::new(Environment { job: self.job.clone(), aws_role: self.aws_role.clone() }))
    }

    fn ambient_identity(&self) -> AmbientIdentity {
        AmbientIdentity::Allowed
    }
}

struct Environment {
    job: Option<JobToken>,
    aws_role: Option<String>,
}

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
        match &self.aws_role {
            Some(role) if name == JOB => Ok([(ROLE.to_owned(), role.clone())].into()),
            _ => Err(in_a_cluster("ServiceAccount", name)),
        }
    }

    async fn service_account_token(&self, name: &str, audiences: &[String], _life: Duration) -> Result<SecretBytes, InputError> {
        match (&self.job, audiences) {
            (Some(job), [audience]) if name == JOB => job.for_audience(audience).await,
            _ => Err(in_a_cluster("ServiceAccount", name)),
        }
    }
}
