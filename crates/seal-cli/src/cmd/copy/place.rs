//! `FILE[:KEY]`, and which entries are copied under which names.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::manifest_file::BridgedSecretAt;
use crate::target::ensure_key;

/// A manifest, and perhaps one entry of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) key: Option<String>,
}

impl Place {
    /// Reads `FILE[:KEY]`; a file whose own name has the colon is the file.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        match text.rsplit_once(':') {
            Some((path, key)) if !path.is_empty() && !key.contains('/') && !Path::new(text).exists() => {
                ensure_key(key)?;
                Ok(Self { path: path.into(), key: Some(key.to_owned()) })
            }
            _ => Ok(Self { path: text.into(), key: None }),
        }
    }
}

/// The keys that are copied, and their names at the destination.
pub(super) fn pairs(source: &Place, target: &Place, secret: &BridgedSecretAt<'_>) -> Result<Vec<(String, String)>, Error> {
    match (&source.key, &target.key) {
        (Some(key), new) => {
            secret.entry(key).ok_or_else(|| Error::NoEntry { path: source.path.clone(), key: key.clone() })?;
            Ok(vec![(key.clone(), new.as_ref().unwrap_or(key).clone())])
        }
        (None, Some(_)) => Err(Error::Arguments("a name at the destination is for one entry; name it at the source too")),
        (None, None) => {
            let keys: Vec<_> = secret.entries().map(|(key, _)| (key.to_owned(), key.to_owned())).collect();
            if keys.is_empty() { Err(Error::Arguments("the source has no entries; check its path")) } else { Ok(keys) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a/b.yaml", "a/b.yaml", None)]
    #[case("a/b.yaml:KEY", "a/b.yaml", Some("KEY"))]
    #[case("a:b/c.yaml", "a:b/c.yaml", None)]
    #[case("a:b.yaml:tls.key", "a:b.yaml", Some("tls.key"))]
    fn places(#[case] text: &str, #[case] path: &str, #[case] key: Option<&str>) {
        assert_eq!(Place::parse(text).expect("a place"), Place { path: path.into(), key: key.map(str::to_owned) });
    }

    #[test]
    fn a_value_in_place_of_a_key_is_not_repeated() {
        let message = Place::parse("a.yaml:KEY=hunter2").expect_err("refused").to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }
}
