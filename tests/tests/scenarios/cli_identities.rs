//! Identities of every kind that `seal` takes, as `age`, its plugins and `ssh-keygen` write them. Whatever protects the
//! file of identities, the value itself is sealed to a key of age.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rstest::rstest;
use sealbridge_tests::Seal;
use serde_json::Value;

const GET: [&str; 3] = ["get", "app.yaml", "A"];
const PASSPHRASE: &str = "correct horse";

/// A folder with the key pair `keys.txt` and a value sealed to it, `hunter2`.
async fn sealed(seal: Seal) -> Seal {
    let made = seal.run(&["keys", "new", "keys.txt", "-o", "json"]).await.ok();
    let made: Value = serde_json::from_slice(&made).unwrap();
    let set = ["set", "app.yaml", "A", "-n", "shop", "-r", made["recipient"].as_str().unwrap()];
    seal.run_with_input(&set, b"hunter2").await.ok();
    seal
}

/// The same, where `age` protects the file of identities with a passphrase: `keys.age`.
async fn protected(flags: &[&str]) -> Seal {
    let path = Seal::age_folder().await.display().to_string();
    let seal = Seal::new().env("PATH", path).env("AGE_PASSPHRASE", PASSPHRASE).env("AGE_PASSPHRASE_WORK_FACTOR", "12");
    let seal = sealed(seal).await;
    seal.age(&[&["-e", "-j", "batchpass", "-o", "keys.age"], flags, &["keys.txt"]].concat(), b"").await.ok();
    seal
}

fn fixture(seal: &Seal, name: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/seal-cli/tests/fixtures/ssh").join(name);
    let to = seal.folder().join(name);
    fs::copy(from, &to).unwrap();
    fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
}

async fn get(seal: &Seal, identities: &[&str]) -> sealbridge_tests::Spoken {
    let flags = identities.iter().flat_map(|identity| ["-i", identity]);
    seal.without_terminal(&GET.into_iter().chain(flags).collect::<Vec<_>>(), b"").await
}

#[rstest]
#[case::binary(&[])]
#[case::armored(&["-a"])]
#[tokio::test]
async fn the_passphrase_of_an_identity_file_is_asked_for_at_the_terminal(#[case] flags: &[&str]) {
    let seal = protected(flags).await;
    let arguments = [&GET[..], &["-i", "keys.age"]].concat();
    let told = seal.answering(&arguments, "passphrase of keys.age", &format!("{PASSPHRASE}\n")).await;
    assert_eq!(told.text(), "hunter2\n");
    let told = seal.answering(&arguments, "passphrase of keys.age", "another\n").await;
    assert_eq!(told.status, Some(2));
    assert_eq!(told.stderr, "error: keys.age stays locked: the passphrase does not open it; try again\n");
}

#[tokio::test]
async fn a_passphrase_is_taken_from_nowhere_but_a_terminal() {
    let seal = protected(&[]).await;
    let arguments = [&GET[..], &["-i", "keys.age"]].concat();
    let told = seal.without_terminal(&arguments, format!("{PASSPHRASE}\n").as_bytes()).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.contains("keys.age is protected by a passphrase, which cannot be asked for"), "{told}");
    assert!(told.stderr.contains("run the command at a terminal"), "{told}");
    assert!(told.stdout.is_empty());
}

#[rstest]
#[case::ed25519("id_ed25519")]
#[case::rsa("id_rsa")]
#[tokio::test]
async fn an_identity_file_that_age_encrypted_to_an_ssh_key_is_opened_with_it(#[case] key: &str) {
    let seal = sealed(Seal::new()).await;
    fixture(&seal, key);
    fixture(&seal, &format!("{key}.pub"));
    seal.age(&["-e", "-R", &format!("{key}.pub"), "-o", "keys.age", "keys.txt"], b"").await.ok();
    // In either order, since the encrypted file is opened when all others are read.
    assert_eq!(get(&seal, &["keys.age", key]).await.text(), "hunter2\n");
    assert_eq!(get(&seal, &[key, "keys.age"]).await.text(), "hunter2\n");
    let told = get(&seal, &["keys.age"]).await;
    assert_eq!(told.status, Some(2));
    assert_eq!(told.stderr, "error: keys.age is encrypted to a key that is not at hand; name a file with that key too, with -i\n");
}

