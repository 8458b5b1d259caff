//! Credentials of a role, as STS hands them out.
//!
//! The SDK's own provider for this is not used: it needs a configuration of the whole SDK, and its errors hold bodies.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_secretsmanager::config::{Credentials, ProvideCredentials, Region, SharedCredentialsProvider};
use aws_sdk_sts::Client;

use super::bounded_body::BoundedBody;
use super::classify;
use super::client::{behavior, limits};
use crate::ReadError;

/// Under this name the role's use stands in the account's records.
const SESSION_NAME: &str = "sealbridge";

/// Assumes a role with other credentials. The client that uses it caches what it gets.
pub(super) struct RoleCredentials {
    client: Client,
    role: String,
}

impl RoleCredentials {
    pub(super) fn new(role: &str, region: Region, endpoint: Option<String>, own: SharedCredentialsProvider) -> Self {
        let config = aws_sdk_sts::config::Builder::new()
            .behavior_version(behavior())
            .region(region)
            .timeout_config(limits())
            .credentials_provider(own)
            .interceptor(BoundedBody);
        let config = match endpoint {
            Some(endpoint) => config.endpoint_url(endpoint),
            None => config,
        };
        Self { client: Client::from_conf(config.build()), role: role.to_owned() }
    }

    async fn assume(&self) -> Result<Credentials, ReadError> {
        let answer = self.client.assume_role().role_arn(&self.role).role_session_name(SESSION_NAME).send().await;
        let answer = answer.map_err(|error| match classify::failure(&error) {
            // Not to be let into the role, or a role that is none, is a login that failed.
            ReadError::Denied | ReadError::InvalidKey(_) | ReadError::Absent(_) => ReadError::LoginRefused,
            error => error,
        })?;
        let granted = answer.credentials.ok_or(ReadError::BadAnswer)?;
        let ends = SystemTime::try_from(granted.expiration).map_err(|_| ReadError::BadAnswer)?;
        Ok(Credentials::new(
            granted.access_key_id,
            granted.secret_access_key,
            Some(granted.session_token),
            Some(ends),
            SESSION_NAME,
        ))
    }
}

impl ProvideCredentials for RoleCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move { self.assume().await.map_err(CredentialsError::provider_error) })
    }
}

impl fmt::Debug for RoleCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleCredentials").field("role", &self.role).finish_non_exhaustive()
    }
}
