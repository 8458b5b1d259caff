//! The fields of `SecretStore` and `ClusterSecretStore` of `external-secrets.io/v1` that are understood, named as there.
//!
//! How often a store is looked at is decided here and not by the store: that field is read and says nothing.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use sealbridge_api::expression::Expression;
use sealbridge_api::store::{KeyLimit, NamespaceCondition, ProviderSpec};
use serde::Deserialize;
use serde_json::Value;

use crate::document::{decode, decode_text};

/// `spec`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StoreSpec {
    /// The class of the controller that is to serve what reads from it; absent or empty is any.
    pub controller: Option<String>,
    /// The store itself.
    pub provider: ProviderSpec,
    /// Who may use a ClusterSecretStore; one that matches is enough.
    pub conditions: Option<Vec<Condition>>,
    /// How often a failed call is made again.
    pub retry_settings: Option<RetrySettings>,
    /// How often the store is looked at, in seconds; says nothing here.
    pub refresh_interval: Option<i64>,
}

/// One of `spec.conditions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Condition {
    /// Namespaces by label.
    #[serde(default, deserialize_with = "sealbridge_api::selection::strict")]
    pub namespace_selector: Option<LabelSelector>,
    /// Namespaces by name.
    pub namespaces: Option<Vec<String>>,
    /// Namespaces of which a part of the name matches.
    pub namespace_regexes: Option<Vec<String>>,
}

/// `spec.retrySettings`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RetrySettings {
    /// How often.
    pub max_retries: Option<i32>,
    /// After how long, in the notation of Go.
    pub retry_interval: Option<String>,
}

/// The limits of a ClusterSecretStore, as the text of the annotation [`LIMITS`](sealbridge_api::labels::LIMITS); `None` if
/// they are none.
#[must_use]
pub fn limits(text: &str) -> Option<Vec<KeyLimit>> {
    decode(&decode_text::<Value>(text).ok()?, "").ok()
}

/// Who may use a store.
#[derive(Clone, Debug, Default)]
pub struct Users {
    /// By label or name.
    pub conditions: Vec<NamespaceCondition>,
    /// By a part of the name.
    pub expressions: Vec<Expression>,
}

impl StoreSpec {
    /// Who may use the store; `None` if an expression is none: then nobody may.
    #[must_use]
    pub fn users(&self) -> Option<Users> {
        let mut users = Users::default();
        for condition in self.conditions.iter().flatten() {
            users.conditions.push(NamespaceCondition {
                namespace_selector: condition.namespace_selector.clone(),
                namespaces: condition.namespaces.clone().unwrap_or_default(),
            });
            for expression in condition.namespace_regexes.iter().flatten() {
                users.expressions.push(Expression::parse(expression).ok()?);
            }
        }
        Some(users)
    }

    /// The class, where one is named.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.controller.as_deref().filter(|class| !class.is_empty())
    }
}
