//! What a login or a renewal grants.
//!
//! Must never: keep the token in a type that shows or copies it.

use std::time::Duration;

use sealbridge_secret::SecretBytes;

use super::super::classify::{status, with_document};
use super::super::http::Answer;
use crate::ReadError;
use crate::json::Json;

const NO_METHOD: ReadError =
    ReadError::Misconfigured("the store has no such login method mounted; check the path under auth, and its namespace");

/// A token and the terms under which it may be used.
pub(in crate::vault) struct Grant {
    pub(in crate::vault) token: SecretBytes,
    /// How long it lives; absent, as long as nobody ends it.
    pub(in crate::vault) lease: Option<Duration>,
    pub(in crate::vault) renewable: bool,
    /// Whether it is ours to end. A batch token cannot be ended, a given one is not ours.
    pub(in crate::vault) revocable: bool,
    /// How many requests it is good for; absent, any number.
    pub(in crate::vault) uses: Option<u32>,
}

impl Grant {
    /// A token that somebody else made, under terms that are not known.
    pub(super) fn given(token: SecretBytes) -> Self {
        Self { token, lease: None, renewable: false, revocable: false, uses: None }
    }

    /// What a login answered.
    pub(super) fn from_login(answer: &Answer) -> Result<Self, ReadError> {
        match answer.status {
            200 => with_document(&answer.body, Self::read),
            // Which of these says "wrong credentials" differs between the methods.
            400 | 401 | 403 => Err(ReadError::LoginRefused),
            404 | 405 => Err(NO_METHOD),
            _ => Err(status(answer)),
        }
    }

    fn read(document: &Json<'_>) -> Result<Self, ReadError> {
        let auth = document.last_member("auth").filter(|auth| auth.is_object()).ok_or(ReadError::BadAnswer)?;
        let token = auth.last_member("client_token").and_then(Json::secret).ok_or(ReadError::BadAnswer)?;
        let usable = !token.is_empty() && token.expose().iter().all(u8::is_ascii_graphic);
        if !usable {
            return Err(ReadError::LoginRefused);
        }
        let number = |name: &str| auth.last_member(name).and_then(Json::as_u64).unwrap_or(0);
        let is_batch = auth.last_member("token_type").and_then(Json::as_str).is_some_and(|kind| kind == "batch");
        let uses = u32::try_from(number("num_uses")).ok().filter(|uses| *uses > 0);
        Ok(Self {
            token,
            lease: lease(number("lease_duration")),
            // A renewal is a use too: a token of few uses is replaced instead.
            renewable: !is_batch && uses.is_none() && auth.last_member("renewable").is_some_and(|flag| flag.raw == "true"),
            revocable: !is_batch,
            uses,
        })
    }
}

/// The life that a renewal grants; `None` is without end.
pub(in crate::vault) fn renewed_lease(answer: &Answer) -> Result<Option<Duration>, ReadError> {
    match answer.status {
        200 => with_document(&answer.body, |document| {
            let granted = document.last_member("auth").and_then(|auth| auth.last_member("lease_duration")).and_then(Json::as_u64);
            granted.map(lease).ok_or(ReadError::BadAnswer)
        }),
        _ => Err(status(answer)),
    }
}

fn lease(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use zeroize::Zeroizing;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    #[rstest]
    #[case(
        r#"{"auth":{"client_token":"t","lease_duration":60,"renewable":true,"token_type":"service","num_uses":0}}"#,
        Some(60),
        true,
        true,
        None
    )]
    #[case(
        r#"{"auth":{"client_token":"t","lease_duration":60,"renewable":true,"token_type":"service","num_uses":3}}"#,
        Some(60),
        false,
        true,
        Some(3)
    )]
    #[case(
        r#"{"auth":{"client_token":"t","lease_duration":60,"renewable":true,"token_type":"batch"}}"#,
        Some(60),
        false,
        false,
        None
    )]
    #[case(r#"{"auth":{"client_token":"t","lease_duration":0,"renewable":false,"token_type":"service"}}"#, None, false, true, None)]
    fn terms(
        #[case] body: &str,
        #[case] lease: Option<u64>,
        #[case] renewable: bool,
        #[case] revocable: bool,
        #[case] uses: Option<u32>,
    ) {
        let grant = Grant::from_login(&answer(200, body)).ok().unwrap();
        assert_eq!(grant.token.expose(), b"t");
        assert_eq!(
            (grant.lease.map(|lease| lease.as_secs()), grant.renewable, grant.revocable, grant.uses),
            (lease, renewable, revocable, uses)
        );
    }

    #[rstest]
    #[case(200, r#"{"auth":null}"#, ReadError::BadAnswer)]
    #[case(200, r#"{"auth":{"client_token":""}}"#, ReadError::LoginRefused)]
    #[case(200, r#"{"auth":{"client_token":"a\nb"}}"#, ReadError::LoginRefused)]
    #[case(200, "<html>", ReadError::BadAnswer)]
    #[case(400, "{}", ReadError::LoginRefused)]
    #[case(403, "{}", ReadError::LoginRefused)]
    #[case(404, "{}", NO_METHOD)]
    #[case(500, "{}", ReadError::Unavailable)]
    #[case(503, "{}", ReadError::Unavailable)]
    fn refusals(#[case] status: u16, #[case] body: &str, #[case] wanted: ReadError) {
        assert_eq!(Grant::from_login(&answer(status, body)).err(), Some(wanted));
    }

    #[test]
    fn a_renewal_says_how_long() {
        assert_eq!(renewed_lease(&answer(200, r#"{"auth":{"lease_duration":5}}"#)), Ok(Some(Duration::from_secs(5))));
        assert_eq!(renewed_lease(&answer(403, "{}")), Err(ReadError::Denied));
    }
}
