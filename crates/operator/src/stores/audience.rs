//! For whom a ServiceAccount's token may be issued.
//!
//! A token for the API server's own audience is that ServiceAccount, for whoever holds it. Must never: let such
//! a token be requested, whatever a store's spec says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kube::Config;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

/// Under these names API servers accept tokens by default.
const USUAL: [&str; 3] = ["kubernetes.default.svc", "kubernetes.default", "kubernetes"];

/// The audiences that the API server itself accepts, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiAudiences(Vec<String>);

/// The claims of a ServiceAccount's token that say for whom it is; neither is secret.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl ApiAudiences {
    /// Those that the operator's own token names, beside the usual ones.
    pub async fn of(config: &Config) -> Self {
        let auth = &config.auth_info;
        let token = match (&auth.token, &auth.token_file) {
            (Some(token), _) => Some(sealbridge_secret::SecretBytes::new(token.expose_secret().as_bytes().to_vec())),
            (None, Some(path)) => tokio::fs::read(path).await.ok().map(sealbridge_secret::SecretBytes::new),
            (None, None) => None,
        };
        token.map(|token| Self::named_in(token.expose())).unwrap_or_default()
    }

    /// Those that `token`, a JSON Web Token (RFC 7519), names as issuer and audience.
    fn named_in(token: &[u8]) -> Self {
        let claims = token
            .split(|byte| *byte == b'.')
            .nth(1)
            .and_then(|payload| URL_SAFE_NO_PAD.decode(payload.trim_ascii()).ok())
            .and_then(|payload| serde_json::from_slice::<Claims>(&payload).ok());
        let Some(claims) = claims else { return Self::default() };
        let audiences = match claims.aud {
            None => Vec::new(),
            Some(OneOrMany::One(audience)) => vec![audience],
            Some(OneOrMany::Many(audiences)) => audiences,
        };
        Self(audiences.into_iter().chain(claims.iss).collect())
    }

    /// Whether the API server may accept a token for `audience`.
    fn may_include(&self, audience: &str) -> bool {
        let audience = bare(audience);
        let is_usual =
            |name: &&str| audience.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':', '/']));
        USUAL.iter().any(is_usual) || self.0.iter().any(|own| bare(own) == audience)
    }

    /// Refuses audiences under which a token could be used against this cluster.
    ///
    /// A tenant's store names both the audience and the server that receives the token: without this rule it
    /// could collect tokens of ServiceAccounts that it may not use itself.
    ///
    /// # Errors
    /// What is wrong with the audiences and what to write instead.
    pub fn ensure_foreign(&self, audiences: &[String]) -> Result<(), &'static str> {
        if audiences.is_empty() || audiences.iter().any(|audience| audience.trim().is_empty()) {
            return Err("its token would be for no audience in particular, which includes the API server; name an audience");
        }
        if audiences.iter().any(|audience| self.may_include(audience)) {
            return Err("its token would be for the API server itself; name the store's own audience");
        }
        Ok(())
    }
}

/// An audience without what does not distinguish two URLs.
fn bare(audience: &str) -> String {
    let lower = audience.trim().to_ascii_lowercase();
    let host = lower.split_once("://").map_or(lower.as_str(), |(_, host)| host);
    host.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn of_a_managed_cluster() -> ApiAudiences {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"iss":"https://oidc.example/id/1","aud":["https://api.example"],"sub":"s"}"#);
        ApiAudiences::named_in(format!("e30.{payload}.c2ln").as_bytes())
    }

    #[rstest]
    #[case::vault(&["vault"], true)]
    #[case::two(&["vault", "sts.amazonaws.com"], true)]
    #[case::a_url(&["https://vault.example:8200"], true)]
    #[case::alike(&["kubernetesx"], true)]
    #[case::none(&[], false)]
    #[case::empty(&[""], false)]
    #[case::blank(&["vault", " "], false)]
    #[case::the_usual(&["https://kubernetes.default.svc"], false)]
    #[case::the_usual_in_full(&["https://kubernetes.default.svc.cluster.local"], false)]
    #[case::with_a_slash(&["https://kubernetes.default.svc/"], false)]
    #[case::in_capitals(&["HTTPS://Kubernetes.Default.SVC"], false)]
    #[case::without_scheme(&["kubernetes.default.svc"], false)]
    #[case::with_a_port(&["https://kubernetes.default.svc:443"], false)]
    #[case::short(&["kubernetes"], false)]
    #[case::behind_another(&["vault", "https://kubernetes.default.svc"], false)]
    #[case::the_issuer(&["https://oidc.example/id/1"], false)]
    #[case::the_issuer_with_a_slash(&["https://oidc.example/id/1/"], false)]
    #[case::the_own_audience(&["https://api.example"], false)]
    fn tokens_are_for_others(#[case] audiences: &[&str], #[case] allowed: bool) {
        let audiences: Vec<String> = audiences.iter().map(ToString::to_string).collect();
        assert_eq!(of_a_managed_cluster().ensure_foreign(&audiences).is_ok(), allowed);
    }

    #[rstest]
    #[case(b"")]
    #[case(b"static-token")]
    #[case(b"a.!!.c")]
    #[case(b"a.bm90IGpzb24.c")]
    fn other_tokens_name_nobody(#[case] token: &[u8]) {
        assert_eq!(ApiAudiences::named_in(token), ApiAudiences::default());
    }

    #[test]
    fn an_audience_may_be_a_text_or_a_list() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"aud":"api"}"#);
        let own = ApiAudiences::named_in(format!("e30.{payload}.c2ln\n").as_bytes());
        assert!(own.ensure_foreign(&["api".to_owned()]).is_err());
    }
}
