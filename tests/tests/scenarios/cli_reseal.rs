//! `seal reseal` in a repository that Git made: whom it lets in without a word, and that no file is ever half done,
//! whatever ends it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sealbridge_tests::{Sops, sibling_binary};

use crate::repository::{Key, Repository};

const FILES: usize = 24;
const VALUES: usize = 6;
const RUNS: usize = 20;

#[tokio::test]
async fn who_was_agreed_to_on_the_main_branch_is_let_in_and_nobody_else() {
    let repository = Repository::new();
    let [dev, new] = [repository.key("dev").await, repository.key("new").await];
    let sets = [("dev", &dev), ("new", &new)];
    repository.rules(&sets, "dev", "");
    repository.set("app.yaml", "A", "one").await;
    repository.commit();

    repository.git(&["checkout", "-q", "-b", "work"]);
    repository.rules(&sets, "dev, new", "");
    repository.commit();
    let (status, told) = repository.says(&["reseal", ".", "-i", "dev.txt"]).await;
    assert_eq!(status, Some(2), "a rule that this branch changed lets nobody in: {told}");
    assert!(told.contains(&format!("new ({}) to 1 value in 1 file", new.id)) && told.contains("--accept-recipient"), "{told}");
    assert_eq!(repository.git(&["status", "--porcelain"]), "", "nothing was written");

    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["merge", "-q", "--ff-only", "work"]);
    let pasted = repository.seal.read("app.yaml").replace("name: app", "name: pasted").replace("    A:", "    B:");
    repository.seal.write("pasted.yaml", &pasted);
    let (status, told) = repository.says(&["reseal", ".", "-i", "dev.txt"]).await;
    assert_eq!(status, Some(2), "a value that nobody has seen there yet lets nobody in: {told}");
    fs::remove_file(repository.seal.folder().join("pasted.yaml")).unwrap();

    let (status, told) = repository.says(&["reseal", ".", "-i", "dev.txt"]).await;
    assert_eq!(status, Some(0), "what the main branch has is agreed to: {told}");
    assert_eq!(repository.seal.run(&["get", "app.yaml", "A", "-i", "new.txt"]).await.text(), "one\n");
    let (status, told) = repository.says(&["reseal", ".", "--check", "--base", "nowhere"]).await;
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("neither a revision"), "{told}");
}

#[tokio::test]
async fn a_nearer_rule_that_this_branch_takes_away_lets_nobody_in() {
    let repository = Repository::new();
    let [dev, prod] = [repository.key("dev").await, repository.key("prod").await];
    repository.rules(&[("dev", &dev), ("prod", &prod)], "dev, prod", "");
    fs::create_dir(repository.seal.folder().join("prod")).unwrap();
    repository
        .seal
        .write("prod/.sealbridge.yaml", &format!("rules: [{{path: '**', recipients: [{}], namespace: shop}}]\n", prod.recipient));
    repository.set("prod/app.yaml", "A", "one").await;
    repository.commit();
    fs::remove_file(repository.seal.folder().join("prod/.sealbridge.yaml")).unwrap();
    let (status, told) = repository.says(&["reseal", ".", "-i", "prod.txt"]).await;
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains(&format!("dev ({})", dev.id)), "{told}");
}

#[tokio::test]
async fn of_a_sops_document_too_who_was_agreed_to_on_the_main_branch_is_let_in_and_nobody_else() {
    let repository = Repository::new();
    let [dev, new] = [repository.key("dev").await, repository.key("new").await];
    let sops = Sops::new().await;
    let encrypted = async |value: &str| {
        sops.write("app.yaml", format!("password: {value}\n").as_bytes());
        sops.run("", &["encrypt", "--age", &dev.recipient, "app.yaml"]).await.text()
    };
    let rule = |names: &str| repository.seal.write(".sops.yaml", &format!("creation_rules: [{{age: '{names}'}}]\n"));
    let both = format!("{},{}", dev.recipient, new.recipient);
    rule(&dev.recipient);
    repository.seal.write("app.yaml", &encrypted("one").await);
    repository.commit();

    repository.git(&["checkout", "-q", "-b", "work"]);
    rule(&both);
    repository.commit();
    let (status, told) = repository.says(&["reseal", ".", "-i", "dev.txt"]).await;
    assert_eq!(status, Some(2), "a rule that this branch changed lets nobody in: {told}");
    let words = format!("({}) to 1 SOPS document", new.id);
    assert!(told.contains("recipients were added since") && told.contains(&words), "{told}");

    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["merge", "-q", "--ff-only", "work"]);
    repository.seal.write("app.yaml", &encrypted("of another file").await);
    let (status, told) = repository.says(&["reseal", ".", "-i", "dev.txt"]).await;
    assert_eq!(status, Some(2), "a document that nobody has seen there yet lets nobody in: {told}");
    repository.git(&["checkout", "-q", "app.yaml"]);

    repository.seal.run_with_input(&["set", "app.yaml", "password", "-i", "dev.txt"], b"two").await.ok();
    let (status, told) = repository.says(&["reseal", ".", "-i", "dev.txt"]).await;
    assert_eq!(status, Some(0), "what the main branch has is agreed to: {told}");
    assert_eq!(repository.seal.run(&["get", "app.yaml", "password", "-i", "new.txt"]).await.text(), "two\n");
}

