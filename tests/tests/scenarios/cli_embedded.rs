//! Values of a SOPS document that stands as a text under `dataFrom` of a BridgedSecret: read, set, removed and edited one
//! by one. What stands there afterwards is still a document of sops.

use sealbridge_tests::{Seal, Sops, Spoken};
use serde_json::{Value, json};

const HEAD: &str = "# ours\napiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {name: checkout, namespace: shop}\nspec:\n  \
                    data:\n    LOG: {plain: info}   # as it is\n  dataFrom:\n    - extract: {key: a/b}\n    - sops: |\n";
const TAIL: &str = "    # behind it\n  target: { name: checkout-env }\n---\nkind: ConfigMap # stays\nmetadata: {name: x}\n";
const INDENT: &str = "        ";

struct Desk {
    seal: Seal,
    sops: Sops,
    identity: String,
}

impl Desk {
    async fn new() -> Self {
        let seal = Seal::new().env("SEALBRIDGE_IDENTITY_FILE", "keys.txt").env("VISUAL", "sh editor.sh");
        let seal = seal.env("PATH", std::env::var("PATH").unwrap());
        let told: Value = serde_json::from_slice(&seal.run(&["keys", "new", "keys.txt", "-o", "json"]).await.ok()).unwrap();
        let identity = seal.read("keys.txt").lines().last().unwrap().to_owned();
        let sops = Sops::new().await;
        sops.write("in.yaml", b"# about it\ndb:\n    password: hunter2\n    port: 5432\nother: x\n");
        let recipient = told["recipient"].as_str().unwrap();
        let document = sops.run("", &["encrypt", "--age", recipient, "in.yaml"]).await.text();
        let indented: String = document.lines().map(|line| format!("{INDENT}{line}\n")).collect();
        seal.write("checkout.yaml", &format!("{HEAD}{indented}{TAIL}"));
        Self { seal, sops, identity }
    }

    async fn run(&self, arguments: &[&str]) -> Spoken {
        self.seal.run(arguments).await
    }

    /// What sops reads out of the text that stands there, around which nothing has changed.
    async fn decrypted(&self) -> Value {
        let text = self.seal.read("checkout.yaml");
        let inside = text.strip_prefix(HEAD).and_then(|text| text.strip_suffix(TAIL)).expect("all around it is as it was");
        let lines = inside.lines().map(|line| line.strip_prefix(INDENT).unwrap_or(line));
        self.sops.write("out.yaml", (lines.collect::<Vec<_>>().join("\n") + "\n").as_bytes());
        let told = self.sops.run(&self.identity, &["decrypt", "--output-type", "json", "out.yaml"]).await.text();
        serde_json::from_str(&told).unwrap()
    }

    fn line(&self, word: &str) -> String {
        self.seal.read("checkout.yaml").lines().find(|line| line.contains(word)).unwrap().to_owned()
    }
}

#[tokio::test]
async fn each_verb_reaches_the_paths_that_list_prints() {
    let desk = Desk::new().await;
    let listed: Value = serde_json::from_slice(&desk.run(&["list", "-o", "json"]).await.ok()).unwrap();
    let keys: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["LOG", "dataFrom[1].db.password", "dataFrom[1].db.port", "dataFrom[1].other"]);
    for key in &keys[1..] {
        desk.run(&["get", "checkout.yaml", key]).await.ok();
    }
    let all: Value = serde_json::from_slice(&desk.run(&["get", "checkout.yaml", "dataFrom[1]", "-o", "json"]).await.ok()).unwrap();
    assert_eq!(all, json!({"dataFrom[1].db.password": "hunter2", "dataFrom[1].db.port": 5432, "dataFrom[1].other": "x"}));
    let whole = desk.run(&["get", "checkout.yaml", "--path", "dataFrom[1]", "--raw"]).await.text();
    assert_eq!(whole, "# about it\ndb:\n    password: hunter2\n    port: 5432\nother: x\n");

    let (password, other) = (desk.line("password:"), desk.line("other:"));
    let set = ["set", "checkout.yaml", "--path", "dataFrom[1].db.password"];
    let before = desk.seal.read("checkout.yaml");
    desk.seal.run_with_input(&[&set[..], &["--dry-run"]].concat(), b"hunter3").await.ok();
    desk.seal.run_with_input(&set, b"hunter2").await.ok();
    assert_eq!(desk.seal.read("checkout.yaml"), before, "a value that is the same changes nothing");
    let told = desk.seal.run_with_input(&set, b"hunter3").await.text();
    assert_eq!(told, "encrypted dataFrom[1].db.password in checkout.yaml, replacing a value\n");
    assert_eq!(desk.decrypted().await, json!({"db": {"password": "hunter3", "port": 5432}, "other": "x"}));
    assert!(desk.line("password:") != password && desk.line("other:") == other);

    desk.run(&["set", "checkout.yaml", "--generate", "dataFrom[1].new.token=hex:16", "--generate", "dataFrom[1].more=uuid"])
        .await
        .ok();
    assert_eq!(desk.decrypted().await["new"]["token"].as_str().unwrap().len(), 32);
    desk.run(&["unset", "checkout.yaml", "--path", "dataFrom[1].new"]).await.ok();
    desk.run(&["unset", "checkout.yaml", "dataFrom[1].more", "dataFrom[1].db.port"]).await.ok();
    assert_eq!(desk.decrypted().await, json!({"db": {"password": "hunter3"}, "other": "x"}));
    assert_eq!(desk.line("other:"), other);
}

