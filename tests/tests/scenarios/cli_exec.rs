//! `seal exec`: values reach one process, whole or not at all, and that process is what the caller sees.

use std::os::unix::fs::PermissionsExt;

use sealbridge_tests::Seal;
use serde_json::Value;

const APP: &str = "\
apiVersion: sealbridge.dev/v1
kind: BridgedSecret
metadata: {name: app, namespace: shop}
spec:
  data:
    LEVEL: {plain: info}
";

/// A folder with a sealed and a plain entry, and the key in a variable.
async fn folder() -> Seal {
    let seal = Seal::new();
    let made: Value = serde_json::from_slice(&seal.run(&["keys", "new", "keys.txt", "-o", "json"]).await.ok()).unwrap();
    let recipient = made["recipient"].as_str().unwrap();
    seal.write(".sealbridge.yaml", &format!("rules: [{{path: '**', recipients: [{recipient}]}}]\n"));
    let key = seal.read("keys.txt");
    std::fs::remove_file(seal.folder().join("keys.txt")).unwrap();
    let seal = seal.env("PATH", std::env::var("PATH").unwrap()).env("SEALBRIDGE_IDENTITY", key).env("BESIDE", "stays");
    seal.write("app.yaml", APP);
    seal.run_with_input(&["set", "app.yaml", "TOKEN"], b"two words\nand \xff").await.ok();
    seal
}

#[tokio::test]
async fn the_command_has_the_values_and_nothing_that_opened_them() {
    let seal = folder().await;
    let print = "printf '%s|%s|%s|%s|%s' \"$TOKEN\" \"$LEVEL\" \"$BESIDE\" \"${SEALBRIDGE_IDENTITY-}\" \"$1\"; cat";
    let spoken = seal.run_with_input(&["exec", "app.yaml", "--", "sh", "-c", print, "sh", "--only"], b"|input").await;
    assert_eq!(spoken.ok(), b"two words\nand \xff|info|stays||--only|input");
    let spoken =
        seal.run(&["exec", "app.yaml", "--only", "TOKEN", "--prefix", "X_", "--", "sh", "-c", "echo \"$X_TOKEN.$LEVEL\""]).await;
    assert_eq!(spoken.ok(), b"two words\nand \xff.\n");
}

#[tokio::test]
async fn the_command_is_what_the_caller_sees() {
    let seal = folder().await;
    let run = async |command: &[&str]| seal.run(&[&["exec", "app.yaml", "--"], command].concat()).await;
    assert_eq!(run(&["sh", "-c", "exit 7"]).await.status, Some(7));
    // Ended by a signal, as the caller would see of the command itself.
    assert_eq!(run(&["sh", "-c", "kill -TERM $$"]).await.status, None);
    let missing = run(&["./no-such-program"]).await;
    assert_eq!(missing.status, Some(127));
    assert!(missing.stderr.contains("./no-such-program cannot be run") && missing.stderr.contains("check its name"), "{missing}");
    seal.write("not-executable", "");
    let file = seal.folder().join("not-executable");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(run(&["./not-executable"]).await.status, Some(126));
}

#[tokio::test]
async fn nothing_is_run_with_a_part_of_the_values() {
    let seal = folder().await;
    let touch = ["--", "sh", "-c", "touch ran"];
    let refused = async |arguments: &[&str], why: &str| {
        let spoken = seal.run(&[&["exec"], arguments, &touch[..]].concat()).await;
        assert_eq!(spoken.status, Some(2), "{spoken}");
        assert!(spoken.stderr.contains(why) && !spoken.stderr.contains("two words"), "{spoken}");
        assert!(!seal.folder().join("ran").exists(), "{arguments:?}");
    };
    refused(&["app.yaml", "--only", "OTHER"], "no Secret has the entry OTHER").await;
    refused(&["absent.yaml"], "absent.yaml").await;
    seal.write("twice.yaml", &APP.replace("name: app", "name: twice"));
    refused(&["app.yaml", "twice.yaml"], "entry LEVEL is one of shop/app too").await;
    let entry = |line: &str| format!("{APP}    {line}\n");
    seal.write("name.yaml", &entry("tls.crt: {plain: x}"));
    refused(&["name.yaml"], "entry tls.crt cannot name an environment variable").await;
    seal.write("store.yaml", &entry("A: {secretStoreRef: {name: nowhere}, remoteRef: {key: a}}"));
    refused(&["store.yaml"], "entry A from SecretStore/nowhere").await;
    seal.write("broken.yaml", "kind: [");
    refused(&["broken.yaml"], "broken.yaml").await;
}
