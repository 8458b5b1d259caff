//! What stands at a place of a KV engine before it is written to: the object, its version, and whether it was pushed.
//!
//! Must never: take for nothing what a missing mount or a refusal answers, or for pushed what bears no mark.

use std::ops::Range;

use sealbridge_api::store::VaultKvVersion;
use zeroize::Zeroizing;

use super::classify::{absence, status, with_document};
use super::http::Answer;
use super::metadata::tags;
use crate::json::{Json, Kind, parse};
use crate::{Absence, Pusher, ReadError};

/// The name of the mark among the custom metadata.
pub(super) const MARK: &str = "managed-by";
/// The member of an object of version 1 in which the mark stands, since that version has no other place for it.
pub(super) const V1_METADATA: &str = "custom_metadata";

/// What stands at a place.
pub(super) struct Standing {
    body: Zeroizing<Vec<u8>>,
    /// Where in `body` the object stands; `None` if the newest version is deleted, or there never was one.
    object: Option<Range<usize>>,
    /// The newest version, deleted or not; 0 if there never was one, as in KV version 1.
    pub(super) version: u64,
    /// Whether it bears the mark.
    pub(super) is_pushed: bool,
}

impl Standing {
    /// The text of the object.
    pub(super) fn object(&self) -> Option<&str> {
        std::str::from_utf8(self.body.get(self.object.clone()?)?).ok()
    }

    /// Whether there is such a member, or for none named an object at all.
    pub(super) fn holds(&self, member: Option<&str>) -> bool {
        let Some(object) = self.object() else { return false };
        member.is_none_or(|name| parse(object).is_ok_and(|object| object.last_member(name).is_some()))
    }
}

/// What the answer of a KV read tells; `None` if there is no such key. In version 2 that still leaves a key that has
/// metadata and never had a value; see [`without_versions`].
pub(super) fn standing(answer: Answer, kv: VaultKvVersion) -> Result<Option<Standing>, ReadError> {
    match answer.status {
        200 => {}
        404 => match absence(&answer.body, kv) {
            ReadError::Absent(Absence::Deleted) => {}
            ReadError::Absent(Absence::NotFound) => return Ok(None),
            error => return Err(error),
        },
        _ => return Err(status(&answer)),
    }
    let (object, version, is_pushed) = with_document(&answer.body, |document| {
        let data = document.last_member("data").filter(|data| data.is_object()).ok_or(ReadError::BadAnswer)?;
        let (object, version, custom) = match kv {
            VaultKvVersion::V2 => {
                let metadata = data.last_member("metadata").ok_or(ReadError::BadAnswer)?;
                let version = metadata.last_member("version").and_then(Json::as_u64).ok_or(ReadError::BadAnswer)?;
                (data.last_member("data").ok_or(ReadError::BadAnswer)?, version, metadata.last_member("custom_metadata"))
            }
            VaultKvVersion::V1 | VaultKvVersion::Logical => (data, 0, data.last_member(V1_METADATA)),
        };
        let is_pushed = custom.and_then(|custom| custom.last_member(MARK)?.as_str()).is_some_and(|mark| Pusher::is_mark(&mark));
        let place = match object.kind {
            Kind::Null => None,
            Kind::Object(_) => {
                let start = object.raw.as_ptr().addr() - answer.body.as_ptr().addr();
                Some(start..start + object.raw.len())
            }
            _ => return Err(ReadError::BadAnswer),
        };
        Ok((place, version, is_pushed))
    })?;
    Ok(Some(Standing { body: answer.body, object, version, is_pushed }))
}

