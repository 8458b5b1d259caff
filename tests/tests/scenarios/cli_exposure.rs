//! `seal keys exposure` and `seal keys list --branches`: what a history holds that a key opens.

use sealbridge_tests::{Kubeseal, SealedSecretsKey};
use serde_json::Value;

use crate::repository::Repository;
use crate::sealed_secrets::plain;

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

#[tokio::test]
async fn what_a_leaked_key_of_a_controller_opens_is_listed_by_trying() {
    let repository = Repository::new();
    let [leaked, newer] = [SealedSecretsKey::since(2024), SealedSecretsKey::since(2025)];
    let seal = &repository.seal;
    for (name, key) in [("leaked", &leaked), ("newer", &newer)] {
        // No file that Git would take.
        seal.write(&format!("{name}.txt"), &key.private);
        seal.write(&format!("{name}.pem"), &key.certificate);
    }
    let sealed = async |key: &SealedSecretsKey, namespace: &str, entries: &[(&str, &str)]| {
        let kubeseal = Kubeseal::with(key).await;
        let secret = plain(namespace, "checkout", entries);
        kubeseal.run(&["--cert", "cert.pem", "-o", "yaml"], secret.to_string().as_bytes()).await.text()
    };
    seal.write(".sealbridge.yaml", "rules: [{path: '*.yaml', certificate: leaked.pem}]\n");
    let old = sealed(&leaked, "shop", &[("A", "one"), ("B", "b")]).await;
    seal.write("app.yaml", &old);
    // One whose object says no namespace, for which nothing says it either.
    let bare = sealed(&leaked, "cart", &[("C", "c")]).await.replace("  namespace: cart\n", "");
    seal.write("bare.yaml", &bare);
    let first = repository.commit_days_ago(20);
    let told: Value = serde_json::from_slice(&seal.run(&["keys", "list", "-o", "json"]).await.ok()).unwrap();
    let fingerprint = told[0]["fingerprint"].as_str().unwrap().to_owned();
    assert!(fingerprint.starts_with("SHA256:") && told[0]["certificates"] == serde_json::json!(["leaked.pem"]), "{told}");
    assert_eq!(
        (&told[0]["held"], &told[0]["valuesUnderRules"], &told[0]["valuesOpened"]),
        (&false.into(), &3.into(), &Value::Null)
    );
    let told = seal.run(&["keys", "list"]).await;
    assert!(told.stderr.contains("a SealedSecret does not name its key"), "{told}");

    seal.write("app.yaml", &sealed(&newer, "shop", &[("A", "two")]).await);
    seal.write(".sealbridge.yaml", "rules: [{path: '*.yaml', certificate: newer.pem}]\n");
    repository.commit();
    let list = ["keys", "list", "-o", "json", "--recovery-private-key", "leaked.txt", "--recovery-private-key", "newer.txt"];
    let told = seal.run(&list).await;
    assert!(told.stderr.contains("1 SealedSecret not tried") && !told.stderr.contains("opened by none"), "{told}");
    let told: Vec<Value> = serde_json::from_slice(&told.ok()).unwrap();
    let opened = |wanted: bool| told.iter().find(|key| (key["fingerprint"] == fingerprint.as_str()) == wanted).unwrap();
    assert_eq!((&opened(true)["valuesOpened"], opened(true).get("certificates")), (&0.into(), None));
    assert_eq!((&opened(false)["valuesOpened"], &opened(false)["valuesUnderRules"]), (&1.into(), &2.into()));

    let exposure = ["keys", "exposure", "--recovery-private-key", "leaked.txt", "-o", "json"];
    let told = seal.run(&exposure).await;
    assert!(told.stderr.contains("bare.yaml, checkout: the namespace is not known"), "{told}");
    let rows = |told: &[u8]| {
        let rows: Vec<Value> = serde_json::from_slice(told).unwrap();
        let row = |row: &Value| format!("{} {} {} {}", row["file"], row["key"], row["current"], row["firstCommit"]);
        rows.iter().map(row).collect::<Vec<_>>()
    };
    let row = |file: &str, key: &str, current: bool| format!("\"{file}\" \"{key}\" {current} \"{first}\"");
    assert_eq!(rows(&told.stdout), [row("app.yaml", "A", false), row("app.yaml", "B", false)]);
    let told = seal.run(&[&exposure[..], &["-n", "cart"]].concat()).await;
    assert_eq!(rows(&told.stdout), [row("app.yaml", "A", false), row("app.yaml", "B", false), row("bare.yaml", "C", true)]);
    let told = seal.run(&["keys", "exposure"]).await;
    assert_eq!(told.status, Some(2), "{told}");
}
