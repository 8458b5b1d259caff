//! One Secret: an entry of it read or made, or all of one that a label gives away.
//!
//! Owns that our copies are wiped. Must never: keep another entry than the one asked for, hand out all of a Secret
//! without its label, or keep an error of the parser, which quotes values.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{GetParams, PostParams};
use kube::core::Request;
use kube::{Api, Client};
use sealbridge_secret::{SecretBytes, SecretMap};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// An answer of this type tells everything of an object but its content.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

#[derive(Deserialize)]
struct Labelled {
    #[serde(default)]
    metadata: Labels,
}

#[derive(Default, Deserialize)]
struct Labels {
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Entries<'a> {
    #[serde(borrow, default)]
    data: Option<BTreeMap<&'a str, &'a RawValue>>,
}

#[derive(Serialize)]
struct NewSecret<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    kind: &'static str,
    #[serde(rename = "type")]
    type_: &'static str,
    metadata: NewMetadata<'a>,
    immutable: bool,
    data: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct NewMetadata<'a> {
    name: &'a str,
    labels: BTreeMap<&'static str, &'static str>,
}

/// The bytes under `entry` of Secret `name`; `None` if the Secret has no such entry.
pub(crate) async fn read(client: &Client, namespace: &str, name: &str, entry: &str) -> Result<Option<SecretBytes>, Refusal> {
    entry_of(&get(client, namespace, name).await?, entry)
}

/// All entries of Secret `name`; `None` if it does not carry the label with this value.
pub(crate) async fn read_labelled(
    client: &Client,
    namespace: &str,
    name: &str,
    label: &str,
    value: &str,
) -> Result<Option<SecretMap>, Refusal> {
    labelled(&get(client, namespace, name).await?, label, value)
}

async fn get(client: &Client, namespace: &str, name: &str) -> Result<Zeroizing<String>, Refusal> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let request = Request::new(api.resource_url()).get(name, &GetParams::default()).map_err(|_| Refusal::Invalid)?;
    client.request_text(request).await.map(Zeroizing::new).map_err(|error| Refusal::from(&error))
}

fn labelled(body: &str, label: &str, value: &str) -> Result<Option<SecretMap>, Refusal> {
    let Labelled { metadata } = serde_json::from_str(body).map_err(|_| Refusal::Unavailable)?;
    if metadata.labels.unwrap_or_default().get(label).is_none_or(|found| found != value) {
        return Ok(None);
    }
    let entries: Entries<'_> = serde_json::from_str(body).map_err(|_| Refusal::Unavailable)?;
    let entries = entries.data.unwrap_or_default().into_iter();
    entries.map(|(key, encoded)| Ok((key.to_owned(), decoded(encoded)?))).collect::<Result<SecretMap, _>>().map(Some)
}

fn entry_of(body: &str, entry: &str) -> Result<Option<SecretBytes>, Refusal> {
    let entries: Entries<'_> = serde_json::from_str(body).map_err(|_| Refusal::Unavailable)?;
    let Some(encoded) = entries.data.and_then(|data| data.get(entry).copied()) else { return Ok(None) };
    decoded(encoded).map(Some)
}

fn decoded(encoded: &RawValue) -> Result<SecretBytes, Refusal> {
    // Base64 has no character that JSON escapes.
    let encoded = encoded.get().trim_matches('"');
    let mut bytes = Zeroizing::new(Vec::with_capacity(base64::decoded_len_estimate(encoded.len())));
    STANDARD.decode_vec(encoded, &mut bytes).map_err(|_| Refusal::Unavailable)?;
    Ok(bytes.into())
}

/// Makes Secret `name` with one entry; [`Refusal::Conflict`] if there is one of that name. The value does not
/// come back in the answer.
pub(crate) async fn create(client: &Client, namespace: &str, name: &str, entry: &str, value: &[u8]) -> Result<(), Refusal> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let body = body(name, entry, value)?;
    let mut request =
        Request::new(api.resource_url()).create(&PostParams::default(), body.to_vec()).map_err(|_| Refusal::Invalid)?;
    request.headers_mut().insert("accept", METADATA_ONLY.parse().map_err(|_| Refusal::Invalid)?);
    client.request_text(request).await.map(drop).map_err(|error| Refusal::from(&error))
}

fn body(name: &str, entry: &str, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let encoded = Zeroizing::new(STANDARD.encode(value));
    // Enough for all of it: a buffer that grows leaves copies behind.
    let mut body = Zeroizing::new(Vec::with_capacity(512 + name.len() + entry.len() + encoded.len()));
    let secret = NewSecret {
        api_version: "v1",
        kind: "Secret",
        type_: "Opaque",
        metadata: NewMetadata { name, labels: BTreeMap::from([("app.kubernetes.io/part-of", "sealbridge")]) },
        immutable: true,
        data: BTreeMap::from([(entry, encoded.as_str())]),
    };
    serde_json::to_writer(&mut *body, &secret).map_err(|_| Refusal::Invalid)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_new_secret_has_one_entry_and_is_immutable() {
        let body = body("a", "key", b"\x00\xffvalue").unwrap();
        let secret: Secret = serde_json::from_slice(&body).unwrap();
        assert_eq!(secret.metadata.name.as_deref(), Some("a"));
        assert_eq!(secret.immutable, Some(true));
        assert_eq!(secret.data.unwrap()["key"].0, b"\x00\xffvalue");
        assert!(body.len() < 512);
    }

    #[rstest]
    #[case::present(r#"{"metadata":{"name":"a"},"data":{"other":"eA==","key":"AP8="}}"#, Some(&[0, 255][..]))]
    #[case::empty(r#"{"data":{"key":""}}"#, Some(&[][..]))]
    #[case::absent(r#"{"data":{"other":"eA=="}}"#, None)]
    #[case::no_data(r#"{"kind":"Secret"}"#, None)]
    #[case::null_data(r#"{"data":null}"#, None)]
    fn one_entry_is_read(#[case] body: &str, #[case] expected: Option<&[u8]>) {
        let entry = entry_of(body, "key").unwrap();
        assert_eq!(entry.as_ref().map(SecretBytes::expose), expected);
    }

    #[rstest]
    #[case::labelled(r#"{"metadata":{"labels":{"type":"webhook"}},"data":{"a":"eA==","b":""}}"#, Some(2))]
    #[case::empty(r#"{"metadata":{"labels":{"type":"webhook"}}}"#, Some(0))]
    #[case::another_value(r#"{"metadata":{"labels":{"type":"other"}},"data":{"a":"eA=="}}"#, None)]
    #[case::another_label(r#"{"metadata":{"labels":{"kind":"webhook"}},"data":{"a":"eA=="}}"#, None)]
    #[case::an_annotation(r#"{"metadata":{"annotations":{"type":"webhook"}},"data":{"a":"eA=="}}"#, None)]
    #[case::no_labels(r#"{"metadata":{},"data":{"a":"eA=="}}"#, None)]
    fn all_of_a_secret_needs_its_label(#[case] body: &str, #[case] entries: Option<usize>) {
        assert_eq!(labelled(body, "type", "webhook").unwrap().map(|all| all.len()), entries);
    }

    #[rstest]
    #[case::not_json("canary")]
    #[case::not_base64(r#"{"data":{"key":"canary!"}}"#)]
    #[case::not_text(r#"{"data":{"key":1}}"#)]
    fn what_is_no_secret_is_refused(#[case] body: &str) {
        assert_eq!(entry_of(body, "key"), Err(Refusal::Unavailable));
    }
}
