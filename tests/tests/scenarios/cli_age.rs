//! What `seal` writes is opened without `seal`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_tests::Seal;

#[tokio::test]
async fn a_value_sealed_by_seal_is_opened_by_plain_age() {
    let seal = Seal::new();
    seal.run(&["keys", "new", "keys.txt"]).await.ok();
    let keys: serde_json::Value = serde_json::from_slice(&seal.run(&["keys", "list", "-i", "keys.txt", "-o", "json"]).await.ok()).unwrap();
    let recipient = keys[0]["recipient"].as_str().unwrap();
    let value = b"line one\n\0\xff no text\n";
    let arguments = ["set", "checkout.yaml", "BLOB", "-n", "shop", "-r", recipient, "--keep-newline"];
    seal.run_with_input(&arguments, value).await.ok();

    let manifest = seal.read("checkout.yaml");
    let sealed = manifest.split('"').nth(1).unwrap();
    let file = BASE64_STANDARD.decode(sealed.split(':').nth(2).unwrap()).unwrap();
    let opened = seal.age(&["-d", "-i", "keys.txt"], &file).await.ok();
    let header_end = opened.iter().position(|byte| *byte == b'\n').unwrap();
    assert_eq!(&opened[header_end + 1..], value);

    let got = seal.run(&["get", "checkout.yaml", "BLOB", "--raw", "-i", "keys.txt"]).await.ok();
    assert_eq!(got, value);
}
