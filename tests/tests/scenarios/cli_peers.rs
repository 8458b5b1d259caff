//! Values that are generated anew in each run go both ways between the verbs of `seal` and the programs that people use
//! today. A failure prints the seed; `SEALBRIDGE_SEED` repeats it.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use sealbridge_tests::{Kubeseal, Seal, SealedSecretsKey, Sops};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::sops_interop::{object, same, yaml};

const CASES: usize = 6;

async fn key(seal: &Seal, name: &str) -> String {
    let told: Value = serde_json::from_slice(&seal.run(&["keys", "new", name, "-o", "json"]).await.ok()).unwrap();
    told["recipient"].as_str().unwrap().to_owned()
}

/// Some values of every sort; the first is empty.
fn values(dice: &mut Dice) -> Vec<Vec<u8>> {
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "\\PC{0,40}\n?".prop_map(String::into_bytes),
        // More than one chunk of an age file.
        (60_000..70_000usize, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
    ];
    let mut values: Vec<Vec<u8>> = (1..CASES).map(|_| dice.draw(&value)).collect();
    values.insert(0, Vec::new());
    values
}

/// `--from-file` for each of the values, whose files are made.
fn from_files(seal: &Seal, values: &[Vec<u8>]) -> Vec<String> {
    let one = |(position, value): (usize, &Vec<u8>)| {
        fs::write(seal.folder().join(format!("{position}.bin")), value).unwrap();
        ["--from-file".to_owned(), format!("K{position}={position}.bin")]
    };
    values.iter().enumerate().flat_map(one).collect()
}

async fn got(seal: &Seal, file: &str, key: &str, more: &[&str]) -> Vec<u8> {
    seal.run(&[&["get", file, key, "--raw"], more].concat()).await.ok()
}

#[tokio::test]
async fn generated_values_go_both_ways_between_seal_and_age() {
    let seal = Seal::new();
    let mut dice = Dice::new();
    let recipients = [key(&seal, "one.txt").await, key(&seal, "two.txt").await];
    let values = values(&mut dice);
    let files = from_files(&seal, &values);
    let scope = dice.draw(&prop::sample::select(vec!["strict", "namespace", "cluster"]));
    let mut arguments = vec!["set", "app.yaml", "-n", "shop", "--scope", scope, "--allow-large"];
    arguments.extend(recipients.iter().flat_map(|recipient| ["-r", recipient.as_str()]));
    arguments.extend(files.iter().map(String::as_str));
    seal.run(&arguments).await.ok();
    let mut manifest = seal.read("app.yaml");
    for (position, value) in values.iter().enumerate() {
        let note = format!("seed {} value {position} scope {scope}", dice.seed);
        let line = manifest.lines().find(|line| line.trim_start().starts_with(&format!("K{position}:"))).unwrap();
        let text = line.split('"').find(|text| text.starts_with("sb1:")).unwrap().to_owned();
        let (outside, file) = text.rsplit_once(':').unwrap();
        let file = BASE64_STANDARD.decode(file).unwrap();
        let opened = seal.age(&["-d", "-i", "two.txt"], &file).await.ok();
        let header_end = opened.iter().position(|byte| *byte == b'\n').unwrap();
        assert!(&opened[header_end + 1..] == value.as_slice(), "{note}");
        let theirs = seal.age(&["-r", &recipients[0], "-r", &recipients[1]], &opened).await.ok();
        manifest = manifest.replace(&text, &format!("{outside}:{}", BASE64_STANDARD.encode(theirs)));
    }
    seal.write("app.yaml", &manifest);
    for (position, value) in values.iter().enumerate() {
        let opened = got(&seal, "app.yaml", &format!("K{position}"), &["-i", "one.txt"]).await;
        assert!(opened == *value, "seed {} value {position} scope {scope}", dice.seed);
    }
}

