//! `seal git install` in repositories that Git made: what it shows and how it merges.

use std::path::PathBuf;
use std::process::{Command, Output};

use sealbridge_tests::{Seal, sibling_binary};
use serde_json::Value;

struct Repository {
    seal: Seal,
}

impl Repository {
    /// A repository with three entries, drivers installed, and two branches from there.
    async fn new(install: &[&str]) -> Self {
        let seal = Seal::new().env("PATH", path());
        let dev = seal.run(&["keys", "new", "dev.txt", "-o", "json"]).await.ok();
        let recipient = serde_json::from_slice::<Value>(&dev).unwrap()["recipient"].as_str().unwrap().to_owned();
        let rules = format!("recipients: {{dev: [{recipient}]}}\nrules: [{{path: '**', recipients: [dev], namespace: shop}}]\n");
        seal.write(".sealbridge.yaml", &rules);
        seal.write(".gitignore", "*.txt\n");
        let repository = Self { seal };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.seal.run(&[&["git", "install"], install].concat()).await.ok();
        for key in ["A", "B", "C"] {
            repository.set(key, "first").await;
        }
        repository.commit();
        repository.git(&["branch", "theirs"]);
        repository
    }

    async fn set(&self, key: &str, value: &str) {
        self.seal.write("value.txt", &format!("hunter-{value}"));
        let assignment = format!("{key}=value.txt");
        self.seal.run(&["set", "app.yaml", "--from-file", &assignment]).await.ok();
    }

    async fn value(&self, key: &str) -> String {
        let told = self.seal.run(&["get", "app.yaml", key, "-i", "dev.txt", "--raw"]).await;
        told.text().trim().to_owned()
    }

    fn try_git(&self, arguments: &[&str]) -> Output {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        let mut command = Command::new("git");
        command.env("PATH", path()).env("HOME", self.seal.folder()).env("GIT_CONFIG_NOSYSTEM", "1");
        command.arg("-C").arg(self.seal.folder()).args(identity).args(arguments).output().unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "a commit"]);
    }
}

fn path() -> String {
    let folder = sibling_binary("seal").parent().map(PathBuf::from).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[tokio::test]
async fn a_diff_has_words_where_ciphertext_is() {
    let repository = Repository::new(&[]).await;
    assert!(repository.git(&["status", "--short"]).is_empty(), "nothing is there to be committed");
    repository.set("B", "second").await;
    let manifest = repository.seal.read("app.yaml").replace("name: app", "name: app  # ours");
    repository.seal.write("app.yaml", &manifest);
    let told = repository.git(&["diff", "--unified=0"]);
    assert_eq!(told.matches("sealed: \"sealed, strict, ").count(), 2, "{told}");
    assert!(told.contains(", to dev, text ") && told.contains("# ours") && !told.contains("sb1:"), "{told}");
    repository.seal.run(&["git", "uninstall"]).await.ok();
    assert!(repository.git(&["diff"]).contains("sb1:"));
}

#[tokio::test]
async fn changes_of_different_entries_merge_whatever_lines_they_are_on() {
    let repository = Repository::new(&[]).await;
    repository.set("A", "ours").await;
    repository.set("OURS", "new").await;
    repository.commit();
    repository.git(&["checkout", "-q", "theirs"]);
    repository.set("B", "theirs").await;
    repository.set("THEIRS", "new").await;
    repository.seal.run(&["unset", "app.yaml", "C"]).await.ok();
    repository.commit();
    // Without the driver, lines beside each other are a conflict.
    let plain = repository.try_git(&["-c", "merge.sealbridge.driver=git merge-file -q %A %O %B", "merge", "-q", "main"]);
    assert!(!plain.status.success());
    repository.git(&["merge", "--abort"]);
    repository.git(&["merge", "-q", "main"]);
    for (key, value) in [("A", "hunter-ours"), ("B", "hunter-theirs"), ("OURS", "hunter-new"), ("THEIRS", "hunter-new")] {
        assert_eq!(repository.value(key).await, value, "{key}");
    }
    let manifest = repository.seal.read("app.yaml");
    assert!(!manifest.contains(" C:") && !manifest.contains("<<<<"), "{manifest}");
    repository.seal.run(&["verify"]).await.ok();
}

#[tokio::test]
async fn two_changes_of_one_entry_are_a_conflict_of_that_entry_alone() {
    let repository = Repository::new(&[]).await;
    repository.set("A", "ours").await;
    repository.set("B", "ours").await;
    repository.commit();
    repository.git(&["checkout", "-q", "theirs"]);
    repository.set("B", "theirs").await;
    repository.set("C", "theirs").await;
    repository.commit();
    assert!(!repository.try_git(&["merge", "-q", "main"]).status.success());
    let manifest = repository.seal.read("app.yaml");
    let inside: Vec<_> = manifest
        .lines()
        .skip_while(|line| !line.starts_with("<<<<<<< "))
        .skip(1)
        .take_while(|line| !line.starts_with(">>>>>>> "))
        .filter(|line| !line.starts_with("======="))
        .map(|line| line.trim_start().split(':').next().unwrap())
        .collect();
    assert_eq!(inside, ["B", "B"], "{manifest}");
    assert_eq!(manifest.matches("<<<<<<<").count(), 1);
}

#[tokio::test]
async fn what_is_no_entry_merges_as_git_does() {
    let repository = Repository::new(&[]).await;
    repository.seal.write("plain.yaml", "a: 1\nb: 2\nc: 3\nd: 4\n");
    repository.commit();
    repository.git(&["branch", "-f", "theirs"]);
    repository.seal.write("plain.yaml", "a: 10\nb: 2\nc: 3\nd: 4\n");
    let manifest = repository.seal.read("app.yaml");
    repository.seal.write("app.yaml", &manifest.replace("kind:", "# a word\nkind:"));
    repository.commit();
    repository.git(&["checkout", "-q", "theirs"]);
    repository.seal.write("plain.yaml", "a: 1\nb: 2\nc: 3\nd: 40\n");
    repository.set("B", "theirs").await;
    repository.commit();
    repository.git(&["merge", "-q", "main"]);
    assert_eq!(repository.seal.read("plain.yaml"), "a: 10\nb: 2\nc: 3\nd: 40\n");
    assert!(repository.seal.read("app.yaml").contains("# a word\nkind:"));
    assert_eq!(repository.value("B").await, "hunter-theirs");
}

#[tokio::test]
async fn shared_attributes_keep_what_was_there_and_go_again() {
    let seal = Seal::new().env("PATH", path());
    let repository = Repository { seal };
    repository.git(&["init", "-q"]);
    repository.seal.write(".gitattributes", "*.lock -diff\n");
    for _ in 0..2 {
        repository.seal.run(&["git", "install", "--shared"]).await.ok();
    }
    let attributes = repository.seal.read(".gitattributes");
    assert!(attributes.starts_with("*.lock -diff\n"), "{attributes}");
    assert_eq!(attributes.matches("*.yaml diff=sealbridge merge=sealbridge").count(), 1, "{attributes}");
    assert_eq!(repository.git(&["check-attr", "merge", "a/b.yml"]), "a/b.yml: merge: sealbridge\n");
    assert_eq!(repository.seal.run(&["git", "uninstall"]).await.text(), "git shows and merges plain text again\n");
    assert_eq!(repository.seal.read(".gitattributes"), "*.lock -diff\n");
    assert!(!repository.git(&["config", "--local", "--list"]).contains("sealbridge"));
    assert_eq!(repository.seal.run(&["git", "uninstall"]).await.text(), "nothing was set up here\n");
}
