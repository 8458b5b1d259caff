//! `seal verify` on what Git holds: the index, a range, all that is tracked.

use sealbridge_tests::{Kubeseal, SealedSecretsKey, Sops};
use serde_json::Value;

use crate::repository::Repository;
use crate::sealed_secrets::plain;

const PLAIN: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\nstringData: {TOKEN: hunter2}\n";
const STORE: &str = "apiVersion: sealbridge.dev/v1\nkind: SecretStore\nmetadata: {name: vault, namespace: shop}\nspec: {provider: {fake: {data: []}}}\n";

/// A repository with one sealed value and one reference to a store that it declares.
async fn repository() -> Repository {
    let repository = Repository::new();
    let (dev, other) = (repository.key("dev").await, repository.key("other").await);
    let rules = format!(
        "recipients:\n  dev: [{}]\n  other: [{}]\nrules:\n- {{path: '*.yaml', recipients: [dev], namespace: shop}}\n",
        dev.recipient, other.recipient
    );
    repository.seal.write(".sealbridge.yaml", &rules);
    repository.seal.write("one.txt", "hunter1");
    repository.seal.write("store.yaml", STORE);
    repository.seal.run(&["set", "app.yaml", "--from-file", "A=one.txt"]).await.ok();
    repository.seal.run(&["set", "app.yaml", "DB", "--ref", "vault:shop/db#p"]).await.ok();
    repository.commit();
    repository
}

/// A BridgedSecret with a SOPS document in it.
fn around(document: &str) -> String {
    let lines: String = document.lines().map(|line| format!("        {line}\n")).collect();
    let head = "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {name: doc, namespace: shop}\nspec:\n  dataFrom:\n    - sops: |\n";
    format!("{head}{lines}")
}

/// The status, and `file:line rule entry` of each finding.
async fn verify(repository: &Repository, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let told = repository.seal.run(&[&["verify", "-o", "json"], arguments].concat()).await;
    let findings: Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{told}"));
    assert!(!String::from_utf8_lossy(&told.stdout).contains("hunter"));
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
    let found = findings.as_array().unwrap().iter().map(|finding| {
        format!("{}:{} {} {}", text(finding, "file"), finding["line"], text(finding, "rule"), text(finding, "entry"))
    });
    (told.status, found.collect())
}

#[tokio::test]
async fn the_index_is_judged_and_not_what_lies_there() {
    let repository = repository().await;
    assert_eq!(verify(&repository, &["--staged"]).await, (Some(0), vec![]));
    repository.seal.write("secret.yaml", PLAIN);
    assert_eq!(verify(&repository, &["--staged"]).await, (Some(0), vec![]));
    repository.git(&["add", "secret.yaml"]);
    repository.seal.write("secret.yaml", "# taken away again, but not from the index\n");
    let found = vec!["secret.yaml:4 plain-secret TOKEN".to_owned()];
    assert_eq!(verify(&repository, &["--staged"]).await, (Some(1), found.clone()));
    assert_eq!(verify(&repository, &["--staged", "secret.yaml"]).await, (Some(1), found));
    assert_eq!(verify(&repository, &["--staged", "app.yaml"]).await, (Some(0), vec![]));
    repository.git(&["add", "secret.yaml"]);
    assert_eq!(verify(&repository, &["--staged"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn what_a_staged_file_names_may_stand_in_any_other() {
    let repository = repository().await;
    repository.seal.run(&["set", "app.yaml", "MORE", "--ref", "vault:shop/more"]).await.ok();
    repository.git(&["add", "-A"]);
    assert_eq!(verify(&repository, &["--staged"]).await, (Some(0), vec![]));
    repository.git(&["rm", "-q", "--cached", "store.yaml"]);
    assert_eq!(
        verify(&repository, &["--staged"]).await,
        (Some(1), ["app.yaml:9 store-missing ", "app.yaml:10 store-missing "].map(str::to_owned).to_vec())
    );
}

#[tokio::test]
async fn all_is_what_git_tracks() {
    let repository = repository().await;
    repository.seal.write("secret.yaml", PLAIN);
    assert_eq!(verify(&repository, &["--all"]).await, (Some(0), vec![]));
    assert_eq!(verify(&repository, &[]).await.0, Some(1));
    repository.git(&["add", "secret.yaml"]);
    assert_eq!(verify(&repository, &["--all"]).await, (Some(1), vec!["secret.yaml:4 plain-secret TOKEN".to_owned()]));
}

#[tokio::test]
async fn a_range_tells_who_can_open_now() {
    let repository = repository().await;
    repository.git(&["branch", "before"]);
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(0), vec![]));
    repository.seal.run(&["set", "app.yaml", "--from-file", "A=one.txt", "-r", "dev", "-r", "other"]).await.ok();
    let rules = repository.seal.read(".sealbridge.yaml");
    let (_, other) = rules.split_once("other: [").unwrap();
    let other = other.split(']').next().unwrap();
    repository.seal.write(".sealbridge.yaml", &rules.replace("]\n  other", &format!(", {other}]\n  other")));
    repository.commit();
    let expected = [".sealbridge.yaml:2 recipients-changed dev", "app.yaml:8 recipients-changed A"].map(str::to_owned);
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(1), expected.to_vec()));
    assert_eq!(verify(&repository, &["--from-ref", "before", "--to-ref", "before"]).await, (Some(0), vec![]));
    let told = repository.seal.run(&["verify", "--from-ref", "no-such-branch"]).await;
    assert_eq!(told.status, Some(2), "{told}");
}

