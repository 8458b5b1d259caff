//! From a store's spec to the store.
//!
//! Must never: read an input of a namespace that the scope does not hand out.

mod names;

use std::sync::Arc;

#[cfg(feature = "remote")]
use sealbridge_api::store::AwsService;
use sealbridge_api::store::{ProviderSpec, VaultKvVersion};

#[cfg(feature = "remote")]
use crate::aws::{AwsStore, ParameterStore};
use crate::fake::FakeStore;
#[cfg(feature = "remote")]
use crate::kubernetes::KubernetesStore;
#[cfg(feature = "remote")]
use crate::vault::VaultStore;
use crate::{InputError, Provider, Scope};
pub use names::{InputKind, InputName, depends_on_namespace, inputs_of, inputs_of_generator};

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
        ProviderSpec { vault: None, open_bao: None, aws: Some(aws), kubernetes: None, fake: None } => match aws.service {
            AwsService::SecretsManager => Ok(Arc::new(AwsStore::connect(aws, scope).await?)),
            AwsService::ParameterStore => Ok(Arc::new(ParameterStore::connect(aws, scope).await?)),
        },
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

/// Whether the store that `spec` describes is one that can be written to, if its identity may; see [`crate::Provider::writer`].
#[must_use]
pub fn is_written_to(spec: &ProviderSpec) -> bool {
    let is_engine = |version: Option<VaultKvVersion>| version != Some(VaultKvVersion::Logical);
    match spec {
        _ if !cfg!(feature = "remote") => false,
        ProviderSpec { vault: Some(vault), .. } => is_engine(vault.version),
        ProviderSpec { open_bao: Some(open_bao), .. } => is_engine(open_bao.version),
        ProviderSpec { aws, kubernetes, .. } => aws.is_some() || kubernetes.is_some(),
    }
}

#[cfg(test)]
#[cfg(feature = "remote")]
mod tests;
