//! Files that do not come from us: too much, cut off, or for a passphrase.

use super::*;
use crate::identity::KeyPair;
use proptest::prelude::*;
use rstest::rstest;

/// Fails the test if a key is asked for: what is refused here must be refused before.
struct NeverAsked;

impl age::Identity for NeverAsked {
    fn unwrap_stanza(&self, _: &age_core::format::Stanza) -> Option<Result<age_core::format::FileKey, DecryptError>> {
        panic!("a stanza reached an identity")
    }
}

fn refusal(file: &[u8]) -> OpenError {
    decrypt(file, &NeverAsked).unwrap_err()
}

fn header(stanzas: usize, stanza: &str) -> Vec<u8> {
    let mac = "A".repeat(43);
    format!("{VERSION_LINE}\n{}--- {mac}\n", stanza.repeat(stanzas)).into_bytes()
}

#[rstest]
#[case::one_too_many(129)]
#[case::thousands(4000)]
fn too_many_stanzas_reach_no_key(#[case] stanzas: usize) {
    assert_eq!(refusal(&header(stanzas, "-> x\n\n")), OpenError::HeaderTooLarge);
}

#[test]
fn a_stanza_of_many_lines_is_refused() {
    let body = format!("{}\n", "A".repeat(64)).repeat(600);
    assert_eq!(refusal(&header(1, &format!("-> x\n{body}\n"))), OpenError::HeaderTooLarge);
}

#[test]
fn a_stanza_of_one_huge_line_is_refused() {
    let arguments = "a".repeat(MAX_AGE_HEADER_BYTES);
    assert_eq!(refusal(&header(1, &format!("-> x {arguments}\n\n"))), OpenError::HeaderTooLarge);
}

#[rstest]
#[case::alone(1)]
#[case::among_others(2)]
fn a_passphrase_is_refused_before_any_work(#[case] stanzas: usize) {
    let stanza = "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\nAAAA\n";
    assert_eq!(refusal(&header(stanzas, stanza)), OpenError::Passphrase);
}

#[rstest]
#[case::version_line_only(b"age-encryption.org/v1\n")]
#[case::no_end(b"age-encryption.org/v1\n-> x\n\n")]
#[case::no_stanza(b"age-encryption.org/v1\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")]
#[case::other_version(b"age-encryption.org/v9\n---\n")]
#[case::text_after_version(b"age-encryption.org/v1x\n---\n")]
fn damaged_headers(#[case] file: &[u8]) {
    assert_eq!(refusal(file), OpenError::HeaderDamaged);
}

fn sealed_to_new_key(plaintext: &[u8]) -> (KeyPair, Vec<u8>) {
    let pair = KeyPair::generate().unwrap();
    let set = RecipientSet::new([pair.recipient().clone()]).unwrap();
    let file = encrypt(plaintext, &set).unwrap();
    (pair, file)
}

fn age_identity(pair: &KeyPair) -> age::x25519::Identity {
    std::str::from_utf8(pair.identity_text().expose()).unwrap().parse().unwrap()
}

#[rstest]
#[case::empty(0)]
#[case::one(1)]
#[case::chunk_less_one(CHUNK_BYTES - 1)]
#[case::chunk(CHUNK_BYTES)]
#[case::chunk_and_one(CHUNK_BYTES + 1)]
#[case::two_chunks(2 * CHUNK_BYTES)]
fn lengths_around_chunks_round_trip(#[case] length: usize) {
    let plaintext = vec![b'x'; length];
    let (pair, file) = sealed_to_new_key(&plaintext);
    let opened = decrypt(&file, &age_identity(&pair)).unwrap().unwrap();
    assert_eq!(*opened, plaintext);
}

#[test]
fn a_file_cut_at_a_chunk_is_damaged() {
    let (pair, file) = sealed_to_new_key(&vec![b'x'; CHUNK_BYTES + 1]);
    let cut = &file[..file.len() - 1 - TAG_BYTES];
    assert_eq!(decrypt(cut, &age_identity(&pair)).unwrap_err(), OpenError::PayloadDamaged);
}

#[test]
fn a_file_with_bytes_after_its_end_is_damaged() {
    let (pair, mut file) = sealed_to_new_key(&vec![b'x'; CHUNK_BYTES]);
    file.extend([0; TAG_BYTES + 1]);
    assert_eq!(decrypt(&file, &age_identity(&pair)).unwrap_err(), OpenError::PayloadDamaged);
}

proptest! {
    #[test]
    fn every_cut_is_refused(position: prop::sample::Index) {
        let (pair, file) = sealed_to_new_key(b"0123456789");
        let cut = &file[..position.index(file.len())];
        prop_assert!(decrypt(cut, &age_identity(&pair)).is_err());
    }

    #[test]
    fn any_bytes_are_judged_without_panic(tail in proptest::collection::vec(any::<u8>(), 0..400)) {
        let file = [VERSION_LINE.as_bytes(), b"\n", tail.as_slice()].concat();
        let (pair, _) = sealed_to_new_key(b"");
        prop_assert!(!matches!(decrypt(&file, &age_identity(&pair)), Ok(Some(_))));
    }
}
