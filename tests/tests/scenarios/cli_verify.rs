//! `seal verify` on what Git holds: the index, a range, all that is tracked.

use std::process::Command;

use sealbridge_tests::Seal;
use serde_json::Value;

const PLAIN: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\nstringData: {TOKEN: hunter2}\n";
const STORE: &str = "apiVersion: sealbridge.dev/v1\nkind: SecretStore\nmetadata: {name: vault, namespace: shop}\nspec: {provider: {fake: {data: []}}}\n";

struct Repository {
    seal: Seal,
}

impl Repository {
    /// A repository with one sealed value and one reference to a store that it declares.
    async fn new() -> Self {
        let seal = Seal::new().env("PATH", std::env::var("PATH").unwrap());
        let dev = seal.run(&["keys", "new", "dev.txt", "-o", "json"]).await.ok();
        let other = seal.run(&["keys", "new", "other.txt", "-o", "json"]).await.ok();
        let recipient = |told: &[u8]| serde_json::from_slice::<Value>(told).unwrap()["recipient"].as_str().unwrap().to_owned();
        let rules = format!(
            "recipients:\n  dev: [{}]\n  other: [{}]\nrules:\n- {{path: '*.yaml', recipients: [dev], namespace: shop}}\n",
            recipient(&dev),
            recipient(&other)
        );
        seal.write(".sealbridge.yaml", &rules);
        seal.write(".gitignore", "*.txt\n");
        seal.write("one.txt", "hunter1");
        seal.write("store.yaml", STORE);
        seal.run(&["set", "app.yaml", "--from-file", "A=one.txt"]).await.ok();
        seal.run(&["set", "app.yaml", "DB", "--ref", "vault:shop/db#p"]).await.ok();
        let repository = Self { seal };
        repository.git(&["init", "-q"]);
        repository.commit();
        repository
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").arg("-C").arg(self.seal.folder()).args(identity).args(arguments).status().unwrap();
        assert!(status.success(), "{arguments:?}");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "a commit"]);
    }

    /// The status, and `file:line rule entry` of each finding.
    async fn verify(&self, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
        let told = self.seal.run(&[&["verify", "-o", "json"], arguments].concat()).await;
        let findings: Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{told}"));
        assert!(!String::from_utf8_lossy(&told.stdout).contains("hunter"));
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
        let found = findings.as_array().unwrap().iter().map(|finding| {
            format!("{}:{} {} {}", text(finding, "file"), finding["line"], text(finding, "rule"), text(finding, "entry"))
        });
        (told.status, found.collect())
    }
}

