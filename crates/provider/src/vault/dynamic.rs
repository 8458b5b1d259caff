//! Credentials that an engine makes when it is asked: one request as one new login.
//!
//! Such a credential ends with its lease, and with the login that asked for it: that login is therefore not given back
//! unless nothing hangs on it, but handed on with the lease. Must never: ask again after an answer, or tell of what was
//! answered.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method};
use sealbridge_secret::SecretBytes;
use tokio::time::sleep;

use super::classify::{may_pass, status, with_document};
use super::http::{Answer, Path};
use super::key::segments;
use super::leased::{Asked, LeaseId, Leased};
use super::logins::Token;
use super::{Fields, VaultStore};
use crate::generator::{Entries, GenerateError, Lease, Made, VaultDynamic, VaultMethod, VaultPart};
use crate::json::Json;
use crate::{Payload, Provider as _, ReadError, Scope, Selection};

const EMPTY: ReadError = ReadError::Misconfigured(
    "the answer has no such part; correct path, method or resultType, or set allowEmptyResponse if that is right",
);

/// What the answer has of the part that is meant.
struct Found {
    /// Where it stands in the body; `None` if it does not.
    place: Option<std::ops::Range<usize>>,
    terms: Terms,
}

/// How long what was made is good for.
#[derive(Default)]
struct Terms {
    /// How long it lives, where it ends.
    life: Option<Duration>,
    /// Whether something was made that ends with the login.
    hangs_on_login: bool,
    /// Its lease, where it has one.
    lease: Option<LeaseId>,
}

/// Logs in, asks once, and takes the part that is meant.
pub(crate) async fn dynamic(asked: &VaultDynamic, scope: &dyn Scope) -> Result<Made, GenerateError> {
    let store = VaultStore::connect(Fields::from(&asked.provider), scope).await.map_err(ReadError::Input)?;
    let (answer, login) = store.ask_patiently(asked).await?;
    match taken(asked, answer) {
        Ok((entries, terms)) if terms.hangs_on_login => {
            let life = terms.life.into_iter().chain(login.left()).min();
            Ok(Made { entries, life, lease: store.leased(login, terms) })
        }
        outcome => {
            // What may have been made all the same, nobody will have.
            store.close().await;
            outcome.map(|(entries, _)| Made { entries, life: None, lease: None })
        }
    }
}

fn taken(asked: &VaultDynamic, answer: Answer) -> Result<(Entries, Terms), GenerateError> {
    let found = match answer.status {
        200 => with_document(&answer.body, |document| Ok(found(document, &answer.body, asked.part)))?,
        // What was there is gone, or was never there; neither made anything.
        204 | 404 => Found { place: None, terms: Terms::default() },
        _ => return Err(status(&answer).into()),
    };
    let Some(place) = found.place else {
        return if asked.may_be_empty { Ok((Entries::new(), found.terms)) } else { Err(EMPTY.into()) };
    };
    let payload = Payload::within(SecretBytes::from(answer.body), place, Selection::VaultLiteralThenGjson, None);
    Ok((payload.members(None).map_err(GenerateError::Unusable)?, found.terms))
}

impl VaultStore {
    /// [`Self::ask_for`], as often as the generator says.
    async fn ask_patiently(&self, asked: &VaultDynamic) -> Result<(Answer, Arc<Token>), ReadError> {
        for _ in 0..asked.retries.most.unwrap_or(0) {
            match self.ask_for(asked).await {
                Err(ReadError::Unavailable) => {}
                Ok((answer, _)) if may_pass(&answer) => {}
                outcome => return outcome,
            }
            sleep(asked.retries.interval).await;
        }
        self.ask_for(asked).await
    }

    /// The answer, and the login that asked.
    async fn ask_for(&self, asked: &VaultDynamic) -> Result<(Answer, Arc<Token>), ReadError> {
        let path = asked.path.strip_prefix('/').unwrap_or(&asked.path);
        let path = Path::new(segments(path).map_err(ReadError::InvalidKey)?);
        let token = self.logins.token().await?;
        let method = match asked.method {
            VaultMethod::Get | VaultMethod::List => Method::GET,
            VaultMethod::Delete => Method::DELETE,
            VaultMethod::Write => Method::POST,
        };
        let mut request = self.http.request(method, &path, Some(token.secret()), self.namespace.as_deref())?;
        match asked.method {
            VaultMethod::Get if !asked.query.is_empty() => {
                let pairs = asked.query.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
                request.url_mut().query_pairs_mut().extend_pairs(pairs);
            }
            VaultMethod::List => drop(request.url_mut().query_pairs_mut().append_pair("list", "true")),
            VaultMethod::Write => {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(Body::from(asked.parameters.clone()));
            }
            VaultMethod::Get | VaultMethod::Delete => {}
        }
        let answer = self.http.send(request).await?;
        Ok((answer, token))
    }

