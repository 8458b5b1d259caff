//! `seal copy` between BridgedSecrets, SealedSecrets and SOPS documents. What kubeseal and sops read at the end is what
//! lay at the start.

use rstest::rstest;
use sealbridge_tests::{Kubeseal, Seal, SealedSecretsKey, Sops, Spoken};
use serde_json::{Value, json};

use crate::sealed_secrets::plain;

const BRIDGED: &str = "bridged.yaml";
const SEALED: &str = "sealed.yaml";
const DOCUMENT: &str = "app.enc.yaml";

/// A folder with one file of each kind, all for the Secret shop/checkout, and the keys of them all.
struct Desk {
    seal: Seal,
    sops: Sops,
    kubeseal: Kubeseal,
    identity: String,
}

impl Desk {
    async fn new() -> Self {
        let path = std::env::var("PATH").unwrap();
        let seal = Seal::new().env("PATH", path).env("SEALBRIDGE_IDENTITY_FILE", "keys.txt");
        let told: Value = serde_json::from_slice(&seal.run(&["keys", "new", "keys.txt", "-o", "json"]).await.ok()).unwrap();
        let recipient = told["recipient"].as_str().unwrap().to_owned();
        let identity = seal.read("keys.txt").lines().last().unwrap().to_owned();
        let key = SealedSecretsKey::since(2024);
        let (sops, kubeseal) = (Sops::new().await, Kubeseal::with(&key).await);
        seal.write("cert.pem", &key.certificate);
        seal.write("key.pem", &key.private);
        let rule = format!("{{path: '**', recipients: [{recipient}], namespace: shop, certificate: cert.pem}}");
        seal.write(".sealbridge.yaml", &format!("rules: [{rule}]\n"));
        seal.write(
            BRIDGED,
            "# ours\napiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {name: checkout}\nspec:\n  data:\n    \
             LOG: {plain: info} # as it is\n    REF: {secretStoreRef: {name: aws}, remoteRef: {key: a/b}}\n",
        );
        seal.run_with_input(&["set", BRIDGED, "TOKEN"], b"of ours\n\xc3\xa4").await.ok();
        let secret = plain("shop", "checkout", &[("USER", "of theirs"), ("tls.key", "dotted")]);
        let text = kubeseal.run(&["--cert", "cert.pem", "-o", "yaml"], secret.to_string().as_bytes()).await.text();
        seal.write(SEALED, &format!("# theirs\n{text}"));
        sops.write(DOCUMENT, b"db:\n    password: of sops # never in a log\n    port: 5432\n    is_on: true\nflat: level\n");
        let encrypted = sops.run("", &["encrypt", "--age", &recipient, DOCUMENT]).await.text();
        seal.write(DOCUMENT, &encrypted);
        Self { seal, sops, kubeseal, identity }
    }

    async fn copy(&self, source: &str, target: &str, more: &[&str]) -> Spoken {
        let arguments = [&["copy", source, target, "--recovery-private-key", "key.pem"], more].concat();
        self.seal.run(&arguments).await
    }

    /// All values of a file as its own program reads them.
    async fn read(&self, file: &str) -> Value {
        let text = self.seal.read(file);
        match file {
            SEALED => self.kubeseal.unseal(&text).await["data"].clone(),
            DOCUMENT => {
                self.sops.write(DOCUMENT, text.as_bytes());
                let told = self.sops.run(&self.identity, &["decrypt", "--output-type", "json", DOCUMENT]).await.text();
                serde_json::from_str(&told).unwrap()
            }
            _ => serde_json::from_slice(&self.seal.run(&["get", file, "-o", "json"]).await.ok()).unwrap(),
        }
    }

    fn lines(&self, file: &str, without: &[&str]) -> Vec<String> {
        let text = self.seal.read(file);
        let is_kept = |line: &&str| !without.iter().any(|word| line.contains(word));
        text.lines().filter(is_kept).map(str::to_owned).collect()
    }
}

