//! The reader of age files against the test vectors of the format. Armored files and passphrases are no part of it:
//! a sealed value is binary, and a passphrase is refused before any work is done for it.

use aws_lc_rs::digest::{SHA256, digest};
use sealbridge_seal::{KeyRing, OpenError};
use sealbridge_tests::AgeVector;

/// Where the age crate's own reader takes what the specification refuses.
const TAKEN_BY_THE_CRATE: [&str; 2] = ["stanza_missing_body", "stanza_missing_final_line"];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What came of a vector, in its own words.
fn outcome(vector: &AgeVector) -> String {
    let ring = KeyRing::new(vector.identities.iter().map(|identity| identity.parse().unwrap()));
    match ring.decrypt_file(&vector.file) {
        Ok(Some((plaintext, _))) => {
            let is_payload = vector.payload.as_ref().is_none_or(|sum| *sum == hex(digest(&SHA256, plaintext.expose()).as_ref()));
            if is_payload { "success" } else { "another payload" }.to_owned()
        }
        Ok(None) => "no match".to_owned(),
        Err(OpenError::HeaderDamaged | OpenError::HeaderTooLarge) => "header failure".to_owned(),
        Err(OpenError::PayloadDamaged) => "payload failure".to_owned(),
        Err(OpenError::Passphrase) => "passphrase".to_owned(),
        Err(other) => format!("{other:?}"),
    }
}

#[tokio::test]
async fn every_binary_vector_has_the_outcome_that_it_names() {
    let mut vectors = AgeVector::all().await;
    vectors.retain(|vector| !vector.is_armored && !vector.is_passphrase);
    assert!(vectors.len() >= 85, "{} vectors", vectors.len());
    assert!(vectors.iter().filter(|vector| vector.name.starts_with("hybrid")).count() >= 18);
    let mut differing = Vec::new();
    for vector in &vectors {
        let expected = match vector.expect.as_str() {
            _ if TAKEN_BY_THE_CRATE.contains(&vector.name.as_str()) => "success",
            // A header whose MAC does not fit is damaged for whoever opens the value.
            "HMAC failure" => "header failure",
            other => other,
        };
        let seen = outcome(vector);
        if seen != expected {
            differing.push(format!("{}: {seen} instead of {expected}", vector.name));
        }
    }
    assert!(differing.is_empty(), "{differing:#?}");
}

#[tokio::test]
async fn no_passphrase_is_tried() {
    let vectors = AgeVector::all().await;
    for vector in vectors.iter().filter(|vector| vector.is_passphrase && !vector.is_armored) {
        let seen = outcome(vector);
        assert!(["passphrase", "header failure", "no match"].contains(&seen.as_str()), "{}: {seen}", vector.name);
    }
}
