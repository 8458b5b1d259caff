//! A SOPS document that stands as a text under `dataFrom` of a BridgedSecret. A value in it is named as `seal list` names
//! it: `dataFrom[0].db.password`.
//!
//! Must never: change anything of the manifest but that text.

use std::path::PathBuf;

use jiff::Timestamp;
use sealbridge_manifest::edit;
use sealbridge_sops::{Encrypted, Format, Opened, SopsError, Step};

use crate::error::Error;
use crate::identities::SopsKeys;
use crate::manifest_file::{BridgedSecretAt, ManifestFile};
use crate::sops::{self, SopsPath};

/// How such a path begins, which no name of an entry does.
const START: &str = "dataFrom[";

const ONE: Error = Error::Arguments(
    "one document at a time is changed; name values of one `dataFrom[0]` only, each as dataFrom[0].db.password, and no entries beside them",
);

/// A document, and what in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EmbeddedPath {
    position: usize,
    /// The path in the document, as [`SopsPath`] reads it.
    pub(crate) inside: Option<String>,
}

impl EmbeddedPath {
    /// Whether a text begins as such a path.
    pub(crate) fn is_one(text: &str) -> bool {
        text.starts_with(START)
    }

    /// Reads a path.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = Error::Arguments("a value of a document under dataFrom is named like dataFrom[0].db.password");
        let parts = text.strip_prefix(START).and_then(|rest| rest.split_once(']'));
        let Some((position, inside)) = parts.and_then(|(digits, rest)| Some((digits.parse().ok()?, rest))) else {
            return Err(wrong);
        };
        let inside = match (inside.strip_prefix('.'), inside) {
            (_, "") => None,
            (Some(inside), _) => Some(inside.to_owned()),
            (None, inside) if inside.starts_with('[') => Some(inside.to_owned()),
            _ => return Err(wrong),
        };
        if let Some(inside) = &inside {
            sops::ensure_path(inside)?;
        }
        Ok(Self { position, inside })
    }

    /// Reads the paths of values, which are all in one document.
    pub(crate) fn of_values<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<(Self, Vec<String>), Error> {
        let mut first: Option<Self> = None;
        let mut values = Vec::new();
        for text in texts {
            if !Self::is_one(text) {
                return Err(ONE);
            }
            let path = Self::parse(text)?;
            values.push(path.inside.clone().ok_or(ONE)?);
            if first.get_or_insert_with(|| path.clone()).position != path.position {
                return Err(ONE);
            }
        }
        Ok((first.ok_or(ONE)?, values))
    }
}

/// Such a document, open.
pub(crate) struct EmbeddedDocument<'a> {
    file: &'a ManifestFile,
    secret: BridgedSecretAt<'a>,
    position: usize,
    /// The values.
    pub(crate) opened: Opened,
}

impl<'a> EmbeddedDocument<'a> {
    /// Opens the document and checks its MAC.
    pub(crate) fn open(file: &'a ManifestFile, name: Option<&str>, path: &EmbeddedPath, keys: &SopsKeys) -> Result<Self, Error> {
        let secret = file.bridged_secret(name)?;
        let position = path.position;
        let key = key(position);
        let text = secret.documents().find(|(found, _)| *found == key).map(|(_, text)| text);
        let text = text.ok_or_else(|| Error::NoEntry { path: file.path(), key: key.clone() })?;
        let failed = |problem: SopsError| sops::refused(shown_file(file, position), problem);
        let encrypted = Encrypted::read(Format::of_text(text), text.as_bytes()).map_err(failed)?;
        let opened = encrypted.open(keys).map_err(failed)?;
        Ok(Self { file, secret, position, opened })
    }

    /// What the document is called in messages.
    pub(crate) fn shown(&self) -> PathBuf {
        shown_file(self.file, self.position)
    }

    /// What stands before the path of each of its values.
    pub(crate) fn prefix(&self) -> String {
        format!("{}.", key(self.position))
    }

    /// A value of the document.
    pub(crate) fn find(&self, inside: &str) -> Result<SopsPath, Error> {
        SopsPath::find(&self.opened, inside)
    }

    /// A place of it as people name it.
    pub(crate) fn name(&self, steps: &[Step]) -> String {
        format!("{}{}", self.prefix(), sops::shown(steps))
    }

    /// The text of the file with the document as it is now.
    pub(crate) fn written(&mut self) -> Result<String, Error> {
        let failed = |problem: SopsError| sops::refused(shown_file(self.file, self.position), problem);
        let sealed = self.opened.seal(Timestamp::now()).map_err(failed)?;
        let sealed = String::from_utf8(sealed).map_err(|_| Error::NotText { path: self.file.path() })?;
        let text = edit::set_sops_document(self.file.text(), self.secret.place(), self.position, &sealed);
        text.map_err(|problem| self.file.edit_error(problem))
    }

    /// Puts the edited text in the file's place.
    pub(crate) fn replace(&self, text: &str) -> Result<(), Error> {
        if text == self.file.text() { Ok(()) } else { self.file.replace(text) }
    }

    /// Where the object stands in its file.
    pub(crate) fn place(&self) -> sealbridge_manifest::document::Place {
        self.secret.place()
    }
}

fn key(position: usize) -> String {
    format!("{START}{position}]")
}

fn shown_file(file: &ManifestFile, position: usize) -> PathBuf {
    format!("{}, {}", file.path().display(), key(position)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("dataFrom[0]", 0, None)]
    #[case("dataFrom[12].db.password", 12, Some("db.password"))]
    #[case("dataFrom[1][\"db\"][0]", 1, Some("[\"db\"][0]"))]
    fn paths(#[case] text: &str, #[case] position: usize, #[case] inside: Option<&str>) {
        let path = EmbeddedPath::parse(text).expect("a path");
        assert_eq!(path, EmbeddedPath { position, inside: inside.map(str::to_owned) });
    }

    #[rstest]
    fn refused(#[values("dataFrom[x]", "dataFrom[0", "dataFrom[0]x", "dataFrom[0].", "dataFrom[0].a=hunter2")] text: &str) {
        let message = EmbeddedPath::parse(text).expect_err("refused").to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[rstest]
    #[case(&["dataFrom[0].a", "dataFrom[1].b"])]
    #[case(&["dataFrom[0].a", "TOKEN"])]
    #[case(&["dataFrom[0]"])]
    #[case(&[])]
    fn values_of_one_document_are_changed_at_a_time(#[case] texts: &[&str]) {
        assert!(EmbeddedPath::of_values(texts.iter().copied()).is_err());
    }
}
