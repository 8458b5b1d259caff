//! Several entries as one JSON object of texts.
//!
//! Must never: leave a value behind in memory that is not wiped.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sealbridge_secret::SecretBytes;

use super::{Prepared, WantedError};

/// The entries under their names, each given with that in the source, in the order of names and without HTML escapes.
pub(super) fn of<'a>(source: &'a Prepared, entries: impl Iterator<Item = (&'a str, &'a str)>) -> Result<SecretBytes, WantedError> {
    let mut texts = BTreeMap::new();
    for (name, original) in entries {
        let value = source.data.get(original).map(SecretBytes::expose).unwrap_or_default();
        let text = std::str::from_utf8(value);
        let text = text.map_err(|_| WantedError::NotText { of: source.of.clone(), key: original.to_owned() })?;
        texts.insert(name, text);
    }
    // A buffer that grows leaves copies of itself behind.
    let mut length = Length(0);
    let counted = serde_json::to_writer(&mut length, &texts);
    let mut bytes = Vec::with_capacity(length.0);
    let written = serde_json::to_writer(&mut bytes, &texts);
    // A map of texts has a form in JSON, and neither writer fails.
    debug_assert!(counted.is_ok() && written.is_ok());
    Ok(SecretBytes::new(bytes))
}

struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