#[rstest]
#[case::ours_to_theirs(BRIDGED, "TOKEN", SEALED, "NEW", "/NEW", json!("b2Ygb3VycwrDpA=="))]
#[case::ours_to_sops(BRIDGED, "TOKEN", DOCUMENT, "db.new", "/db/new", json!("of ours\nä"))]
#[case::theirs_to_ours(SEALED, "USER", BRIDGED, "NEW", "/NEW", json!("of theirs"))]
#[case::theirs_to_sops(SEALED, "tls.key", DOCUMENT, "", "/tls.key", json!("dotted"))]
#[case::sops_to_ours(DOCUMENT, "db.password", BRIDGED, "", "/password", json!("of sops"))]
#[case::sops_to_ours_typed(DOCUMENT, "db.is_on", BRIDGED, "ON", "/ON", json!("true"))]
#[case::sops_to_theirs(DOCUMENT, "db.port", SEALED, "PORT", "/PORT", json!("NTQzMg=="))]
#[case::within_sops(DOCUMENT, "db.port", DOCUMENT, "ports.main", "/ports/main", json!(5432))]
#[case::within_theirs(SEALED, "USER", SEALED, "NEW", "/NEW", json!("b2YgdGhlaXJz"))]
#[tokio::test]
async fn a_value_goes_from_each_dialect_to_each(
    #[case] source: &str,
    #[case] key: &str,
    #[case] target: &str,
    #[case] new: &str,
    #[case] place: &str,
    #[case] expected: Value,
) {
    let desk = Desk::new().await;
    let wide: &[&str] = if target == DOCUMENT { &["--scope", "cluster"] } else { &[] };
    let (from, to) = (format!("{source}:{key}"), if new.is_empty() { target.to_owned() } else { format!("{target}:{new}") });
    let before = desk.read(target).await;

    desk.copy(&from, &to, &[wide, &["--dry-run"]].concat()).await.ok();
    assert_eq!(desk.read(target).await, before);
    desk.copy(&from, &to, wide).await.ok();
    let after = desk.read(target).await;
    assert_eq!(after.pointer(place), Some(&expected), "{after}");
    let others = |value: &Value| {
        let mut value = value.clone();
        value.pointer_mut(place).map(Value::take);
        value
    };
    if before.pointer("/db").is_none() {
        assert_eq!(others(&after).as_object().unwrap().len(), before.as_object().unwrap().len() + 1);
    }

    // Of the source only the entry goes, and what is left still opens.
    let names: &[&str] = &["lastmodified", "mac:", key.rsplit('.').next().unwrap(), "ports:", "main:", "NEW", "tls.key"];
    let kept = desk.lines(source, names);
    let again = desk.copy(&from, &to, &[wide, &["--move"]].concat()).await;
    assert!(again.status == Some(2) && again.stderr.contains("--replace"), "{again}");
    desk.copy(&from, &to, &[wide, &["--move", "--replace"]].concat()).await.ok();
    assert_eq!(desk.lines(source, names), kept);
    let rest = desk.read(source).await;
    let old = format!("/{}", if source == DOCUMENT { key.replace('.', "/") } else { key.to_owned() });
    assert_eq!(rest.pointer(&old), None, "{rest}");
    assert_eq!(desk.read(target).await.pointer(place), Some(&expected));
}

#[tokio::test]
async fn a_whole_sealed_secret_becomes_a_new_bridged_secret() {
    let desk = Desk::new().await;
    desk.copy(SEALED, "new.yaml", &[]).await.ok();
    assert_eq!(desk.read("new.yaml").await, json!({"USER": "of theirs", "tls.key": "dotted"}));
    desk.copy("new.yaml", DOCUMENT, &["--scope", "cluster"]).await.ok();
    assert_eq!(desk.read(DOCUMENT).await["tls.key"], "dotted");
}

