//! Tokens of the operator's own ServiceAccount, for stores that may use its identity.
//!
//! Must never: hand out the token by which the operator talks to the API server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::api::PostParams;
use kube::{Api, Client};
use sealbridge_provider::{AmbientTokens, InputError, NamespaceInputs};
use sealbridge_secret::SecretBytes;
use tokio::sync::OnceCell;

use super::audience::ApiAudiences;
use super::namespace_client::NamespaceClient;

/// How API servers name a ServiceAccount as a user; namespace and name follow.
const USER_PREFIX: &str = "system:serviceaccount:";

/// As whom the operator is known to the API server, asked once.
pub(super) struct OwnAccount {
    client: Client,
    audiences: Arc<ApiAudiences>,
    account: OnceCell<Account>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Account {
    namespace: String,
    name: String,
}

impl OwnAccount {
    pub(super) fn new(client: Client, audiences: Arc<ApiAudiences>) -> Arc<Self> {
        Arc::new(Self { client, audiences, account: OnceCell::new() })
    }

    async fn ask(&self) -> Result<Account, InputError> {
        let api: Api<SelfSubjectReview> = Api::all(self.client.clone());
        let review = api.create(&PostParams::default(), &SelfSubjectReview::default()).await;
        let what = || "the operator's own ServiceAccount".to_owned();
        let review = review.map_err(|_| InputError::Unavailable { what: what() })?;
        let user = review.status.and_then(|status| status.user_info).and_then(|user| user.username).unwrap_or_default();
        account_of(&user).ok_or_else(|| InputError::Invalid {
            what: what(),
            problem: "the operator does not run as a ServiceAccount; run it as one, or name credentials under auth",
        })
    }
}

#[async_trait]
impl AmbientTokens for OwnAccount {
    async fn token(&self, audiences: &[String], life: Duration) -> Result<SecretBytes, InputError> {
        let account = self.account.get_or_try_init(|| self.ask()).await?;
        let namespace = account.namespace.as_str().into();
        let client = NamespaceClient::new(self.client.clone(), namespace, Arc::clone(&self.audiences));
        client.service_account_token(&account.name, audiences, life).await
    }
}

fn account_of(user: &str) -> Option<Account> {
    let (namespace, name) = user.strip_prefix(USER_PREFIX)?.split_once(':')?;
    Some(Account { namespace: namespace.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::pod("system:serviceaccount:sealbridge:operator", Some(("sealbridge", "operator")))]
    #[case::person("admin", None)]
    #[case::node("system:node:a", None)]
    #[case::cut("system:serviceaccount:sealbridge", None)]
    fn who_the_operator_is(#[case] user: &str, #[case] expected: Option<(&str, &str)>) {
        let account = account_of(user).map(|account| (account.namespace, account.name));
        assert_eq!(account, expected.map(|(namespace, name)| (namespace.to_owned(), name.to_owned())));
    }
}
