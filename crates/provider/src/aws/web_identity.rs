//! Credentials of the role that a ServiceAccount's annotation names (IRSA): its token is exchanged for them at STS.
//!
//! Must never: ask for a token that the API server itself accepts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Credentials, ProvideCredentials};
use sealbridge_api::store::ServiceAccountSelector;

use super::classify;
use super::sts::{SESSION_NAME, Sts, granted, refused};
use crate::service_account::audiences;
use crate::{InputError, NamespaceInputs, ReadError, Scope, credential};

/// Annotations of a ServiceAccount, as Amazon's own webhook reads them.
const ROLE: &str = "eks.amazonaws.com/role-arn";
const AUDIENCE: &str = "eks.amazonaws.com/audience";
/// For whom the token is, where nothing else is said.
const DEFAULT_AUDIENCE: &str = "sts.amazonaws.com";
/// How long the token lives. It is used once.
const LIFE: Duration = Duration::from_mins(10);

/// Exchanges tokens of a ServiceAccount for its role's credentials. The client that uses it caches what it gets.
pub(super) struct WebIdentity {
    client: Client,
    inputs: Arc<dyn NamespaceInputs>,
    account: String,
    audiences: Vec<String>,
}

impl WebIdentity {
    pub(super) fn new(account: &ServiceAccountSelector, sts: &Sts, scope: &dyn Scope) -> Result<Self, InputError> {
        // Looked at now, so that a store that cannot be meant is told before it is asked.
        audiences(DEFAULT_AUDIENCE, account.audiences.iter())?;
        Ok(Self {
            client: sts.client(None),
            inputs: scope.inputs(account.namespace.as_deref())?,
            account: account.name.clone(),
            audiences: account.audiences.clone(),
        })
    }

    async fn exchange(&self) -> Result<Credentials, ReadError> {
        let annotations = self.inputs.service_account_annotations(&self.account).await.map_err(ReadError::Input)?;
        let role = annotations.get(ROLE).ok_or_else(|| {
            ReadError::Input(InputError::Invalid {
                what: format!("ServiceAccount {}", self.account),
                problem: "it has no annotation eks.amazonaws.com/role-arn, which names its role; add it",
            })
        })?;
        let usual = annotations.get(AUDIENCE).map_or(DEFAULT_AUDIENCE, String::as_str).to_owned();
        let audiences = audiences(DEFAULT_AUDIENCE, std::iter::once(&usual).chain(&self.audiences)).map_err(ReadError::Input)?;
        let token = self.inputs.service_account_token(&self.account, &audiences, LIFE).await.map_err(ReadError::Input)?;
        let token = credential::checked(&token).ok_or(ReadError::LoginRefused)?;
        let request = self.client.assume_role_with_web_identity().role_arn(role).role_session_name(SESSION_NAME);
        let answer = request.web_identity_token(credential::text(&token)).send().await;
        granted(answer.map_err(|error| refused(classify::failure(&error)))?.credentials)
    }
}

impl ProvideCredentials for WebIdentity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move { self.exchange().await.map_err(CredentialsError::provider_error) })
    }
}

impl fmt::Debug for WebIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebIdentity").field("account", &self.account).finish_non_exhaustive()
    }
}
