//! `seal git install` in repositories that Git made: what it shows and how it merges.

use crate::repository::Repository;

/// A repository with three entries, drivers installed, and two branches from there.
async fn repository(install: &[&str]) -> Repository {
    let repository = Repository::new();
    let dev = repository.key("dev").await;
    repository.rules(&[("dev", &dev)], "dev", "");
    repository.seal.run(&[&["git", "install"], install].concat()).await.ok();
    for key in ["A", "B", "C"] {
        set(&repository, key, "first").await;
    }
    repository.commit();
    repository.git(&["branch", "theirs"]);
    repository
}

async fn set(repository: &Repository, key: &str, value: &str) {
    repository.set("app.yaml", key, &format!("hunter-{value}")).await;
}

async fn value(repository: &Repository, key: &str) -> String {
    let told = repository.seal.run(&["get", "app.yaml", key, "-i", "dev.txt", "--raw"]).await;
    told.text().trim().to_owned()
}

#[tokio::test]
async fn a_diff_has_words_where_ciphertext_is() {
    let repository = repository(&[]).await;
    assert!(repository.git(&["status", "--short"]).is_empty(), "nothing is there to be committed");
    set(&repository, "B", "second").await;
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
    let repository = repository(&[]).await;
    set(&repository, "A", "ours").await;
    set(&repository, "OURS", "new").await;
    repository.commit();
    repository.git(&["checkout", "-q", "theirs"]);
    set(&repository, "B", "theirs").await;
    set(&repository, "THEIRS", "new").await;
    repository.seal.run(&["unset", "app.yaml", "C"]).await.ok();
    repository.commit();
    // Without the driver, lines beside each other are a conflict.
    let plain = repository.try_git(&["-c", "merge.sealbridge.driver=git merge-file -q %A %O %B", "merge", "-q", "main"]);
    assert!(!plain.status.success());
    repository.git(&["merge", "--abort"]);
    repository.git(&["merge", "-q", "main"]);
    for (key, expected) in [("A", "hunter-ours"), ("B", "hunter-theirs"), ("OURS", "hunter-new"), ("THEIRS", "hunter-new")] {
        assert_eq!(value(&repository, key).await, expected, "{key}");
    }
    let manifest = repository.seal.read("app.yaml");
    assert!(!manifest.contains(" C:") && !manifest.contains("<<<<"), "{manifest}");
    repository.seal.run(&["verify"]).await.ok();
}

#[tokio::test]
async fn two_changes_of_one_entry_are_a_conflict_of_that_entry_alone() {
    let repository = repository(&[]).await;
    set(&repository, "A", "ours").await;
    set(&repository, "B", "ours").await;
    repository.commit();
    repository.git(&["checkout", "-q", "theirs"]);
    set(&repository, "B", "theirs").await;
    set(&repository, "C", "theirs").await;
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
    let repository = repository(&[]).await;
    repository.seal.write("plain.yaml", "a: 1\nb: 2\nc: 3\nd: 4\n");
    repository.commit();
    repository.git(&["branch", "-f", "theirs"]);
    repository.seal.write("plain.yaml", "a: 10\nb: 2\nc: 3\nd: 4\n");
    let manifest = repository.seal.read("app.yaml");
    repository.seal.write("app.yaml", &manifest.replace("kind:", "# a word\nkind:"));
    repository.commit();
    repository.git(&["checkout", "-q", "theirs"]);
    repository.seal.write("plain.yaml", "a: 1\nb: 2\nc: 3\nd: 40\n");
    set(&repository, "B", "theirs").await;
    repository.commit();
    repository.git(&["merge", "-q", "main"]);
    assert_eq!(repository.seal.read("plain.yaml"), "a: 10\nb: 2\nc: 3\nd: 40\n");
    assert!(repository.seal.read("app.yaml").contains("# a word\nkind:"));
    assert_eq!(value(&repository, "B").await, "hunter-theirs");
}

#[tokio::test]
async fn shared_attributes_keep_what_was_there_and_go_again() {
    let repository = Repository::new();
    repository.seal.write(".gitattributes", "*.lock -diff\n");
    for _ in 0..2 {
        repository.seal.run(&["git", "install", "--shared"]).await.ok();
    }
    let attributes = repository.seal.read(".gitattributes");
    assert!(attributes.starts_with("*.lock -diff\n"), "{attributes}");
    assert_eq!(attributes.matches("*.yaml diff=sealbridge merge=sealbridge").count(), 1, "{attributes}");
    assert_eq!(repository.git(&["check-attr", "merge", "a/b.yml"]), "a/b.yml: merge: sealbridge");
    assert_eq!(repository.seal.run(&["git", "uninstall"]).await.text(), "git shows and merges plain text again\n");
    assert_eq!(repository.seal.read(".gitattributes"), "*.lock -diff\n");
    assert!(!repository.git(&["config", "--local", "--list"]).contains("sealbridge"));
    assert_eq!(repository.seal.run(&["git", "uninstall"]).await.text(), "nothing was set up here\n");
}