/// What the answer of a metadata read tells of a key of version 2 that has no value.
pub(super) fn without_versions(answer: &Answer) -> Result<Option<Standing>, ReadError> {
    match tags(answer) {
        Ok(tags) => {
            let is_pushed = tags.get(MARK).is_some_and(|mark| Pusher::is_mark(mark));
            Ok(Some(Standing { body: Zeroizing::default(), object: None, version: 0, is_pushed }))
        }
        Err(ReadError::Absent(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const V1: VaultKvVersion = VaultKvVersion::V1;
    const V2: VaultKvVersion = VaultKvVersion::V2;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    #[rstest]
    #[case::pushed(V2, 200, r#"{"data":{"data":{"a":"x"},"metadata":{"version":3,"custom_metadata":{"managed-by":"external-secrets","x":"y"}}}}"#,
        Some((Some(r#"{"a":"x"}"#), 3, true)))]
    #[case::native(V2, 200, r#"{"data":{"data":{},"metadata":{"version":1,"custom_metadata":{"managed-by":"sealbridge"}}}}"#, Some((Some("{}"), 1, true)))]
    #[case::unmarked(V2, 200, r#"{"data":{"data":{"managed-by":"sealbridge"},"metadata":{"version":3,"custom_metadata":null}}}"#,
        Some((Some(r#"{"managed-by":"sealbridge"}"#), 3, false)))]
    #[case::another_mark(V2, 200, r#"{"data":{"data":{},"metadata":{"version":3,"custom_metadata":{"managed-by":"terraform"}}}}"#, Some((Some("{}"), 3, false)))]
    #[case::deleted(V2, 404, r#"{"data":{"data":null,"metadata":{"version":4,"deletion_time":"2026-11-22T10:00:00Z","destroyed":false,
        "custom_metadata":{"managed-by":"external-secrets"}}}}"#, Some((None, 4, true)))]
    #[case::gone(V2, 404, r#"{"errors":[]}"#, None)]
    #[case::marked_inside(V1, 200, r#"{"data":{"a":"x","custom_metadata":{"managed-by":"sealbridge"}}}"#,
        Some((Some(r#"{"a":"x","custom_metadata":{"managed-by":"sealbridge"}}"#), 0, true)))]
    #[case::unmarked_v1(V1, 200, r#"{"data":{"a":"x"}}"#, Some((Some(r#"{"a":"x"}"#), 0, false)))]
    #[case::gone_v1(V1, 404, r#"{"errors":[]}"#, None)]
    fn told(
        #[case] kv: VaultKvVersion,
        #[case] status: u16,
        #[case] body: &str,
        #[case] wanted: Option<(Option<&str>, u64, bool)>,
    ) {
        let found = standing(answer(status, body), kv).unwrap();
        assert_eq!(found.as_ref().map(|found| (found.object(), found.version, found.is_pushed)), wanted);
    }

    #[rstest]
    #[case(403, "{}", ReadError::Denied)]
    #[case(503, "{}", ReadError::Unavailable)]
    #[case(200, r#"{"data":{"a":"x"}}"#, ReadError::BadAnswer)]
    #[case(200, r#"{"data":{"data":["canary"],"metadata":{"version":1}}}"#, ReadError::BadAnswer)]
    #[case(200, "<html>", ReadError::BadAnswer)]
    fn what_tells_nothing_is_an_error(#[case] status: u16, #[case] body: &str, #[case] wanted: ReadError) {
        assert_eq!(standing(answer(status, body), V2).err(), Some(wanted));
    }

    #[test]
    fn a_missing_mount_is_not_a_missing_key() {
        let body = r#"{"errors":["no handler for route"]}"#;
        assert!(matches!(standing(answer(404, body), V2), Err(ReadError::Misconfigured(_))));
        assert!(matches!(without_versions(&answer(404, body)), Err(ReadError::Misconfigured(_))));
    }

    #[test]
    fn members_are_held_by_their_very_names() {
        let body = r#"{"data":{"a":{"b":1},"custom_metadata":{"managed-by":"sealbridge"}}}"#;
        let found = standing(answer(200, body), V1).unwrap().unwrap();
        assert!(found.holds(None) && found.holds(Some("a")) && !found.holds(Some("a.b")) && !found.holds(Some("b")));
    }
}
