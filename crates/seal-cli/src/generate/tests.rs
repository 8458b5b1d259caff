//! What is generated has the form that was asked for, and is never the same twice.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use rstest::rstest;

use super::*;

fn generated(kind: &str) -> String {
    let value = kind.parse::<Generator>().expect("a kind").generate().expect("a value");
    String::from_utf8(value.expose().to_vec()).expect("text")
}

#[rstest]
#[case("password", 32, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")]
#[case("password:16:lower+digits", 16, "0123456789abcdefghijklmnopqrstuvwxyz")]
#[case("password:100:symbols", 100, "%+,-./:=@^_~")]
#[case("hex:16", 32, "0123456789abcdef")]
#[case("base64:48", 64, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/")]
#[case("uuid", 36, "0123456789abcdef-")]
fn texts(#[case] kind: &str, #[case] length: usize, #[case] alphabet: &str) {
    let text = generated(kind);
    assert_eq!(text.len(), length);
    assert!(text.chars().all(|c| alphabet.contains(c)), "{text}");
    assert_ne!(text, generated(kind));
}

#[test]
fn a_password_has_every_class_and_uses_the_whole_alphabet() {
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let text = generated("password:16:lower+upper+digits+symbols");
        let has = |class: fn(&char) -> bool| text.chars().any(|c| class(&c));
        assert!(has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase), "{text}");
        assert!(has(char::is_ascii_digit) && has(char::is_ascii_punctuation), "{text}");
        seen.extend(text.chars());
    }
    assert_eq!(seen.len(), 26 + 26 + 10 + 12);
}

#[test]
fn a_uuid_says_its_version() {
    let text = generated("uuid");
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    let characters: Vec<_> = text.chars().collect();
    assert!(characters[14] == '4' && matches!(characters[19], '8' | '9' | 'a' | 'b'), "{text}");
}

#[rstest]
#[case("rsa:2048", "2048 bit")]
#[case("ecdsa", "prime256v1")]
#[case("ecdsa:p521", "secp521r1")]
#[case("ed25519", "ED25519")]
fn openssl_reads_private_keys(#[case] kind: &str, #[case] says: &str) {
    let pem = generated(kind);
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.lines().all(|line| line.len() <= 64));
    let openssl = Command::new("openssl").args(["pkey", "-noout", "-text"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = openssl else { return };
    child.stdin.take().expect("a pipe").write_all(pem.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ended");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains(says), "{kind}");
}

#[rstest]
fn refused(
    #[values(
        "",
        "password:8",
        "password:x",
        "password:20:digits",
        "password:20:emoji",
        "hex:1",
        "hex:32:x",
        "uuid:4",
        "rsa:1024",
        "ecdsa:p224",
        "ed25519:1",
        "password:20:lower:x"
    )]
    kind: &str,
) {
    let message = kind.parse::<Generator>().expect_err("refused").to_string();
    assert!(message.contains("is generated as"), "{message}");
}
