//! What the clients of a store have in common: whose credentials, which endpoint, how long to wait, how often to try.

use std::time::Duration;

use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{BehaviorVersion, IdentityCache, Region, SharedCredentialsProvider, SharedIdentityCache};
use sealbridge_api::store::{AwsProvider, AwsService};
use sha2::{Digest, Sha256};

use super::bounded_body::BoundedBody;
use super::endpoint::Service;
use super::identity;
use crate::server::invalid;
use crate::{InputError, Retries, Scope};

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

/// Keeps credentials until shortly before they end; whoever needs them meanwhile waits for one login. A chain of roles
/// takes longer than the SDK would wait by itself.
pub(super) fn identity_cache() -> SharedIdentityCache {
    IdentityCache::lazy().load_timeout(CALL_LIMIT).build()
}

/// Slows down when the service says that it is asked too often, and tries again as often as the store says.
fn retry(retries: Retries) -> RetryConfig {
    let adaptive = RetryConfig::adaptive();
    match retries.most {
        None => adaptive,
        Some(most) => adaptive
            .with_max_attempts(most.saturating_add(1))
            .with_initial_backoff(retries.interval)
            .with_max_backoff(retries.interval),
    }
}

/// What a client is made of.
pub(super) struct Access {
    region: Region,
    credentials: SharedCredentialsProvider,
    endpoint: Option<String>,
    retry: RetryConfig,
}

impl Access {
    /// Resolves what the spec refers to. Nothing is sent to AWS, unless the identity is the pod's own.
    pub(super) async fn resolve(spec: &AwsProvider, scope: &dyn Scope) -> Result<Self, InputError> {
        if spec.region.is_empty() {
            return Err(invalid("region", "it is empty; name one such as eu-central-1"));
        }
        let region = Region::new(spec.region.clone());
        let credentials = identity::of_store(spec, &region, scope).await?;
        let endpoint = service(spec).endpoint(spec.endpoint.as_deref())?;
        Ok(Self { region, credentials, endpoint, retry: retry(scope.retries()) })
    }

    /// Sixteen hex digits for what the spec says of where the values are. Whose account an access key belongs to is
    /// not known without asking, and would look like another store when a key is replaced.
    pub(super) fn store_id(&self, spec: &AwsProvider) -> String {
        store_id(spec, self.endpoint.as_deref())
    }

    pub(super) fn secrets_manager(self) -> aws_sdk_secretsmanager::Client {
        let mut config = aws_sdk_secretsmanager::config::Builder::new()
            .behavior_version(behavior())
            .region(self.region)
            .timeout_config(limits())
            .retry_config(self.retry)
            .identity_cache(identity_cache())
            .credentials_provider(self.credentials)
            .interceptor(BoundedBody);
        config.set_endpoint_url(self.endpoint);
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    pub(super) fn parameter_store(self) -> aws_sdk_ssm::Client {
        let mut config = aws_sdk_ssm::config::Builder::new()
            .behavior_version(behavior())
            .region(self.region)
            .timeout_config(limits())
            .retry_config(self.retry)
            .identity_cache(identity_cache())
            .credentials_provider(self.credentials)
            .interceptor(BoundedBody);
        config.set_endpoint_url(self.endpoint);
        aws_sdk_ssm::Client::from_conf(config.build())
    }
}

fn service(spec: &AwsProvider) -> Service {
    match spec.service {
        AwsService::SecretsManager => Service::SecretsManager,
        AwsService::ParameterStore => Service::ParameterStore,
    }
}

fn store_id(spec: &AwsProvider, endpoint: Option<&str>) -> String {
    // The fifth part of a role's ARN is its account.
    let account = spec.role.as_deref().and_then(|role| role.split(':').nth(4)).unwrap_or("");
    let service = match spec.service {
        AwsService::SecretsManager => "",
        AwsService::ParameterStore => "ssm\n",
    };
    let mut hash = Sha256::new();
    for part in [spec.region.as_str(), endpoint.unwrap_or(""), account] {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    hash.update(service.as_bytes());
    let digest = hash.finalize();
    hex::encode(digest.get(..8).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(service: &str, region: &str, role: Option<&str>) -> AwsProvider {
        serde_json::from_value(json!({"service": service, "region": region, "role": role})).unwrap()
    }

    #[test]
    fn another_service_region_endpoint_or_account_is_another_store() {
        let secrets = |region: &str, role: Option<&str>| spec("SecretsManager", region, role);
        let role = Some("arn:aws:iam::123456789012:role/a");
        let ids = [
            store_id(&secrets("a", None), None),
            store_id(&secrets("b", None), None),
            store_id(&secrets("a", None), Some("b")),
            store_id(&secrets("a", role), None),
            store_id(&spec("ParameterStore", "a", None), None),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        let other_role_of_the_account = Some("arn:aws:iam::123456789012:role/b");
        assert_eq!(ids[3], store_id(&secrets("a", other_role_of_the_account), None));
    }

    #[test]
    fn a_store_says_how_often_it_is_tried() {
        let interval = Duration::from_millis(250);
        assert_eq!(retry(Retries { most: None, interval }).max_attempts(), 3);
        let five = retry(Retries { most: Some(5), interval });
        assert_eq!((five.max_attempts(), five.initial_backoff(), five.max_backoff()), (6, interval, interval));
        assert_eq!(retry(Retries { most: Some(0), interval }).max_attempts(), 1);
    }
}
