//! The `data` of a Secret of Kubernetes: bytes in base64 by name.
//!
//! Must never: change bytes that are taken one by one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::{SelectError, by_name, document, into_bytes, path};
use crate::json::{Html, Json, Kind, canonical, write_escaped};

/// All entries as a JSON object of strings. Bytes that are not text become U+FFFD there, as in Go.
pub(super) fn whole(data: &Json<'_>) -> Result<SecretBytes, SelectError> {
    let entries = members(data)?;
    // A control character takes six characters, and nothing takes more of them for a byte.
    let longest = entries.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 6).sum::<usize>() + 2;
    let mut out = Zeroizing::new(String::with_capacity(longest));
    out.push('{');
    for (index, (name, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_escaped(&mut out, name, Html::Plain);
        out.push(':');
        for_text(value.expose(), |text| write_escaped(&mut out, text, Html::Plain));
    }
    out.push('}');
    Ok(into_bytes(out))
}

/// The entries by name.
pub(super) fn members(data: &Json<'_>) -> Result<Vec<(String, SecretBytes)>, SelectError> {
    by_name(data)?.into_iter().map(|(name, value)| Ok((name, decoded(value)?))).collect()
}

/// The entry of that very name; else the entry whose name ends at the first dot, and in it the gjson path behind it.
pub(super) fn property(data: &Json<'_>, property: &str) -> Result<Option<SecretBytes>, SelectError> {
    if let Some(entry) = data.last_member(property) {
        return decoded(entry).map(Some);
    }
    let Some((name, rest)) = property.split_once('.') else { return Ok(None) };
    let Some(entry) = data.last_member(name) else { return Ok(None) };
    let entry = decoded(entry)?;
    Ok(path(&document(entry.expose())?, rest)?.map(into_bytes))
}

/// The members of the object that an entry or a part of it is, each as JSON: texts keep their quotes.
pub(super) fn members_of(value: &SecretBytes) -> Result<Vec<(String, SecretBytes)>, SelectError> {
    let json = document(value.expose())?;
    Ok(by_name(&json)?.into_iter().map(|(name, member)| (name, into_bytes(canonical(member)))).collect())
}

fn decoded(entry: &Json<'_>) -> Result<SecretBytes, SelectError> {
    let Kind::String(text) = &entry.kind else { return Err(SelectError::NotJson) };
    STANDARD.decode(text.decoded().as_bytes()).map(SecretBytes::new).map_err(|_| SelectError::NotJson)
}

/// Hands on bytes as text; only what is not text is copied, with U+FFFD for each byte of it.
fn for_text(bytes: &[u8], mut write: impl FnMut(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return write(text);
    }
    let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    write(&text);
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{Payload, Selection};

    fn payload(entries: &[(&str, &[u8])]) -> Payload {
        let entries: Vec<String> =
            entries.iter().map(|(name, value)| format!("\"{name}\":\"{}\"", STANDARD.encode(value))).collect();
        let body = format!("{{{}}}", entries.join(","));
        Payload::new(SecretBytes::new(body.into_bytes()), Selection::KubernetesData, None)
    }

    #[rstest]
    #[case(None, br#"{"a.b":"<dotted>","bin":"\ufffdx","json":"{\"n\":1.50,\"o\":{\"s\":\"t\"}}"}"#)]
    #[case(Some("bin"), b"\xffx")]
    #[case(Some("a.b"), b"<dotted>")]
    #[case(Some("json.o.s"), b"t")]
    #[case(Some("json.n"), b"1.5")]
    fn taken_out(#[case] property: Option<&str>, #[case] wanted: &[u8]) {
        let payload = payload(&[("json", br#"{"n":1.50,"o":{"s":"t"}}"#), ("bin", b"\xffx"), ("a.b", b"<dotted>")]);
        let wanted = String::from_utf8_lossy(wanted).replace("\\ufffd", "\u{fffd}");
        assert_eq!(String::from_utf8_lossy(payload.select(property).unwrap().expose()), wanted);
    }

    #[rstest]
    #[case("absent", SelectError::PropertyNotFound)]
    #[case("absent.a", SelectError::PropertyNotFound)]
    #[case("a.x", SelectError::PropertyNotFound)]
    #[case("text.x", SelectError::NotJson)]
    fn not_there(#[case] property: &str, #[case] wanted: SelectError) {
        assert_eq!(payload(&[("a", b"{}"), ("text", b"hunter2")]).select(Some(property)).unwrap_err(), wanted);
    }

    #[test]
    fn members_are_bytes_and_those_of_an_entry_are_json() {
        let payload = payload(&[("json", br#"{"s":"t","n": 1}"#), ("bin", b"\xff\x00")]);
        let of = |property: Option<&str>| {
            let members = payload.members(property).unwrap();
            members.into_iter().map(|(name, value)| (name, value.expose().to_vec())).collect::<Vec<_>>()
        };
        assert_eq!(of(None), [("bin".to_owned(), b"\xff\x00".to_vec()), ("json".to_owned(), br#"{"s":"t","n": 1}"#.to_vec())]);
        assert_eq!(of(Some("json")), [("n".to_owned(), b"1".to_vec()), ("s".to_owned(), br#""t""#.to_vec())]);
        assert_eq!(payload.members(Some("bin")).unwrap_err(), SelectError::NotJson);
    }

    #[test]
    fn the_whole_text_never_outgrows_its_buffer() {
        let payload = payload(&[("a", &[0, 1, 255, 254, b'"', b'\\', b'<']), ("b", "\u{2028}é".as_bytes())]);
        let whole = payload.select(None).unwrap();
        let parsed: std::collections::BTreeMap<String, String> = serde_json::from_slice(whole.expose()).unwrap();
        assert_eq!(parsed["a"], "\0\u{1}\u{fffd}\u{fffd}\"\\<");
        assert_eq!(parsed["b"], "\u{2028}é");
    }
}
