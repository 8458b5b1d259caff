//! One request to the API server, judged by the class of its answer.
//!
//! Owns: the limit in time, the answer's bytes and the reading of a refusal. It goes below `kube`'s typed calls,
//! because those log and forward bodies.
//! Must never: keep the text of a refusal (messages of the API server quote values), or log a body.

use std::time::Duration;

use bytes::Bytes;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use zeroize::{Zeroize, Zeroizing};

/// How long one request may take, its answer included. Above it the outcome is unknown.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// The media type of an answer without the object's content, so that values are not sent back.
pub(crate) const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// Why a request did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer, or one that says to come again. Whether a write happened is unknown.
    Unavailable,
    /// The API server refused the request.
    Refused(Refusal),
}

/// What of a refusal is kept: classes and field paths, no text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) code: u16,
    /// The resource that the refusal is about, `details.kind` of the Status, in lower case plural on 404.
    pub(crate) about: Box<str>,
    /// The causes by reason and field path, `details.causes` of the Status.
    pub(crate) causes: Vec<Cause>,
    /// Whether a `ResourceQuota` is used up; told only by the text.
    pub(crate) over_quota: bool,
}

/// One cause of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Cause {
    /// The CamelCase class.
    pub(crate) reason: String,
    /// The path of the field, which names fields and entries but holds no value.
    pub(crate) field: String,
}

impl Refusal {
    /// Whether a cause of this class is given.
    pub(crate) fn has_cause(&self, reason: &str) -> bool {
        self.causes.iter().any(|cause| cause.reason == reason)
    }

    /// Whether the object in the request is not the live one: it was replaced by another of the same name.
    pub(crate) fn is_about_another_object(&self) -> bool {
        self.code == 422 && self.causes.iter().any(|cause| cause.field == "metadata.uid")
    }

    /// Reads a `meta/v1 Status`; anything else keeps the HTTP status alone.
    fn read(code: u16, body: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Details {
            kind: String,
            causes: Vec<Cause>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Status {
            message: String,
            details: Option<Details>,
        }
        let Status { message, details } = serde_json::from_slice(body).unwrap_or_default();
        let message = Zeroizing::new(message);
        let details = details.unwrap_or_default();
        let code = if message.contains("request is too large") { 413 } else { code };
        let over_quota = code == 403 && message.contains("exceeded quota");
        Self { code, about: details.kind.into(), causes: details.causes, over_quota }
    }
}

/// The bytes of an answer, wiped when dropped unless the connection still shares them.
pub(crate) struct Answer(Bytes);

impl Answer {
    /// The bytes.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Ok(mut bytes) = std::mem::take(&mut self.0).try_into_mut() {
            bytes.as_mut().zeroize();
        }
    }
}

/// A request body that is wiped once the connection has sent it.
pub(crate) fn wiped_body(body: Zeroizing<Vec<u8>>) -> Bytes {
    Bytes::from_owner(body)
}

/// Sends `request` (a path below the API server's address) and returns the answer of a success.
pub(crate) async fn exchange(client: &Client, request: http::Request<Bytes>) -> Result<Answer, Failure> {
    let answer = async {
        let response = client.send(request.map(Body::from)).await.map_err(|_| Failure::Unavailable)?;
        let status = response.status();
        let body = Answer(response.into_body().collect_bytes().await.map_err(|_| Failure::Unavailable)?);
        if status.is_success() {
            return Ok(body);
        }
        Err(classify(Refusal::read(status.as_u16(), body.expose())))
    };
    tokio::time::timeout(REQUEST_LIMIT, answer).await.unwrap_or(Err(Failure::Unavailable))
}

fn classify(refusal: Refusal) -> Failure {
    match refusal.code {
        // 401 is a token that has run out and is read anew; 408 and 429 ask to come again.
        401 | 408 | 429 | 500.. => Failure::Unavailable,
        _ => Failure::Refused(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_refusal_keeps_no_text() {
        let body = br#"{"kind":"Status","message":"Secret \"x\" is invalid: data[a]: Invalid value: \"canary\"","reason":"Invalid",
            "details":{"kind":"Secret","causes":[{"reason":"FieldValueInvalid","message":"canary","field":"data[a]"}]},"code":422}"#;
        let refusal = Refusal::read(422, body);
        assert!(refusal.has_cause("FieldValueInvalid"));
        assert_eq!(&*refusal.about, "Secret");
        assert!(!format!("{refusal:?}").contains("canary"));
    }

    #[rstest]
    #[case::not_json(503, b"<html>", Failure::Unavailable)]
    #[case::rate_limited(429, b"{}", Failure::Unavailable)]
    #[case::token_has_run_out(401, b"{}", Failure::Unavailable)]
    #[case::forbidden(403, b"", Failure::Refused(Refusal { code: 403, ..Refusal::default() }))]
    #[case::quota(
        403,
        br#"{"message":"secrets is forbidden: exceeded quota: q"}"#,
        Failure::Refused(Refusal { code: 403, over_quota: true, ..Refusal::default() })
    )]
    #[case::too_large_for_etcd(
        500,
        br#"{"message":"etcdserver: request is too large"}"#,
        Failure::Refused(Refusal { code: 413, ..Refusal::default() })
    )]
    fn answers_have_classes(#[case] code: u16, #[case] body: &[u8], #[case] expected: Failure) {
        assert_eq!(classify(Refusal::read(code, body)), expected);
    }
}