#[tokio::test]
async fn generated_values_go_both_ways_between_seal_and_kubeseal() {
    let seal = Seal::new();
    let mut dice = Dice::new();
    let controller = SealedSecretsKey::since(2026);
    let kubeseal = Kubeseal::with(&controller).await;
    seal.write("cert.pem", &controller.certificate);
    seal.write("key.pem", &controller.private);
    let values = values(&mut dice);
    let scope = dice.draw(&prop::sample::select(vec!["strict", "namespace-wide", "cluster-wide"]));
    let note = format!("seed {} scope {scope}", dice.seed);
    let name = dice.draw(&"[a-z][a-z0-9-]{0,20}[a-z]");
    let data: serde_json::Map<_, _> =
        values.iter().enumerate().map(|(position, value)| (format!("K{position}"), json!(BASE64_STANDARD.encode(value)))).collect();
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "shop"}, "data": data});

    let theirs = kubeseal.seal(&secret, scope).await;
    seal.write("theirs.json", &theirs.to_string());
    for (position, value) in values.iter().enumerate() {
        let opened = got(&seal, "theirs.json", &format!("K{position}"), &["--recovery-private-key", "key.pem"]).await;
        assert!(opened == *value, "{note} value {position}");
    }

    let mut arguments = vec!["set", "theirs.json", "--cert", "cert.pem", "--allow-large"];
    let mut reversed = values.clone();
    reversed.reverse();
    let files = from_files(&seal, &reversed);
    arguments.extend(files.iter().map(String::as_str));
    seal.run(&arguments).await.ok();
    let opened = kubeseal.unseal(&seal.read("theirs.json")).await;
    for (position, value) in reversed.iter().enumerate() {
        let text = opened["data"][format!("K{position}")].as_str().unwrap_or_default();
        assert!(BASE64_STANDARD.decode(text).unwrap() == *value, "{note} value {position}");
    }
}

#[tokio::test]
async fn generated_documents_of_sops_are_changed_by_the_verbs() {
    let seal = Seal::new();
    let mut dice = Dice::new();
    let recipient = key(&seal, "keys.txt").await;
    let identity = seal.read("keys.txt").lines().last().unwrap().to_owned();
    let sops = Sops::new().await;
    let mut understood = 0;
    for case in 0..CASES {
        let mut document = dice.draw(&object());
        document.insert("target".to_owned(), json!("before"));
        let plain = yaml(&document, 0);
        let note = format!("seed {} case {case}: {plain}", dice.seed);
        sops.write("app.yaml", plain.as_bytes());
        let theirs = sops.run("", &["encrypt", "--age", &recipient, "app.yaml"]).await;
        sops.write("app.yaml", &theirs.stdout);
        // Some texts sops cannot write, or cannot read once it wrote them.
        if theirs.status != Some(0) || sops.run(&identity, &["decrypt", "app.yaml"]).await.status != Some(0) {
            continue;
        }
        understood += 1;
        seal.write("app.yaml", &String::from_utf8(theirs.stdout).unwrap());
        let value = dice.draw(&"[!-~][ -~é\n]{0,30}[!-~]");
        let set = seal.run_with_input(&["set", "app.yaml", "target", "-i", "keys.txt", "-q"], value.as_bytes()).await;
        assert_eq!(set.status, Some(0), "{note}\n{value:?} {set}");
        let set = seal.run_with_input(&["set", "app.yaml", "added", "-i", "keys.txt", "-q"], value.as_bytes()).await;
        assert_eq!(set.status, Some(0), "{note}\n{value:?} {set}");
        sops.write("app.yaml", seal.read("app.yaml").as_bytes());
        let spoken = sops.run(&identity, &["decrypt", "--output-type", "json", "app.yaml"]).await;
        assert_eq!(spoken.status, Some(0), "{note}\n{value:?} {spoken}");
        document.insert("target".to_owned(), json!(value));
        document.insert("added".to_owned(), json!(value));
        let found: Value = serde_json::from_slice(&spoken.stdout).unwrap();
        assert!(same(&found, &Value::Object(document)), "{note}\n{found}");
        let opened = got(&seal, "app.yaml", "target", &["-i", "keys.txt"]).await;
        assert!(opened == value.as_bytes(), "{note}\n{value:?}");
    }
    assert!(understood > CASES / 3, "seed {}: sops read {understood} of its own documents", dice.seed);
}
