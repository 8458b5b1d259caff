//! `seal` over SealedSecrets that kubeseal made, and BridgedSecrets made of them.

use sealbridge_tests::{Kubeseal, Seal, SealedSecretsKey, Spoken};
use serde_json::{Value, json};

use crate::sealed_secrets::plain;
use crate::sealing::KeyPair;

/// A developer with the certificate of a controller, and a file of what kubeseal made.
struct Desk {
    seal: Seal,
    kubeseal: Kubeseal,
}

impl Desk {
    async fn new() -> Self {
        let key = SealedSecretsKey::since(2024);
        let seal = Seal::new().env("PATH", std::env::var("PATH").unwrap()).env("VISUAL", "sh editor.sh");
        let kubeseal = Kubeseal::with(&key).await;
        seal.write("cert.pem", &key.certificate);
        seal.write("key.pem", &key.private);
        seal.write("keys.yaml", &json!({"kind": "List", "items": [key.secret("a", "kube-system")]}).to_string());
        Self { seal, kubeseal }
    }

    /// Writes a Secret, sealed by kubeseal as YAML.
    async fn sealed(&self, file: &str, secret: &Value, scope: &str) {
        let arguments = ["--cert", "cert.pem", "--scope", scope, "-o", "yaml"];
        let text = self.kubeseal.run(&arguments, secret.to_string().as_bytes()).await.text();
        self.seal.write(file, &text);
    }

    async fn get(&self, file: &str, key: &str) -> Spoken {
        self.seal.run(&["get", file, key, "--raw", "--recovery-private-key", "key.pem"]).await
    }
}

