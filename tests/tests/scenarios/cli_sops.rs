//! The verbs of `seal` over documents of the real `sops`, and the real `sops` over what they wrote. Every value goes
//! both ways.

use rstest::rstest;
use sealbridge_tests::{Seal, Sops, Spoken};
use serde_json::Value;

use crate::repository::git_in;

/// One document for both programs.
struct Desk {
    seal: Seal,
    sops: Sops,
    recipient: String,
    identity: String,
    name: &'static str,
}

impl Desk {
    async fn new(name: &'static str, plain: &str) -> Self {
        let seal = Seal::new().env("PATH", std::env::var("PATH").unwrap());
        let told = seal.run(&["keys", "new", "keys.txt", "-o", "json"]).await.text();
        let told: Value = serde_json::from_str(&told).unwrap();
        let recipient = told["recipient"].as_str().unwrap().to_owned();
        let identity = seal.read("keys.txt").lines().last().unwrap().to_owned();
        let desk = Self { seal, sops: Sops::new().await, recipient, identity, name };
        desk.sops.write(name, plain.as_bytes());
        let encrypted = desk.sops.run("", &["encrypt", "--age", &desk.recipient, name]).await.text();
        desk.seal.write(name, &encrypted);
        desk
    }

    async fn run(&self, arguments: &[&str]) -> Spoken {
        self.seal.run(arguments).await
    }

    async fn get(&self, path: &str) -> String {
        self.run(&["get", self.name, path, "-i", "keys.txt", "--raw"]).await.text()
    }

    /// What sops reads out of what lies there now.
    async fn decrypted(&self) -> Value {
        self.sops.write(self.name, self.seal.read(self.name).as_bytes());
        let told = self.sops.run(&self.identity, &["decrypt", "--output-type", "json", self.name]).await.text();
        serde_json::from_str(&told).unwrap()
    }

    /// Changes a value with sops.
    async fn sops_set(&self, path: &str, value: &str) {
        self.sops.write(self.name, self.seal.read(self.name).as_bytes());
        self.sops.run(&self.identity, &["set", self.name, path, value]).await.ok();
        self.seal.write(self.name, &String::from_utf8(self.sops.read(self.name)).unwrap());
    }
}

#[rstest]
#[case::yaml(
    "app.yaml",
    "# ours\ndb:\n    password: hunter2 # never in a log\n    user: anna\nother: x\n",
    "db.password",
    "/db/password",
    "[\"db\"][\"password\"]",
    "db.new"
)]
#[case::json(
    "app.json",
    "{\"db\": {\"password\": \"hunter2\", \"user\": \"anna\"}, \"other\": \"x\"}\n",
    "db.password",
    "/db/password",
    "[\"db\"][\"password\"]",
    "db.new"
)]
#[case::dotenv("app.env", "# ours\nPASSWORD=hunter2\nUSER=anna\n", "PASSWORD", "/PASSWORD", "[\"PASSWORD\"]", "NEW")]
#[case::ini(
    "app.ini",
    "[db]\npassword = hunter2\nuser = anna\n",
    "db.password",
    "/db/password",
    "[\"db\"][\"password\"]",
    "db.new"
)]
#[tokio::test]
async fn values_are_read_set_removed_and_edited_both_ways(
    #[case] name: &'static str,
    #[case] plain: &str,
    #[case] path: &str,
    #[case] pointer: &str,
    #[case] sops_path: &str,
    #[case] new: &str,
) {
    let desk = Desk::new(name, plain).await;
    assert_eq!(desk.get(path).await, "hunter2");
    assert_eq!(desk.get(sops_path).await, "hunter2");

    // Theirs, changed by us.
    let set = ["set", name, path, "-i", "keys.txt"];
    desk.seal.run_with_input(&set, b"correct \"horse\" = 1").await.ok();
    assert_eq!(desk.decrypted().await.pointer(pointer), Some(&Value::from("correct \"horse\" = 1")));
    desk.seal.run_with_input(&["set", name, new, "-i", "keys.txt"], b"added").await.ok();
    let new_pointer = format!("/{}", new.replace('.', "/"));
    assert_eq!(desk.decrypted().await.pointer(&new_pointer), Some(&Value::from("added")));

    // Ours, changed by them.
    desk.sops_set(sops_path, "\"by sops\"").await;
    assert_eq!(desk.get(path).await, "by sops");

    desk.run(&["unset", name, new, "-i", "keys.txt"]).await.ok();
    assert_eq!(desk.decrypted().await.pointer(&new_pointer), None);

    desk.seal.write("editor.sh", "sed 's/by sops/by an editor/' \"$1\" > \"$1.new\" && mv \"$1.new\" \"$1\"\n");
    let seal = Desk { seal: desk.seal.env("VISUAL", "sh editor.sh"), ..desk };
    let told = seal.run(&["edit", name, "--yes", "-i", "keys.txt", "--memory-folder", "."]).await.text();
    assert_eq!(told, format!("change {path}\nwrote {name}\n"));
    assert_eq!(seal.decrypted().await.pointer(pointer), Some(&Value::from("by an editor")));

    let listed = seal.run(&["list", name]).await.text();
    assert!(listed.contains(&format!("  {path}  sops, to ")) && !listed.contains("by an editor"), "{listed}");
    let left: Vec<_> = std::fs::read_dir(seal.seal.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("seal-edit-")), "{left:?}");
}

