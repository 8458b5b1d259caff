//! Which keys the sealed texts of a file, and the values of SOPS documents, name, and where they stand: also in files
//! that are no YAML before they are rendered, and inside other texts.
//!
//! Must never: miss a sealed text that somebody could put back to use.

mod sops;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use sealbridge_manifest::document;
use sealbridge_seal::{Date, KeyId, PREFIX, SealedValue};

use crate::error::Error;
use crate::file::holds;
use crate::folder;
use crate::sealed_texts;
use crate::sops::MARK;

/// Kinds of files that can hold sealed texts before they are rendered, and SOPS documents.
const ENDINGS: [&str; 7] = ["yaml", "yml", "json", "tpl", "gotmpl", "env", "ini"];

/// One sealed text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedUse {
    /// `namespace/name` of the Secret; empty outside of a manifest.
    pub(crate) secret: String,
    /// The entry; outside of a manifest the path, and where that is not known the line.
    pub(crate) key: String,
    /// Whether it stands in a comment, a template or another text, at the line that is the key.
    pub(crate) in_text: bool,
    /// The keys that it names.
    pub(crate) key_ids: Vec<KeyId>,
    /// The day of sealing that it names.
    pub(crate) sealed_on: Date,
    /// The text.
    pub(crate) text: String,
}

/// The sealed texts of a file, or those that name one key.
pub(crate) fn of(bytes: &[u8], only: Option<KeyId>) -> Vec<SealedUse> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Vec::new() };
    let mark = only.map_or_else(|| PREFIX.to_owned(), |id| id.to_string());
    let mut found = sops::of(text);
    if text.contains(&mark) {
        found.extend(texts(text));
    }
    found.retain(|found| only.is_none_or(|id| found.key_ids.contains(&id)));
    found
}

/// The sealed texts of a file.
fn texts(text: &str) -> Vec<SealedUse> {
    let documents = document::parse(text).unwrap_or_default();
    let entries = sealed_texts::all(&document::objects(&documents), &documents, None, None);
    let values: HashSet<_> = entries.iter().map(|entry| entry.text).collect();
    let others = sealed_texts::tokens(text).filter(|(_, token)| !values.contains(token));
    let others = others.filter_map(|(line, token)| new(String::new(), format!("line {line}"), token));
    let others = others.map(|found| SealedUse { in_text: true, ..found });
    entries.iter().filter_map(|entry| new(entry.secret(), entry.key.clone(), entry.text)).chain(others).collect()
}

/// Whether a file of this name is looked into.
pub(crate) fn is_candidate(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

/// The files that are named, and those in folders that are named, that may hold anything sealed.
pub(crate) fn candidates(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for candidate in folder::candidates_of(paths, &[], &is_candidate)? {
        if holds(&candidate.path, &[PREFIX, MARK])? {
            found.push(candidate.path);
        }
    }
    Ok(found)
}

fn new(secret: String, key: String, text: &str) -> Option<SealedUse> {
    let sealed = SealedValue::parse(text).ok()?;
    Some(SealedUse {
        secret,
        key,
        in_text: false,
        key_ids: sealed.key_ids().to_vec(),
        sealed_on: sealed.sealed_on(),
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_seal::{KeyPair, RecipientSet, Scope, Target, seal};

    #[test]
    fn a_text_is_found_in_a_manifest_a_comment_and_a_template() {
        let pair = KeyPair::generate().expect("a pair");
        let set = RecipientSet::new([pair.recipient().clone()]).expect("a set");
        let target = Target { namespace: "shop", name: "x", key: "K" };
        let text = seal(b"v", &target, Scope::Strict, None, &set, Date::constant(2026, 11, 21)).expect("sealed");
        let other = seal(b"v", &target, Scope::Strict, None, &set, Date::constant(2026, 11, 21)).expect("sealed");
        let places = |file: &str| {
            let found = of(file.as_bytes(), Some(pair.recipient().id()));
            found.iter().map(|found| format!("{} {}", found.secret, found.key)).collect::<Vec<_>>()
        };
        let manifest = format!(
            "kind: BridgedSecret\napiVersion: sealbridge.dev/v1\nmetadata: {{name: x}}\nspec: {{data: {{K: {{sealed: \"{text}\"}}}}}}\n"
        );
        assert_eq!(places(&manifest), ["?/x K"]);
        assert_eq!(places(&format!("{manifest}# {other}\n")), ["?/x K", " line 5"]);
        assert_eq!(places(&format!("a: {{{{ b }}}}\nc: {text}\n")), [" line 2"]);
        assert!(of(manifest.as_bytes(), Some("0000000000000000".parse().expect("an id"))).is_empty());
    }
}