    /// What was made, in the hands of whoever asked. The login is renewed by them alone once this store is dropped.
    fn leased(&self, login: Arc<Token>, terms: Terms) -> Option<Arc<dyn Lease>> {
        let login_namespace = self.logins.namespace().map(ToOwned::to_owned);
        let asked = Asked { http: Arc::clone(&self.http), namespace: self.namespace.clone(), login_namespace, login };
        Some(Arc::new(Leased::new(asked, terms.lease, terms.life)?))
    }
}

fn found(document: &Json<'_>, body: &[u8], part: VaultPart) -> Found {
    let auth = document.last_member("auth").filter(|auth| auth.is_object());
    let meant = match part {
        VaultPart::Data => document.last_member("data").filter(|data| data.is_object()),
        VaultPart::Auth => auth,
        VaultPart::Raw => Some(document),
    };
    let id = document.last_member("lease_id").and_then(Json::as_str).filter(|id| !id.is_empty());
    let renewable = document.last_member("renewable").is_some_and(|flag| flag.raw == "true");
    let lease = id.map(|id| LeaseId { id: id.into_owned(), renewable });
    let leases = [Some(document).filter(|_| lease.is_some()), auth];
    let lives = leases.iter().flatten().filter_map(|holder| holder.last_member("lease_duration").and_then(Json::as_u64));
    // The part is named by its place, not copied.
    let place = meant.map(|part| {
        let start = part.raw.as_ptr().addr().saturating_sub(body.as_ptr().addr());
        start..start + part.raw.len()
    });
    let life = lives.filter(|seconds| *seconds > 0).min().map(Duration::from_secs);
    Found { place, terms: Terms { life, hangs_on_login: lease.is_some() || auth.is_some(), lease } }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const LEASED: &str = r#"{"lease_id":"a/b","lease_duration":60,"renewable":false,"data":{"user":"x"},"auth":null}"#;
    const RENEWABLE: &str = r#"{"lease_id":"a/b","lease_duration":60,"renewable":true,"data":{"user":"x"}}"#;
    const TOKEN: &str = r#"{"lease_id":"","lease_duration":0,"data":null,"auth":{"client_token":"t","lease_duration":90}}"#;

    #[rstest]
    #[case::leased(LEASED, VaultPart::Data, Some(r#"{"user":"x"}"#), Some(60), true)]
    #[case::not_there(LEASED, VaultPart::Auth, None, Some(60), true)]
    #[case::token(TOKEN, VaultPart::Auth, Some(r#"{"client_token":"t","lease_duration":90}"#), Some(90), true)]
    #[case::no_data(TOKEN, VaultPart::Data, None, Some(90), true)]
    #[case::raw(TOKEN, VaultPart::Raw, Some(TOKEN), Some(90), true)]
    #[case::lasting(r#"{"lease_id":"","lease_duration":2764800,"data":{"a":1}}"#, VaultPart::Data, Some(r#"{"a":1}"#), None, false)]
    fn parts_of_answers(
        #[case] body: &str,
        #[case] part: VaultPart,
        #[case] meant: Option<&str>,
        #[case] life: Option<u64>,
        #[case] hangs_on_login: bool,
    ) {
        let found = with_document(body.as_bytes(), |document| Ok(found(document, body.as_bytes(), part))).unwrap();
        assert_eq!(found.place.and_then(|place| body.get(place)), meant);
        assert_eq!((found.terms.life.map(|life| life.as_secs()), found.terms.hangs_on_login), (life, hangs_on_login));
    }

    #[rstest]
    #[case(LEASED, Some(false))]
    #[case(RENEWABLE, Some(true))]
    #[case(TOKEN, None)]
    fn leases_of_answers(#[case] body: &str, #[case] renewable: Option<bool>) {
        let found = with_document(body.as_bytes(), |document| Ok(found(document, body.as_bytes(), VaultPart::Data))).unwrap();
        assert_eq!(found.terms.lease, renewable.map(|renewable| LeaseId { id: "a/b".to_owned(), renewable }));
    }
}