#[tokio::test]
async fn a_binary_document_goes_both_ways() {
    let desk = Desk::new("server.key", "line one\n").await;
    let whole = desk.run(&["get", "server.key", "-i", "keys.txt", "--raw"]).await.ok();
    assert_eq!(whole, b"line one\n");
    let bytes = b"\0\xff no text\n";
    let set = ["set", "server.key", "data", "-i", "keys.txt", "--keep-newline"];
    desk.seal.run_with_input(&set, bytes).await.ok();
    desk.sops.write("server.key", desk.seal.read("server.key").as_bytes());
    assert_eq!(desk.sops.run(&desk.identity, &["decrypt", "server.key"]).await.ok(), bytes);
}

#[tokio::test]
async fn diff_tells_which_values_sops_changed_and_who_was_added() {
    let desk = Desk::new("app.yaml", "db:\n    password: hunter2\n    user: anna\n").await;
    let git = |arguments: &[&str]| git_in(desk.seal.folder(), arguments);
    git(&["init", "-q"]);
    git(&["add", "app.yaml"]);
    git(&["commit", "-q", "-m", "a commit"]);
    assert_eq!(desk.run(&["diff"]).await.status, Some(0));

    desk.sops_set("[\"db\"][\"password\"]", "\"hunter3\"").await;
    let changed = desk.run(&["diff"]).await;
    assert_eq!(changed.status, Some(1));
    assert_eq!(String::from_utf8_lossy(&changed.stdout), "~ app.yaml  db.password  ciphertext changed\n");
    let changed = desk.run(&["diff", "-i", "keys.txt", "--reveal"]).await;
    assert_eq!(String::from_utf8_lossy(&changed.stdout), "~ app.yaml  db.password  value changed; \"hunter2\" -> \"hunter3\"\n");

    // Another recipient comes first.
    let other = desk.run(&["keys", "new", "other.txt", "-o", "json"]).await.text();
    let other: Value = serde_json::from_str(&other).unwrap();
    let (id, other) = (other["keyId"].as_str().unwrap().to_owned(), other["recipient"].as_str().unwrap().to_owned());
    desk.sops.write("app.yaml", desk.seal.read("app.yaml").as_bytes());
    desk.sops.run(&desk.identity, &["rotate", "--in-place", "--add-age", &other, "app.yaml"]).await.ok();
    desk.seal.write("app.yaml", &String::from_utf8(desk.sops.read("app.yaml")).unwrap());
    let changed = String::from_utf8(desk.run(&["diff", "-i", "keys.txt"]).await.stdout).unwrap();
    let expected = format!(
        "~ app.yaml  (recipients)  OPENS MORE:  recipients + {id}\n~ app.yaml  db.password  value changed\n~ app.yaml  db.user  same \
         value, encrypted again\n"
    );
    assert_eq!(changed, expected);
    assert!(!changed.contains("hunter"));
}

