//! An opened document: its values, changes to them, and writing it again.
//!
//! Owns that an unchanged value keeps its ciphertext and an unchanged document every byte. Must never hand out a
//! text that was not read and opened again with its MAC.

mod recipients;

use std::ops::Range;

use jiff::Timestamp;
use sealbridge_seal::KeyId;
use sealbridge_secret::SecretBytes;
use serde_json::json;

use crate::cipher::{DataKey, Nonces};
use crate::encrypted::Encrypted;
use crate::entries;
use crate::error::SopsError;
use crate::format::Format;
use crate::layout;
use crate::mac;
use crate::metadata::Metadata;
use crate::outline::{self, LeafAt, State};
use crate::plain::Plain;
use crate::reseal::{self, Extent, Resealed, Sealing};
use crate::scalar::Scalar;
use crate::splice::{self, Splice};
use crate::tree::{Leaf, Map, Node, Step, display_path};

pub use recipients::Brought;

/// A document whose leaves are open.
pub struct Opened {
    pub(crate) document: Encrypted,
    pub(crate) key: DataKey,
    opened_by: Vec<KeyId>,
    nonces: Nonces,
    extent: Extent,
    is_changed: bool,
    has_new_keys: bool,
}

impl Opened {
    pub(crate) fn new(document: Encrypted, key: DataKey, opened_by: Vec<KeyId>, nonces: Nonces) -> Self {
        Self { document, key, opened_by, nonces, extent: Extent::Changed, is_changed: false, has_new_keys: false }
    }

