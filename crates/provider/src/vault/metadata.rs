//! What KV version 2 knows about a key beside its values.
//!
//! Must never: take metadata that cannot be read for metadata that is empty.

use std::collections::BTreeMap;

use sealbridge_api::store::VaultKvVersion;
use sealbridge_secret::SecretBytes;

use super::classify::{absence, status, with_document};
use super::http::Answer;
use crate::json::{Json, Kind, string_map};
use crate::{Payload, ReadError, Selection};

/// What the server tells of a key itself, which no custom entry of that name may cover up.
const OF_THE_SERVER: [&str; 3] = ["created_time", "current_version", "delete_version_after"];

/// The metadata of a key as a JSON object of strings, as External Secrets Operator gives it: the custom entries,
/// `created_time`, `current_version` and `delete_version_after`.
pub(super) fn payload(answer: &Answer, selection: Selection) -> Result<Payload, ReadError> {
    let entries = read(answer, |data| {
        let mut entries = custom_entries(data)?;
        let of_the_server = OF_THE_SERVER.iter().filter_map(|name| Some((*name, text(data.last_member(name)?)?)));
        entries.extend(of_the_server.map(|(name, text)| (name.to_owned(), text)));
        Ok(entries)
    })?;
    Ok(Payload::new(SecretBytes::new(string_map(&entries).into_bytes()), selection, None))
}

/// The custom entries of a key, which a search takes for its tags.
pub(super) fn tags(answer: &Answer) -> Result<BTreeMap<String, String>, ReadError> {
    read(answer, custom_entries)
}

fn read<T>(answer: &Answer, take: impl FnOnce(&Json<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
    match answer.status {
        200 => with_document(&answer.body, |document| {
            let data = document.last_member("data").filter(|data| data.is_object()).ok_or(ReadError::BadAnswer)?;
            // Without it this is no metadata, but for example the value of a mount of version 1.
            data.last_member("current_version").and_then(Json::as_u64).ok_or(ReadError::BadAnswer)?;
            take(data)
        }),
        404 => Err(absence(&answer.body, VaultKvVersion::V2)),
        _ => Err(status(answer)),
    }
}

fn custom_entries(data: &Json<'_>) -> Result<BTreeMap<String, String>, ReadError> {
    data.last_member("custom_metadata").map_or(Some(BTreeMap::new()), Json::string_members).ok_or(ReadError::BadAnswer)
}

fn text(json: &Json<'_>) -> Option<String> {
    match &json.kind {
        Kind::Null => None,
        Kind::String(text) => Some(text.public().into_owned()),
        _ => Some(json.raw.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use zeroize::Zeroizing;

    use super::*;
    use crate::Absence;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    const WHOLE: &str = r#"{"data":{"cas_required":false,"created_time":"2026-11-21T10:00:00.5Z","current_version":3,
        "custom_metadata":{"team":"<shop>","created_time":"forged"},"delete_version_after":"0s","max_versions":0,"versions":{}}}"#;

    #[rstest]
    #[case(
        WHOLE,
        r#"{"created_time":"2026-11-21T10:00:00.5Z","current_version":"3","delete_version_after":"0s","team":"\u003cshop\u003e"}"#
    )]
    #[case(
        r#"{"data":{"current_version":0,"created_time":"t","custom_metadata":null,"delete_version_after":null}}"#,
        r#"{"created_time":"t","current_version":"0"}"#
    )]
    fn as_a_json_object_of_strings(#[case] body: &str, #[case] wanted: &str) {
        let payload = payload(&answer(200, body), Selection::VaultLiteralThenGjson).unwrap();
        assert_eq!(std::str::from_utf8(payload.select(None).unwrap().expose()).unwrap(), wanted);
    }

    #[test]
    fn only_custom_entries_are_tags() {
        let tags = tags(&answer(200, WHOLE)).unwrap();
        let tags: Vec<_> = tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(tags, [("created_time", "forged"), ("team", "<shop>")]);
    }

    #[rstest]
    #[case(404, r#"{"errors":[]}"#, ReadError::Absent(Absence::NotFound))]
    #[case(403, "{}", ReadError::Denied)]
    #[case(503, "", ReadError::Unavailable)]
    #[case(200, "<html>", ReadError::BadAnswer)]
    #[case(200, "{}", ReadError::BadAnswer)]
    #[case(200, r#"{"data":{"password":"canary"}}"#, ReadError::BadAnswer)]
    #[case(200, r#"{"data":{"current_version":1,"custom_metadata":["canary"]}}"#, ReadError::BadAnswer)]
    #[case(200, r#"{"data":{"current_version":1,"custom_metadata":{"a":1}}}"#, ReadError::BadAnswer)]
    fn what_is_no_metadata_is_an_error(#[case] status: u16, #[case] body: &str, #[case] wanted: ReadError) {
        assert_eq!(payload(&answer(status, body), Selection::VaultLiteralThenGjson).unwrap_err(), wanted);
        assert_eq!(tags(&answer(status, body)).unwrap_err(), wanted);
    }
}
