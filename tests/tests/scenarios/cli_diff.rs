//! `seal diff` in a repository that Git made.

use crate::repository::Repository;

/// A repository with one sealed value, whose key is at hand only when it is named.
async fn repository() -> Repository {
    let repository = Repository::new();
    let (dev, other) = (repository.key("dev").await, repository.key("other").await);
    repository.rules(&[("dev", &dev), ("other", &other)], "dev", "");
    repository.seal.write("one.txt", "hunter1");
    repository.seal.write("two.txt", "hunter2");
    repository.seal.run(&["set", "app.yaml", "--from-file", "A=one.txt", "--from-file", "B=one.txt"]).await.ok();
    repository.seal.run(&["set", "app.yaml", "DB", "--ref", "vault:shop/db#p@1"]).await.ok();
    repository.commit();
    repository
}

async fn diff(repository: &Repository, arguments: &[&str]) -> (Option<i32>, String) {
    let told = repository.seal.run(&[&["diff"], arguments].concat()).await;
    assert!(told.stderr.is_empty(), "{told}");
    (told.status, String::from_utf8(told.stdout).unwrap())
}

#[tokio::test]
async fn what_opens_more_comes_first_and_the_status_tells() {
    let repository = repository().await;
    assert_eq!(diff(&repository, &[]).await, (Some(0), String::new()));
    let set = |arguments: &'static [&'static str]| repository.seal.run(arguments);
    set(&["set", "app.yaml", "--from-file", "A=two.txt"]).await.ok();
    set(&["set", "app.yaml", "--from-file", "B=one.txt", "-r", "dev", "-r", "other", "--scope", "cluster"]).await.ok();
    set(&["set", "app.yaml", "DB", "--ref", "vault:shop/db#p@2"]).await.ok();
    set(&["set", "app.yaml", "--from-file", "NEW=one.txt"]).await.ok();
    let expected = "\
~ app.yaml  shop/app  B  OPENS MORE:  scope strict -> cluster, wider; recipients + other; ciphertext changed
~ app.yaml  shop/app  A  ciphertext changed
~ app.yaml  shop/app  DB  reference SecretStore/vault shop/db#p@1 -> SecretStore/vault shop/db#p@2
+ app.yaml  shop/app  NEW  sealed; strict, to dev
";
    assert_eq!(diff(&repository, &[]).await, (Some(1), expected.to_owned()));
    let (_, opened) = diff(&repository, &["-i", "dev.txt"]).await;
    assert!(
        opened.contains("  A  value changed\n") && opened.contains("recipients + other; same value, sealed again\n"),
        "{opened}"
    );
    assert!(!opened.contains("hunter"), "{opened}");
    let (_, revealed) = diff(&repository, &["-i", "dev.txt", "--reveal"]).await;
    assert!(revealed.contains("value changed; \"hunter1\" -> \"hunter2\""), "{revealed}");
}

#[tokio::test]
async fn revisions_and_paths_are_told_apart() {
    let repository = repository().await;
    repository.seal.run(&["unset", "app.yaml", "B"]).await.ok();
    repository.commit();
    let gone = "- app.yaml  shop/app  B  sealed; strict, to dev\n";
    for arguments in [&["HEAD~1"][..], &["HEAD~1..HEAD"], &["HEAD~1.."], &["HEAD~1...HEAD"], &["HEAD~1", "app.yaml"]] {
        assert_eq!(diff(&repository, arguments).await, (Some(1), gone.to_owned()), "{arguments:?}");
    }
    assert_eq!(diff(&repository, &["app.yaml"]).await.0, Some(0));
    assert_eq!(diff(&repository, &["HEAD~1..HEAD", "dev.txt"]).await.0, Some(0));
    let (_, markdown) = diff(&repository, &["HEAD~1", "-o", "markdown"]).await;
    assert!(markdown.ends_with("| removed | app.yaml | shop/app | B | sealed; strict, to dev |\n"), "{markdown}");
    let told = repository.seal.run(&["diff", "no-such-branch"]).await;
    assert_eq!(told.status, Some(2), "{told}");
    assert!(told.stderr.contains("neither a revision nor a file"), "{told}");
}

#[tokio::test]
async fn a_value_put_in_the_clear_and_sealed_texts_elsewhere_are_seen() {
    let repository = repository().await;
    let manifest = repository.seal.read("app.yaml");
    let line = manifest.lines().find(|line| line.trim_start().starts_with("A:")).unwrap();
    repository.seal.write("app.yaml", &manifest.replace(line, "    A: {plain: hunter3}"));
    let sealed = line.split('"').nth(1).unwrap();
    repository.seal.write("values.yaml", &format!("app:\n  keys: [\"{sealed}\"]\n"));
    let expected = "\
~ app.yaml  shop/app  A  OPENS MORE:  sealed -> plain
+ values.yaml  app.keys[0]  sealed; strict, to dev
";
    assert_eq!(diff(&repository, &[]).await, (Some(1), expected.to_owned()));
}
