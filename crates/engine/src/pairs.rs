//! Several entries that one template makes: a YAML map of texts.
//!
//! Must never: quote what it reads, or change the text of a value by taking it for a number or a truth.

use std::fmt;

use sealbridge_api::keys;
use sealbridge_secret::SecretBytes;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::assemble::AssembleError;

/// Reads the map; scalars are as they are written, null is empty.
pub(crate) fn read(made: &SecretBytes) -> Result<Vec<(String, SecretBytes)>, AssembleError> {
    let text = std::str::from_utf8(made.expose()).map_err(|_| AssembleError::NotPairs)?;
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let pairs = sealbridge_manifest::document::decode_text::<std::collections::BTreeMap<String, Scalar>>(text);
    let pairs = pairs.map_err(|_| AssembleError::NotPairs)?;
    if pairs.keys().any(|key| !keys::is_valid_data_key(key) && !key.contains('/')) {
        return Err(AssembleError::PairName);
    }
    Ok(pairs.into_iter().map(|(key, Scalar(value))| (key, value)).collect())
}

/// A scalar as it is written.
struct Scalar(SecretBytes);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Scalar;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(SecretBytes::new(text.as_bytes().to_vec())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Scalar, E> {
        Ok(Scalar(SecretBytes::new(text.into_bytes())))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_none<E: Error>(self) -> Result<Scalar, E> {
        self.visit_unit()
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar(SecretBytes::new(Vec::new())))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, AssembleError> {
        let read = read(&SecretBytes::new(text.as_bytes().to_vec()))?;
        Ok(read.into_iter().map(|(key, value)| (key, String::from_utf8(value.expose().to_vec()).unwrap())).collect())
    }

    #[rstest]
    #[case::texts("a: x\nb: \"1\"\n", &[("a", "x"), ("b", "1")])]
    #[case::written_as_they_are("a: 1.10\nb: yes\nc: 0123\nd: 12345678901234567890", &[("a", "1.10"), ("b", "yes"), ("c", "0123"), ("d", "12345678901234567890")])]
    #[case::empty_text("a:\nb: ''", &[("a", ""), ("b", "")])]
    #[case::several_lines("a: |\n  x\n  y\n", &[("a", "x\ny\n")])]
    #[case::nothing("\n  \n", &[])]
    fn are_read(#[case] text: &str, #[case] expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs(text), Ok(expected));
    }

    #[rstest]
    #[case::a_list("- a", AssembleError::NotPairs)]
    #[case::nested("a: {b: c}", AssembleError::NotPairs)]
    #[case::no_yaml("a: [", AssembleError::NotPairs)]
    #[case::twice("a: 1\na: 2", AssembleError::NotPairs)]
    #[case::no_name("'..a': 1", AssembleError::PairName)]
    fn are_refused(#[case] text: &str, #[case] error: AssembleError) {
        assert_eq!(pairs(text), Err(error));
    }
}
