//! What differs between the formats, behind one set of verbs: read, find the metadata, write a value in its place.
//!
//! Owns the choice of the format's code. Must never see a key.

mod metadata;
mod place;

use zeroize::Zeroizing;

pub(crate) use metadata::{Block, append, extract};
pub(crate) use place::{insert, remove};

use crate::error::SopsError;
use crate::format::Format;
use crate::scalar::Scalar;
use crate::tree::{Map, Node, Site, Tree};
use crate::walk::Place;
use crate::{dotenv, ini, json, yaml};

pub(crate) fn read(format: Format, text: &str) -> Result<Tree, SopsError> {
    match format {
        Format::Yaml => yaml::read(text),
        Format::Json | Format::Binary => json::read(text),
        Format::Dotenv => dotenv::read(text),
        Format::Ini => ini::read(text),
    }
}

/// A ciphertext at its place.
pub(crate) fn cipher_text(format: Format, site: &Site, cipher: &str) -> String {
    match format {
        Format::Yaml => gapped(site, &yaml::cipher_text(site, cipher)),
        Format::Json | Format::Binary => json::quoted(cipher),
        Format::Dotenv => cipher.to_owned(),
        Format::Ini => gapped(site, cipher),
    }
}

/// The moment of the last change at its place: a text, which YAML has to quote.
pub(crate) fn time_text(format: Format, site: &Site, time: &str) -> String {
    match format {
        Format::Yaml => gapped(site, &yaml::quoted(time)),
        Format::Json | Format::Binary => json::quoted(time),
        Format::Dotenv | Format::Ini => time.to_owned(),
    }
}

/// A plain value at its place.
pub(crate) fn plain_text(
    format: Format,
    text: &str,
    site: &Site,
    scalar: &Scalar,
    place: &Place<'_>,
) -> Result<Zeroizing<String>, SopsError> {
    let written = match format {
        Format::Yaml => Ok(Zeroizing::new(gapped(site, &yaml::plain_text(text, site, scalar)))),
        Format::Json | Format::Binary => json::plain_text(scalar),
        Format::Dotenv => dotenv::plain_text(scalar),
        Format::Ini => ini::plain_text(scalar).map(|text| Zeroizing::new(gapped(site, &text))),
    };
    written.map_err(|problem| SopsError::Unwritable { path: place.path(), problem })
}

/// A value that takes the place of nothing stands apart from what is before it.
fn gapped(site: &Site, written: &str) -> String {
    if site.range.is_empty() && !written.is_empty() { format!(" {written}") } else { written.to_owned() }
}

/// What an alias stands for, written out; `leaf` writes its leaves in order.
pub(crate) fn written_out(node: &Node, leaf: &mut impl FnMut(&Scalar) -> Result<String, SopsError>) -> Result<String, SopsError> {
    yaml::flow(node, leaf)
}

/// Whether a key of a document's top level is reserved for metadata.
pub(crate) fn is_reserved(format: Format, key: &str) -> bool {
    match format {
        Format::Dotenv => key.starts_with("sops_"),
        _ => key == "sops",
    }
}

/// Refuses a document that has metadata, or something else where metadata goes.
pub(crate) fn ensure_plain(format: Format, tree: &Tree) -> Result<(), SopsError> {
    let is_reserved = |map: &Map| map.entries().any(|entry| is_reserved(format, &entry.key));
    if tree.documents.iter().any(is_reserved) { Err(SopsError::AlreadyEncrypted) } else { Ok(()) }
}