#[tokio::test]
async fn the_index_is_judged_and_not_what_lies_there() {
    let repository = Repository::new().await;
    assert_eq!(repository.verify(&["--staged"]).await, (Some(0), vec![]));
    repository.seal.write("secret.yaml", PLAIN);
    assert_eq!(repository.verify(&["--staged"]).await, (Some(0), vec![]));
    repository.git(&["add", "secret.yaml"]);
    repository.seal.write("secret.yaml", "# taken away again, but not from the index\n");
    let found = vec!["secret.yaml:4 plain-secret TOKEN".to_owned()];
    assert_eq!(repository.verify(&["--staged"]).await, (Some(1), found.clone()));
    assert_eq!(repository.verify(&["--staged", "secret.yaml"]).await, (Some(1), found));
    assert_eq!(repository.verify(&["--staged", "app.yaml"]).await, (Some(0), vec![]));
    repository.git(&["add", "secret.yaml"]);
    assert_eq!(repository.verify(&["--staged"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn what_a_staged_file_names_may_stand_in_any_other() {
    let repository = Repository::new().await;
    repository.seal.run(&["set", "app.yaml", "MORE", "--ref", "vault:shop/more"]).await.ok();
    repository.git(&["add", "-A"]);
    assert_eq!(repository.verify(&["--staged"]).await, (Some(0), vec![]));
    repository.git(&["rm", "-q", "--cached", "store.yaml"]);
    assert_eq!(
        repository.verify(&["--staged"]).await,
        (Some(1), ["app.yaml:9 store-missing ", "app.yaml:10 store-missing "].map(str::to_owned).to_vec())
    );
}

#[tokio::test]
async fn all_is_what_git_tracks() {
    let repository = Repository::new().await;
    repository.seal.write("secret.yaml", PLAIN);
    assert_eq!(repository.verify(&["--all"]).await, (Some(0), vec![]));
    assert_eq!(repository.verify(&[]).await.0, Some(1));
    repository.git(&["add", "secret.yaml"]);
    assert_eq!(repository.verify(&["--all"]).await, (Some(1), vec!["secret.yaml:4 plain-secret TOKEN".to_owned()]));
}

#[tokio::test]
async fn a_range_tells_who_can_open_now() {
    let repository = Repository::new().await;
    repository.git(&["branch", "before"]);
    assert_eq!(repository.verify(&["--from-ref", "before"]).await, (Some(0), vec![]));
    repository.seal.run(&["set", "app.yaml", "--from-file", "A=one.txt", "-r", "dev", "-r", "other"]).await.ok();
    let rules = repository.seal.read(".sealbridge.yaml");
    let (_, other) = rules.split_once("other: [").unwrap();
    let other = other.split(']').next().unwrap();
    repository.seal.write(".sealbridge.yaml", &rules.replace("]\n  other", &format!(", {other}]\n  other")));
    repository.commit();
    let expected = [".sealbridge.yaml:2 recipients-changed dev", "app.yaml:8 recipients-changed A"].map(str::to_owned);
    assert_eq!(repository.verify(&["--from-ref", "before"]).await, (Some(1), expected.to_vec()));
    assert_eq!(repository.verify(&["--from-ref", "before", "--to-ref", "before"]).await, (Some(0), vec![]));
    let told = repository.seal.run(&["verify", "--from-ref", "no-such-branch"]).await;
    assert_eq!(told.status, Some(2), "{told}");
}

#[tokio::test]
async fn a_range_is_judged_at_its_end() {
    let repository = Repository::new().await;
    repository.git(&["branch", "before"]);
    repository.seal.write("secret.yaml", PLAIN);
    repository.commit();
    repository.git(&["branch", "middle"]);
    std::fs::remove_file(repository.seal.folder().join("secret.yaml")).unwrap();
    repository.commit();
    let found = vec!["secret.yaml:4 plain-secret TOKEN".to_owned()];
    assert_eq!(repository.verify(&["--from-ref", "before", "--to-ref", "middle"]).await, (Some(1), found));
    assert_eq!(repository.verify(&["--from-ref", "before"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn with_an_identity_what_was_edited_outside_is_found() {
    let repository = Repository::new().await;
    let manifest = repository.seal.read("app.yaml");
    let (start, rest) = manifest.split_once(";t=").unwrap();
    repository.seal.write("app.yaml", &format!("{start};t=2001-01-01{}", rest.get(10..).unwrap()));
    assert_eq!(repository.verify(&[]).await, (Some(0), vec![]));
    let found = vec!["app.yaml:8 sealed-unopened A".to_owned()];
    assert_eq!(repository.verify(&["-i", "dev.txt"]).await, (Some(1), found));
    assert_eq!(repository.verify(&["-i", "other.txt"]).await, (Some(0), vec![]));
}

#[tokio::test]
async fn rules_that_cannot_be_read_end_with_2_whatever_else_was_found() {
    let repository = Repository::new().await;
    repository.seal.write(".sealbridge.yaml", "rulez: []\n");
    repository.seal.write("secret.yaml", PLAIN);
    let told = repository.seal.run(&["verify"]).await;
    assert_eq!(told.status, Some(2), "{told}");
    assert!(told.stderr.contains("rulez"), "{told}");
    assert!(String::from_utf8_lossy(&told.stdout).contains("plain-secret"), "{told}");
}
