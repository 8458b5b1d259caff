//! What a SOPS document in an object claims. What stands outside of its values is claimed, not proven.
//!
//! Must never: open a value.

use std::collections::BTreeSet;

use sealbridge_seal::KeyId;
use sealbridge_sops::{Encrypted, Format, SopsError, Step};

/// What can be told of a SOPS document without a key.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Ids of the age keys that it is encrypted to.
    pub(crate) key_ids: BTreeSet<KeyId>,
    /// The paths of its encrypted values.
    pub(crate) paths: Vec<String>,
    /// Names of the entries that it may bring: those of its top level and, since it may be a Secret, of the next.
    pub(crate) brings: BTreeSet<String>,
}

/// The place of a source of several entries.
pub(crate) fn place(position: usize) -> String {
    format!("dataFrom[{position}]")
}

/// Reads a SOPS document without opening it.
pub(crate) fn document(text: &str) -> Result<Document, SopsError> {
    let mut encrypted = Encrypted::read(Format::of_text(text), text.as_bytes())?;
    let key_ids = encrypted.metadata().key_ids()?.into_iter().collect();
    let leaves = encrypted.leaves()?;
    let steps = leaves.iter().flat_map(|leaf| leaf.path.iter().take(2));
    let brings = steps.filter_map(|step| if let Step::Key(name) = step { Some(name.clone()) } else { None }).collect();
    let encrypted = leaves.iter().filter(|leaf| leaf.is_selected);
    Ok(Document { key_ids, paths: encrypted.map(|leaf| crate::sops::shown(&leaf.path)).collect(), brings })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "kind: Secret\nstringData:\n    tls.crt: ENC[AES256_GCM,data:qg==,iv:a,tag:b,type:str]\nsops:\n    age:\n        - \
        recipient: age1ns4tt5zyax6qd7z5psumwxxagu250ewxpwfxvhxrlnzxsq2xyq5qg8mjx7\n          enc: x\n    encrypted_regex: ^(data|stringData)$\n    mac: \
        ENC[AES256_GCM,data:qg==,iv:a,tag:b,type:str]\n    lastmodified: '2026-11-21T00:00:00Z'\n    version: 3.13.0\n";

    #[test]
    fn a_document_tells_its_keys_and_entries_without_being_opened() {
        let told = document(SECRET).expect("a document");
        assert_eq!(told.key_ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a8101b5509e92a8c"]);
        assert_eq!(told.paths, ["stringData.tls\\.crt"]);
        assert!(told.brings.contains("tls.crt"), "{:?}", told.brings);
    }
}