#[rstest]
#[case::a_reference(BRIDGED, "REF", SEALED, &[], "REF is a reference to a store")]
#[case::a_reference_to_sops(BRIDGED, "REF", DOCUMENT, &[], "REF is a reference to a store")]
#[case::everything_with_a_reference(BRIDGED, "", SEALED, &[], "REF is a reference to a store")]
#[case::bound_to_less(BRIDGED, "TOKEN", DOCUMENT, &[], "pass --scope cluster if that is meant")]
#[case::another_scope(BRIDGED, "TOKEN", SEALED, &["--scope", "cluster"], "the scope there is strict")]
#[case::nested(DOCUMENT, "", BRIDGED, &[], "nested")]
#[case::a_map(DOCUMENT, "db", BRIDGED, &[], "there is no entry db")]
#[case::recipients_of_a_document(BRIDGED, "TOKEN", DOCUMENT, &["-r", "x"], "leave out --name, --namespace and -r")]
#[case::no_path(BRIDGED, "TOKEN", "app.enc.yaml:a..b", &["--scope", "cluster"], "a place in a SOPS document is keys")]
#[case::no_name(DOCUMENT, "flat", "bridged.yaml:a b", &[], "not one that Kubernetes accepts")]
#[case::another_type(BRIDGED, "TOKEN", "app.enc.yaml:db.port", &["--scope", "cluster", "--replace"], "db.port is a whole number")]
#[tokio::test]
async fn what_cannot_be_expressed_is_told_and_changes_nothing(
    #[case] source: &str,
    #[case] key: &str,
    #[case] target: &str,
    #[case] more: &[&str],
    #[case] words: &str,
) {
    let desk = Desk::new().await;
    let before = [BRIDGED, SEALED, DOCUMENT].map(|file| desk.seal.read(file));
    let source = if key.is_empty() { source.to_owned() } else { format!("{source}:{key}") };
    let told = desk.copy(&source, target, &[more, &["--move"]].concat()).await;
    assert!(told.status == Some(2) && told.stderr.contains(words), "{told}");
    assert_eq!([BRIDGED, SEALED, DOCUMENT].map(|file| desk.seal.read(file)), before);
}

#[tokio::test]
async fn values_of_an_encrypted_secret_manifest_are_not_taken_for_what_they_are_base64_of() {
    let desk = Desk::new().await;
    desk.sops.write("secret.yaml", b"apiVersion: v1\nkind: Secret\ndata:\n    A: aHVudGVyMg==\nstringData:\n    B: hunter3\n");
    let recipient = desk.seal.read(".sealbridge.yaml").split(['[', ']']).nth(2).unwrap().to_owned();
    let arguments = ["encrypt", "--encrypted-regex", "^(data|stringData)$", "--age", &recipient, "secret.yaml"];
    desk.seal.write("secret.yaml", &desk.sops.run("", &arguments).await.text());
    let told = desk.copy("secret.yaml:data.A", BRIDGED, &[]).await;
    assert!(told.stderr.contains("base64"), "{told}");
    let told = desk.copy("bridged.yaml:TOKEN", "secret.yaml:data.C", &["--scope", "cluster"]).await;
    assert!(told.stderr.contains("base64"), "{told}");
    desk.copy("secret.yaml:stringData.B", BRIDGED, &[]).await.ok();
    assert_eq!(desk.read(BRIDGED).await["B"], "hunter3");
    let told = desk.copy("bridged.yaml:B", "secret.yaml:metadata.B", &["--scope", "cluster"]).await;
    assert!(told.stderr.contains("leaves metadata.B plain"), "{told}");
}

#[tokio::test]
async fn keys_that_are_not_at_hand_are_named() {
    let desk = Desk::new().await;
    let told = desk.seal.run(&["copy", "sealed.yaml:USER", BRIDGED]).await;
    assert!(told.status == Some(2) && told.stderr.contains("--recovery-private-key"), "{told}");
    desk.seal.run(&["keys", "new", "other.txt"]).await.ok();
    let told = desk.copy("app.enc.yaml:flat", BRIDGED, &["-i", "other.txt"]).await;
    assert!(told.status == Some(2) && told.stderr.contains("no identity at hand opens that"), "{told}");
}