#[tokio::test]
async fn a_protected_ssh_key_is_asked_for_only_when_a_file_is_for_it() {
    let seal = sealed(Seal::new()).await;
    for name in ["id_ed25519", "id_ed25519.pub", "id_ed25519_protected", "id_ed25519_protected.pub"] {
        fixture(&seal, name);
    }
    seal.age(&["-e", "-R", "id_ed25519.pub", "-o", "other.age", "keys.txt"], b"").await.ok();
    let told = get(&seal, &["id_ed25519_protected", "id_ed25519", "other.age"]).await;
    assert_eq!((told.stderr.as_str(), told.status), ("", Some(0)));
    seal.age(&["-e", "-R", "id_ed25519_protected.pub", "-o", "keys.age", "keys.txt"], b"").await.ok();
    let arguments = [&GET[..], &["-i", "keys.age", "-i", "id_ed25519_protected"]].concat();
    let told = seal.answering(&arguments, "passphrase of id_ed25519_protected", &format!("{PASSPHRASE}\n")).await;
    assert_eq!(told.text(), "hunter2\n");
    let told = get(&seal, &["keys.age", "id_ed25519_protected"]).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.contains("note: id_ed25519_protected is protected by a passphrase, which cannot be asked for"), "{told}");
}

#[tokio::test]
async fn an_ssh_key_alone_opens_no_sealed_value_and_says_so() {
    let seal = sealed(Seal::new()).await;
    fixture(&seal, "id_ed25519");
    let told = get(&seal, &["id_ed25519"]).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.contains("they open SOPS documents and encrypted identity files, not sealed values"), "{told}");
}

#[tokio::test]
async fn an_ssh_key_that_others_can_read_is_told() {
    let seal = sealed(Seal::new()).await;
    for name in ["id_ed25519", "id_ed25519_protected"] {
        fixture(&seal, name);
        fs::set_permissions(seal.folder().join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let told = get(&seal, &["keys.txt", "id_ed25519", "id_ed25519_protected"]).await;
    // A passphrase protects the other one.
    assert_eq!(told.stderr, "note: id_ed25519 can be read by others; run `chmod 600 id_ed25519`\n");
}

/// A folder with `plugin.txt`, an identity of age's own plugin for post-quantum keys, and `keys.age` for it.
async fn with_plugin(seal: Seal) -> Seal {
    let seal = sealed(seal).await;
    let pair: Value = serde_json::from_slice(&seal.run(&["keys", "new", "pq.txt", "--pq", "-o", "json"]).await.ok()).unwrap();
    seal.beside_age("age-plugin-pq", &["-identity", "-o", "plugin.txt", "pq.txt"]).await.ok();
    assert!(seal.read("plugin.txt").starts_with("AGE-PLUGIN-PQ-1"));
    seal.age(&["-e", "-r", pair["recipient"].as_str().unwrap(), "-o", "keys.age", "keys.txt"], b"").await.ok();
    seal
}

#[tokio::test]
async fn a_plugin_opens_an_identity_file_that_is_encrypted_to_it() {
    let path = Seal::age_folder().await.display().to_string();
    let seal = with_plugin(Seal::new().env("PATH", path)).await;
    let told = get(&seal, &["keys.age", "plugin.txt"]).await;
    assert_eq!((told.stderr.as_str(), told.status), ("", Some(0)));
    assert_eq!(told.text(), "hunter2\n");
    let told = get(&seal, &["plugin.txt"]).await;
    assert!(told.stderr.contains("not sealed values"), "{told}");
}

#[tokio::test]
async fn a_plugin_that_is_missing_or_would_be_traced_is_told() {
    let missing = with_plugin(Seal::new().env("PATH", "/nowhere")).await;
    let told = get(&missing, &["keys.age", "plugin.txt"]).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.starts_with("note: age-plugin-pq is not in PATH, so its identities open nothing; install it\n"), "{told}");
    let path = Seal::age_folder().await.display().to_string();
    let traced = with_plugin(Seal::new().env("PATH", path).env("AGEDEBUG", "plugin")).await;
    let told = get(&traced, &["keys.age", "plugin.txt"]).await;
    assert_eq!(told.status, Some(2));
    assert!(told.stderr.starts_with("note: age-plugin-pq was not asked: AGEDEBUG=plugin would show keys; unset it"), "{told}");
}

#[tokio::test]
async fn a_command_prints_the_identities() {
    let seal = sealed(Seal::new().env("PATH", "/usr/bin:/bin").env("SEALBRIDGE_IDENTITY_COMMAND", "cat 'my keys.txt'")).await;
    fs::rename(seal.folder().join("keys.txt"), seal.folder().join("my keys.txt")).unwrap();
    assert_eq!(get(&seal, &[]).await.text(), "hunter2\n");
    fs::remove_file(seal.folder().join("my keys.txt")).unwrap();
    let told = get(&seal, &[]).await;
    assert_eq!(told.status, Some(2));
    let last = told.stderr.lines().last().unwrap();
    assert_eq!(last, "error: SEALBRIDGE_IDENTITY_COMMAND names a program that ended with a failure; run it by hand to see why");
}
