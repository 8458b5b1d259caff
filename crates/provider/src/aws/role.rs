//! Credentials of a role, as STS hands them out.
//!
//! The SDK's own provider for this is not used: it needs a configuration of the whole SDK, and its errors hold bodies.

use std::collections::BTreeMap;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Credentials, ProvideCredentials};
use aws_sdk_sts::types::Tag;

use super::classify;
use super::sts::{SESSION_NAME, granted, refused};
use crate::ReadError;

/// What goes with a role when it is assumed.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleSession {
    pub(crate) external_id: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) transitive: Vec<String>,
}

impl RoleSession {
    fn tags(&self) -> Result<Option<Vec<Tag>>, ReadError> {
        let tags = self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags: Vec<Tag> = tags.collect::<Result<_, _>>().map_err(|_| ReadError::BadAnswer)?;
        Ok(Some(tags).filter(|tags| !tags.is_empty()))
    }

    fn transitive(&self) -> Option<Vec<String>> {
        Some(self.transitive.clone()).filter(|keys| !keys.is_empty())
    }
}

/// Assumes a role with other credentials. The client that uses it caches what it gets.
pub(super) struct RoleCredentials {
    client: Client,
    role: String,
    session: RoleSession,
}

impl RoleCredentials {
    pub(super) fn new(role: &str, session: RoleSession, client: Client) -> Self {
        Self { client, role: role.to_owned(), session }
    }

    async fn assume(&self) -> Result<Credentials, ReadError> {
        let request = self
            .client
            .assume_role()
            .role_arn(&self.role)
            .role_session_name(SESSION_NAME)
            .set_external_id(self.session.external_id.clone())
            .set_tags(self.session.tags()?)
            .set_transitive_tag_keys(self.session.transitive());
        let answer = request.send().await.map_err(|error| refused(classify::failure(&error)))?;
        granted(answer.credentials)
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