    /// The metadata. What was proven by opening is that the selectors select these leaves; recipients are claims.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.document.metadata
    }

    /// The format that it was read as.
    #[must_use]
    pub fn format(&self) -> Format {
        self.document.format
    }

    /// The keys that really opened the document: one, or one for each share that was used.
    #[must_use]
    pub fn opened_by(&self) -> &[KeyId] {
        &self.opened_by
    }

    /// How many documents there are; only YAML can have another number than one.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.document.tree.documents.len()
    }

    /// The value at a path.
    #[must_use]
    pub fn get(&self, document: usize, path: &[Step]) -> Option<&Scalar> {
        match self.document.tree.documents.get(document)?.at(path)?.inner() {
            Node::Leaf(leaf) => Some(&leaf.value),
            _ => None,
        }
    }

    /// All values of a document with their paths, in order. Nulls and comments are none.
    #[must_use]
    pub fn leaves(&self, document: usize) -> Vec<(Vec<Step>, &Scalar)> {
        let mut leaves = Vec::new();
        if let Some(map) = self.document.tree.documents.get(document) {
            outline::collect(map, &mut Vec::new(), &mut leaves);
        }
        leaves
    }

    /// All values of all documents, with whether the selector covers them: values that it does not cover are
    /// written plain.
    ///
    /// # Errors
    /// [`SopsError::AliasedComments`] if it cannot be said what the selector covers.
    pub fn all_leaves(&mut self) -> Result<Vec<LeafAt<'_>>, SopsError> {
        outline::leaves(&mut self.document.tree, &self.document.rule, State::Open)
    }

    /// The keys of a document's top level, each as bytes: text as it is, numbers in decimal, `true` or `false`,
    /// nothing for null, maps and lists as JSON without blanks in the order of the document.
    ///
    /// # Errors
    /// [`SopsError::Unwritable`] for a map or list that JSON cannot hold, [`SopsError::Missing`] if there is no such
    /// document.
    pub fn entries(&self, document: usize) -> Result<Vec<(String, SecretBytes)>, SopsError> {
        let missing = || SopsError::Missing { path: "the document".to_owned() };
        entries::entries(self.document.tree.documents.get(document).ok_or_else(missing)?)
    }

    /// The document as it was before it was encrypted, comments included.
    ///
    /// # Errors
    /// [`SopsError::Unwritable`] for a value that the format cannot hold.
    pub fn plain(&mut self) -> Result<SecretBytes, SopsError> {
        let Encrypted { format, text, tree, block, rule, .. } = &mut self.document;
        if *format == Format::Binary {
            let path = [Step::key("data")];
            return match tree.documents.first().and_then(|map| map.at(&path)) {
                Some(Node::Leaf(leaf)) => Ok(leaf.value.bytes().duplicate()),
                _ => Err(SopsError::Missing { path: display_path(&path) }),
            };
        }
        let mut splices = reseal::unsealed(*format, text, tree, rule)?;
        splices.extend(block.places.iter().cloned().map(Splice::delete));
        let plain = splice::apply(text, splices)?;
        if *format == Format::Ini {
            self.ensure_read_back(&plain)?;
        }
        Ok(SecretBytes::new(plain.as_bytes().to_vec()))
    }

    /// INI has no way to write every value beside every comment: a backtick in the comment ends the value later.
    fn ensure_read_back(&self, plain: &str) -> Result<(), SopsError> {
        let problem = "the comment beside it would make another value of it";
        let unwritable = |path| SopsError::Unwritable { path, problem };
        let read = layout::read(Format::Ini, plain).map_err(|_| unwritable("a value".to_owned()))?;
        for (map, again) in self.document.tree.documents.iter().zip(&read.documents) {
            let [mut expected, mut found] = [Vec::new(), Vec::new()];
            outline::collect(map, &mut Vec::new(), &mut expected);
            outline::collect(again, &mut Vec::new(), &mut found);
            let differs = expected.iter().zip(found.iter().map(Some).chain(std::iter::repeat(None)));
            if let Some(((path, _), _)) = differs.into_iter().find(|(leaf, found)| Some(*leaf) != *found) {
                return Err(unwritable(display_path(path)));
            }
        }
        Ok(())
    }

    /// Gives a leaf another value, or adds it behind its neighbours; maps on the way are made. An unchanged value
    /// changes nothing.
    ///
    /// # Errors
    /// [`SopsError::Unsupported`] for a path through a list's end or to a map or list, or where the format has no
    /// such place.
    pub fn set(&mut self, document: usize, path: &[Step], value: Scalar) -> Result<(), SopsError> {
        if self.node(document, path).is_none() {
            self.insert(document, path)?;
        }
        let missing = SopsError::Missing { path: display_path(path) };
        let map = self.document.tree.documents.get_mut(document).ok_or(missing.clone())?;
        match map.at_mut(path).ok_or(missing)? {
            Node::Leaf(leaf) if leaf.value == value => {}
            Node::Leaf(leaf) => {
                leaf.value = value;
                leaf.is_dirty = true;
                self.is_changed = true;
            }
            node => {
                let Node::Null(site) = node else { return Err(SopsError::Unsupported { path: display_path(path) }) };
                *node = Node::Leaf(Leaf { is_dirty: true, ..Leaf::new(value, site.clone()) });
                self.is_changed = true;
            }
        }
        Ok(())
    }

    /// Removes an entry of a map, whatever its value is.
    ///
    /// # Errors
    /// [`SopsError::Missing`] if it is not there, [`SopsError::Unsupported`] for the item of a list or the only
    /// entry of a map.
    pub fn unset(&mut self, document: usize, path: &[Step]) -> Result<(), SopsError> {
        if self.node(document, path).is_none() {
            return Err(SopsError::Missing { path: display_path(path) });
        }
        self.write_changes()?;
        let unsupported = || SopsError::Unsupported { path: display_path(path) };
        let (Some(Step::Key(key)), parent) = (path.last(), path.get(..path.len().saturating_sub(1)).unwrap_or_default()) else {
            return Err(unsupported());
        };
        let map = self.map(document, parent).ok_or_else(unsupported)?;
        let splices = layout::remove(self.document.format, &self.document.text, map, key).ok_or_else(unsupported)?;
        self.rewrite(splices)
    }

    /// Takes over an edited plain form of the whole document. Values that are the same at the same path keep
    /// their ciphertext.
    ///
    /// # Errors
    /// Those of [`Plain::read`], and [`SopsError::Unwritable`].
    pub fn replace_plain(&mut self, bytes: &[u8]) -> Result<(), SopsError> {
        if self.plain()?.expose() == bytes {
            return Ok(());
        }
        let format = self.document.format;
        let mut plain = Plain::read(format, bytes)?;
        let resealed = self.sealing(&plain.text).reseal(&mut plain.tree, Extent::All)?;
        let raw: Vec<String> = self.document.block.raw.iter().filter_map(|range| self.slice(range)).collect();
        let mut splices = resealed.splices;
        splices.extend(layout::append(format, &plain.text, &plain.tree, self.document.metadata.fields(), Some(&raw)));
        let text = splice::apply(&plain.text, splices)?;
        self.take_over(&text)
    }

    /// The document as it is written: the same bytes if nothing changed; else with a new MAC and `now`, in
    /// seconds, as the moment of the change.
    ///
    /// # Errors
    /// [`SopsError::Unsupported`] if what was written does not open again as it should; nothing is handed out
    /// then.
    pub fn seal(&mut self, now: Timestamp) -> Result<Vec<u8>, SopsError> {
        if !self.is_changed {
            return Ok(self.document.text.clone().into_bytes());
        }
        let Resealed { mut splices, mac: sum } = self.reseal()?;
        let lastmodified = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mac = mac::seal(&self.key, &lastmodified, &sum)?;
        let Encrypted { format, text, tree, block, metadata, .. } = &mut self.document;
        metadata.set("lastmodified", json!(lastmodified));
        metadata.set("mac", json!(mac));
        let written = if self.has_new_keys || block.mac.is_empty() || block.lastmodified.is_empty() {
            splices.extend(block.places.iter().cloned().map(Splice::delete));
            let body = splice::apply(text, splices)?;
            // The ends of the documents have moved.
            *tree = layout::read(*format, &body)?;
            splice::apply(&body, layout::append(*format, &body, tree, metadata.fields(), None))?
        } else {
            splices
                .extend(block.mac.iter().map(|site| Splice::replace(site.range.clone(), layout::cipher_text(*format, site, &mac))));
            splices.extend(
                block
                    .lastmodified
                    .iter()
                    .map(|site| Splice::replace(site.range.clone(), layout::time_text(*format, site, &lastmodified))),
            );
            splice::apply(text, splices)?
        };
        self.check(&written)?;
        Ok(written.as_bytes().to_vec())
    }

    /// Reads and opens what was written, and goes on from there.
    fn check(&mut self, written: &str) -> Result<(), SopsError> {
        let unsupported = |_| SopsError::Unsupported { path: "the document".to_owned() };
        let document = Encrypted::read(self.document.format, written.as_bytes()).map_err(unsupported)?;
        let key = DataKey::from_bytes(self.key.bytes())?;
        *self = document.open_with(key, self.opened_by.clone()).map_err(unsupported)?;
        Ok(())
    }

    fn sealing<'a>(&'a self, text: &'a str) -> Sealing<'a> {
        Sealing {
            format: self.document.format,
            text,
            rule: &self.document.rule,
            key: &self.key,
            nonces: &self.nonces,
            mac_only_encrypted: self.document.metadata.mac_only_encrypted(),
        }
    }

    fn reseal(&mut self) -> Result<Resealed, SopsError> {
        let mut tree = std::mem::replace(&mut self.document.tree, crate::tree::Tree { documents: Vec::new() });
        let resealed = self.sealing(&self.document.text).reseal(&mut tree, self.extent);
        self.document.tree = tree;
        resealed
    }

    /// Brings changed leaves into the text, so that places in it are true.
    fn write_changes(&mut self) -> Result<(), SopsError> {
        let resealed = self.reseal()?;
        self.rewrite(resealed.splices)
    }

    fn rewrite(&mut self, splices: Vec<Splice>) -> Result<(), SopsError> {
        let text = splice::apply(&self.document.text, splices)?;
        self.take_over(&text)
    }

    /// Goes on with a text of ciphertexts whose MAC is not written yet.
    fn take_over(&mut self, text: &str) -> Result<(), SopsError> {
        let mut document = Encrypted::read(self.document.format, text.as_bytes())?;
        let has_new_keys = self.has_new_keys;
        if has_new_keys {
            document.metadata = self.document.metadata.clone();
        }
        let key = DataKey::from_bytes(self.key.bytes())?;
        let (opened, _) = document.unseal(key, std::mem::take(&mut self.opened_by))?;
        *self = Self { is_changed: true, has_new_keys, ..opened };
        Ok(())
    }

    fn insert(&mut self, document: usize, path: &[Step]) -> Result<(), SopsError> {
        let unsupported = || SopsError::Unsupported { path: display_path(path) };
        if self.node(document, path.get(..1).unwrap_or_default()).is_none()
            && matches!(path.first(), Some(Step::Key(key)) if layout::is_reserved(self.document.format, key))
        {
            return Err(SopsError::AlreadyEncrypted);
        }
        self.write_changes()?;
        let depth = (0..path.len()).rev().find(|depth| self.map(document, path.get(..*depth).unwrap_or_default()).is_some());
        let depth = depth.ok_or_else(unsupported)?;
        let (parent, new) = path.split_at_checked(depth).ok_or_else(unsupported)?;
        let keys = new.iter().map(|step| match step {
            Step::Key(key) => Ok(key.as_str()),
            Step::Index(_) => Err(unsupported()),
        });
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let map = self.map(document, parent).ok_or_else(unsupported)?;
        if self.document.format == Format::Ini && depth != 1 {
            return Err(unsupported());
        }
        let splice = layout::insert(self.document.format, &self.document.text, map, &keys).ok_or_else(unsupported)?;
        self.rewrite(vec![splice])
    }

    fn node(&self, document: usize, path: &[Step]) -> Option<&Node> {
        self.document.tree.documents.get(document)?.at(path)
    }

    /// A map that has a place of its own in the text.
    fn map(&self, document: usize, path: &[Step]) -> Option<&Map> {
        if path.is_empty() {
            return self.document.tree.documents.get(document);
        }
        match self.node(document, path)? {
            Node::Map(map) => Some(map),
            _ => None,
        }
    }

    fn slice(&self, range: &Range<usize>) -> Option<String> {
        self.document.text.get(range.clone()).map(str::to_owned)
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("document", &self.document).finish_non_exhaustive()
    }
}