/// A tree of files whose values are all sealed to one key, and rules that name another one too.
async fn tree() -> (Repository, [Key; 2], BTreeMap<PathBuf, String>) {
    let repository = Repository::new();
    let keys = [repository.key("old").await, repository.key("new").await];
    let sets = [("old", &keys[0]), ("new", &keys[1])];
    repository.rules(&sets, "old", "");
    let mut files = BTreeMap::new();
    fs::create_dir(repository.seal.folder().join("tree")).unwrap();
    for file in 0..FILES {
        let mut text = format!("# file {file}\napp:\n");
        for value in 0..VALUES {
            let key = format!("K{value}");
            let arguments = ["value", "--name", "app", "--key", &key, "--scope", "cluster"];
            let sealed = repository.seal.run_with_input(&arguments, format!("{file} {value}").as_bytes()).await.text();
            text.push_str(&format!("  {key}:   {}  # about it\n", sealed.trim_end()));
        }
        let path = PathBuf::from(format!("tree/{file:02}.yaml"));
        repository.seal.write(path.to_str().unwrap(), &text);
        files.insert(path, text);
    }
    repository.rules(&sets, "old, new", "");
    (repository, keys, files)
}

/// How many sealed texts of a file name a key; every other byte must be what it was.
fn named(old: &str, text: &str, id: &str) -> usize {
    let bare = |line: &str| line.split("sb1:").next().unwrap().to_owned();
    assert_eq!(old.lines().map(bare).collect::<Vec<_>>(), text.lines().map(bare).collect::<Vec<_>>());
    assert_eq!(text.matches("  # about it\n").count(), VALUES);
    text.lines().filter(|line| line.contains(id)).count()
}

#[tokio::test]
async fn a_file_is_old_or_new_whenever_the_process_is_killed() {
    let (repository, [_, new], files) = tree().await;
    let temporaries = || {
        let paths = fs::read_dir(repository.seal.folder().join("tree")).unwrap().map(|file| file.unwrap().path());
        paths.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".seal-")).collect::<Vec<_>>()
    };
    let restore = || {
        files.iter().for_each(|(path, text)| repository.seal.write(path.to_str().unwrap(), text));
        temporaries().iter().for_each(|left| fs::remove_file(left).unwrap());
    };
    let mut broken_off = 0;
    for run in 0..RUNS {
        restore();
        let mut child = Command::new(sibling_binary("seal"))
            .args(["reseal", "tree", "-i", "old.txt", "--accept-recipient", "new", "-q"])
            .env_clear()
            .env("HOME", repository.seal.folder())
            .current_dir(repository.seal.folder())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let new_files = || files.iter().filter(|(path, old)| repository.seal.read(path.to_str().unwrap()) != **old).count();
        let mut is_running = || child.try_wait().unwrap().is_none();
        while new_files() < run && is_running() {}
        // Not always at the same step of a file: every other time while one is being written.
        while run % 2 == 1 && temporaries().is_empty() && is_running() {}
        child.kill().unwrap();
        child.wait().unwrap();
        let done: Vec<usize> =
            files.iter().map(|(path, old)| named(old, &repository.seal.read(path.to_str().unwrap()), &new.id)).collect();
        assert!(done.iter().all(|count| [0, VALUES].contains(count)), "half a file: {done:?}");
        broken_off += usize::from(done.contains(&0) && done.contains(&VALUES));
    }
    assert!(broken_off > 0, "no run was ended in the middle, so nothing was shown");
    let arguments = ["reseal", "tree", "-i", "old.txt", "--accept-recipient", "new"];
    let (status, told) = repository.says(&arguments).await;
    assert_eq!(status, Some(0), "what is left is done by another run: {told}");
    assert_eq!(repository.says(&["reseal", "tree", "--check", "-q"]).await, (Some(0), String::new()));
    let opened = ["get", "tree/07.yaml", "K3", "--path", "app.K3", "--name", "app", "-i", "new.txt"];
    assert_eq!(repository.seal.run(&opened).await.text(), "7 3\n");
}

#[tokio::test]
async fn of_two_at_once_each_file_is_done_by_one_and_the_other_is_told() {
    let (repository, [_, new], files) = tree().await;
    let arguments = ["reseal", "tree", "-i", "old.txt", "--accept-recipient", "new", "-q"];
    let (one, other) = tokio::join!(repository.says(&arguments), repository.says(&arguments));
    for (status, told) in [&one, &other] {
        assert!(*status == Some(0) || *status == Some(2) && told.contains("was changed by somebody else"), "{one:?} {other:?}");
    }
    for (path, old) in &files {
        assert_eq!(named(old, &repository.seal.read(path.to_str().unwrap()), &new.id), VALUES);
    }
}