#[tokio::test]
async fn a_range_is_judged_at_its_end() {
    let repository = repository().await;
    repository.git(&["branch", "before"]);
    repository.seal.write("secret.yaml", PLAIN);
    repository.commit();
    repository.git(&["branch", "middle"]);
    std::fs::remove_file(repository.seal.folder().join("secret.yaml")).unwrap();
    repository.commit();
    let found = vec!["secret.yaml:4 plain-secret TOKEN".to_owned()];
    assert_eq!(verify(&repository, &["--from-ref", "before", "--to-ref", "middle"]).await, (Some(1), found));
    // What is there before the range, and gone at its end, is no finding of it.
    assert_eq!(verify(&repository, &["--from-ref", "middle"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn what_a_range_added_and_took_away_again_is_told_with_its_commit() {
    let repository = repository().await;
    repository.git(&["branch", "before"]);
    repository.seal.write("secret.yaml", PLAIN);
    repository.seal.write("allowed.yaml", &PLAIN.replace("hunter2}", "hunter2} # sealbridge:allow plain-secret made up"));
    let added = repository.commit();
    repository.seal.write("secret.yaml", &format!("# ours\n{PLAIN}"));
    repository.commit();
    std::fs::remove_file(repository.seal.folder().join("secret.yaml")).unwrap();
    std::fs::remove_file(repository.seal.folder().join("allowed.yaml")).unwrap();
    repository.commit();
    let found = vec!["secret.yaml:4 plain-secret TOKEN".to_owned()];
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(1), found.clone()));
    assert_eq!(verify(&repository, &["--from-ref", "before", "secret.yaml"]).await, (Some(1), found));
    assert_eq!(verify(&repository, &["--from-ref", "before", "app.yaml"]).await, (Some(0), vec![]));
    let told = repository.seal.run(&["verify", "--from-ref", "before"]).await;
    let words = format!("commit {} added it, and it is still in the history", added.get(..10).unwrap());
    assert!(String::from_utf8_lossy(&told.stdout).contains(&words), "{told}");

    // The end's rules judge what is gone too.
    let rules = repository.seal.read(".sealbridge.yaml");
    let lets_be = "rules:\n- {path: secret.yaml, policy: {forbidPlainSecrets: false}}\n";
    repository.seal.write(".sealbridge.yaml", &rules.replace("rules:\n", lets_be));
    repository.commit();
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn what_was_in_the_history_before_the_range_is_not_told_of_it() {
    let repository = repository().await;
    repository.seal.write("secret.yaml", PLAIN);
    repository.commit();
    repository.git(&["branch", "before"]);
    repository.seal.write("secret.yaml", &format!("# on its way out\n{PLAIN}"));
    repository.commit();
    std::fs::remove_file(repository.seal.folder().join("secret.yaml")).unwrap();
    repository.commit();
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn a_range_tells_who_can_open_a_document_now() {
    let repository = repository().await;
    let [dev, other] = ["dev.txt", "other.txt"].map(|file| repository.seal.read(file));
    let recipient = |text: &str| text.lines().find_map(|line| Some(format!("age1{}", line.split_once("age1")?.1.trim()))).unwrap();
    let sops = Sops::new().await;
    sops.write("doc.yaml", b"one: hunter1\n");
    let document = sops.run("", &["encrypt", "--age", &recipient(&dev), "doc.yaml"]).await.text();
    repository.seal.write("doc.yaml", &document);
    repository.seal.write("inside.yaml", &around(&document));
    let rules = |names: &str| format!("creation_rules:\n- path_regex: ^x/\n  age: {}\n- age: {names}\n", recipient(&dev));
    repository.seal.write(".sops.yaml", &rules(&recipient(&dev)));
    repository.commit();
    repository.git(&["branch", "before"]);
    repository.seal.write(".sops.yaml", &rules(&format!("{},{}", recipient(&dev), recipient(&other))));
    sops.write("doc.yaml", document.as_bytes());
    let identity = dev.lines().last().unwrap();
    sops.run(identity, &["rotate", "--in-place", "--add-age", &recipient(&other), "doc.yaml"]).await.ok();
    let document = String::from_utf8(sops.read("doc.yaml")).unwrap();
    repository.seal.write("doc.yaml", &document);
    repository.seal.write("inside.yaml", &around(&document));
    repository.commit();
    let expected = [
        ".sops.yaml:4 recipients-changed all files",
        "doc.yaml:1 recipients-changed the whole document",
        "inside.yaml:6 recipients-changed dataFrom[0]",
    ];
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(1), expected.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn what_a_merge_brought_in_the_clear_is_found() {
    let repository = repository().await;
    repository.git(&["branch", "before"]);
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.seal.write("other.yaml", "a: 1\n");
    repository.commit();
    repository.git(&["checkout", "-q", "main"]);
    repository.seal.write("more.yaml", "a: 1\n");
    repository.commit();
    repository.git(&["merge", "-q", "--no-commit", "side"]);
    repository.seal.write("secret.yaml", PLAIN);
    repository.commit();
    std::fs::remove_file(repository.seal.folder().join("secret.yaml")).unwrap();
    repository.commit();
    let found = vec!["secret.yaml:4 plain-secret TOKEN".to_owned()];
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(1), found));
}

#[tokio::test]
async fn rules_and_stores_come_from_what_is_judged_too() {
    let repository = repository().await;
    repository.git(&["branch", "before"]);
    let rules = repository.seal.read(".sealbridge.yaml");
    let stricter = rules.replace("recipients: [dev], namespace", "recipients: [other], namespace");
    repository.seal.run(&["set", "app.yaml", "MORE", "--ref", "vault:shop/more"]).await.ok();
    repository.git(&["add", "-A"]);

    // Neither what lies there and is not staged, nor the other way round.
    repository.seal.write(".sealbridge.yaml", &stricter);
    repository.seal.write("store.yaml", &STORE.replace("vault", "bao"));
    assert_eq!(verify(&repository, &["--staged"]).await, (Some(0), vec![]));
    repository.git(&["add", "-A"]);
    repository.seal.write(".sealbridge.yaml", &rules);
    repository.seal.write("store.yaml", STORE);
    let recipients = "app.yaml:8 sealed-recipients A";
    let stores = ["app.yaml:9 store-missing ", "app.yaml:10 store-missing "];
    let expected: Vec<_> = [recipients].iter().chain(&stores).map(|line| (*line).to_owned()).collect();
    assert_eq!(verify(&repository, &["--staged"]).await, (Some(1), expected.clone()));

    repository.git(&["commit", "-q", "-m", "stricter"]);
    let mut of_range = vec![".sealbridge.yaml:5 recipients-changed *.yaml".to_owned()];
    of_range.extend(expected);
    assert_eq!(verify(&repository, &["--from-ref", "before"]).await, (Some(1), of_range));
    let there = verify(&repository, &["app.yaml"]).await;
    assert_eq!(there, (Some(0), vec![]), "the work tree has the old rules");
}

#[tokio::test]
async fn with_an_identity_what_was_edited_outside_is_found() {
    let repository = repository().await;
    let manifest = repository.seal.read("app.yaml");
    let (start, rest) = manifest.split_once(";t=").unwrap();
    repository.seal.write("app.yaml", &format!("{start};t=2001-01-01{}", rest.get(10..).unwrap()));
    assert_eq!(verify(&repository, &[]).await, (Some(0), vec![]));
    let found = vec!["app.yaml:8 sealed-unopened A".to_owned()];
    assert_eq!(verify(&repository, &["-i", "dev.txt"]).await, (Some(1), found));
    assert_eq!(verify(&repository, &["-i", "other.txt"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn with_keys_a_document_whose_mac_does_not_agree_is_found_in_a_file_and_in_a_manifest() {
    let repository = repository().await;
    let dev = repository.seal.read("dev.txt");
    let recipient = dev.lines().find_map(|line| line.split_once("age1")).map(|(_, rest)| format!("age1{rest}")).unwrap();
    let sops = Sops::new().await;
    sops.write("doc.yaml", b"one: hunter1\ntwo: hunter2\nname_unencrypted: a\n");
    let document = sops.run("", &["encrypt", "--age", recipient.trim(), "doc.yaml"]).await.text();
    repository.seal.write("doc.yaml", &document);
    repository.seal.write("inside.yaml", &around(&document));
    assert_eq!(verify(&repository, &["-i", "dev.txt"]).await, (Some(0), vec![]));
    let changed = document.replace("name_unencrypted: a", "name_unencrypted: b");
    repository.seal.write("doc.yaml", &changed);
    repository.seal.write("inside.yaml", &around(&changed));
    assert_eq!(verify(&repository, &[]).await, (Some(0), vec![]), "nobody can tell without a key");
    assert_eq!(verify(&repository, &["-i", "other.txt"]).await, (Some(0), vec![]));
    let found = ["doc.yaml:1 sops-unopened ", "inside.yaml:6 sops-unopened "].map(str::to_owned).to_vec();
    assert_eq!(verify(&repository, &["-i", "dev.txt"]).await, (Some(1), found));
}

#[tokio::test]
async fn with_its_private_key_a_sealed_secret_that_does_not_open_for_its_place_is_found() {
    let repository = repository().await;
    let [key, other] = [SealedSecretsKey::since(2024), SealedSecretsKey::since(2025)];
    for (name, key) in [("key", &key), ("other-key", &other)] {
        repository.seal.write(&format!("{name}.txt"), &key.private);
        repository.seal.write(&format!("{name}.pem"), &key.certificate);
    }
    let kubeseal = Kubeseal::with(&key).await;
    let secret = plain("shop", "checkout", &[("A", "hunter1"), ("B", "hunter2")]);
    let sealed = kubeseal.run(&["--cert", "cert.pem", "-o", "yaml"], secret.to_string().as_bytes()).await.text();
    repository.seal.write("sealed.yaml", &sealed);
    let with = ["--recovery-private-key", "key.txt"];
    assert_eq!(verify(&repository, &with).await, (Some(0), vec![]));

    // For another place, and changed afterwards.
    let line = sealed.lines().find(|line| line.contains("    A: ")).unwrap();
    let (start, end) = line.split_at(line.len() - 8);
    let first = if end.starts_with('A') { 'B' } else { 'A' };
    let bent = format!("{start}{first}{}", end.get(1..).unwrap());
    repository.seal.write("sealed.yaml", &sealed.replace(line, &bent));
    repository.seal.write("moved.yaml", &sealed.replace("name: checkout", "name: cart"));
    let found = verify(&repository, &with).await;
    let lines: Vec<_> = found.1.iter().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!((found.0, lines), (Some(1), vec!["sealedsecret-unopened A", "sealedsecret-unopened B", "sealedsecret-unopened A"]));
    assert_eq!(verify(&repository, &[]).await, (Some(0), vec![]), "nobody can tell without a key");

    // What the rule's certificate says to be of another key is not judged.
    let rules = repository
        .seal
        .read(".sealbridge.yaml")
        .replace("recipients: [dev], namespace", "certificate: other-key.pem, recipients: [dev], namespace");
    repository.seal.write(".sealbridge.yaml", &rules);
    let found = verify(&repository, &with).await;
    assert_eq!(found.1.len(), 1, "only what was changed is no matter of the key: {found:?}");
}

#[tokio::test]
async fn rules_that_cannot_be_read_end_with_2_whatever_else_was_found() {
    let repository = repository().await;
    repository.seal.write(".sealbridge.yaml", "rulez: []\n");
    repository.seal.write("secret.yaml", PLAIN);
    let told = repository.seal.run(&["verify"]).await;
    assert_eq!(told.status, Some(2), "{told}");
    assert!(told.stderr.contains("rulez"), "{told}");
    assert!(String::from_utf8_lossy(&told.stdout).contains("plain-secret"), "{told}");
}

#[tokio::test]
async fn what_is_declared_for_several_namespaces_is_judged_as_in_one() {
    let repository = repository().await;
    let sealed = async |scope: &str| {
        let arguments = ["value", "--recipient", "dev", "--name", "all", "-n", "shop", "--key", "A", "--scope", scope];
        let told = repository.seal.run_with_input(&arguments, b"hunter3").await;
        String::from_utf8(told.ok()).unwrap().trim().to_owned()
    };
    let (strict, everywhere) = (sealed("strict").await, sealed("cluster").await);
    let object = format!(
        "apiVersion: sealbridge.dev/v1\nkind: ClusterBridgedSecret\nmetadata: {{name: all}}\nspec:\n  namespaceSelector: {{}}\n  \
         template:\n    spec:\n      secretStoreRef: {{kind: ClusterSecretStore, name: nowhere}}\n      data:\n        \
         A: {{sealed: '{strict}'}}\n        B: {{sealed: '{everywhere}'}}\n        PASSWORD: {{plain: hunter4}}\n        \
         C: {{remoteRef: {{key: c}}}}\n"
    );
    let found = |findings: Vec<String>| findings.into_iter().filter(|one| one.starts_with("all.yaml")).collect::<Vec<_>>();
    repository.seal.write("all.yaml", &object);
    repository.git(&["add", "all.yaml"]);
    let (status, findings) = verify(&repository, &["--staged", "--skip", "sealed-scope"]).await;
    assert_eq!(status, Some(1));
    assert_eq!(
        found(findings),
        ["all.yaml:8 store-missing ", "all.yaml:10 sealed-elsewhere A", "all.yaml:12 plain-entry PASSWORD"]
    );
    repository.seal.write("all.yaml", &object.replace("remoteRef: {key", "remoteRef: {kee"));
    let (_, findings) = verify(&repository, &["all.yaml", "--skip", "sealed-scope"]).await;
    assert!(found(findings.clone()).contains(&"all.yaml:13 schema ".to_owned()), "{findings:?}");
}
