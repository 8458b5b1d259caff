//! What an answer of the KV engine means.
//!
//! Must never: take for a missing key what a missing mount, another KV version, a proxy or a refusal could have said.

use sealbridge_api::store::VaultKvVersion;
use sealbridge_secret::SecretBytes;

use super::http::Answer;
use crate::json::{Json, parse};
use crate::{Absence, Payload, PushError, ReadError, Selection};

const NOT_THIS_PATH: ReadError = ReadError::Misconfigured(
    "the store has nothing mounted there, or the mount is of another KV version; check the store's path, version and namespace",
);
const OTHER_VERSION: ReadError =
    ReadError::Misconfigured("the mount answers as KV version 1 and version 2 is declared; set the store's version to v1");
const NOT_UNDERSTOOD: ReadError =
    ReadError::Misconfigured("the store does not accept such a request; check the store's server, path, version and namespace");
const ELSEWHERE: ReadError = ReadError::Misconfigured(
    "the store answers with a redirect, which is not followed; set server to the address of the store itself",
);

const LEASED: ReadError = ReadError::Misconfigured(
    "the engine makes a new credential for each read of that path, so that every refresh would leave one behind; read a path that \
     stays, such as static-creds. What was made ends with the login of this store",
);
const NOTHING_THERE: ReadError = ReadError::Misconfigured(
    "the store has nothing at that path; what engines other than KV say of a missing path proves nothing, so it counts as a mistake \
     and never as a deletion",
);

/// The meaning of any status that is not about one key.
pub(super) fn status(answer: &Answer) -> ReadError {
    match answer.status {
        300..=399 => ELSEWHERE,
        403 => ReadError::Denied,
        404 => NOT_THIS_PATH,
        429 => ReadError::RateLimited { after: answer.retry_after },
        // 412: a replica is behind; 472 and 473: a standby that does not forward.
        412 | 472 | 473 | 500..=599 => ReadError::Unavailable,
        400 if is_upgrading(&answer.body) => ReadError::Unavailable,
        400..=499 => NOT_UNDERSTOOD,
        _ => ReadError::BadAnswer,
    }
}

/// Whether the same request may be answered otherwise in a moment.
pub(super) fn may_pass(answer: &Answer) -> bool {
    !matches!(answer.status, 200 | 204 | 404) && matches!(status(answer), ReadError::Unavailable | ReadError::RateLimited { .. })
}

/// What the answer to a write means.
pub(super) fn written(answer: &Answer, leave: &'static str) -> Result<(), PushError> {
    match answer.status {
        200 | 204 => Ok(()),
        403 => Err(PushError::Denied(leave)),
        400 if says(&answer.body, b"check-and-set parameter did not match") => Err(PushError::Changed),
        413 => Err(PushError::Unfit("the value is larger than the store takes; push a smaller one")),
        _ => Err(status(answer).into()),
    }
}

/// A mount that was made a moment ago says so under the status of a bad request, and serves a moment later.
fn is_upgrading(body: &[u8]) -> bool {
    says(body, b"will be unavailable for a brief period")
}

fn says(body: &[u8], phrase: &[u8]) -> bool {
    body.windows(phrase.len()).any(|window| window == phrase)
}

/// The value of a KV read, or why there is none.
pub(super) fn read(answer: Answer, kv: VaultKvVersion, selection: Selection) -> Result<Payload, ReadError> {
    match answer.status {
        200 => value(answer, kv, selection),
        404 => Err(absence(&answer.body, kv)),
        _ => Err(status(&answer)),
    }
}

