//! What an answer of the API server means.
//!
//! Must never: take for a missing Secret what another server or a refusal could have said.

use std::collections::BTreeMap;

use sealbridge_secret::SecretBytes;

use crate::http::Answer;
use crate::json::{Json, Kind, parse, string_map};
use crate::{Absence, Payload, PushError, ReadError, Selection};

const NOT_AN_API_SERVER: ReadError =
    ReadError::Misconfigured("the answer is not that of a Kubernetes API server; check the store's server.url");
const ELSEWHERE: ReadError = ReadError::Misconfigured(
    "the store answers with a redirect, which is not followed; set server.url to the address of the API server itself",
);
const NO_NAMESPACE: ReadError =
    ReadError::Misconfigured("the store's remoteNamespace does not exist in that cluster; check the name and server.url");
const UNSEEN_NAMESPACE: ReadError = ReadError::Misconfigured(
    "the store's identity may not see remoteNamespace, so that a missing Secret proves nothing; allow it to get the namespace",
);

const REFUSED_CONTENT: PushError = PushError::Unfit(
    "the API server does not take such a Secret: it is immutable, of a type that needs other entries, larger than 1 MiB, or the entry's \
     metadata holds a label or annotation that cannot be; correct that, or push to another Secret",
);

/// The meaning of any status that is not about one object.
fn status(answer: &Answer) -> ReadError {
    match answer.status {
        300..=399 => ELSEWHERE,
        401 => ReadError::LoginRefused,
        403 if is_of_kind(answer, "Status") => ReadError::Denied,
        429 => ReadError::RateLimited { after: answer.retry_after },
        // 410: the server has forgotten where a list was.
        410 | 500..=599 => ReadError::Unavailable,
        400..=499 => NOT_AN_API_SERVER,
        _ => ReadError::BadAnswer,
    }
}

fn is_of_kind(answer: &Answer, kind: &str) -> bool {
    of_kind(answer, kind, |_| Ok(())).is_ok()
}

