//! Ways to log in: tokens, `AppRole`, Kubernetes through a cluster's `TokenReview`, JWT, passwords, certificates. Each login method is
//! mounted anew for the test that asks, so that its requests can be counted.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bao, below, merge, text};
use crate::cluster::Cluster;
use crate::issuer::Issuer;
use crate::ldap::{BASE, Ldap};
use crate::namespace::Namespace;
use crate::pki::TestCa;
use crate::run::unique;

/// The login of an application.
pub struct AppRole {
    /// Path of the login method below `auth/`.
    pub mount: String,
    /// Name of the role.
    pub role: String,
    /// The role's id.
    pub role_id: String,
    /// A secret id.
    pub secret_id: String,
}

impl Bao {
    /// Writes a policy in HCL into a namespace; returns its name.
    pub async fn policy(&self, namespace: &str, rules: &str) -> String {
        let name = unique("policy");
        let path = below(namespace, &format!("sys/policies/acl/{name}"));
        self.told(Method::PUT, &path, &json!({"policy": rules})).await;
        name
    }

    /// A token with policies; `options` are those of `auth/token/create`: `ttl`, `num_uses`, `type`, `period`.
    pub async fn token(&self, namespace: &str, policies: &[&str], options: Value) -> String {
        let mut body = json!({"policies": policies, "no_default_policy": false});
        merge(&mut body, options);
        let path = below(namespace, "auth/token/create");
        text(&self.told(Method::POST, &path, &body).await, "/auth/client_token")
    }

    /// Revokes a token in whatever namespace it is.
    pub async fn revoke(&self, token: &str) {
        self.told(Method::POST, "auth/token/revoke", &json!({"token": token})).await;
    }

    /// An `AppRole` login with policies; `options` are those of the role: `token_ttl`, `token_num_uses`, ….
    pub async fn approle(&self, namespace: &str, policies: &[&str], options: Value) -> AppRole {
        let mount = self.enable_auth(namespace, "approle").await;
        let role = below(namespace, &format!("auth/{mount}/role/app"));
        let mut body = json!({"token_policies": policies});
        merge(&mut body, options);
        self.told(Method::POST, &role, &body).await;
        let id = self.call(Method::GET, &format!("{role}/role-id"), None).await.expect("a role id");
        let secret = self.told(Method::POST, &format!("{role}/secret-id"), &json!({})).await;
        AppRole { mount, role: "app".to_owned(), role_id: text(&id, "/data/role_id"), secret_id: text(&secret, "/data/secret_id") }
    }

    /// A login for the `ServiceAccount`s of a namespace of a cluster, judged by that cluster's `TokenReview`;
    /// returns the path of the login method. The role is `role`; `options` are the role's.
    pub async fn kubernetes(
        &self,
        cluster: &Cluster,
        namespace: &Namespace<'_>,
        service_account: &str,
        audience: &str,
        policies: &[&str],
        options: Value,
    ) -> String {
        let mount = self.enable_auth("", "kubernetes").await;
        let config = json!({
            "kubernetes_host": cluster.url(),
            "kubernetes_ca_cert": TestCa::shared().pem(),
            "token_reviewer_jwt": reviewer(cluster, namespace).await,
            "disable_local_ca_jwt": true,
        });
        self.told(Method::POST, &format!("auth/{mount}/config"), &config).await;
        let mut role = json!({
            "bound_service_account_names": [service_account],
            "bound_service_account_namespaces": [namespace.name()],
            "audience": audience,
            "token_policies": policies,
        });
        merge(&mut role, options);
        self.told(Method::POST, &format!("auth/{mount}/role/role"), &role).await;
        mount
    }

    /// A login with tokens of an issuer for one subject and audience; returns the path of the login method. The
    /// role is `role`; `options` are the role's.
    pub async fn jwt(&self, issuer: &Issuer, subject: &str, audience: &str, policies: &[&str], options: Value) -> String {
        self.jwt_by_key(&issuer.public_key_pem(), subject, audience, policies, options).await
    }

    /// [`Self::jwt`] of whoever signs with the private half of this key, PEM.
    pub async fn jwt_by_key(&self, key: &str, subject: &str, audience: &str, policies: &[&str], options: Value) -> String {
        let mount = self.enable_auth("", "jwt").await;
        let config = json!({"jwt_validation_pubkeys": [key]});
        self.told(Method::POST, &format!("auth/{mount}/config"), &config).await;
        let mut role = json!({
            "role_type": "jwt",
            "user_claim": "sub",
            "bound_subject": subject,
            "bound_audiences": [audience],
            "token_policies": policies,
        });
        merge(&mut role, options);
        self.told(Method::POST, &format!("auth/{mount}/role/role"), &role).await;
        mount
    }

    /// A login for a user whom the server knows itself; returns the path of the login method.
    pub async fn user_pass(&self, namespace: &str, user: &str, password: &str, policies: &[&str]) -> String {
        let mount = self.enable_auth(namespace, "userpass").await;
        let path = below(namespace, &format!("auth/{mount}/users/{user}"));
        self.told(Method::POST, &path, &json!({"password": password, "token_policies": policies})).await;
        mount
    }

    /// A login for a person of a directory; returns the path of the login method.
    pub async fn ldap(&self, directory: &Ldap, user: &str, policies: &[&str]) -> String {
        let mount = self.enable_auth("", "ldap").await;
        let config = json!({"url": directory.url(), "userdn": BASE, "userattr": "cn"});
        self.told(Method::POST, &format!("auth/{mount}/config"), &config).await;
        self.told(Method::POST, &format!("auth/{mount}/users/{user}"), &json!({"policies": policies.join(",")})).await;
        mount
    }

    /// A login for those who show a certificate of `ca` with this common name; returns the path of the login method.
    /// The role is `role`.
    pub async fn certificates(&self, ca: &TestCa, common_name: &str, policies: &[&str]) -> String {
        let mount = self.enable_auth("", "cert").await;
        let role = json!({"certificate": ca.pem(), "allowed_common_names": [common_name], "token_policies": policies});
        self.told(Method::POST, &format!("auth/{mount}/certs/role"), &role).await;
        mount
    }

    /// Another secret id of a role of the root namespace, behind a wrapping token; returns the token.
    pub async fn wrapped_secret_id(&self, role: &AppRole) -> String {
        let path = format!("{}/v1/auth/{}/role/{}/secret-id", self.url, role.mount, role.role);
        let request = self.client.post(path).header("X-Vault-Token", &self.root_token).header("X-Vault-Wrap-TTL", "600");
        let answer = request.body("{}").send().await.expect("an answer").text().await.expect("a body");
        text(&serde_json::from_str(&answer).expect("JSON"), "/wrap_info/token")
    }

    async fn enable_auth(&self, namespace: &str, kind: &str) -> String {
        let mount = unique(kind);
        let path = below(namespace, &format!("sys/auth/{mount}"));
        self.told(Method::POST, &path, &json!({"type": kind})).await;
        mount
    }
}

/// A token that may ask a cluster whether other tokens are good.
async fn reviewer(cluster: &Cluster, namespace: &Namespace<'_>) -> String {
    let name = "token-reviewer";
    let manifests = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace.name()}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": format!("{}-{name}", namespace.name())},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": "system:auth-delegator"},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace.name()}]},
    ]});
    cluster.apply(&manifests.to_string()).await;
    cluster.service_account_token(namespace.name(), name, &[]).await
}
