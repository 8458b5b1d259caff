//! The one client of a store: whose credentials, which endpoint, how long to wait.
//!
//! Must never: look for credentials around the process unless that is allowed.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, Credentials, Region, SharedCredentialsProvider};
use reqwest::Url;
use sealbridge_api::store::{AwsProvider, AwsSecretRef};
use sha2::{Digest, Sha256};

use super::bounded_body::BoundedBody;
use super::role::RoleCredentials;
use crate::{AmbientIdentity, InputError, Scope, credential};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The SDK's defaults of one date, so that an update of the SDK changes none of them.
pub(super) fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// The SDK sets no limit to how long an answer may take.
pub(super) fn limits() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(ATTEMPT_LIMIT)
        .operation_timeout(CALL_LIMIT)
        .build()
}

/// A client as the spec says. It caches the credentials of a role until shortly before they end.
pub(super) async fn client(spec: &AwsProvider, scope: &dyn Scope) -> Result<Client, InputError> {
    if spec.region.is_empty() {
        return Err(invalid("region", "it is empty; name one such as eu-central-1"));
    }
    let region = Region::new(spec.region.clone());
    let own = match &spec.auth {
        Some(auth) => SharedCredentialsProvider::new(fixed(&auth.secret_ref, scope).await?),
        None if scope.ambient_identity() == AmbientIdentity::Allowed => {
            SharedCredentialsProvider::new(DefaultCredentialsChain::builder().region(region.clone()).build().await)
        }
        None => return Err(InputError::AmbientIdentityRefused),
    };
    let sts_endpoint = endpoint("stsEndpoint", spec.sts_endpoint.as_deref())?;
    let credentials = match &spec.role {
        Some(role) => SharedCredentialsProvider::new(RoleCredentials::new(role, region.clone(), sts_endpoint, own)),
        None => own,
    };
    let config = Builder::new()
        .behavior_version(behavior())
        .region(region)
        .timeout_config(limits())
        .credentials_provider(credentials)
        .interceptor(BoundedBody);
    let config = match endpoint("endpoint", spec.endpoint.as_deref())? {
        Some(endpoint) => config.endpoint_url(endpoint),
        None => config,
    };
    Ok(Client::from_conf(config.build()))
}

/// Sixteen hex digits for what the spec says of where the secrets are. Whose account an access key belongs to is not
/// known without asking, and would look like another store when a key is replaced.
pub(super) fn store_id(spec: &AwsProvider) -> String {
    // The fifth part of a role's ARN is its account.
    let account = spec.role.as_deref().and_then(|role| role.split(':').nth(4)).unwrap_or("");
    let mut hash = Sha256::new();
    for part in [spec.region.as_str(), spec.endpoint.as_deref().unwrap_or(""), account] {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    let digest = hash.finalize();
    hex::encode(digest.get(..8).unwrap_or(&digest))
}

async fn fixed(reference: &AwsSecretRef, scope: &dyn Scope) -> Result<Credentials, InputError> {
    let id = credential::fetch(&reference.access_key_id_secret_ref, scope).await?;
    let secret = credential::fetch(&reference.secret_access_key_secret_ref, scope).await?;
    let session = match &reference.session_token_secret_ref {
        Some(reference) => Some(credential::text(&credential::fetch(reference, scope).await?)),
        None => None,
    };
    Ok(Credentials::new(credential::text(&id), credential::text(&secret), session, None, "sealbridge"))
}

fn endpoint(what: &str, given: Option<&str>) -> Result<Option<String>, InputError> {
    let Some(given) = given else { return Ok(None) };
    let usable = Url::parse(given).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
    });
    if usable { Ok(Some(given.to_owned())) } else { Err(invalid(what, "it is not a URL such as https://secretsmanager.example")) }
}

fn invalid(what: &str, problem: &'static str) -> InputError {
    InputError::Invalid { what: format!("the store's {what}"), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_api::store::AwsService;

    #[rstest]
    #[case(None, Ok(None))]
    #[case(Some("http://127.0.0.1:5000"), Ok(Some("http://127.0.0.1:5000")))]
    #[case(Some("127.0.0.1:5000"), Err(()))]
    #[case(Some("https://user:canary@host"), Err(()))]
    #[case(Some(""), Err(()))]
    fn endpoints(#[case] given: Option<&str>, #[case] wanted: Result<Option<&str>, ()>) {
        let found = endpoint("endpoint", given);
        assert_eq!(found.as_ref().map(Option::as_deref).map_err(|_| ()), wanted);
        assert!(!format!("{found:?}").contains("canary"));
    }

    #[test]
    fn another_region_endpoint_or_account_is_another_store() {
        let spec = |region: &str, endpoint: Option<&str>, role: Option<&str>| AwsProvider {
            service: AwsService::SecretsManager,
            region: region.to_owned(),
            role: role.map(str::to_owned),
            prefix: None,
            endpoint: endpoint.map(str::to_owned),
            sts_endpoint: None,
            auth: None,
        };
        let role = Some("arn:aws:iam::123456789012:role/a");
        let ids = [
            store_id(&spec("a", None, None)),
            store_id(&spec("b", None, None)),
            store_id(&spec("a", Some("b"), None)),
            store_id(&spec("a", None, role)),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        let other_role_of_the_account = Some("arn:aws:iam::123456789012:role/b");
        assert_eq!(ids[3], store_id(&spec("a", None, other_role_of_the_account)));
    }
}
