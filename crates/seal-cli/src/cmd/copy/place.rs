//! `FILE[:KEY]`, and the file there, of either kind.

use std::path::{Path, PathBuf};

use super::CopyArgs;
use crate::config::{self, Config};
use crate::error::Error;
use crate::file::Snapshot;
use crate::manifest_file::ManifestFile;
use crate::sops::{self, OpenFile, SopsFile};

/// A file, and perhaps one entry of it: not judged yet, since SOPS documents have paths in place of names.
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
                if key.contains('=') {
                    return Err(Error::ValueInArguments);
                }
                Ok(Self { path: path.into(), key: Some(key.to_owned()) })
            }
            _ => Ok(Self { path: text.into(), key: None }),
        }
    }
}

/// What is at a place.
#[derive(Debug)]
pub(super) enum Content {
    /// Manifests, or nothing yet.
    Manifest(ManifestFile),
    /// A SOPS document, which is open: nothing in it can be read or changed otherwise.
    Document(Box<OpenFile>),
}

impl Content {
    /// Reads a file that has to be there.
    pub(super) fn of_source(path: &Path, args: &CopyArgs) -> Result<Self, Error> {
        Self::of(Snapshot::read_existing(path)?, path, args)
    }

    /// Reads a file that need not be there.
    pub(super) fn of_target(path: &Path, args: &CopyArgs) -> Result<Self, Error> {
        Self::of(Snapshot::read(path)?, path, args)
    }

    fn of(snapshot: Snapshot, path: &Path, args: &CopyArgs) -> Result<Self, Error> {
        let document = match SopsFile::of(snapshot)? {
            Ok(document) => document,
            Err(snapshot) => return ManifestFile::of(snapshot).map(Self::Manifest),
        };
        let config = Config::find(args.config.config.as_deref(), &config::folder_of(path))?;
        let keys = sops::keys(&args.identities, config.as_ref())?;
        Ok(Self::Document(Box::new(document.open(&keys)?)))
    }

    /// Whether it is a SOPS document.
    pub(super) fn is_document(&self) -> bool {
        matches!(self, Self::Document(_))
    }

    /// Whether both are the same file of the disk.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Manifest(one), Self::Manifest(other)) => one.is_same_file(other),
            (Self::Document(one), Self::Document(other)) => one.is_same_file(other),
            _ => false,
        }
    }

    /// The text as it was read.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Manifest(file) => file.text(),
            Self::Document(file) => file.text(),
        }
    }

    /// Puts an edited text in the file's place.
    pub(super) fn replace(&self, text: &str) -> Result<(), Error> {
        match self {
            Self::Manifest(file) => file.replace(text),
            Self::Document(file) => file.replace(text),
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
    #[case("a.env:db.users[0].password", "a.env", Some("db.users[0].password"))]
    fn places(#[case] text: &str, #[case] path: &str, #[case] key: Option<&str>) {
        assert_eq!(Place::parse(text).expect("a place"), Place { path: path.into(), key: key.map(str::to_owned) });
    }

    #[test]
    fn a_value_in_place_of_a_key_is_not_repeated() {
        let message = Place::parse("a.yaml:KEY=hunter2").expect_err("refused").to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }
}
