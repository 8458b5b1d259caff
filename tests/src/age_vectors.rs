//! The test vectors of the age format (C2SP's CCTV), read. It must never judge what a vector is about.

use std::fs;

use sealbridge_xtask::parts::Part;
use tempfile::TempDir;
use tokio::process::Command;

use crate::provided;

/// One vector.
#[derive(Debug)]
pub struct AgeVector {
    /// Its name.
    pub name: String,
    /// What comes of decrypting it, in the words of CCTV: `success`, `no match`, `header failure` and others.
    pub expect: String,
    /// SHA-256 of the plaintext, hex; absent where there is none.
    pub payload: Option<String>,
    /// Identities that are at hand.
    pub identities: Vec<String>,
    /// Passphrases that are at hand.
    pub passphrases: Vec<String>,
    /// Whether the file is in ASCII armor.
    pub is_armored: bool,
    /// The age file.
    pub file: Vec<u8>,
}

impl AgeVector {
    /// All vectors of the pinned version.
    ///
    /// # Panics
    /// If they cannot be read.
    pub async fn all() -> Vec<Self> {
        let [program] = provided::executables([Part::AgeVectors]).await;
        let folder = TempDir::with_prefix("age-vectors-").expect("a folder");
        let status = Command::new(program).arg(folder.path()).status().await.expect("it runs");
        assert!(status.success(), "age-vectors ended with {status}");
        let entries = fs::read_dir(folder.path()).expect("readable").map(|entry| entry.expect("an entry"));
        entries
            .map(|entry| Self::parse(entry.file_name().into_string().expect("UTF-8"), &fs::read(entry.path()).expect("read")))
            .collect()
    }

    fn parse(name: String, bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").expect("an empty line");
        let header = std::str::from_utf8(&bytes[..end]).expect("text");
        let all = |key: &str| {
            let lines = header.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(other, _)| *other == key).map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
        };
        let one = |key: &str| all(key).pop();
        Self {
            expect: one("expect").expect("what is expected"),
            payload: one("payload"),
            identities: all("identity"),
            passphrases: all("passphrase"),
            is_armored: one("armored").is_some(),
            file: bytes[end + 2..].to_owned(),
            name,
        }
    }
}
