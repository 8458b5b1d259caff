//! `seal keys exposure` and `seal keys list --branches`: what a history holds that a key opens.

use serde_json::Value;

use crate::repository::Repository;

#[tokio::test]
async fn every_value_that_was_ever_sealed_to_a_key_is_listed_once() {
    let repository = Repository::new();
    let [dev, new] = [repository.key("dev").await, repository.key("new").await];
    let sets = [("dev", &dev), ("new", &new)];
    repository.rules(&sets, "dev", "");
    repository.set("app.yaml", "A", "one").await;
    repository.set("gone.yaml", "G", "one").await;
    let first = repository.commit_days_ago(30);
    repository.set("app.yaml", "B", "b").await;
    repository.commit_days_ago(20);
    repository.set("app.yaml", "A", "two").await;
    repository.git(&["rm", "-q", "--cached", "gone.yaml"]);
    std::fs::remove_file(repository.seal.folder().join("gone.yaml")).unwrap();
    let second = repository.commit_days_ago(10);
    repository.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    repository.set("side.yaml", "S", "s").await;
    let side = repository.commit_days_ago(9);
    repository.git(&["checkout", "-q", "main"]);
    repository.rules(&sets, "new", "");
    repository.seal.run(&["reseal", "app.yaml", "-i", "dev.txt", "--accept-recipient", "new", "-q"]).await.ok();
    repository.set("app.yaml", "C", "c").await;
    repository.commit();
    repository.git(&["merge", "-q", "-m", "a merge", "side"]);

    let told = repository.seal.run(&["keys", "exposure", &dev.id, "-o", "json"]).await.text();
    let rows: Vec<Value> = serde_json::from_str(&told).unwrap();
    let row = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("file"), text("key"), text("firstCommit"), text("lastCommit"), row["versions"].clone(), row["current"].clone())
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    let b = rows[1].2.clone();
    let expected = |file: &str, key: &str, first: &str, last: &str, versions: u32, current: bool| {
        (file.to_owned(), key.to_owned(), first.to_owned(), last.to_owned(), Value::from(versions), Value::from(current))
    };
    assert_eq!(
        rows,
        [
            expected("app.yaml", "A", &first, &second, 2, false),
            expected("app.yaml", "B", &b, &b, 1, false),
            expected("gone.yaml", "G", &first, &first, 1, false),
            expected("side.yaml", "S", &side, &side, 1, true),
        ]
    );
    let csv = repository.seal.run(&["keys", "exposure", &dev.id, "-o", "csv", "-q"]).await.text();
    assert_eq!(csv.lines().count(), 5, "{csv}");
    let line = csv.lines().find(|line| line.starts_with("\"side.yaml\",\"shop/side\",\"S\",")).unwrap();
    assert!(line.ends_with(",1,true"), "{line}");
    let (status, told) = repository.says(&["keys", "exposure", "0000000000000000"]).await;
    assert_eq!((status, told.as_str()), (Some(0), "note: no value was ever sealed to 0000000000000000 in this history\n"));
    let (_, told) = repository.says(&["keys", "exposure", &new.id, "--ref", "side"]).await;
    assert!(told.contains("no value was ever sealed"), "{told}");
}

#[tokio::test]
async fn keys_are_counted_on_branches_that_are_not_checked_out() {
    let repository = Repository::new();
    let dev = repository.key("dev").await;
    repository.rules(&[("dev", &dev)], "dev", "");
    repository.set("app.yaml", "A", "one").await;
    repository.commit();
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.set("app.yaml", "B", "one").await;
    repository.set("more.yaml", "C", "one").await;
    repository.commit();
    repository.git(&["checkout", "-q", "main"]);
    let told = repository.seal.run(&["keys", "list", "--branches", "side", "-o", "json"]).await.text();
    let keys: Value = serde_json::from_str(&told).unwrap();
    let uses = keys[0]["uses"].as_array().unwrap();
    let uses: Vec<_> = uses.iter().map(|found| format!("{} {} {}", found["branch"], found["file"], found["values"])).collect();
    assert_eq!(uses, ["null \"app.yaml\" 1", "\"side\" \"app.yaml\" 2", "\"side\" \"more.yaml\" 1"]);
    let (status, told) = repository.says(&["keys", "list", "--branches", "nowhere"]).await;
    assert_eq!(status, Some(2), "{told}");
}
