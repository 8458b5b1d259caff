//! As whom AWS is asked: an access key, a ServiceAccount's role or the pod's own identity, and the roles assumed from there.
//!
//! Must never: look for credentials around the process unless that is allowed.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_sdk_sts::config::{Credentials, Region, SharedCredentialsProvider};
use sealbridge_api::store::{AwsAuth, AwsJwtAuth, AwsProvider, AwsSecretRef, SessionTagsPolicy};

use super::endpoint::Service;
use super::role::{RoleCredentials, RoleSession};
use super::sts::Sts;
use super::web_identity::WebIdentity;
use crate::server::invalid;
use crate::{AmbientIdentity, InputError, Scope, StoreUse, credential};

/// The tags that External Secrets Operator gives a session by itself.
const NAMESPACE_TAG: &str = "esoNamespace";
const STORE_NAME_TAG: &str = "esoStoreName";
const STORE_KIND_TAG: &str = "esoStoreKind";

/// The identity of a store, after all roles.
pub(super) async fn of_store(
    spec: &AwsProvider,
    region: &Region,
    scope: &dyn Scope,
) -> Result<SharedCredentialsProvider, InputError> {
    let sts = Sts::new(region.clone(), Service::Sts.endpoint(spec.sts_endpoint.as_deref())?);
    let AwsAuth { secret_ref, jwt } = spec.auth.clone().unwrap_or_default();
    let own = own(secret_ref.as_ref(), jwt.as_ref(), &sts, scope).await?;
    let first = spec.additional_roles.iter().fold(own, |own, role| assume(role, RoleSession::default(), own, &sts));
    match &spec.role {
        Some(role) => Ok(assume(role, role_session(spec, scope)?, first, &sts)),
        None if has_session(spec) => {
            Err(invalid("role", "it is missing, and external id, session tags or other roles go with it; set it"))
        }
        None => Ok(first),
    }
}

/// The identity before any role is assumed.
pub(crate) async fn own(
    keys: Option<&AwsSecretRef>,
    jwt: Option<&AwsJwtAuth>,
    sts: &Sts,
    scope: &dyn Scope,
) -> Result<SharedCredentialsProvider, InputError> {
    match (keys, jwt) {
        (Some(_), Some(_)) => Err(invalid("auth", "at most one of secretRef and jwt is allowed")),
        (Some(keys), None) => Ok(SharedCredentialsProvider::new(fixed(keys, scope).await?)),
        (None, Some(jwt)) => Ok(SharedCredentialsProvider::new(WebIdentity::new(&jwt.service_account_ref, sts, scope)?)),
        (None, None) if scope.ambient_identity() == AmbientIdentity::Allowed => {
            let chain = DefaultCredentialsChain::builder().region(sts.region().clone());
            Ok(SharedCredentialsProvider::new(chain.build().await))
        }
        (None, None) => Err(InputError::AmbientIdentityRefused),
    }
}

/// The identity of a role that `own` assumes.
pub(crate) fn assume(role: &str, session: RoleSession, own: SharedCredentialsProvider, sts: &Sts) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(RoleCredentials::new(role, session, sts.client(Some(own))))
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

fn has_session(spec: &AwsProvider) -> bool {
    spec.external_id.is_some()
        || !spec.session_tags.is_empty()
        || !spec.transitive_tag_keys.is_empty()
        || !spec.additional_roles.is_empty()
        || spec.session_tags_policy.unwrap_or_default() != SessionTagsPolicy::None
}

fn role_session(spec: &AwsProvider, scope: &dyn Scope) -> Result<RoleSession, InputError> {
    let mut session = RoleSession {
        external_id: spec.external_id.clone(),
        tags: spec.session_tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        transitive: spec.transitive_tag_keys.clone(),
    };
    let policy = spec.session_tags_policy.unwrap_or_default();
    if policy == SessionTagsPolicy::Custom {
        session.tags.extend(spec.custom_session_tags.clone());
    }
    if policy != SessionTagsPolicy::None {
        let used = scope.store_use().ok_or_else(|| {
            invalid("sessionTagsPolicy", "its tags name the store in a cluster, and this is none; let the operator read it")
        })?;
        session.tags.extend(used_tags(used));
    }
    Ok(session)
}

/// They come last: what else is called the same must not pass for them.
fn used_tags(used: StoreUse) -> [(String, String); 3] {
    [(NAMESPACE_TAG, used.namespace), (STORE_NAME_TAG, used.name), (STORE_KIND_TAG, used.kind)]
        .map(|(name, value)| (name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::NamespaceInputs;

    /// A store `shop/aws`, or no store at all.
    struct Used(bool);

    impl Scope for Used {
        fn inputs(&self, _: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
            Err(InputError::NamespaceRefused { namespace: "any".to_owned() })
        }

        fn ambient_identity(&self) -> AmbientIdentity {
            AmbientIdentity::Refused
        }

        fn store_use(&self) -> Option<StoreUse> {
            let used = StoreUse { kind: "SecretStore".to_owned(), name: "aws".to_owned(), namespace: "shop".to_owned() };
            self.0.then_some(used)
        }
    }

    fn spec(extra: &Value) -> AwsProvider {
        let mut spec = json!({"service": "SecretsManager", "region": "eu-central-1"});
        spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    #[rstest]
    #[case(json!({}), &[])]
    #[case(json!({"sessionTags": [{"key": "a", "value": "1"}], "sessionTagsPolicy": "None"}), &[("a", "1")])]
    #[case(json!({"sessionTags": [{"key": "a", "value": "1"}], "sessionTagsPolicy": "Simple"}),
        &[("a", "1"), ("esoNamespace", "shop"), ("esoStoreKind", "SecretStore"), ("esoStoreName", "aws")])]
    #[case(json!({"sessionTagsPolicy": "Custom", "sessionTags": [{"key": "a", "value": "1"}],
        "customSessionTags": {"a": "2", "b": "3", "esoNamespace": "bank"}}),
        &[("a", "2"), ("b", "3"), ("esoNamespace", "shop"), ("esoStoreKind", "SecretStore"), ("esoStoreName", "aws")])]
    fn tags_are_merged_and_none_passes_for_the_operators(#[case] extra: Value, #[case] wanted: &[(&str, &str)]) {
        let session = role_session(&spec(&extra), &Used(true)).unwrap();
        let tags: Vec<_> = session.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(tags, wanted);
    }

    #[test]
    fn a_store_that_nobody_uses_has_no_tags_of_its_use() {
        assert!(role_session(&spec(&json!({"sessionTagsPolicy": "Simple"})), &Used(false)).is_err());
    }

    #[tokio::test]
    async fn the_pods_identity_needs_leave() {
        let region = Region::new("eu-central-1");
        for auth in [json!({}), json!({"auth": {}})] {
            let refused = of_store(&spec(&auth), &region, &Used(true)).await.err();
            assert_eq!(refused, Some(InputError::AmbientIdentityRefused));
        }
    }
}