/// Runs `read` on the answer's document, if it is one that such a server gives.
pub(super) fn with_document<T>(body: &[u8], read: impl FnOnce(&Json<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
    let text = std::str::from_utf8(body).map_err(|_| ReadError::BadAnswer)?;
    let document = parse(text).map_err(|_| ReadError::BadAnswer)?;
    if document.is_object() { read(&document) } else { Err(ReadError::BadAnswer) }
}

fn value(answer: Answer, kv: VaultKvVersion, selection: Selection) -> Result<Payload, ReadError> {
    let (place, version) = with_document(&answer.body, |document| {
        let data = document.last_member("data").filter(|data| data.is_object()).ok_or(ReadError::BadAnswer)?;
        if kv == VaultKvVersion::Logical && has_lease(document) {
            return Err(LEASED);
        }
        let (value, version) = match kv {
            VaultKvVersion::V1 | VaultKvVersion::Logical => (data, None),
            VaultKvVersion::V2 => versioned(data)?,
        };
        // The value is a part of the body: it is named by its place, not copied.
        let start = value.raw.as_ptr().addr() - answer.body.as_ptr().addr();
        Ok((start..start + value.raw.len(), version))
    })?;
    Ok(Payload::within(SecretBytes::from(answer.body), place, selection, version))
}

/// Whether the answer is one that was made for this very request, and ends with it.
fn has_lease(document: &Json<'_>) -> bool {
    document.last_member("lease_id").and_then(Json::as_str).is_some_and(|id| !id.is_empty())
}

fn versioned<'j, 't>(data: &'j Json<'t>) -> Result<(&'j Json<'t>, Option<String>), ReadError> {
    let version = data.last_member("metadata").and_then(|metadata| metadata.last_member("version")).and_then(Json::as_u64);
    let (Some(version), Some(value)) = (version, data.last_member("data")) else { return Err(OTHER_VERSION) };
    if value.is_null() {
        return Err(ReadError::Absent(Absence::Deleted));
    }
    if !value.is_object() {
        return Err(ReadError::BadAnswer);
    }
    Ok((value, Some(version.to_string())))
}

/// What a 404 means: a key that is gone, or an answer that does not prove it.
pub(super) fn absence(body: &[u8], kv: VaultKvVersion) -> ReadError {
    if kv == VaultKvVersion::Logical {
        return NOTHING_THERE;
    }
    let meaning = with_document(body, |document| {
        if kv == VaultKvVersion::V2 && document.last_member("data").is_some_and(is_deleted_version) {
            return Ok(ReadError::Absent(Absence::Deleted));
        }
        let silent = |name: &str| document.last_member(name).is_none_or(|list| list.is_null() || list.raw == "[]");
        let says_errors = document.last_member("errors").is_some();
        Ok(if says_errors && silent("errors") && silent("warnings") { ReadError::Absent(Absence::NotFound) } else { NOT_THIS_PATH })
    });
    meaning.unwrap_or_else(|error| error)
}

/// A version that is gone is told with its metadata, and with no data.
fn is_deleted_version(data: &Json<'_>) -> bool {
    let Some(metadata) = data.last_member("metadata") else { return false };
    let deleted = metadata.last_member("deletion_time").and_then(Json::as_str).is_some_and(|time| !time.is_empty());
    let destroyed = metadata.last_member("destroyed").is_some_and(|flag| flag.raw == "true");
    (deleted || destroyed) && data.last_member("data").is_some_and(Json::is_null)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use zeroize::Zeroizing;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    const V1: VaultKvVersion = VaultKvVersion::V1;
    const V2: VaultKvVersion = VaultKvVersion::V2;
    const VAULT: Selection = Selection::VaultLiteralThenGjson;
    const NOT_FOUND: ReadError = ReadError::Absent(Absence::NotFound);
    const DELETED: ReadError = ReadError::Absent(Absence::Deleted);

    #[rstest]
    #[case(V1, 404, r#"{"errors":[]}"#, NOT_FOUND)]
    #[case(V2, 404, "{\"errors\":[]}\n", NOT_FOUND)]
    #[case(V2, 404, r#"{"errors":["no handler for route"]}"#, NOT_THIS_PATH)]
    #[case(V1, 404, r#"{"errors":[],"warnings":["Invalid path for a versioned K/V secrets engine"]}"#, NOT_THIS_PATH)]
    #[case(V1, 404, r#"{"data":null,"warnings":["x"]}"#, NOT_THIS_PATH)]
    #[case(V2, 404, "{}", NOT_THIS_PATH)]
    #[case(
        V2,
        404,
        r#"{"data":{"data":null,"metadata":{"deletion_time":"2026-01-01T00:00:00Z","destroyed":false,"version":2}}}"#,
        DELETED
    )]
    #[case(V2, 404, r#"{"data":{"data":null,"metadata":{"deletion_time":"","destroyed":true,"version":2}}}"#, DELETED)]
    #[case(V2, 404, r#"{"data":{"data":null,"metadata":{"deletion_time":"","destroyed":false}}}"#, NOT_THIS_PATH)]
    #[case(V2, 404, "<html>not found</html>", ReadError::BadAnswer)]
    #[case(V2, 404, "", ReadError::BadAnswer)]
    #[case(V2, 404, "[]", ReadError::BadAnswer)]
    #[case(V2, 200, "<html>welcome</html>", ReadError::BadAnswer)]
    #[case(V2, 200, "{}", ReadError::BadAnswer)]
    #[case(V2, 200, r#"{"data":"x"}"#, ReadError::BadAnswer)]
    #[case(V2, 200, r#"{"data":{"password":"x"}}"#, OTHER_VERSION)]
    #[case(V2, 200, r#"{"data":{"data":{"a":1},"metadata":{}}}"#, OTHER_VERSION)]
    #[case(V2, 200, r#"{"data":{"data":null,"metadata":{"version":3,"deletion_time":"x"}}}"#, DELETED)]
    #[case(V2, 200, r#"{"data":{"data":"x","metadata":{"version":3}}}"#, ReadError::BadAnswer)]
    #[case(V2, 204, "", ReadError::BadAnswer)]
    #[case(V2, 307, "", ELSEWHERE)]
    #[case(V2, 400, "{}", NOT_UNDERSTOOD)]
    #[case(V2, 400, r#"{"errors":["Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and will resume service shortly."]}"#, ReadError::Unavailable)]
    #[case(V2, 403, "{}", ReadError::Denied)]
    #[case(V2, 405, "{}", NOT_UNDERSTOOD)]
    #[case(V2, 412, "{}", ReadError::Unavailable)]
    #[case(V2, 472, "{}", ReadError::Unavailable)]
    #[case(V2, 473, "{}", ReadError::Unavailable)]
    #[case(V2, 500, "{}", ReadError::Unavailable)]
    #[case(V2, 501, "{}", ReadError::Unavailable)]
    #[case(V2, 503, "{}", ReadError::Unavailable)]
    fn failures(#[case] kv: VaultKvVersion, #[case] status: u16, #[case] body: &str, #[case] wanted: ReadError) {
        assert_eq!(read(answer(status, body), kv, VAULT).unwrap_err(), wanted);
    }

    #[rstest]
    #[case(V1, r#"{"data":{"p":"v"}}"#, None)]
    #[case(V2, r#"{ "request_id": "é", "data": { "data": {"p":"v"}, "metadata": {"version": 12} }, "lease_id": "" }"#, Some("12"))]
    fn values(#[case] kv: VaultKvVersion, #[case] body: &str, #[case] version: Option<&str>) {
        let payload = read(answer(200, body), kv, VAULT).unwrap();
        assert_eq!(payload.version(), version);
        assert_eq!(payload.select(Some("p")).unwrap().expose(), b"v");
        assert_eq!(payload.select(None).unwrap().expose(), br#"{"p":"v"}"#);
    }

    #[rstest]
    #[case(200, r#"{"lease_id":"","data":{"p":"v"}}"#, None)]
    #[case(200, r#"{"data":{"p":"v"}}"#, None)]
    #[case(200, r#"{"lease_id":"database/creds/a/1","data":{"p":"canary"}}"#, Some(LEASED))]
    #[case(404, r#"{"errors":[]}"#, Some(NOTHING_THERE))]
    #[case(200, "-----BEGIN CERTIFICATE-----", Some(ReadError::BadAnswer))]
    fn any_engine(#[case] status: u16, #[case] body: &str, #[case] wanted: Option<ReadError>) {
        let outcome = read(answer(status, body), VaultKvVersion::Logical, VAULT);
        assert_eq!(outcome.as_ref().err(), wanted.as_ref());
        if let Ok(payload) = outcome {
            assert_eq!(payload.select(Some("p")).unwrap().expose(), b"v");
        }
    }

    #[rstest]
    #[case(503, true)]
    #[case(412, true)]
    #[case(429, true)]
    #[case(200, false)]
    #[case(403, false)]
    #[case(404, false)]
    #[case(400, false)]
    fn what_is_asked_again(#[case] status: u16, #[case] again: bool) {
        assert_eq!(may_pass(&answer(status, "{}")), again);
    }

    #[test]
    fn the_time_that_a_store_asks_for_is_kept() {
        let after = Some(Duration::from_secs(7));
        let limited = Answer { retry_after: after, ..answer(429, "") };
        assert_eq!(read(limited, V2, VAULT).unwrap_err(), ReadError::RateLimited { after });
    }

    proptest! {
        #[test]
        fn nothing_but_the_two_documented_answers_is_an_absence(
            status in prop_oneof![Just(200_u16), Just(404), 300_u16..600],
            body in prop_oneof![
                Just(r#"{"errors":["canary"]}"#.to_owned()), Just("canary".to_owned()), Just(r#"{"data":{"canary":1}}"#.to_owned()),
                Just(r#"{"warnings":["canary"]}"#.to_owned()), Just(r#"{"errors":"canary"}"#.to_owned()),
            ],
            kv in prop_oneof![Just(V1), Just(V2)],
        ) {
            if let Err(error) = read(answer(status, &body), kv, VAULT) {
                prop_assert!(!matches!(error, ReadError::Absent(_)));
                let texts = format!("{error} {error:?}");
                prop_assert!(!texts.contains("canary"));
            }
        }
    }
}
