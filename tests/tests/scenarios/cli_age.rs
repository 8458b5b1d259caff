//! `seal` and the plain `age` understand each other, with keys of both kinds. It must never use a key of `seal`'s
//! alone or of `age`'s alone.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rstest::rstest;
use sealbridge_tests::Seal;
use serde_json::Value;

/// Neither text nor of one line.
const VALUE: &[u8] = b"line one\n\0\xff no text\n";

/// Makes a key pair in `keys.txt`; its recipient.
async fn key_pair(seal: &Seal, flags: &[&str]) -> String {
    let made = seal.run(&[&["keys", "new", "keys.txt", "-o", "json"], flags].concat()).await.ok();
    let made: Value = serde_json::from_slice(&made).unwrap();
    made["recipient"].as_str().unwrap().to_owned()
}

async fn set(seal: &Seal, recipient: &str) {
    let arguments = ["set", "checkout.yaml", "BLOB", "-n", "shop", "-r", recipient, "--keep-newline"];
    seal.run_with_input(&arguments, VALUE).await.ok();
}

/// The sealed value in the manifest: what is outside, and its age file.
fn sealed(seal: &Seal) -> (String, Vec<u8>) {
    let manifest = seal.read("checkout.yaml");
    let (outside, file) = manifest.split('"').nth(1).unwrap().rsplit_once(':').unwrap();
    (outside.to_owned(), BASE64_STANDARD.decode(file).unwrap())
}

#[rstest]
#[case::x25519(&[])]
#[case::post_quantum(&["--pq"])]
#[tokio::test]
async fn a_value_sealed_by_seal_is_opened_by_plain_age(#[case] flags: &[&str]) {
    let seal = Seal::new();
    let recipient = key_pair(&seal, flags).await;
    set(&seal, &recipient).await;
    let opened = seal.age(&["-d", "-i", "keys.txt"], &sealed(&seal).1).await.ok();
    let header_end = opened.iter().position(|byte| *byte == b'\n').unwrap();
    assert_eq!(&opened[header_end + 1..], VALUE);
    let got = seal.run(&["get", "checkout.yaml", "BLOB", "--raw", "-i", "keys.txt"]).await.ok();
    assert_eq!(got, VALUE);
}

#[rstest]
#[case::x25519(&[])]
#[case::post_quantum(&["--pq"])]
#[tokio::test]
async fn a_file_of_plain_age_is_opened_by_seal(#[case] flags: &[&str]) {
    let seal = Seal::new();
    let recipient = key_pair(&seal, flags).await;
    set(&seal, &recipient).await;
    let (outside, file) = sealed(&seal);
    let plaintext = seal.age(&["-d", "-i", "keys.txt"], &file).await.ok();
    let theirs = seal.age(&["-r", &recipient], &plaintext).await.ok();
    let manifest = seal.read("checkout.yaml").replace(&BASE64_STANDARD.encode(file), &BASE64_STANDARD.encode(theirs));
    assert!(manifest.contains(&outside));
    seal.write("checkout.yaml", &manifest);
    let got = seal.run(&["get", "checkout.yaml", "BLOB", "--raw", "-i", "keys.txt"]).await.ok();
    assert_eq!(got, VALUE);
}

#[tokio::test]
async fn a_value_is_not_sealed_to_recipients_of_both_kinds() {
    let seal = Seal::new();
    let x25519 = key_pair(&seal, &[]).await;
    let post_quantum: Value =
        serde_json::from_slice(&seal.run(&["keys", "new", "pq.txt", "--pq", "-o", "json"]).await.ok()).unwrap();
    let post_quantum = post_quantum["recipient"].as_str().unwrap();
    let arguments = ["set", "checkout.yaml", "BLOB", "-n", "shop", "-r", &x25519, "-r", post_quantum];
    let refused = seal.run_with_input(&arguments, VALUE).await;
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("are mixed"), "{refused}");
}
