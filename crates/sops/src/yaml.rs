//! YAML: read by events that know their bytes, written by replacing these.
//!
//! Owns what Go's yaml.v3, and therefore sops, makes of a document. Must never write a document anew: comments,
//! order, indentation and styles stay as they are.

mod read;
mod render;
mod resolve;

pub(crate) use read::read;
pub(crate) use render::{block_metadata, cipher_text, flow, key_text, plain_text, quoted};
