//! What a store's spec says of its server: the address, and by which certificates it is known.
//!
//! Must never: take a setting from the process's environment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, Url};
use sealbridge_api::store::{CaProvider, CaProviderKind};

use crate::{InputError, Scope};

/// A field of the store that cannot be used.
pub(crate) fn invalid(what: &str, problem: &'static str) -> InputError {
    InputError::Invalid { what: format!("the store's {what}"), problem }
}

/// The address that the field `what` gives.
pub(crate) fn address(what: &str, address: &str) -> Result<Url, InputError> {
    let not_a_url = || invalid(what, "it is not a URL such as https://vault.example:8200");
    let url = Url::parse(address).map_err(|_| not_a_url())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(not_a_url());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(what, "it holds a user or password; log in by auth instead"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid(what, "it holds a query or fragment; give the address alone"));
    }
    Ok(url)
}

/// The certificates that a server is trusted by, if the spec names any.
pub(crate) async fn roots(
    bundle: Option<&str>,
    provider: Option<&CaProvider>,
    scope: &dyn Scope,
) -> Result<Option<Vec<Certificate>>, InputError> {
    let (what, text) = match (bundle, provider) {
        (Some(_), Some(_)) => return Err(invalid("caBundle", "caProvider is set too; keep one of them")),
        (Some(bundle), None) => ("caBundle", bundle.as_bytes().to_vec()),
        (None, Some(provider)) => ("caProvider", provided(provider, scope).await?),
        (None, None) => return Ok(None),
    };
    let pem = if text.trim_ascii().starts_with(b"-----BEGIN") {
        text
    } else {
        let packed: Vec<u8> = text.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
        STANDARD.decode(packed).map_err(|_| invalid(what, "it is neither PEM nor PEM in base64"))?
    };
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| invalid(what, "it is not a list of PEM certificates"))?;
    if certificates.is_empty() { Err(invalid(what, "it holds no certificate")) } else { Ok(Some(certificates)) }
}

async fn provided(provider: &CaProvider, scope: &dyn Scope) -> Result<Vec<u8>, InputError> {
    let inputs = scope.inputs(provider.namespace.as_deref())?;
    match provider.kind {
        CaProviderKind::Secret => Ok(inputs.secret_entry(&provider.name, &provider.key).await?.expose().to_vec()),
        CaProviderKind::ConfigMap => Ok(inputs.config_map_entry(&provider.name, &provider.key).await?.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://vault.example:8200", true)]
    #[case("http://127.0.0.1:8200/prefix", true)]
    #[case("vault.example:8200", false)]
    #[case("ftp://vault", false)]
    #[case("https://user:canary@vault", false)]
    #[case("https://vault?x=1", false)]
    #[case("https://vault#x", false)]
    #[case("", false)]
    fn addresses(#[case] given: &str, #[case] accepted: bool) {
        let outcome = address("server", given);
        assert_eq!(outcome.is_ok(), accepted);
        if let Err(error) = outcome {
            assert!(!error.to_string().contains("canary"));
        }
    }
}
