//! From answers of Parameter Store to payloads, each under the key that it was asked for.
//!
//! Must never: let a name that an answer passes over look like one that is gone.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ssm::operation::get_parameters::GetParametersOutput;
use aws_sdk_ssm::types::{Parameter, Tag};
use sealbridge_secret::SecretBytes;

use crate::json::string_map;
use crate::provider::ReadResult;
use crate::{Absence, Payload, ReadError, RemoteKey, Selection};

/// The payload of one parameter: its text, decrypted, and of a list the text with its commas.
pub(super) fn payload(parameter: Parameter) -> Result<Payload, ReadError> {
    let text = parameter.value.ok_or(ReadError::BadAnswer)?;
    let version = Some(parameter.version).filter(|version| *version > 0).map(|version| version.to_string());
    Ok(Payload::new(SecretBytes::new(text.into_bytes()), Selection::AwsEscapedThenGjson, version))
}

/// Refuses an answer about another parameter than the one that was asked for by name or ARN, version included.
pub(super) fn ensure_answers(asked: &str, parameter: &Parameter) -> Result<(), ReadError> {
    let bare = |id: &str| id.strip_prefix('/').unwrap_or(id).to_owned();
    // What follows is the version.
    let is_it = |id: &str| bare(asked).strip_prefix(&bare(id)).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    let ids = [parameter.name.as_deref(), parameter.arn.as_deref()];
    if ids.into_iter().flatten().any(is_it) { Ok(()) } else { Err(ReadError::BadAnswer) }
}

/// The tags of a parameter as a JSON object of strings.
pub(super) fn tags(tags: Vec<Tag>) -> Payload {
    let tags: BTreeMap<String, String> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    Payload::new(SecretBytes::new(string_map(&tags).into_bytes()), Selection::AwsEscapedThenGjson, None)
}

/// Takes out of `keys` those that a batch answers, as values or as names that there are not. What stays was passed over.
pub(super) fn split(answer: GetParametersOutput, keys: &mut HashMap<String, RemoteKey>) -> Vec<ReadResult<Payload>> {
    let mut results = Vec::with_capacity(keys.len());
    for parameter in answer.parameters.unwrap_or_default() {
        let selector = parameter.selector.as_deref().unwrap_or_default();
        let ids = [parameter.name.as_deref(), parameter.arn.as_deref()];
        let asked_as = ids.into_iter().flatten().find_map(|id| keys.remove(&format!("{id}{selector}")));
        if let Some(key) = asked_as {
            results.push((key, payload(parameter)));
        }
    }
    for name in answer.invalid_parameters.unwrap_or_default() {
        if let Some(key) = keys.remove(&name) {
            results.push((key, Err(ReadError::Absent(Absence::NotFound))));
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_matched_by_name_and_version_and_what_it_passes_over_stays() {
        let arn = "arn:aws:ssm:x:1:parameter/by-arn";
        let ids = ["/named", "/named:1", "/named:old", arn, "/gone", "/passed-over"];
        let mut keys: HashMap<_, _> = ids.iter().map(|id| ((*id).to_owned(), RemoteKey::value(*id, None))).collect();
        let named = |value: &str, version| Parameter::builder().name("/named").value(value).version(version);
        let answer = GetParametersOutput::builder()
            .parameters(named("new", 2).build())
            .parameters(named("first", 1).selector(":1").build())
            .parameters(named("labelled", 1).selector(":old").build())
            .parameters(Parameter::builder().name("/by-arn").arn(arn).value("v").version(1).build())
            .parameters(Parameter::builder().name("/never-asked").value("x").build())
            .invalid_parameters("/gone")
            .build();
        let results: HashMap<_, _> = split(answer, &mut keys).into_iter().map(|(key, outcome)| (key.key, outcome)).collect();
        let read = |id: &str| {
            let payload = results[id].as_ref().unwrap();
            (payload.select(None).unwrap().expose().to_vec(), payload.version().map(str::to_owned))
        };
        assert_eq!(read("/named"), (b"new".to_vec(), Some("2".to_owned())));
        assert_eq!(read("/named:1"), (b"first".to_vec(), Some("1".to_owned())));
        assert_eq!(read("/named:old").0, b"labelled");
        assert_eq!(read(arn).0, b"v");
        assert_eq!(results["/gone"].as_ref().unwrap_err(), &ReadError::Absent(Absence::NotFound));
        assert_eq!(keys.into_keys().collect::<Vec<_>>(), ["/passed-over"]);
    }

    #[test]
    fn an_answer_is_about_what_was_asked() {
        let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/db";
        let answer = Parameter::builder().name("/db").arn(arn).value("v").build();
        for asked in ["/db", "db", "/db:1", arn, &format!("{arn}:1")] {
            assert_eq!(ensure_answers(asked, &answer), Ok(()), "{asked}");
        }
        for asked in ["/db2", "/d", "/team/db", "arn:aws:ssm:eu-central-1:123456789012:parameter/other"] {
            assert_eq!(ensure_answers(asked, &answer), Err(ReadError::BadAnswer), "{asked}");
        }
    }

    #[test]
    fn an_answer_without_a_value_is_bad() {
        assert_eq!(payload(Parameter::builder().name("a").build()).unwrap_err(), ReadError::BadAnswer);
    }
}
