//! The values of SOPS documents, which name the keys of the whole document.
//!
//! Must never: take a document that cannot be read for one that names no key.

use sealbridge_manifest::document;
use sealbridge_seal::Date;
use sealbridge_sops::{Encrypted, Format};

use super::SealedUse;
use crate::sops::{MARK, shown_in};
use crate::value_path;

/// The encrypted values of the documents that a text is or holds.
pub(super) fn of(text: &str) -> Vec<SealedUse> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let whole = values(text, "");
    if !whole.is_empty() {
        return whole;
    }
    let mut found = Vec::new();
    for value in &document::parse(text).unwrap_or_default() {
        value_path::each_text(value, &mut |path, text| {
            // Documents that stand as texts in a manifest.
            if text.contains(MARK) {
                found.extend(values(text, path));
            }
        });
    }
    found
}

/// The encrypted values of one document. One that cannot be read as a whole counts as one value.
fn values(text: &str, inside: &str) -> Vec<SealedUse> {
    let Ok(mut encrypted) = Encrypted::read(Format::of_text(text), text.as_bytes()) else { return Vec::new() };
    let metadata = encrypted.metadata();
    let mut key_ids = metadata.key_ids().unwrap_or_default();
    key_ids.sort();
    key_ids.dedup();
    let sealed_on = metadata.changed_on().unwrap_or(Date::MIN);
    let new = |key: String, text: String| SealedUse {
        secret: String::new(),
        key: if inside.is_empty() { key } else { format!("{inside}: {key}") },
        in_text: false,
        key_ids: key_ids.clone(),
        sealed_on,
        text,
    };
    let Ok(leaves) = encrypted.leaves() else { return vec![new("the whole document".to_owned(), text.to_owned())] };
    let documents = leaves.iter().map(|leaf| leaf.document + 1).max().unwrap_or(1);
    let ciphertexts = leaves.iter().filter(|leaf| leaf.is_selected && leaf.is_ciphertext());
    let uses = ciphertexts.map(|leaf| {
        let text = String::from_utf8_lossy(leaf.value.bytes().expose()).into_owned();
        new(shown_in(documents, leaf.document, &leaf.path), text)
    });
    uses.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealbridge_seal::KeyPair;

    #[test]
    fn values_of_a_document_are_found_in_a_file_and_in_a_manifest() {
        let recipient = KeyPair::generate().expect("a pair").recipient().clone();
        let document = format!(
            "db:\n  password: ENC[AES256_GCM,data:AAAA,iv:{iv},tag:{tag},type:str]\n  plain_unencrypted: x\nsops:\n  age:\n  - recipient: {recipient}\n    enc: x\n  lastmodified: \"2026-11-21T10:00:00Z\"\n  mac: ENC[AES256_GCM,data:AAAA,iv:{iv},tag:{tag},type:str]\n  unencrypted_suffix: _unencrypted\n  version: 3.13.0\n",
            iv = format!("{}=", "A".repeat(43)),
            tag = format!("{}==", "A".repeat(22)),
        );
        let found = of(&document);
        let places: Vec<_> = found.iter().map(|found| (found.key.as_str(), found.key_ids.as_slice())).collect();
        assert_eq!(places, [("db.password", [recipient.id()].as_slice())]);
        assert_eq!(found[0].sealed_on, Date::constant(2026, 11, 21));
        let manifest = serde_json::json!({"kind": "BridgedSecret", "spec": {"dataFrom": [{"sops": document}]}}).to_string();
        let places: Vec<_> = of(&manifest).into_iter().map(|found| found.key).collect();
        assert_eq!(places, ["spec.dataFrom[0].sops: db.password"]);
        let map = serde_json::json!({"kind": "ConfigMap", "data": {"app.yaml": document}}).to_string();
        assert_eq!(of(&map).first().map(|found| found.key.as_str()), Some("data.app\\.yaml: db.password"));
        assert!(of("lastmodified: never\n").is_empty());
    }
}
