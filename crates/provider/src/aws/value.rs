//! From answers of Secrets Manager to payloads, each under the key that it was asked for.
//!
//! Must never: let a name that an answer passes over look like one that is gone.

use std::collections::HashMap;

use aws_sdk_secretsmanager::operation::batch_get_secret_value::BatchGetSecretValueOutput;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::primitives::Blob;
use sealbridge_secret::SecretBytes;

use super::classify::by_code;
use super::search::tag_map;
use crate::json::string_map;
use crate::provider::ReadResult;
use crate::{Absence, Payload, ReadError, RemoteKey, Selection};

/// The payload of one secret: its text, else its bytes.
pub(super) fn payload(text: Option<String>, binary: Option<Blob>, version: Option<String>) -> Result<Payload, ReadError> {
    let bytes = match (text, binary) {
        (Some(text), _) => text.into_bytes(),
        (None, Some(binary)) => binary.into_inner(),
        (None, None) => return Err(ReadError::BadAnswer),
    };
    Ok(Payload::new(SecretBytes::new(bytes), Selection::AwsEscapedThenGjson, version.filter(|version| is_version_id(version))))
}

/// The tags of a secret as a JSON object of strings, as External Secrets Operator gives them.
///
/// # Errors
/// [`Absence::Deleted`] for a secret that waits for its deletion, which is described as if it were there.
pub(super) fn tags(answer: DescribeSecretOutput) -> Result<Payload, ReadError> {
    match (&answer.name, &answer.deleted_date) {
        // Every description names what it describes.
        (None, _) => Err(ReadError::BadAnswer),
        (Some(_), Some(_)) => Err(ReadError::Absent(Absence::Deleted)),
        (Some(_), None) => {
            let tags = string_map(&tag_map(answer.tags.unwrap_or_default()));
            Ok(Payload::new(SecretBytes::new(tags.into_bytes()), Selection::AwsEscapedThenGjson, None))
        }
    }
}

/// Versions are shown to people: what an endpoint calls one must look like one, at most 64 characters as in a UUID.
fn is_version_id(version: &str) -> bool {
    version.len() <= 64 && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Takes out of `keys` those that a batch answers, as values or as failures. What stays was passed over.
pub(super) fn split(answer: BatchGetSecretValueOutput, keys: &mut HashMap<String, RemoteKey>) -> Vec<ReadResult<Payload>> {
    let mut results = Vec::with_capacity(keys.len());
    for entry in answer.secret_values.unwrap_or_default() {
        let asked_as = [entry.name.as_deref(), entry.arn.as_deref()].into_iter().flatten().find_map(|id| keys.remove(id));
        if let Some(key) = asked_as {
            results.push((key, payload(entry.secret_string, entry.secret_binary, entry.version_id)));
        }
    }
    for error in answer.errors.unwrap_or_default() {
        if let (Some(id), Some(code)) = (&error.secret_id, &error.error_code)
            && let Some(key) = keys.remove(id)
        {
            results.push((key, Err(by_code(code, error.message.as_deref().unwrap_or("")))));
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_secretsmanager::primitives::DateTime;
    use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry, Tag};

    #[test]
    fn a_batch_is_matched_by_name_or_arn_and_what_it_passes_over_stays() {
        let ids = ["named", "arn:aws:x:secret:by-arn-AbC", "gone", "denied", "passed-over"];
        let mut keys: HashMap<_, _> = ids.iter().map(|id| ((*id).to_owned(), RemoteKey::value(*id, None))).collect();
        let answer = BatchGetSecretValueOutput::builder()
            .secret_values(
                SecretValueEntry::builder()
                    .name("named")
                    .arn("arn:aws:x:secret:named-XyZ")
                    .secret_string("v")
                    .version_id("1")
                    .build(),
            )
            .secret_values(SecretValueEntry::builder().name("by-arn").arn(ids[1]).secret_binary(Blob::new(vec![0, 255])).build())
            .secret_values(SecretValueEntry::builder().name("never-asked").secret_string("x").build())
            .errors(ApiErrorType::builder().secret_id("gone").error_code("ResourceNotFoundException").build())
            .errors(ApiErrorType::builder().secret_id("denied").error_code("AccessDeniedException").message("canary").build())
            .build();
        let results: HashMap<_, _> = split(answer, &mut keys).into_iter().map(|(key, outcome)| (key.key, outcome)).collect();
        assert_eq!(results.len(), 4);
        let named = results["named"].as_ref().unwrap();
        assert_eq!((named.select(None).unwrap().expose(), named.version()), (&b"v"[..], Some("1")));
        assert_eq!(results[ids[1]].as_ref().unwrap().select(None).unwrap().expose(), [0, 255]);
        assert_eq!(results["gone"].as_ref().unwrap_err(), &ReadError::Absent(Absence::NotFound));
        assert_eq!(results["denied"].as_ref().unwrap_err(), &ReadError::Denied);
        assert_eq!(keys.into_keys().collect::<Vec<_>>(), ["passed-over"]);
    }

    #[test]
    fn an_answer_without_a_value_is_bad() {
        assert_eq!(payload(None, None, None).unwrap_err(), ReadError::BadAnswer);
    }

    #[test]
    fn what_does_not_look_like_a_version_is_none() {
        let version =
            |given: &str| payload(Some(String::new()), None, Some(given.to_owned())).unwrap().version().map(str::to_owned);
        let id = "0b5f1c3e-6d52-4a57-9f2e-8c1f0d6f7a11";
        assert_eq!(version(id).as_deref(), Some(id));
        assert_eq!(version("see http://example"), None);
        assert_eq!(version(&"a".repeat(65)), None);
    }

    #[test]
    fn tags_are_an_object_and_every_secret_has_one() {
        let described = DescribeSecretOutput::builder().name("a");
        let tagged = described.clone().tags(Tag::builder().key("z.y").value("<1>").build()).tags(Tag::builder().key("a").build());
        let payload = tags(tagged.build()).unwrap();
        assert_eq!(payload.select(None).unwrap().expose(), br#"{"a":"","z.y":"\u003c1\u003e"}"#);
        assert_eq!(payload.select(Some("z.y")).unwrap().expose(), b"<1>");
        assert_eq!(tags(described.clone().build()).unwrap().select(None).unwrap().expose(), b"{}");
        let deleted = tags(described.deleted_date(DateTime::from_secs(1)).build());
        assert_eq!(deleted.unwrap_err(), ReadError::Absent(Absence::Deleted));
        assert_eq!(tags(DescribeSecretOutput::builder().build()).unwrap_err(), ReadError::BadAnswer);
    }
}
