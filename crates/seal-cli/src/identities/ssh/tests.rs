//! SSH keys against what `ssh-keygen` and `age` wrote: keys and files under `tests/fixtures/ssh`.

use rstest::rstest;
use sealbridge_seal::decrypt_file;

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ssh/", $name)).as_slice()
    };
}

fn opened(key: &SshKey, file: &[u8]) -> Option<Vec<u8>> {
    decrypt_file(file, key).unwrap().map(|content| content.expose().to_vec())
}

#[rstest]
#[case::ed25519(fixture!("id_ed25519"), fixture!("id_ed25519.age"), fixture!("id_rsa.age"))]
#[case::rsa(fixture!("id_rsa"), fixture!("id_rsa.age"), fixture!("id_ed25519.age"))]
fn a_key_opens_what_is_for_it(#[case] key: &[u8], #[case] file: &[u8], #[case] other: &[u8]) {
    let key = SshKey::parse("key", key).unwrap();
    assert!(!key.is_protected());
    assert_eq!(opened(&key, file).as_deref(), Some(&b"inside"[..]));
    assert_eq!(opened(&key, other), None);
}

#[test]
fn a_protected_key_is_opened_by_its_passphrase_and_asked_for_only_when_it_is_needed() {
    let key = SshKey::parse("key", fixture!("id_ed25519_protected")).unwrap();
    assert!(key.is_protected());
    assert_eq!(opened(&key, fixture!("id_ed25519.age")), None);
    assert!(key.opened.get().is_none(), "it was asked for, although the file is for another key");
    let secret = Secret::of(&key.private.decrypt("correct horse").unwrap());
    assert!(key.opened.set(secret).is_ok());
    assert_eq!(opened(&key, fixture!("id_ed25519_protected.age")).as_deref(), Some(&b"inside"[..]));
}

#[rstest]
#[case::ecdsa(fixture!("id_ecdsa"), "is an SSH key of a type that opens nothing")]
#[case::pkcs1(fixture!("id_rsa_old"), "is an SSH key in an old form")]
#[case::certificate(
    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "is not an SSH private key that can be read"
)]
#[case::cut(
    b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    "is not an SSH private key that can be read"
)]
#[case::costly(fixture!("id_ed25519_costly"), "asks for 2000 rounds to try a passphrase, and at most 1024 are done")]
fn other_keys_are_told_for_what_they_are(#[case] key: &[u8], #[case] words: &str) {
    let Err(problem) = SshKey::parse("key", key) else { panic!("taken") };
    assert!(problem.to_string().contains(words), "{problem}");
}

#[test]
fn a_stanza_that_was_cut_is_no_match() {
    let key = SshKey::parse("key", fixture!("id_ed25519")).unwrap();
    let share = "A".repeat(43);
    for (args, body) in
        [(vec![key.tag.clone()], 32), (vec![key.tag.clone(), share.clone()], 31), (vec![key.tag.clone(), share], 32)]
    {
        let stanza = Stanza { tag: ed25519::STANZA.to_owned(), args, body: vec![0; body] };
        assert!(age::Identity::unwrap_stanza(&key, &stanza).is_none());
    }
}