/// Runs `read` on the answer's document, if it is an object of that kind.
fn of_kind<T>(answer: &Answer, kind: &str, read: impl FnOnce(&Json<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
    let text = std::str::from_utf8(&answer.body).map_err(|_| ReadError::BadAnswer)?;
    let document = parse(text).map_err(|_| ReadError::BadAnswer)?;
    if document.last_member("kind").and_then(Json::as_str).as_deref() != Some(kind) {
        return Err(ReadError::BadAnswer);
    }
    read(&document)
}

/// Whether a 404 is the API server's word that it has no such Secret.
pub(super) fn is_absence(answer: &Answer, name: &str) -> bool {
    let says = of_kind(answer, "Status", |status| {
        let text = |json: Option<&Json<'_>>| json.and_then(Json::as_str).map(std::borrow::Cow::into_owned);
        let details = status.last_member("details");
        let detail = |member: &str| text(details.and_then(|details| details.last_member(member)));
        let about_it = detail("kind").as_deref() == Some("secrets") && detail("name").as_deref() == Some(name);
        Ok(text(status.last_member("reason")).as_deref() == Some("NotFound") && about_it)
    });
    says == Ok(true)
}

/// An answer about the Secret `name`, if it is that Secret.
fn present(answer: &Answer, name: &str) -> Result<(), ReadError> {
    match answer.status {
        200 => Ok(()),
        404 if is_absence(answer, name) => Err(ReadError::Absent(Absence::NotFound)),
        _ => Err(status(answer)),
    }
}

/// What `read` takes out of the Secret `name`.
pub(super) fn secret<T>(answer: &Answer, name: &str, read: impl FnOnce(&Json<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
    present(answer, name)?;
    of_kind(answer, "Secret", |secret| {
        ensure_named(secret, name)?;
        read(secret)
    })
}

/// What the answer to a write of a Secret means; `leave` is what the identity needs for it.
pub(super) fn written(answer: &Answer, leave: &'static str) -> Result<(), PushError> {
    match answer.status {
        200..=202 => Ok(()),
        403 if is_of_kind(answer, "Status") => Err(PushError::Denied(leave)),
        404 if is_of_kind(answer, "Status") => {
            Err(if is_about(answer, "namespaces") { NO_NAMESPACE.into() } else { PushError::Changed })
        }
        409 if is_of_kind(answer, "Status") => Err(PushError::Changed),
        413 | 422 if is_of_kind(answer, "Status") => Err(REFUSED_CONTENT),
        _ => Err(status(answer).into()),
    }
}

/// Whether a status speaks of an object of this kind.
fn is_about(answer: &Answer, kind: &str) -> bool {
    let says = of_kind(answer, "Status", |status| {
        let details = status.last_member("details").and_then(|details| details.last_member("kind"));
        Ok(details.and_then(Json::as_str).as_deref() == Some(kind))
    });
    says == Ok(true)
}

/// The data of the Secret `name`.
pub(super) fn data(answer: Answer, name: &str) -> Result<Payload, ReadError> {
    present(&answer, name)?;
    let place = of_kind(&answer, "Secret", |secret| {
        ensure_named(secret, name)?;
        match secret.last_member("data") {
            None => Ok(None),
            Some(data) if data.is_null() => Ok(None),
            Some(data) if holds_texts(data) => {
                // The value is a part of the body: it is named by its place, not copied.
                let start = data.raw.as_ptr().addr() - answer.body.as_ptr().addr();
                Ok(Some(start..start + data.raw.len()))
            }
            Some(_) => Err(ReadError::BadAnswer),
        }
    })?;
    Ok(match place {
        Some(place) => Payload::within(SecretBytes::from(answer.body), place, Selection::KubernetesData, None),
        None => Payload::new(SecretBytes::new(b"{}".to_vec()), Selection::KubernetesData, None),
    })
}

/// Labels and annotations of the Secret `name`, as a JSON object of two objects.
pub(super) fn metadata(answer: &Answer, name: &str) -> Result<Payload, ReadError> {
    present(answer, name)?;
    let text = of_kind(answer, "PartialObjectMetadata", |object| {
        ensure_named(object, name)?;
        let metadata = object.last_member("metadata");
        let of = |member: &str| texts(metadata.and_then(|metadata| metadata.last_member(member)));
        Ok(format!("{{\"annotations\":{},\"labels\":{}}}", string_map(&of("annotations")?), string_map(&of("labels")?)))
    })?;
    Ok(Payload::new(SecretBytes::new(text.into_bytes()), Selection::AwsEscapedThenGjson, None))
}

fn ensure_named(object: &Json<'_>, name: &str) -> Result<(), ReadError> {
    let found = object.last_member("metadata").and_then(|metadata| metadata.last_member("name")).and_then(Json::as_str);
    if found.as_deref() == Some(name) { Ok(()) } else { Err(ReadError::BadAnswer) }
}

fn holds_texts(data: &Json<'_>) -> bool {
    matches!(&data.kind, Kind::Object(entries) if entries.iter().all(|(_, value)| matches!(value.kind, Kind::String(_))))
}

fn texts(object: Option<&Json<'_>>) -> Result<BTreeMap<String, String>, ReadError> {
    object.map_or(Some(BTreeMap::new()), Json::string_members).ok_or(ReadError::BadAnswer)
}

/// A page of names with their labels, and where the next one begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) secrets: Vec<(String, BTreeMap<String, String>)>,
    pub(super) next: Option<String>,
}

/// One page of a list of metadata.
pub(super) fn page(answer: &Answer) -> Result<Page, ReadError> {
    if answer.status != 200 {
        return Err(status(answer));
    }
    of_kind(answer, "PartialObjectMetadataList", |list| {
        let Some(Kind::Array(items)) = list.last_member("items").map(|items| &items.kind) else { return Err(ReadError::BadAnswer) };
        let secret = |item: &Json<'_>| {
            let metadata = item.last_member("metadata").ok_or(ReadError::BadAnswer)?;
            let name = metadata.last_member("name").and_then(Json::as_str).ok_or(ReadError::BadAnswer)?.into_owned();
            Ok((name, texts(metadata.last_member("labels"))?))
        };
        let next = list.last_member("metadata").and_then(|metadata| metadata.last_member("continue")).and_then(Json::as_str);
        let next = next.map(std::borrow::Cow::into_owned).filter(|next| !next.is_empty());
        Ok(Page { secrets: items.iter().map(secret).collect::<Result<_, _>>()?, next })
    })
}

/// The uid of the namespace `name`, which tells it from another one that takes its place.
pub(super) fn namespace_uid(answer: &Answer, name: &str) -> Result<String, ReadError> {
    match answer.status {
        200 => of_kind(answer, "Namespace", |namespace| {
            ensure_named(namespace, name)?;
            let uid = namespace.last_member("metadata").and_then(|metadata| metadata.last_member("uid")).and_then(Json::as_str);
            uid.map(std::borrow::Cow::into_owned).ok_or(ReadError::BadAnswer)
        }),
        403 if is_of_kind(answer, "Status") => Err(UNSEEN_NAMESPACE),
        404 if is_of_kind(answer, "Status") => Err(NO_NAMESPACE),
        _ => Err(status(answer)),
    }
}

/// What an answer about the namespace says of the store: that it may not be seen does not keep Secrets from being read.
pub(super) fn lets_in(answer: &Answer, name: &str) -> Result<(), ReadError> {
    match namespace_uid(answer, name) {
        Err(error) if error == UNSEEN_NAMESPACE => Ok(()),
        outcome => outcome.map(drop),
    }
}

#[cfg(test)]
mod tests;