#[tokio::test]
async fn an_editor_sees_the_plain_document() {
    let desk = Desk::new().await;
    let edit = ["edit", "checkout.yaml", "--path", "dataFrom[1]", "--yes", "--memory-folder", "."];
    let (before, other) = (desk.seal.read("checkout.yaml"), desk.line("other:"));
    desk.seal.write("editor.sh", "true\n");
    assert_eq!(desk.run(&edit).await.text(), "nothing changed\n");
    assert_eq!(desk.seal.read("checkout.yaml"), before);
    desk.seal.write("editor.sh", "sed -i -e s/hunter2/hunter3/ \"$1\"\necho 'NEW: one' >> \"$1\"\n");
    assert_eq!(desk.run(&edit).await.text(), "add NEW\nchange db.password\nwrote checkout.yaml\n");
    assert_eq!(desk.decrypted().await, json!({"db": {"password": "hunter3", "port": 5432}, "other": "x", "NEW": "one"}));
    assert_eq!(desk.line("other:"), other);
}

#[tokio::test]
async fn what_cannot_be_done_is_told_and_changes_nothing() {
    let desk = Desk::new().await;
    desk.run(&["keys", "new", "other.txt"]).await.ok();
    let before = desk.seal.read("checkout.yaml");
    let cases: [(&[&str], &str); 9] = [
        (&["get", "checkout.yaml", "dataFrom[0].x"], "there is no entry dataFrom[0]"),
        (&["get", "checkout.yaml", "dataFrom[1].none"], "checkout.yaml, dataFrom[1]: there is no entry none"),
        (&["get", "checkout.yaml", "dataFrom[1].other", "-i", "other.txt"], "no identity at hand opens that"),
        (&["set", "checkout.yaml", "dataFrom[1].db.port"], "db.port is a whole number"),
        (&["set", "checkout.yaml", "--generate", "dataFrom[1].a", "--generate", "B"], "named like dataFrom[0].db.password"),
        (&["set", "checkout.yaml", "dataFrom[1].a", "--scope", "strict"], "leave out --ref, --namespace, --scope and -r"),
        (&["unset", "checkout.yaml", "dataFrom[1].a", "LOG"], "one document at a time"),
        (&["unset", "checkout.yaml", "dataFrom[1].none"], "none"),
        (&["edit", "checkout.yaml", "--path", "dataFrom[1].db", "--yes"], "edited as a whole"),
    ];
    for (arguments, words) in cases {
        let told = desk.seal.run_with_input(arguments, b"six").await;
        assert!(told.status == Some(2) && told.stderr.contains(words), "{arguments:?}: {told}");
    }
    assert_eq!(desk.seal.read("checkout.yaml"), before);

    // A document whose order was changed by something else.
    let swapped = before.replace("port: ENC", "user: ENC");
    desk.seal.write("checkout.yaml", &swapped);
    let told = desk.seal.run_with_input(&["set", "checkout.yaml", "dataFrom[1].other"], b"y").await;
    assert!(told.status == Some(2) && !told.stderr.contains("hunter2"), "{told}");
    assert_eq!(desk.seal.read("checkout.yaml"), swapped);
}
