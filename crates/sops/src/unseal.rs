//! Opening all leaves of a tree in one pass, with the MAC over them.
//!
//! Owns what is refused. Must never hand out a tree whose MAC was not looked at, unless it was just written here.

use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::cipher::{self, DataKey, Nonces};
use crate::error::SopsError;
use crate::mac::Mac;
use crate::scalar::{Kind, Scalar};
use crate::selector::Rule;
use crate::tree::{Comment, Leaf, Node, Site, Tree};
use crate::walk::{Place, ROOT, Visit, walk};

/// What a pass over a tree found.
pub(crate) struct Unsealed {
    pub(crate) nonces: Nonces,
    pub(crate) mac: Zeroizing<String>,
}

/// Opens every leaf in place.
pub(crate) fn unseal(tree: &mut Tree, rule: &Rule, key: &DataKey, mac_only_encrypted: bool) -> Result<Unsealed, SopsError> {
    let mut unsealer = Unsealer { key, nonces: Nonces::default(), mac: Mac::new(mac_only_encrypted) };
    walk(tree, rule, &mut unsealer)?;
    Ok(Unsealed { nonces: unsealer.nonces, mac: unsealer.mac.finish() })
}

struct Unsealer<'a> {
    key: &'a DataKey,
    nonces: Nonces,
    mac: Mac,
}

impl Unsealer<'_> {
    fn remember(&mut self, aad: &str, kind: &str, plain: &[u8], nonce: Option<[u8; 32]>) {
        if let Some(nonce) = nonce {
            self.nonces.remember(aad, kind, plain, nonce);
        }
    }
}

impl Visit for Unsealer<'_> {
    fn leaf(&mut self, place: &Place<'_>, leaf: &mut Leaf) -> Result<(), SopsError> {
        leaf.is_dirty = false;
        if place.is_selected && !(leaf.value.kind() == Kind::Str && leaf.value.bytes().is_empty()) {
            let plain_leaf = || SopsError::PlainLeaf { path: place.path() };
            let text = leaf
                .value
                .as_str()
                .filter(|text| leaf.value.kind() == Kind::Str && cipher::is_sealed(text))
                .ok_or_else(plain_leaf)?;
            let tampered = || SopsError::Tampered { path: place.path() };
            let opened = self.key.open(text, place.aad).ok_or_else(tampered)?;
            let nonce = opened.nonce;
            if opened.kind == cipher::COMMENT {
                self.remember(place.aad, cipher::COMMENT, opened.plain.expose(), nonce);
                leaf.value = Scalar::raw(opened.plain);
                leaf.is_comment = true;
                return Ok(());
            }
            let kind = Kind::of_name(opened.kind.as_bytes()).ok_or_else(tampered)?;
            let value = Scalar::of_plain(kind, opened.plain).ok_or_else(tampered)?;
            self.remember(place.aad, kind.name(), value.bytes().expose(), nonce);
            leaf.value = value;
        }
        self.mac.add(place.is_selected, leaf.value.bytes());
        Ok(())
    }

    /// A comment that does not open is left as it is, as sops does. Writers differ in what a comment belongs to,
    /// so the maps around it are tried too.
    fn comment(&mut self, place: &Place<'_>, comment: &mut Comment) -> Result<(), SopsError> {
        if !place.is_selected || !cipher::is_sealed(&comment.text) {
            return Ok(());
        }
        let ends = place.aad.match_indices(':').map(|(at, _)| at + 1).rev();
        let paths = ends.filter_map(|end| place.aad.get(..end)).chain([ROOT]);
        let found = paths.filter_map(|aad| self.key.open(&comment.text, aad)).find(|opened| opened.kind == cipher::COMMENT);
        let text = found.and_then(|opened| Some((text_of(&opened.plain)?, opened.nonce)));
        if let Some((text, nonce)) = text {
            self.remember(place.aad, cipher::COMMENT, text.as_bytes(), nonce);
            comment.text = text;
            comment.is_opened = true;
        }
        Ok(())
    }

    fn expanded(&mut self, _: &Place<'_>, _: &Site, _: &Node) -> Result<(), SopsError> {
        Ok(())
    }
}

fn text_of(plain: &SecretBytes) -> Option<Zeroizing<String>> {
    std::str::from_utf8(plain.expose()).ok().map(|text| Zeroizing::new(text.to_owned()))
}
