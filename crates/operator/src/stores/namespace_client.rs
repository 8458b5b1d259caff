//! Reads credentials of one namespace.
//!
//! The namespace is part of the type's value and of no call: work for one namespace cannot read another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::api::PostParams;
use kube::{Api, Client};
use sealbridge_provider::{InputError, NamespaceInputs};
use sealbridge_secret::{SecretBytes, SecretMap};

use super::audience::ApiAudiences;
use crate::object_name::is_object_name;
use crate::refusal::Refusal;
use crate::secret_entry;

/// The shortest life of a token that the API server grants.
const MIN_LIFE: Duration = Duration::from_mins(10);

/// The operator's client, bound to one namespace.
pub(super) struct NamespaceClient {
    client: Client,
    namespace: Arc<str>,
    audiences: Arc<ApiAudiences>,
}

impl NamespaceClient {
    pub(super) fn new(client: Client, namespace: Arc<str>, audiences: Arc<ApiAudiences>) -> Self {
        Self { client, namespace, audiences }
    }

    /// Refuses a name that would lead the request to another place than an object of this namespace.
    fn ensure_name(&self, kind: &'static str, name: &str) -> Result<(), InputError> {
        if is_object_name(name) { Ok(()) } else { Err(self.refused(Refusal::Invalid, kind, name)) }
    }

    fn full_name(&self, name: &str) -> String {
        format!("{}/{name}", self.namespace)
    }

    fn refused(&self, refusal: Refusal, kind: &'static str, name: &str) -> InputError {
        let what = || format!("{kind} {}", self.full_name(name));
        match refusal {
            Refusal::NotFound => InputError::ObjectMissing { kind, name: self.full_name(name) },
            Refusal::Forbidden => InputError::Invalid {
                what: what(),
                problem: "the operator lacks the permission; grant it to the operator's ServiceAccount",
            },
            Refusal::Invalid => InputError::Invalid { what: what(), problem: "Kubernetes accepts no such name; correct it" },
            Refusal::Conflict | Refusal::Unavailable => InputError::Unavailable { what: what() },
        }
    }
}

#[async_trait]
impl NamespaceInputs for NamespaceClient {
    async fn secret_entry(&self, name: &str, key: &str) -> Result<SecretBytes, InputError> {
        self.ensure_name("Secret", name)?;
        let entry = secret_entry::read(&self.client, &self.namespace, name, key).await;
        entry.map_err(|refusal| self.refused(refusal, "Secret", name))?.ok_or_else(|| InputError::EntryMissing {
            kind: "Secret",
            name: self.full_name(name),
            key: key.to_owned(),
        })
    }

    async fn labelled_secret(&self, name: &str, (label, value): (&str, &str)) -> Result<SecretMap, InputError> {
        self.ensure_name("Secret", name)?;
        let labelled = secret_entry::read_labelled(&self.client, &self.namespace, name, label, value).await;
        labelled.map_err(|refusal| self.refused(refusal, "Secret", name))?.ok_or_else(|| InputError::Invalid {
            what: format!("Secret {} without the label {label}: {value}", self.full_name(name)),
            problem: "by it, its owner lets it be sent; label it, or name another one",
        })
    }

    async fn config_map_entry(&self, name: &str, key: &str) -> Result<String, InputError> {
        self.ensure_name("ConfigMap", name)?;
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let object = api.get(name).await.map_err(|error| self.refused((&error).into(), "ConfigMap", name))?;
        object.data.and_then(|mut data| data.remove(key)).ok_or_else(|| InputError::EntryMissing {
            kind: "ConfigMap",
            name: self.full_name(name),
            key: key.to_owned(),
        })
    }

    async fn service_account_annotations(&self, name: &str) -> Result<BTreeMap<String, String>, InputError> {
        self.ensure_name("ServiceAccount", name)?;
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.namespace);
        let object = api.get_metadata(name).await.map_err(|error| self.refused((&error).into(), "ServiceAccount", name))?;
        Ok(object.metadata.annotations.unwrap_or_default())
    }

    async fn service_account_token(&self, name: &str, audiences: &[String], life: Duration) -> Result<SecretBytes, InputError> {
        self.ensure_name("ServiceAccount", name)?;
        let what = || format!("ServiceAccount {}", self.full_name(name));
        self.audiences.ensure_foreign(audiences).map_err(|problem| InputError::Invalid { what: what(), problem })?;
        let spec = TokenRequestSpec {
            audiences: audiences.to_vec(),
            expiration_seconds: i64::try_from(life.max(MIN_LIFE).as_secs()).ok(),
            bound_object_ref: None,
        };
        let request = TokenRequest { spec, ..TokenRequest::default() };
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.namespace);
        let answer = api.create_token_request(name, &PostParams::default(), &request).await;
        let granted = answer.map_err(|error| self.refused((&error).into(), "ServiceAccount", name))?;
        let token = granted.status.map(|status| SecretBytes::new(status.token.into_bytes()));
        token.ok_or_else(|| InputError::Unavailable { what: what() })
    }
}
