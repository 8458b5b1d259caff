//! A document that is not encrypted yet, and encrypting it.
//!
//! Owns the way from plain to sealed. Must never encrypt what is encrypted already.

use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use crate::cipher::{DataKey, Nonces};
use crate::encrypted::Encrypted;
use crate::error::SopsError;
use crate::format::Format;
use crate::keys::{self, Recipients};
use crate::layout;
use crate::limits;
use crate::mac;
use crate::metadata::Metadata;
use crate::reseal::{Extent, Sealing};
use crate::scalar::Scalar;
use crate::selector::Selector;
use crate::splice;
use crate::tree::{Item, Node, Tree};

/// What of a document is encrypted, and to whom.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which leaves.
    pub selector: Selector,
    /// Whether the MAC covers encrypted leaves only, so that the others may be changed.
    pub mac_only_encrypted: bool,
    /// To whom.
    pub recipients: Recipients,
}

/// A plain document.
pub struct Plain {
    format: Format,
    pub(crate) text: Zeroizing<String>,
    pub(crate) tree: Tree,
}

impl Plain {
    /// Reads a document.
    ///
    /// # Errors
    /// [`SopsError`] if it is too large, empty, not of its format, or has metadata or keys reserved for it.
    pub fn read(format: Format, bytes: &[u8]) -> Result<Self, SopsError> {
        limits::ensure_size(bytes)?;
        if bytes.is_empty() {
            return Err(SopsError::Empty);
        }
        if format == Format::Binary {
            return Self::binary(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| SopsError::Syntax { line: 0, problem: "the text is no UTF-8" })?;
        let tree = layout::read(format, text)?;
        layout::ensure_plain(format, &tree)?;
        if tree.documents.is_empty() {
            return Err(SopsError::Empty);
        }
        Ok(Self { format, text: Zeroizing::new(text.to_owned()), tree })
    }

    /// Any bytes, as the one value of an object.
    fn binary(bytes: &[u8]) -> Result<Self, SopsError> {
        let text = "{\n\t\"data\": \"\"\n}\n";
        let mut tree = layout::read(Format::Binary, text)?;
        let entries = tree.documents.iter_mut().flat_map(|map| &mut map.items);
        for item in entries {
            if let Item::Entry(entry) = item
                && let Node::Leaf(leaf) = &mut entry.node
            {
                leaf.value = Scalar::raw(sealbridge_secret::SecretBytes::new(bytes.to_vec()));
            }
        }
        Ok(Self { format: Format::Binary, text: Zeroizing::new(text.to_owned()), tree })
    }

    /// Encrypts the document with a new data key. All but the values stays as it is written; aliases are
    /// written out, since a ciphertext is bound to its path. `now` is noted in seconds.
    ///
    /// # Errors
    /// [`SopsError`] for rules that cannot be kept, and [`SopsError::Unsupported`] if what was written does not
    /// open again as it should; nothing is handed out then.
    pub fn seal(mut self, rules: &Rules, now: Timestamp) -> Result<Vec<u8>, SopsError> {
        let rule = rules.selector.compile()?;
        if self.format == Format::Binary && !rule.encrypts(rule.hits_key("data")) {
            return Err(SopsError::Selector { problem: "the selector leaves a binary document plain" });
        }
        let key = DataKey::generate()?;
        let mut metadata = Metadata::new(&rules.selector, rules.mac_only_encrypted);
        keys::seal(&mut metadata, &key, &rules.recipients)?;
        let sealing = Sealing {
            format: self.format,
            text: &self.text,
            rule: &rule,
            key: &key,
            nonces: &Nonces::default(),
            mac_only_encrypted: rules.mac_only_encrypted,
        };
        let resealed = sealing.reseal(&mut self.tree, Extent::All)?;
        let lastmodified = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        metadata.set("mac", json!(mac::seal(&key, &lastmodified, &resealed.mac)?));
        metadata.set("lastmodified", json!(lastmodified));
        let mut splices = resealed.splices;
        splices.extend(layout::append(self.format, &self.text, &self.tree, metadata.fields(), None));
        let written = splice::apply(&self.text, splices)?;
        let unsupported = |_| SopsError::Unsupported { path: "the document".to_owned() };
        let read = Encrypted::read(self.format, written.as_bytes()).map_err(unsupported)?;
        read.open_with(key, Vec::new()).map_err(unsupported)?;
        Ok(written.as_bytes().to_vec())
    }
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plain").field("format", &self.format).finish_non_exhaustive()
    }
}
