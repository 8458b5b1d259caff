//! Values into sealed texts: one place for the date, the scope and the words about it.

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sealbridge_seal::{NamespaceGlob, Scope, Target, seal};
use sealbridge_secret::SecretBytes;

use crate::config::Rule;
use crate::error::Error;
use crate::recipients::Recipients;

/// Flags of verbs that seal.
#[derive(Debug, Args)]
pub(crate) struct SealArgs {
    /// Seal to this recipient (age1…) or set of .sealbridge.yaml, instead of those that its rules name.
    #[arg(short, long = "recipient", value_name = "RECIPIENT")]
    pub(crate) recipients: Vec<String>,
    /// What the value is bound to: strict (namespace, Secret and entry; the default), namespace (namespace
    /// and entry) or cluster (entry).
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// The namespace, if neither the manifest, the nearest kustomization.yaml nor a rule says it.
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}

impl SealArgs {
    /// The scope that is asked for, or else the rule's, or else strict.
    pub(crate) fn scope(&self, rule: Option<&Rule>) -> Result<Scope, Error> {
        let asked = self.scope.as_deref().map(|scope| scope.parse().map_err(Error::Scope)).transpose()?;
        Ok(asked.or(rule.and_then(|rule| rule.scope)).unwrap_or_default())
    }
}

/// Seals one value for one place.
pub(crate) fn seal_value(value: &SecretBytes, target: &Target<'_>, scope: Scope, recipients: &Recipients) -> Result<String, Error> {
    seal_value_for(value, target, scope, None, recipients)
}

/// Seals one value for one place, or for the namespaces that fit a pattern.
pub(crate) fn seal_value_for(
    value: &SecretBytes,
    target: &Target<'_>,
    scope: Scope,
    namespaces: Option<&NamespaceGlob>,
    recipients: &Recipients,
) -> Result<String, Error> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    seal(value.expose(), target, scope, namespaces, &recipients.set, today)
        .map_err(|problem| Error::Seal { key: target.key.to_owned(), problem })
}

/// `for shop/checkout-env, strict, to prod + break-glass`
pub(crate) fn described(target: &Target<'_>, scope: Scope, recipients: &Recipients) -> String {
    let place = match scope {
        Scope::Strict => format!("{}/{}", target.namespace, target.name),
        Scope::Namespace => format!("any Secret in {}", target.namespace),
        Scope::Cluster => "any Secret in any namespace".to_owned(),
    };
    format!("for {place}, {scope}, to {}", recipients.label)
}
