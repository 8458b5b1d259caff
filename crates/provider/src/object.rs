//! Values that are JSON objects, taken apart into members and put together again.
//!
//! Must never: change the digits of a whole number, or carry a byte of a value in an error.

use std::collections::BTreeMap;

use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::SelectError;
use crate::json::{Html, reencoded, write_escaped};
use crate::select::{Selection, by_name, document, into_bytes};

/// The members of the JSON object that a value is, as entries, each name once; as of a value of Vault.
///
/// # Errors
/// [`SelectError`] if the value is no object.
pub fn entries(value: &SecretBytes) -> Result<Vec<(String, SecretBytes)>, SelectError> {
    Selection::VaultLiteralThenGjson.members(value.expose(), None)
}

/// The members of the JSON object that a value is, each as JSON, by name. Of two with the same name the last one.
///
/// # Errors
/// [`SelectError`] if the value is no object.
pub fn members(value: &SecretBytes) -> Result<BTreeMap<String, SecretBytes>, SelectError> {
    let json = document(value.expose())?;
    let members = by_name(&json)?.into_iter();
    Ok(members.map(|(name, json)| (name, into_bytes(reencoded(json, Html::Plain)))).collect())
}

/// The JSON object of these members, which are JSON themselves: compact, sorted by name, without HTML escapes.
#[must_use]
pub fn joined(members: &BTreeMap<String, SecretBytes>) -> SecretBytes {
    // Six bytes are the longest escape of one.
    let room = members.iter().map(|(name, value)| 6 * name.len() + value.len() + 4).sum::<usize>() + 2;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push('{');
    for (name, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        write_escaped(&mut text, name, Html::Plain);
        text.push(':');
        text.push_str(std::str::from_utf8(value.expose()).unwrap_or("null"));
    }
    text.push('}');
    into_bytes(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretBytes {
        SecretBytes::new(text.as_bytes().to_vec())
    }

    #[test]
    fn an_object_taken_apart_and_joined_is_the_same_in_its_canonical_form() {
        let members =
            members(&secret(r#"{ "b": [1, 2.50, 12345678901234567890], "a": {"z": "<", "y": null}, "b": "last" }"#)).unwrap();
        assert_eq!(joined(&members).expose(), br#"{"a":{"y":null,"z":"<"},"b":"last"}"#);
        assert_eq!(joined(&BTreeMap::new()).expose(), b"{}");
    }

    #[test]
    fn what_is_no_object_has_neither_entries_nor_members() {
        for (text, wanted) in [("[1]", SelectError::NotAnObject), ("hunter2", SelectError::NotJson)] {
            assert_eq!(entries(&secret(text)).unwrap_err(), wanted);
            assert_eq!(members(&secret(text)).unwrap_err(), wanted);
        }
    }
}
