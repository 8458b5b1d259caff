//! A document as it lies in Git: what can be said of it without a key, and opening it.
//!
//! Owns reading. Must never say that a document is sound: that takes the data key.

use sealbridge_seal::KeyId;

use crate::cipher::{self, DataKey};
use crate::error::SopsError;
use crate::format::Format;
use crate::keys::{self, DataKeyOpener};
use crate::layout::{self, Block};
use crate::limits;
use crate::mac;
use crate::metadata::Metadata;
use crate::opened::Opened;
use crate::outline::{self, LeafAt, State};
use crate::selector::Rule;
use crate::tree::{Comment, Leaf, Node, Site, Tree};
use crate::unseal;
use crate::walk::{Place, Visit, walk};

/// An encrypted document, read and not opened.
pub struct Encrypted {
    pub(crate) format: Format,
    pub(crate) text: String,
    pub(crate) tree: Tree,
    pub(crate) block: Block,
    pub(crate) metadata: Metadata,
    pub(crate) rule: Rule,
}

impl Encrypted {
    /// Reads a document. An encrypted binary document is a JSON object.
    ///
    /// # Errors
    /// [`SopsError`] if it is too large, not of its format, or has no usable metadata.
    pub fn read(format: Format, bytes: &[u8]) -> Result<Self, SopsError> {
        limits::ensure_size(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(|_| SopsError::Syntax { line: 0, problem: "the text is no UTF-8" })?;
        let mut tree = layout::read(format, text)?;
        let block = layout::extract(format, text, &mut tree)?;
        let metadata = Metadata::from_fields(block.fields.clone())?;
        let rule = metadata.selector()?.compile()?;
        Ok(Self { format, text: text.to_owned(), tree, block, metadata, rule })
    }

    /// The metadata, as claimed: nothing proves it before the document is opened.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The format that it was read as.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// All values as they are written, with whether the selector covers them. Needs no key.
    ///
    /// # Errors
    /// [`SopsError::AliasedComments`] if it cannot be said what the selector covers.
    pub fn leaves(&mut self) -> Result<Vec<LeafAt<'_>>, SopsError> {
        outline::leaves(&mut self.tree, &self.rule, State::Sealed)
    }

    /// The paths of leaves that the selector covers and that are not written as ciphertexts. Needs no key.
    ///
    /// # Errors
    /// [`SopsError::AliasedComments`] if it cannot be said what the selector covers.
    pub fn plain_leaves(&mut self) -> Result<Vec<String>, SopsError> {
        let mut finder = PlainLeaves(Vec::new());
        walk(&mut self.tree, &self.rule, &mut finder)?;
        Ok(finder.0)
    }

    /// Opens the document and checks its MAC.
    ///
    /// # Errors
    /// [`SopsError::NoKey`] if no key at hand opens it; [`SopsError::Tampered`], [`SopsError::PlainLeaf`],
    /// [`SopsError::MacMismatch`] or [`SopsError::MacMissing`] if it was changed by something else than SOPS.
    pub fn open(self, opener: &dyn DataKeyOpener) -> Result<Opened, SopsError> {
        let (key, opened_by) = keys::open(&self.metadata, opener)?;
        self.open_with(key, opened_by)
    }

    pub(crate) fn open_with(self, key: DataKey, opened_by: Vec<KeyId>) -> Result<Opened, SopsError> {
        let (opened, sum) = self.unseal(key, opened_by)?;
        mac::check(&opened.document.metadata, &opened.key, &sum)?;
        Ok(opened)
    }

    /// Opens without a look at the MAC: for a text that was just changed here.
    pub(crate) fn unseal(mut self, key: DataKey, opened_by: Vec<KeyId>) -> Result<(Opened, zeroize::Zeroizing<String>), SopsError> {
        let only_encrypted = self.metadata.mac_only_encrypted();
        let unsealed = unseal::unseal(&mut self.tree, &self.rule, &key, only_encrypted)?;
        Ok((Opened::new(self, key, opened_by, unsealed.nonces), unsealed.mac))
    }
}

impl std::fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encrypted").field("format", &self.format).field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

struct PlainLeaves(Vec<String>);

impl Visit for PlainLeaves {
    fn leaf(&mut self, place: &Place<'_>, leaf: &mut Leaf) -> Result<(), SopsError> {
        let is_fine = leaf.value.bytes().is_empty() || leaf.value.as_str().is_some_and(cipher::is_sealed);
        if place.is_selected && !is_fine {
            self.0.push(place.path());
        }
        Ok(())
    }

    fn comment(&mut self, _: &Place<'_>, _: &mut Comment) -> Result<(), SopsError> {
        Ok(())
    }

    fn expanded(&mut self, _: &Place<'_>, _: &Site, _: &Node) -> Result<(), SopsError> {
        Ok(())
    }
}
