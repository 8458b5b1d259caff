//! The token by which a CI system says which job this is (OIDC), for logins that need no stored credential.
//!
//! ```text
//!   SEALBRIDGE_OIDC_TOKEN | SEALBRIDGE_OIDC_TOKEN_FILE   GitLab, Jenkins and others, which hand the token to the job
//!   ACTIONS_ID_TOKEN_REQUEST_URL and …_TOKEN             GitHub, which makes one for any audience that is asked for
//! ```
//!
//! Must never: hand out a token that is for somebody else than it is asked for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client, Url};
use sealbridge_provider::InputError;
use sealbridge_secret::SecretBytes;
use serde::Deserialize;
use zeroize::Zeroizing;

const TOKEN: &str = "SEALBRIDGE_OIDC_TOKEN";
const TOKEN_FILE: &str = "SEALBRIDGE_OIDC_TOKEN_FILE";
/// What GitHub sets for a job with `permissions: {id-token: write}`.
const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_BEARER: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

const LIMIT: Duration = Duration::from_secs(15);
/// Far more than any token, in bytes.
const LARGEST: usize = 64 << 10;

/// Where the token comes from.
#[derive(Clone)]
pub(super) enum JobToken {
    /// From GitHub, for each audience anew.
    GitHub { url: String, bearer: Zeroizing<String> },
    /// It was handed to the job.
    Given(Arc<SecretBytes>),
}

impl JobToken {
    /// What this process was given.
    pub(super) fn here() -> Result<Self, InputError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        if let Some(token) = variable(TOKEN) {
            return Ok(Self::Given(Arc::new(SecretBytes::new(token.into_bytes()))));
        }
        if let Some(path) = std::env::var_os(TOKEN_FILE).filter(|path| !path.is_empty()).map(PathBuf::from) {
            let token = std::fs::read(&path).map(SecretBytes::new).map(Arc::new);
            return token.map(Self::Given).map_err(|_| InputError::Invalid {
                what: format!("{}, which {TOKEN_FILE} names,", path.display()),
                problem: "it cannot be read; check the path and its permissions",
            });
        }
        match (variable(GITHUB_URL), variable(GITHUB_BEARER)) {
            (Some(url), Some(bearer)) => Ok(Self::GitHub { url, bearer: Zeroizing::new(bearer) }),
            _ => Err(InputError::Invalid {
                what: "the OpenID Connect token of this job".to_owned(),
                problem: "there is none; on GitHub give the job the permission `id-token: write`, elsewhere set SEALBRIDGE_OIDC_TOKEN or SEALBRIDGE_OIDC_TOKEN_FILE",
            }),
        }
    }

    /// The token for an audience.
    pub(super) async fn for_audience(&self, audience: &str) -> Result<SecretBytes, InputError> {
        let token = match self {
            Self::Given(token) => SecretBytes::new(token.expose().trim_ascii().to_vec()),
            Self::GitHub { url, bearer } => from_github(url, bearer, audience).await?,
        };
        let invalid = |problem| InputError::Invalid { what: format!("the job's token for the audience {audience}"), problem };
        let audiences =
            audiences(token.expose()).ok_or_else(|| invalid("it is no JSON Web Token; check what the job's variable holds"))?;
        // A login at one store must not be worth anything at another.
        if audiences.iter().any(|found| found == audience) {
            Ok(token)
        } else {
            Err(invalid("it is for another one; ask the CI system for a token with this audience, or name the right one"))
        }
    }
}

#[derive(Deserialize)]
struct Made {
    value: String,
}

async fn from_github(url: &str, bearer: &str, audience: &str) -> Result<SecretBytes, InputError> {
    let invalid = |problem| InputError::Invalid { what: "GitHub's token for this job".to_owned(), problem };
    let mut url = Url::parse(url).map_err(|_| invalid("ACTIONS_ID_TOKEN_REQUEST_URL is no URL; GitHub sets it, leave it alone"))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let refused = || invalid("it was not made; check the job's permission `id-token: write`, and run it again");
    // No redirect: the bearer is for this address.
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(LIMIT).build().map_err(|_| refused())?;
    let request = client.get(url).bearer_auth(bearer).header("Accept", "application/json; api-version=2.0");
    let mut answer = request.send().await.ok().filter(|answer| answer.status().is_success()).ok_or_else(refused)?;
    let mut body = Zeroizing::new(Vec::with_capacity(LARGEST));
    while let Some(chunk) = answer.chunk().await.map_err(|_| refused())? {
        if body.len() + chunk.len() > LARGEST {
            return Err(refused());
        }
        body.extend_from_slice(&chunk);
    }
    let made: Made = serde_json::from_slice(&body).map_err(|_| refused())?;
    Ok(SecretBytes::new(made.value.into_bytes()))
}

#[derive(Deserialize)]
struct Claims {
    aud: Audiences,
}

/// One or several, RFC 7519 section 4.1.3.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Several(Vec<String>),
}

/// For whom a token is; its signature is the store's business.
fn audiences(token: &[u8]) -> Option<Vec<String>> {
    let claims = token.split(|byte| *byte == b'.').nth(1)?;
    let claims = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?);
    Some(match serde_json::from_slice::<Claims>(&claims).ok()?.aud {
        Audiences::One(audience) => vec![audience],
        Audiences::Several(audiences) => audiences,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[rstest]
    #[case::one(&token(r#"{"aud": "a", "sub": "x"}"#), Some(vec!["a"]))]
    #[case::several(&token(r#"{"aud": ["a", "b"]}"#), Some(vec!["a", "b"]))]
    #[case::none(&token("{}"), None)]
    #[case::no_json(&token("hunter2"), None)]
    #[case::no_token("hunter2", None)]
    fn for_whom_a_token_is(#[case] token: &str, #[case] expected: Option<Vec<&str>>) {
        let expected = expected.map(|audiences| audiences.into_iter().map(str::to_owned).collect());
        assert_eq!(audiences(token.as_bytes()), expected);
    }

    #[tokio::test]
    async fn a_token_for_somebody_else_is_kept() {
        let given = format!("{}\n", token(r#"{"aud": "https://vault.example"}"#));
        let job = JobToken::Given(Arc::new(SecretBytes::new(given.into_bytes())));
        assert!(job.for_audience("https://vault.example").await.is_ok());
        let told = job.for_audience("https://elsewhere.example").await.err().map(|error| error.to_string());
        let expected = "the job's token for the audience https://elsewhere.example cannot be used: it is for another one; ask the CI system for a token with this audience, or name the right one";
        assert_eq!(told.as_deref(), Some(expected));
    }
}
