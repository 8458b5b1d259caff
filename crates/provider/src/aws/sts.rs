//! The Security Token Service of a store: one region, one address.

use std::time::SystemTime;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Credentials, Region, SharedCredentialsProvider};

use super::bounded_body::BoundedBody;
use super::client::{behavior, identity_cache, limits};
use crate::ReadError;

/// Under this name a role's use stands in the account's records.
pub(super) const SESSION_NAME: &str = "sealbridge";

/// Where roles are assumed.
pub(crate) struct Sts {
    region: Region,
    endpoint: Option<String>,
}

impl Sts {
    /// In `region`, at its usual address unless there is another.
    pub(crate) fn new(region: Region, endpoint: Option<String>) -> Self {
        Self { region, endpoint }
    }

    pub(super) fn region(&self) -> &Region {
        &self.region
    }

    /// A client that asks as `own`; without it, only what needs no identity can be asked.
    pub(super) fn client(&self, own: Option<SharedCredentialsProvider>) -> Client {
        let mut config = aws_sdk_sts::config::Builder::new()
            .behavior_version(behavior())
            .region(self.region.clone())
            .timeout_config(limits())
            .identity_cache(identity_cache())
            .interceptor(BoundedBody);
        config.set_credentials_provider(own).set_endpoint_url(self.endpoint.clone());
        Client::from_conf(config.build())
    }
}

/// What STS granted.
pub(super) fn granted(granted: Option<aws_sdk_sts::types::Credentials>) -> Result<Credentials, ReadError> {
    let granted = granted.ok_or(ReadError::BadAnswer)?;
    let ends = SystemTime::try_from(granted.expiration).map_err(|_| ReadError::BadAnswer)?;
    Ok(Credentials::new(granted.access_key_id, granted.secret_access_key, Some(granted.session_token), Some(ends), SESSION_NAME))
}

/// What the refusal of STS means: not to be let into a role, or a role that is none, is a login that failed.
pub(super) fn refused(error: ReadError) -> ReadError {
    match error {
        ReadError::Denied | ReadError::InvalidKey(_) | ReadError::Absent(_) => ReadError::LoginRefused,
        error => error,
    }
}