#[tokio::test]
async fn an_entry_is_set_with_the_certificate_alone_and_all_other_bytes_stay() {
    let desk = Desk::new().await;
    let mut secret = plain("shop", "checkout", &[("USER", "shop"), ("TOKEN", "old")]);
    secret["type"] = json!("example.com/shop");
    desk.sealed("checkout.yaml", &secret, "strict").await;
    let commented = format!("# ours\r\n{}", desk.seal.read("checkout.yaml"));
    desk.seal.write("checkout.yaml", &commented);
    desk.seal.write(".sealbridge.yaml", "rules: [{path: '**', certificate: cert.pem}]\n");

    desk.seal.run_with_input(&["set", "checkout.yaml", "TOKEN"], b"hunter2").await.ok();
    desk.seal.run_with_input(&["set", "checkout.yaml", "MORE"], b"new").await.ok();
    let edited = desk.seal.read("checkout.yaml");
    let kept = |text: &str| {
        text.lines().filter(|line| !line.contains("TOKEN:") && !line.contains("MORE:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(kept(&edited), kept(&commented));

    let theirs = desk.kubeseal.unseal(&edited).await;
    assert_eq!(theirs["data"], json!({"USER": "c2hvcA==", "TOKEN": "aHVudGVyMg==", "MORE": "bmV3"}));
    assert_eq!(desk.get("checkout.yaml", "TOKEN").await.ok(), b"hunter2");

    desk.seal.run(&["unset", "checkout.yaml", "MORE"]).await.ok();
    let listed: Value = serde_json::from_str(&desk.seal.run(&["list", "checkout.yaml", "-o", "json"]).await.text()).unwrap();
    let keys: Vec<_> =
        listed.as_array().unwrap().iter().map(|row| (row["key"].as_str().unwrap(), row["scope"].as_str().unwrap())).collect();
    assert_eq!(keys, [("TOKEN", "strict"), ("USER", "strict")]);
}

#[tokio::test]
async fn an_equal_value_keeps_its_ciphertext_when_the_key_at_hand_is_that_of_the_certificate() {
    let desk = Desk::new().await;
    desk.sealed("checkout.yaml", &plain("shop", "checkout", &[("USER", "shop"), ("TOKEN", "hunter2")]), "strict").await;
    let before = desk.seal.read("checkout.yaml");
    let set = |more: &'static [&'static str]| [&["set", "checkout.yaml", "TOKEN", "--cert", "cert.pem"], more].concat();
    let key = &["--recovery-private-key", "keys.yaml"];

    let told = desk.seal.run_with_input(&set(key), b"hunter2").await.text();
    assert_eq!(told, "TOKEN has this value already, and keeps its ciphertext\n");
    assert_eq!(desk.seal.read("checkout.yaml"), before);

    // Nobody can tell without a key.
    desk.seal.run_with_input(&set(&[]), b"hunter2").await.ok();
    let again = desk.seal.read("checkout.yaml");
    assert_ne!(again, before);
    desk.seal.run_with_input(&set(key), b"hunter3").await.ok();
    assert_eq!(desk.get("checkout.yaml", "TOKEN").await.ok(), b"hunter3");

    // A new certificate takes the place of the old one, whatever the value is.
    let newer = SealedSecretsKey::since(2025);
    desk.seal.write("newer.pem", &newer.certificate);
    let told = desk
        .seal
        .run_with_input(&["set", "checkout.yaml", "TOKEN", "--cert", "newer.pem", "--recovery-private-key", "key.pem"], b"hunter3");
    assert!(told.await.text().starts_with("sealed TOKEN for shop/checkout"));
}

#[tokio::test]
async fn an_editor_sees_the_values_and_what_it_leaves_alone_keeps_its_ciphertext() {
    let desk = Desk::new().await;
    let secret = plain("shop", "checkout", &[("USER", "shop"), ("TOKEN", "hunter2"), ("OLD", "x")]);
    desk.sealed("checkout.yaml", &secret, "namespace-wide").await;
    let before = desk.seal.read("checkout.yaml");
    desk.seal.write("editor.sh", "sed -i -e s/hunter2/hunter3/ -e /OLD/d \"$1\"\necho 'NEW: one' >> \"$1\"\n");
    let edit = ["edit", "checkout.yaml", "--yes", "--memory-folder", ".", "--cert", "cert.pem"];
    let refused = desk.seal.run(&edit).await;
    assert!(refused.status == Some(2) && refused.to_string().contains("--recovery-private-key"), "{refused}");
    let told = desk.seal.run(&[&edit[..], &["--recovery-private-key", "key.pem"]].concat()).await.text();
    assert_eq!(told, "add NEW\nchange TOKEN\nremove OLD\nwrote checkout.yaml\n");

    let edited = desk.seal.read("checkout.yaml");
    let user = |text: &str| text.lines().find(|line| line.contains("USER:")).map(str::to_owned);
    assert_eq!(user(&edited), user(&before));
    let theirs = desk.kubeseal.unseal(&edited).await;
    assert_eq!(theirs["data"], json!({"NEW": "b25l", "TOKEN": "aHVudGVyMw==", "USER": "c2hvcA=="}));

    desk.seal.write("editor.sh", "true\n");
    let told = desk.seal.run(&[&edit[..], &["--recovery-private-key", "key.pem"]].concat()).await.text();
    assert_eq!(told, "nothing changed\n");
    assert_eq!(desk.seal.read("checkout.yaml"), edited);
}

#[tokio::test]
async fn templates_go_along_and_their_values_are_sealed_as_they_were() {
    let desk = Desk::new().await;
    let pair = KeyPair::new().await;
    desk.seal.write("key.txt", &pair.identity);
    desk.sealed("checkout.yaml", &plain("shop", "checkout", &[("user", "shop")]), "strict").await;
    let with_template = desk
        .seal
        .read("checkout.yaml")
        .replace("  template:\n", "  template:\n    data:\n      url: |\n        db://{{ .user | upper }}\n");
    desk.seal.write("checkout.yaml", &with_template);
    let migrate = ["migrate", "sealed-secrets", "checkout.yaml", "--recovery-private-key", "key.pem", "-r", &pair.recipient];
    desk.seal.run(&migrate).await.ok();
    let migrated = desk.seal.read("checkout.yaml");
    assert!(migrated.contains("{{ .user | upper }}") && migrated.contains("mergePolicy: Merge"), "{migrated}");
    assert_eq!(migrated.matches("sealed:").count(), 1, "{migrated}");
    let rendered = desk.seal.run(&["render", "checkout.yaml", "--reveal", "-q", "-i", "key.txt"]).await.text();
    let rendered: Value = serde_saphyr::from_str(&rendered).unwrap();
    assert_eq!(rendered["data"], json!({"url": "ZGI6Ly9TSE9QCg==", "user": "c2hvcA=="}));
}

#[tokio::test]
async fn a_manifest_is_migrated_in_place_and_stands_for_the_same_secret() {
    let desk = Desk::new().await;
    let pair = KeyPair::new().await;
    desk.seal.write("key.txt", &pair.identity);
    desk.seal.write(".sealbridge.yaml", &format!("rules: [{{path: '**', recipients: [{}]}}]\n", pair.recipient));
    let mut secret = plain("shop", "checkout", &[("TOKEN", "hunter2"), ("EMPTY", "")]);
    secret["type"] = json!("example.com/shop");
    secret["immutable"] = json!(true);
    secret["metadata"]["labels"] = json!({"tier": "web"});
    desk.sealed("checkout.yaml", &secret, "namespace-wide").await;
    let beside = "kind: ConfigMap # stays\nmetadata: {name: beside}\n";
    desk.seal.write("checkout.yaml", &format!("# on top\n{}---\n{beside}", desk.seal.read("checkout.yaml")));
    let before = desk.seal.read("checkout.yaml");
    let old = desk.seal.run(&["render", "checkout.yaml", "--reveal", "-q", "--recovery-private-key", "keys.yaml"]).await.text();

    let migrate = ["migrate", "sealed-secrets", "checkout.yaml", "--recovery-private-key", "keys.yaml"];
    let told = desk.seal.run(&[migrate.as_slice(), &["--dry-run"]].concat()).await.text();
    assert!(told.contains("would migrate shop/checkout in checkout.yaml, 2 entries, namespace, to "), "{told}");
    assert_eq!(desk.seal.read("checkout.yaml"), before);
    desk.seal.run(&migrate).await.ok();

    let after = desk.seal.read("checkout.yaml");
    assert!(after.starts_with("# on top\n") && after.ends_with(&format!("---\n{beside}")), "{after}");
    assert!(after.contains("adopt: {from: SealedSecret, name: checkout}") && !after.contains("bitnami"), "{after}");
    assert!(!after.contains("hunter2") && !after.contains("creationTimestamp"), "{after}");
    let new = desk.seal.run(&["render", "checkout.yaml", "--reveal", "-q", "-i", "key.txt"]).await.text();
    let marks = "  annotations:\n    sealedsecrets.bitnami.com/namespace-wide: \"true\"\n";
    assert!(old.contains(marks), "kubeseal puts the scope on the Secret too");
    assert_eq!(new, old.replace(marks, ""), "but for marks of the controller the same Secret, byte for byte");
}

#[tokio::test]
async fn what_cannot_be_done_is_told_and_changes_nothing() {
    let desk = Desk::new().await;
    let other = SealedSecretsKey::since(2024);
    desk.seal.write("other.pem", &other.private);
    desk.seal.write("old.pem", &SealedSecretsKey::since(1950).certificate);
    desk.sealed("a.yaml", &plain("shop", "a", &[("TOKEN", "hunter2")]), "strict").await;
    let before = desk.seal.read("a.yaml");
    for (arguments, words) in [
        (vec!["get", "a.yaml", "TOKEN"], "--recovery-private-key"),
        (vec!["get", "a.yaml", "TOKEN", "--recovery-private-key", "other.pem"], "none of the 1 RSA keys at hand opens it"),
        (vec!["get", "a.yaml", "TOKEN", "--recovery-private-key", "cert.pem"], "there is no private key in PEM"),
        (vec!["set", "a.yaml", "B"], "no certificate says how"),
        (vec!["set", "a.yaml", "B", "--cert", "old.pem"], "the certificate expired on 2010-01-01"),
        (vec!["set", "a.yaml", "B", "--cert", "cert.pem", "--scope", "cluster"], "leave -r and --scope out"),
        (vec!["set", "a.yaml", "--ref", "vault:a#b", "B", "--cert", "cert.pem"], "holds no references"),
        (vec!["unset", "a.yaml", "B"], "B"),
        (vec!["migrate", "sealed-secrets", "a.yaml"], "--recovery-private-key"),
        (vec!["migrate", "sealed-secrets", "a.yaml", "--recovery-private-key", "key.pem"], ".sealbridge.yaml"),
    ] {
        let spoken = desk.seal.run_with_input(&arguments, b"value").await;
        assert_eq!(spoken.status, Some(2), "{arguments:?}: {spoken}");
        assert!(spoken.stderr.contains(words) && !spoken.stderr.contains("hunter2"), "{arguments:?}: {spoken}");
    }
    assert_eq!(desk.seal.read("a.yaml"), before);
}