#[tokio::test]
async fn a_secret_of_flux_is_migrated_and_the_old_document_is_the_new_secret() {
    let plain = "apiVersion: v1\nkind: Secret\nmetadata:\n    name: checkout-env\n    namespace: shop\nstringData:\n    password: hunter2\n";
    let desk = Desk::new("secret.yaml", plain).await;
    desk.sops.write("secret.yaml", plain.as_bytes());
    let encrypted = ["encrypt", "--age", &desk.recipient, "--encrypted-regex", "^(data|stringData)$", "secret.yaml"];
    let encrypted = desk.sops.run("", &encrypted).await.text();
    desk.seal.write("secret.yaml", &encrypted);
    desk.seal.write("kept.yaml", &encrypted);
    desk.run(&["migrate", "sops", "secret.yaml", "-r", &desk.recipient, "-i", "keys.txt"]).await.ok();
    desk.run(&["migrate", "sops", "kept.yaml", "--keep-sops", "-i", "keys.txt"]).await.ok();
    let render = async |name: &str| desk.run(&["render", name, "--reveal", "-i", "keys.txt"]).await.text();
    let (sealed, kept) = (render("secret.yaml").await, render("kept.yaml").await);
    assert_eq!(sealed, kept);
    assert!(sealed.contains("\"password\": \"aHVudGVyMg==\""), "{sealed}");

    // The document inside is still one of sops'.
    let inside = desk.seal.read("kept.yaml");
    let lines = inside.lines().skip_while(|line| !line.contains("sops: |")).skip(1).map_while(|line| line.strip_prefix("        "));
    desk.sops.write("inside.yaml", (lines.collect::<Vec<_>>().join("\n") + "\n").as_bytes());
    assert!(desk.sops.run(&desk.identity, &["decrypt", "inside.yaml"]).await.text().contains("hunter2"));

    // What was changed by something else than sops is not migrated.
    desk.seal.write("secret.yaml", &encrypted.replace("namespace: shop", "namespace: cart"));
    let refused = desk.run(&["migrate", "sops", "secret.yaml", "-r", &desk.recipient, "-i", "keys.txt"]).await;
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("the MAC does not agree"), "{refused}");
}

#[tokio::test]
async fn reseal_brings_documents_to_whom_the_rules_name() {
    let desk = Desk::new("app.yaml", "db:\n    password: hunter2 # ours\nother: x\n").await;
    let told = desk.run(&["keys", "new", "new.txt", "-o", "json"]).await.text();
    let new: Value = serde_json::from_str(&told).unwrap();
    let (new_id, new_recipient) = (new["keyId"].as_str().unwrap(), new["recipient"].as_str().unwrap());
    let new_identity = desk.seal.read("new.txt").lines().last().unwrap().to_owned();
    let rule = |names: &str| desk.seal.write(".sops.yaml", &format!("creation_rules: [{{age: '{names}'}}]\n"));
    let reads = async |identity: &str| {
        desk.sops.write("app.yaml", desk.seal.read("app.yaml").as_bytes());
        desk.sops.run(identity, &["decrypt", "--extract", "[\"db\"][\"password\"]", "app.yaml"]).await
    };
    let leaf = |text: &str| text.lines().find(|line| line.contains("password:")).unwrap().to_owned();
    let before = desk.seal.read("app.yaml");

    rule(&desk.recipient);
    let agreed = desk.run(&["reseal", ".", "--check"]).await;
    assert_eq!(agreed.status, Some(0), "{agreed}");

    rule(&format!("{},{new_recipient}", desk.recipient));
    let differs = desk.run(&["reseal", ".", "--check"]).await;
    assert_eq!(differs.status, Some(1), "{differs}");
    let unasked = desk.run(&["reseal", ".", "-i", "keys.txt"]).await;
    assert!(unasked.status == Some(2) && unasked.stderr.contains(new_id), "{unasked}");
    assert_eq!(desk.seal.read("app.yaml"), before, "nobody is let in unseen");
    let told = desk.run(&["reseal", ".", "-i", "keys.txt", "--accept-recipient", new_id]).await.text();
    assert!(told.contains(&format!("resealed app.yaml  the whole document  + {new_id}")), "{told}");
    for identity in [&desk.identity, &new_identity] {
        assert_eq!(reads(identity).await.ok(), b"hunter2");
    }
    let both = desk.seal.read("app.yaml");
    assert_eq!(leaf(&both), leaf(&before), "the data key stays, and with it every ciphertext");

    rule(new_recipient);
    let told = desk.run(&["reseal", ".", "-i", "keys.txt"]).await.text();
    assert!(told.contains(", new data key"), "{told}");
    assert_eq!(reads(&new_identity).await.ok(), b"hunter2");
    assert_ne!(reads(&desk.identity).await.status, Some(0), "whoever is taken away opens nothing that is written now");
    assert_ne!(leaf(&desk.seal.read("app.yaml")), leaf(&both));
    let done = desk.run(&["reseal", ".", "--check"]).await;
    assert_eq!(done.status, Some(0), "{done}");
}
