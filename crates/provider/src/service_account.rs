//! Tokens of a ServiceAccount for a login, requested anew for each.
//!
//! Must never: ask for a token that the API server itself accepts, since whoever receives it could act as the account.

use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::store::{SecretKeySelector, ServiceAccountSelector};
use sealbridge_secret::SecretBytes;

use crate::server::invalid;
use crate::{AmbientIdentity, AmbientTokens, InputError, NamespaceInputs, ReadError, Scope, credential};

/// Whom the token is for, where the spec does not say.
const DEFAULT_AUDIENCE: &str = "vault";
/// The shortest life that the API server grants.
pub(crate) const SHORTEST_LIFE: Duration = Duration::from_mins(10);
const LONGEST_LIFE: Duration = Duration::from_hours(24);

/// Where a JWT comes from.
pub(crate) enum Jwt {
    /// It stands in a Secret.
    Fixed(SecretBytes),
    /// It is requested for a ServiceAccount.
    Requested { inputs: Arc<dyn NamespaceInputs>, name: String, audiences: Vec<String>, life: Duration },
    /// It is requested for the operator's own ServiceAccount.
    Ambient { tokens: Arc<dyn AmbientTokens>, audiences: Vec<String>, life: Duration },
}

impl Jwt {
    /// A token that stands in a Secret.
    pub(crate) async fn fixed(reference: &SecretKeySelector, scope: &dyn Scope) -> Result<Self, InputError> {
        Ok(Self::Fixed(credential::fetch(reference, scope).await?))
    }

    /// Tokens of a ServiceAccount, for its own audiences and `more`.
    pub(crate) fn requested(
        account: &ServiceAccountSelector,
        more: &[String],
        life: Duration,
        scope: &dyn Scope,
    ) -> Result<Self, InputError> {
        let audiences = audiences(DEFAULT_AUDIENCE, account.audiences.iter().chain(more))?;
        let inputs = scope.inputs(account.namespace.as_deref())?;
        let life = life.clamp(SHORTEST_LIFE, LONGEST_LIFE);
        Ok(Self::Requested { inputs, name: account.name.clone(), audiences, life })
    }

    /// Tokens of the operator's own ServiceAccount, where that is allowed. Never its token for the API server.
    pub(crate) fn ambient(scope: &dyn Scope) -> Result<Self, InputError> {
        match (scope.ambient_identity(), scope.ambient_tokens()) {
            (AmbientIdentity::Allowed, Some(tokens)) => {
                Ok(Self::Ambient { tokens, audiences: vec![DEFAULT_AUDIENCE.to_owned()], life: SHORTEST_LIFE })
            }
            _ => Err(InputError::AmbientIdentityRefused),
        }
    }

    /// A token for one login.
    pub(crate) async fn get(&self) -> Result<SecretBytes, ReadError> {
        let token = match self {
            Self::Fixed(token) => return Ok(token.duplicate()),
            Self::Requested { inputs, name, audiences, life } => inputs.service_account_token(name, audiences, *life).await,
            Self::Ambient { tokens, audiences, life } => tokens.token(audiences, *life).await,
        };
        credential::checked(&token.map_err(ReadError::Input)?).ok_or(ReadError::LoginRefused)
    }
}

/// The audiences that are given, or the usual one.
///
/// # Errors
/// [`InputError::Invalid`] for one that is the API server's own.
pub(crate) fn audiences<'a>(usual: &str, given: impl Iterator<Item = &'a String>) -> Result<Vec<String>, InputError> {
    let mut audiences: Vec<String> = given.cloned().collect();
    if audiences.is_empty() {
        audiences.push(usual.to_owned());
    }
    if audiences.iter().any(|audience| is_api_server(audience)) {
        return Err(invalid(
            "audiences",
            "a token for the API server may not leave the cluster; name an audience of the store's own",
        ));
    }
    Ok(audiences)
}

/// The names under which an API server usually goes as an audience of its own tokens.
fn is_api_server(audience: &str) -> bool {
    let bare = audience.trim().trim_end_matches('/');
    let host = bare.strip_prefix("https://").unwrap_or(bare);
    let host = host.split([':', '/']).next().unwrap_or(host);
    bare.is_empty() || matches!(host, "kubernetes" | "api" | "kubernetes.default") || host.starts_with("kubernetes.default.svc")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[], Some(&["vault"][..]))]
    #[case(&["a", "b"], Some(&["a", "b"][..]))]
    #[case(&["https://vault.example"], Some(&["https://vault.example"][..]))]
    #[case(&["https://kubernetes.default.svc"], None)]
    #[case(&["https://kubernetes.default.svc.cluster.local"], None)]
    #[case(&["vault", "https://kubernetes.default.svc:443/"], None)]
    #[case(&["kubernetes"], None)]
    #[case(&["api"], None)]
    #[case(&[""], None)]
    fn the_api_server_is_no_audience(#[case] given: &[&str], #[case] wanted: Option<&[&str]>) {
        let given: Vec<String> = given.iter().map(|audience| (*audience).to_owned()).collect();
        let wanted = wanted.map(|wanted| wanted.iter().map(|audience| (*audience).to_owned()).collect::<Vec<_>>());
        assert_eq!(audiences(DEFAULT_AUDIENCE, given.iter()).ok(), wanted);
    }
}
