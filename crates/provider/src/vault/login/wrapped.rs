//! A secret id behind a wrapping token, which can be exchanged for it once.
//!
//! Must never: exchange a token that was not made of a secret id of the very method, or write down what it got.

use sealbridge_secret::SecretBytes;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::super::classify::{status, with_document};
use super::super::http::{Answer, Http, Path};
use crate::json::{Json, string_object};
use crate::{InputError, ReadError, credential};

/// What the token can be exchanged for, once that was done.
pub(super) struct Wrapped {
    token: SecretBytes,
    /// The mount of the `AppRole` method for which it must have been made.
    mount: String,
    secret_id: OnceCell<SecretBytes>,
}

impl Wrapped {
    pub(super) fn new(token: SecretBytes, mount: String) -> Self {
        Self { token, mount, secret_id: OnceCell::new() }
    }

    /// The secret id; the token is exchanged at the first call.
    pub(super) async fn get(&self, http: &Http, namespace: Option<&str>) -> Result<&SecretBytes, ReadError> {
        self.secret_id.get_or_try_init(|| self.exchange(http, namespace)).await
    }

    async fn exchange(&self, http: &Http, namespace: Option<&str>) -> Result<SecretBytes, ReadError> {
        let token = Zeroizing::new(credential::text(&self.token));
        let looked_up = http
            .post(&Path::new(["sys", "wrapping", "lookup"]), None, namespace, string_object([("token", token.as_str())]))
            .await?;
        ensure_made_for(&self.mount, &looked_up)?;
        let unwrapped =
            http.post(&Path::new(["sys", "wrapping", "unwrap"]), Some(&self.token), namespace, string_object([])).await?;
        secret_id(&unwrapped)
    }
}

/// Refuses a token that somebody else made to be taken for this one: it would be exchanged for a secret id of their own
/// choice, and the identity that reads would be theirs.
fn ensure_made_for(mount: &str, looked_up: &Answer) -> Result<(), ReadError> {
    let path = data(looked_up, |data| data.last_member("creation_path").and_then(Json::as_str).map(std::borrow::Cow::into_owned))?;
    let role = path.strip_prefix(&format!("auth/{mount}/role/")).and_then(|rest| rest.strip_suffix("/secret-id"));
    if role.is_some_and(|role| !role.is_empty() && !role.contains('/')) {
        return Ok(());
    }
    Err(refused("it was not made by a request for a secret id of that role; find out who put it there, and make a new one"))
}

fn secret_id(unwrapped: &Answer) -> Result<SecretBytes, ReadError> {
    let id = data(unwrapped, |data| data.last_member("secret_id").and_then(Json::secret))?;
    credential::checked(&id).ok_or(ReadError::BadAnswer)
}

fn data<T>(answer: &Answer, take: impl FnOnce(&Json<'_>) -> Option<T>) -> Result<T, ReadError> {
    match answer.status {
        200 => with_document(&answer.body, |document| document.last_member("data").and_then(take).ok_or(ReadError::BadAnswer)),
        400 | 403 | 404 => Err(refused(
            "it was used or has expired, and what it was exchanged for is not kept over a restart or an edit of the store; put a new \
             one there. If nobody but this operator should have used it, treat the secret id as stolen",
        )),
        _ => Err(status(answer)),
    }
}

fn refused(problem: &'static str) -> ReadError {
    ReadError::Input(InputError::Invalid { what: "the wrapping token under auth.appRole.wrappedSecretRef".to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    #[rstest]
    #[case("auth/approle/role/app/secret-id", true)]
    #[case("auth/other/role/app/secret-id", false)]
    #[case("auth/approle/role//secret-id", false)]
    #[case("auth/approle/role/a/b/secret-id", false)]
    #[case("auth/approle/role/app/secret-id/lookup", false)]
    #[case("sys/wrapping/wrap", false)]
    #[case("auth/token/create", false)]
    fn only_a_secret_id_of_the_method_is_unwrapped(#[case] path: &str, #[case] accepted: bool) {
        let looked_up = answer(200, &format!(r#"{{"data":{{"creation_path":"{path}"}}}}"#));
        assert_eq!(ensure_made_for("approle", &looked_up).is_ok(), accepted);
    }

    #[test]
    fn a_token_that_was_used_says_what_to_do() {
        let error = ensure_made_for("approle", &answer(400, r#"{"errors":["wrapping token is not valid: canary"]}"#)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("restart") && !text.contains("canary"), "{text}");
        assert!(error.concerns_whole_store());
        assert_eq!(ensure_made_for("approle", &answer(503, "")).unwrap_err(), ReadError::Unavailable);
    }

    #[test]
    fn what_is_unwrapped_has_a_secret_id() {
        assert_eq!(secret_id(&answer(200, r#"{"data":{"secret_id":"s"}}"#)).unwrap().expose(), b"s");
        assert_eq!(secret_id(&answer(200, r#"{"data":{"token":"canary"}}"#)).unwrap_err(), ReadError::BadAnswer);
    }
}
