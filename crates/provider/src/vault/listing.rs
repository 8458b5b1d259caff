//! What the answer to a LIST names.
//!
//! Must never: hand on a name by which a path would lead elsewhere.

use sealbridge_api::store::VaultKvVersion;

use super::classify::{absence, status, with_document};
use super::http::Answer;
use super::key::segments;
use crate::ReadError;
use crate::finder::LISTS_TOO_MUCH;
use crate::json::{Json, Kind};

const ODD_NAME: ReadError = ReadError::Misconfigured(
    "the store lists a name that is '.' or '..', or holds '//' or control characters, and such a name is not followed; rename it there, or search below another path",
);

/// The names in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) keys: Vec<String>,
    pub(super) folders: Vec<String>,
}

/// The names that an answer to a LIST holds.
///
/// # Errors
/// [`ReadError::Absent`] for a folder that is not there, which is what an empty one is, and any other failure.
pub(super) fn names(answer: Result<Answer, ReadError>, kv: VaultKvVersion) -> Result<Listing, ReadError> {
    let answer = answer.map_err(|error| if error == ReadError::TooLarge { LISTS_TOO_MUCH } else { error })?;
    match answer.status {
        200 => with_document(&answer.body, listed),
        404 => Err(absence(&answer.body, kv)),
        _ => Err(status(&answer)),
    }
}

fn listed(document: &Json<'_>) -> Result<Listing, ReadError> {
    let keys = document.last_member("data").and_then(|data| data.last_member("keys")).ok_or(ReadError::BadAnswer)?;
    let Kind::Array(names) = &keys.kind else { return Err(ReadError::BadAnswer) };
    let mut listing = Listing::default();
    for name in names {
        let name = name.as_str().ok_or(ReadError::BadAnswer)?;
        match name.strip_suffix('/') {
            Some(folder) => listing.folders.push(one_segment(folder)?),
            None => listing.keys.push(one_segment(&name)?),
        }
    }
    Ok(listing)
}

fn one_segment(name: &str) -> Result<String, ReadError> {
    match segments(name).as_deref() {
        Ok([segment]) => Ok((*segment).to_owned()),
        _ => Err(ODD_NAME),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use zeroize::Zeroizing;

    use super::*;
    use crate::Absence;

    fn of(status: u16, body: &str) -> Result<Listing, ReadError> {
        let answer = Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) };
        names(Ok(answer), VaultKvVersion::V2)
    }

    #[test]
    fn keys_and_folders() {
        let listing = of(200, r#"{"data":{"keys":["a","a/","b c","%2e%2e"]}}"#).unwrap();
        assert_eq!(listing.keys, ["a", "b c", "%2e%2e"]);
        assert_eq!(listing.folders, ["a"]);
    }

    #[rstest]
    #[case("..")]
    #[case("../")]
    #[case(".")]
    #[case("./")]
    #[case("")]
    #[case("/")]
    #[case("a//")]
    #[case("a/b")]
    #[case("/a")]
    #[case("../../sys/")]
    #[case(r"a\nb")]
    #[case(r"a\u0000/")]
    fn a_name_that_leads_elsewhere_is_refused(#[case] name: &str) {
        assert_eq!(of(200, &format!(r#"{{"data":{{"keys":["good","{name}"]}}}}"#)).unwrap_err(), ODD_NAME);
    }

    #[rstest]
    #[case(404, r#"{"errors":[]}"#, ReadError::Absent(Absence::NotFound))]
    #[case(403, "{}", ReadError::Denied)]
    #[case(500, "{}", ReadError::Unavailable)]
    #[case(200, "<html>", ReadError::BadAnswer)]
    #[case(200, "{}", ReadError::BadAnswer)]
    #[case(200, r#"{"data":{"keys":"canary"}}"#, ReadError::BadAnswer)]
    #[case(200, r#"{"data":{"keys":[1]}}"#, ReadError::BadAnswer)]
    #[case(200, r#"{"data":{"data":{"canary":1}}}"#, ReadError::BadAnswer)]
    fn what_is_no_list_is_an_error(#[case] status: u16, #[case] body: &str, #[case] wanted: ReadError) {
        assert_eq!(of(status, body).unwrap_err(), wanted);
    }

    #[test]
    fn a_list_that_is_too_long_is_said_to_be_one() {
        assert_eq!(names(Err(ReadError::TooLarge), VaultKvVersion::V2), Err(LISTS_TOO_MUCH));
    }
}
