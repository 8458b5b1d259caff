//! Logins of ServiceAccounts through `TokenRequest`, as pods have them. It must never hand out the
//! administrator's login.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::PostParams;
use serde_json::Value;

use super::Cluster;
use crate::run;

/// A login of a ServiceAccount.
pub(crate) struct Login {
    /// A kubeconfig that logs in with it; it lies in the folder of the control plane.
    pub(crate) kubeconfig: PathBuf,
    /// How the audit log names this one token: `JTI=…`.
    pub(crate) credential: String,
}

impl Cluster {
    /// A token of a ServiceAccount for an audience (none: the API server itself), valid for a day.
    ///
    /// # Panics
    /// If the ServiceAccount does not exist.
    pub async fn service_account_token(&self, namespace: &str, name: &str, audiences: &[&str]) -> String {
        let accounts = Api::<ServiceAccount>::namespaced(self.client().await, namespace);
        let request = TokenRequest {
            spec: TokenRequestSpec {
                audiences: audiences.iter().map(ToString::to_string).collect(),
                expiration_seconds: Some(24 * 3600),
                bound_object_ref: None,
            },
            ..TokenRequest::default()
        };
        let answer = accounts.create_token_request(name, &PostParams::default(), &request).await.expect("a token");
        answer.status.expect("a token").token
    }

    /// The public key, PEM, with which tokens of this cluster's `ServiceAccount`s are checked.
    pub fn service_account_key(&self) -> String {
        std::fs::read_to_string(self.layout.file("service-accounts.pub")).expect("the control plane's key")
    }

    pub(crate) async fn service_account_login(&self, namespace: &str, name: &str) -> Login {
        let token = self.service_account_token(namespace, name, &[]).await;
        let kubeconfig = self.layout.file(&run::unique(&format!("{namespace}-{name}.kubeconfig")));
        std::fs::write(&kubeconfig, self.layout.login(&token)).expect("a kubeconfig");
        let claims = token.split('.').nth(1).expect("a JWT");
        let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        Login { kubeconfig, credential: format!("JTI={}", claims["jti"].as_str().expect("an id")) }
    }
}
