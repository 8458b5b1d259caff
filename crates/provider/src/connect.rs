//! From a store's spec to the store, and to the names of what it needs.
//!
//! Must never: read an input of a namespace that the scope does not hand out.

use std::sync::Arc;

use sealbridge_api::store::{
    AppRoleAuth, CaProvider, CaProviderKind, JwtAuth, KubernetesAuth, ProviderSpec, SecretKeySelector, ServiceAccountSelector,
};

#[cfg(feature = "remote")]
use crate::aws::AwsStore;
use crate::fake::FakeStore;
#[cfg(feature = "remote")]
use crate::kubernetes::KubernetesStore;
#[cfg(feature = "remote")]
use crate::vault::VaultStore;
use crate::{InputError, Provider, Scope};

/// Connects to the one provider that `spec` names. Nothing is sent to it, so that a store that is down connects too.
///
/// # Errors
/// [`InputError`] if what the spec refers to cannot be had or used, or if it would use the pod's own identity without
/// leave. A build without the feature `remote` connects to fake stores only.
#[cfg_attr(not(feature = "remote"), expect(unused_variables, reason = "a fake store needs nothing of its surroundings"))]
pub async fn connect(spec: &ProviderSpec, scope: &dyn Scope) -> Result<Arc<dyn Provider>, InputError> {
    match spec {
        #[cfg(feature = "remote")]
        ProviderSpec { vault: Some(vault), open_bao: None, aws: None, kubernetes: None, fake: None } => {
            Ok(Arc::new(VaultStore::connect(vault.into(), scope).await?))
        }
        #[cfg(feature = "remote")]
        ProviderSpec { vault: None, open_bao: Some(open_bao), aws: None, kubernetes: None, fake: None } => {
            Ok(Arc::new(VaultStore::connect(open_bao.into(), scope).await?))
        }
        #[cfg(feature = "remote")]
        ProviderSpec { vault: None, open_bao: None, aws: Some(aws), kubernetes: None, fake: None } => {
            Ok(Arc::new(AwsStore::connect(aws, scope).await?))
        }
        #[cfg(feature = "remote")]
        ProviderSpec { vault: None, open_bao: None, aws: None, kubernetes: Some(kubernetes), fake: None } => {
            Ok(Arc::new(KubernetesStore::connect(kubernetes, scope).await?))
        }
        ProviderSpec { vault: None, open_bao: None, aws: None, kubernetes: None, fake: Some(fake) } => {
            Ok(Arc::new(FakeStore::new(fake)))
        }
        #[cfg(not(feature = "remote"))]
        ProviderSpec { fake: None, .. } => Err(InputError::Invalid {
            what: "the store's provider".to_owned(),
            problem: "this build reads values in manifests only; use one that reads stores",
        }),
        _ => Err(InputError::Invalid {
            what: "the store's provider".to_owned(),
            problem: "exactly one of vault, openBao, aws, kubernetes and fake is needed",
        }),
    }
}

/// The kinds of object that a store can refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputKind {
    /// `v1` Secret.
    Secret,
    /// `v1` ConfigMap.
    ConfigMap,
    /// `v1` ServiceAccount.
    ServiceAccount,
}

/// An object that a store refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InputName {
    /// The object's kind.
    pub kind: InputKind,
    /// The namespace, where the reference names one.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
}

/// The objects that `spec` refers to, each once, in order: what has to be watched to notice that they change.
#[must_use]
pub fn inputs_of(spec: &ProviderSpec) -> Vec<InputName> {
    let mut inputs = Vec::new();
    if let Some(vault) = &spec.vault {
        inputs.extend(vault.ca_provider.as_ref().map(certificates));
        inputs.extend(vault.auth.token_secret_ref.as_ref().map(secret));
        inputs.extend(login_inputs(vault.auth.app_role.as_ref(), vault.auth.kubernetes.as_ref(), vault.auth.jwt.as_ref()));
    }
    if let Some(open_bao) = &spec.open_bao {
        inputs.extend(open_bao.ca_provider.as_ref().map(certificates));
        inputs.extend(open_bao.auth.token_secret_ref.as_ref().map(secret));
        inputs.extend(login_inputs(open_bao.auth.app_role.as_ref(), open_bao.auth.kubernetes.as_ref(), open_bao.auth.jwt.as_ref()));
    }
    if let Some(auth) = spec.aws.as_ref().and_then(|aws| aws.auth.as_ref()) {
        inputs.push(secret(&auth.secret_ref.access_key_id_secret_ref));
        inputs.push(secret(&auth.secret_ref.secret_access_key_secret_ref));
        inputs.extend(auth.secret_ref.session_token_secret_ref.as_ref().map(secret));
    }
    if let Some(kubernetes) = &spec.kubernetes {
        inputs.extend(kubernetes.server.ca_provider.as_ref().map(certificates));
        inputs.extend(kubernetes.auth.token.as_ref().map(|token| secret(&token.bearer_token)));
        inputs.extend(kubernetes.auth.service_account.as_ref().map(service_account));
        inputs.extend(kubernetes.auth.cert.iter().flat_map(|cert| [secret(&cert.client_cert), secret(&cert.client_key)]));
    }
    inputs.sort();
    inputs.dedup();
    inputs
}

fn login_inputs(app_role: Option<&AppRoleAuth>, kubernetes: Option<&KubernetesAuth>, jwt: Option<&JwtAuth>) -> Vec<InputName> {
    let mut inputs = Vec::new();
    if let Some(app_role) = app_role {
        inputs.extend(app_role.role_ref.as_ref().map(secret));
        inputs.extend(app_role.secret_ref.as_ref().map(secret));
    }
    if let Some(kubernetes) = kubernetes {
        inputs.extend(kubernetes.service_account_ref.as_ref().map(service_account));
        inputs.extend(kubernetes.secret_ref.as_ref().map(secret));
    }
    if let Some(jwt) = jwt {
        inputs.extend(jwt.secret_ref.as_ref().map(secret));
        inputs.extend(jwt.kubernetes_service_account_token.as_ref().map(|token| service_account(&token.service_account_ref)));
    }
    inputs
}

fn secret(reference: &SecretKeySelector) -> InputName {
    InputName { kind: InputKind::Secret, namespace: reference.namespace.clone(), name: reference.name.clone() }
}

fn service_account(reference: &ServiceAccountSelector) -> InputName {
    InputName { kind: InputKind::ServiceAccount, namespace: reference.namespace.clone(), name: reference.name.clone() }
}

fn certificates(reference: &CaProvider) -> InputName {
    let kind = match reference.kind {
        CaProviderKind::Secret => InputKind::Secret,
        CaProviderKind::ConfigMap => InputKind::ConfigMap,
    };
    InputName { kind, namespace: reference.namespace.clone(), name: reference.name.clone() }
}

#[cfg(test)]
#[cfg(feature = "remote")]
mod tests;
