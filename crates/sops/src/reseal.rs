//! Writing leaves: what changed, or all of them, as replacements in the text.
//!
//! Owns that a selected leaf is never written plain. Must never touch a leaf that did not change unless told to.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use crate::cipher::{self, DataKey, Nonces};
use crate::error::SopsError;
use crate::format::Format;
use crate::layout;
use crate::mac::Mac;
use crate::selector::Rule;
use crate::splice::Splice;
use crate::tree::{Comment, Leaf, Node, Site, Tree};
use crate::walk::{Place, Visit, walk};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Leaves that changed.
    Changed,
    /// Every selected leaf and comment.
    All,
}

pub(crate) struct Resealed {
    pub(crate) splices: Vec<Splice>,
    pub(crate) mac: Zeroizing<String>,
}

/// What a document is sealed with.
pub(crate) struct Sealing<'a> {
    pub(crate) format: Format,
    pub(crate) text: &'a str,
    pub(crate) rule: &'a Rule,
    pub(crate) key: &'a DataKey,
    pub(crate) nonces: &'a Nonces,
    pub(crate) mac_only_encrypted: bool,
}

impl Sealing<'_> {
    /// The replacements that make the text agree with the tree.
    pub(crate) fn reseal(&self, tree: &mut Tree, extent: Extent) -> Result<Resealed, SopsError> {
        let mac = Mac::new(self.mac_only_encrypted);
        let mut sealer = Sealer { with: self, extent, mac, splices: Vec::new(), copies: VecDeque::new() };
        walk(tree, self.rule, &mut sealer)?;
        Ok(Resealed { splices: sealer.splices, mac: sealer.mac.finish() })
    }

    fn cipher(&self, aad: &str, kind: &str, plain: &[u8]) -> Result<String, SopsError> {
        if plain.is_empty() {
            return Ok(String::new());
        }
        self.key.seal(&self.nonces.nonce(aad, kind, plain)?, aad, kind, plain)
    }
}

struct Sealer<'a> {
    with: &'a Sealing<'a>,
    extent: Extent,
    mac: Mac,
    splices: Vec<Splice>,
    /// The texts of leaves that an alias repeats.
    copies: VecDeque<String>,
}

impl Visit for Sealer<'_> {
    fn leaf(&mut self, place: &Place<'_>, leaf: &mut Leaf) -> Result<(), SopsError> {
        let with = self.with;
        let is_all = self.extent == Extent::All;
        let kind = if leaf.is_comment { cipher::COMMENT } else { leaf.value.kind().name() };
        if !leaf.is_comment {
            self.mac.add(place.is_selected, leaf.value.bytes());
        }
        let is_written = leaf.is_dirty || (is_all && (place.is_selected || place.is_copy));
        if !is_written {
            return Ok(());
        }
        let site = if place.is_copy { Site { flow: true, ..Site::default() } } else { leaf.site.clone() };
        let written = if place.is_selected {
            let cipher = with.cipher(place.aad, kind, leaf.value.bytes().expose())?;
            Zeroizing::new(layout::cipher_text(with.format, &site, &cipher))
        } else {
            layout::plain_text(with.format, with.text, &site, &leaf.value, place)?
        };
        if place.is_copy {
            self.copies.push_back(written.trim_start().to_owned());
        } else {
            self.splices.push(Splice { range: leaf.site.range.clone(), text: written });
        }
        Ok(())
    }

    fn comment(&mut self, place: &Place<'_>, comment: &mut Comment) -> Result<(), SopsError> {
        let is_foreign = !comment.is_opened && cipher::is_sealed(&comment.text);
        if self.extent == Extent::Changed || !place.is_selected || place.is_copy || is_foreign {
            return Ok(());
        }
        let cipher = self.with.cipher(place.aad, cipher::COMMENT, comment.text.as_bytes())?;
        if self.with.rule.hits_comment(&cipher) {
            return Err(SopsError::CommentRegex);
        }
        self.splices.push(Splice::replace(comment.site.range.clone(), cipher));
        Ok(())
    }

    fn expanded(&mut self, _: &Place<'_>, site: &Site, node: &Node) -> Result<(), SopsError> {
        if self.extent == Extent::Changed {
            self.copies.clear();
            return Ok(());
        }
        let copies = &mut self.copies;
        let text = layout::written_out(node, &mut |_| Ok(copies.pop_front().unwrap_or_default()))?;
        self.splices.push(Splice::replace(site.range.clone(), text));
        Ok(())
    }
}

/// The replacements that make a text plain: every opened leaf and comment.
pub(crate) fn unsealed(format: Format, text: &str, tree: &mut Tree, rule: &Rule) -> Result<Vec<Splice>, SopsError> {
    let mut writer = PlainWriter { format, text, splices: Vec::new() };
    walk(tree, rule, &mut writer)?;
    Ok(writer.splices)
}

struct PlainWriter<'a> {
    format: Format,
    text: &'a str,
    splices: Vec<Splice>,
}

impl Visit for PlainWriter<'_> {
    fn leaf(&mut self, place: &Place<'_>, leaf: &mut Leaf) -> Result<(), SopsError> {
        if place.is_copy || !(place.is_selected || leaf.is_dirty) {
            return Ok(());
        }
        if leaf.is_comment {
            return self.comment_item(place, leaf);
        }
        let text = layout::plain_text(self.format, self.text, &leaf.site, &leaf.value, place)?;
        self.splices.push(Splice { range: leaf.site.range.clone(), text });
        Ok(())
    }

    fn comment(&mut self, _: &Place<'_>, comment: &mut Comment) -> Result<(), SopsError> {
        if comment.is_opened {
            self.splices.push(Splice { range: comment.site.range.clone(), text: comment.text.clone() });
        }
        Ok(())
    }

    fn expanded(&mut self, _: &Place<'_>, _: &Site, _: &Node) -> Result<(), SopsError> {
        Ok(())
    }
}

impl PlainWriter<'_> {
    /// sops writes an encrypted comment in a list as an item; its dash becomes the comment's sign.
    fn comment_item(&mut self, place: &Place<'_>, leaf: &Leaf) -> Result<(), SopsError> {
        let start = crate::splice::line_start(self.text, leaf.site.range.start);
        let before = self.text.get(start..leaf.site.range.start).unwrap_or_default();
        let dash = before.trim_end().strip_suffix('-').filter(|indent| indent.trim().is_empty() && !leaf.site.flow);
        let unsupported = || SopsError::Unsupported { path: place.path() };
        let (dash, text) = dash.zip(leaf.value.as_str()).filter(|(_, text)| !text.contains('\n')).ok_or_else(unsupported)?;
        self.splices.push(Splice::replace(start + dash.len()..leaf.site.range.end, format!("#{text}")));
        Ok(())
    }
}
