//! Values into and out of an open document, as people write them.
//!
//! Must never: put a value where the document's selector leaves it plain.

use std::path::Path;

use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Format, Kind, Opened, Scalar};

use super::path::{SopsPath, shown};
use super::refused;
use crate::error::Error;

/// A value for people and programs: SOPS itself writes `True`.
pub(crate) fn plain_form(value: &Scalar) -> SecretBytes {
    match value.kind() {
        Kind::Bool => SecretBytes::new(value.bytes().expose().to_ascii_lowercase()),
        _ => value.bytes().duplicate(),
    }
}

/// Puts a value at a place of the document in `file`: with the type `kind`, else with that of the value that it
/// replaces, else as text.
pub(crate) fn put(opened: &mut Opened, file: &Path, place: &SopsPath, value: SecretBytes, kind: Option<Kind>) -> Result<(), Error> {
    let present = opened.get(place.document, &place.steps).map(Scalar::kind);
    let value = scalar(opened.format(), file, place, value, kind.or(present))?;
    opened.set(place.document, &place.steps, value).map_err(|problem| refused(file.to_owned(), problem))?;
    ensure_encrypted(opened, file, place)
}

fn scalar(format: Format, file: &Path, place: &SopsPath, value: SecretBytes, kind: Option<Kind>) -> Result<Scalar, Error> {
    let key = || shown(&place.steps);
    if format == Format::Binary {
        return Ok(Scalar::raw(value));
    }
    let Ok(text) = std::str::from_utf8(value.expose()) else {
        return Err(Error::NotTextDocument { path: file.to_owned(), key: key() });
    };
    let kind = match kind {
        None | Some(Kind::Str | Kind::Bytes) => return Ok(Scalar::text(text)),
        Some(kind) => kind,
    };
    Scalar::of_plain(kind, value).ok_or_else(|| Error::SopsOtherType { path: file.to_owned(), key: key(), kind: words(kind) })
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "whole number",
        Kind::Float => "number",
        Kind::Bool => "truth value",
        Kind::Time => "point in time",
        Kind::Str | Kind::Bytes => "text",
    }
}

fn ensure_encrypted(opened: &mut Opened, file: &Path, place: &SopsPath) -> Result<(), Error> {
    let leaves = opened.all_leaves().map_err(|problem| refused(file.to_owned(), problem))?;
    let leaf = leaves.iter().find(|leaf| leaf.document == place.document && leaf.path == place.steps);
    if leaf.is_some_and(|leaf| leaf.is_selected) {
        Ok(())
    } else {
        Err(Error::SopsPlainPlace { path: file.to_owned(), key: shown(&place.steps) })
    }
}
