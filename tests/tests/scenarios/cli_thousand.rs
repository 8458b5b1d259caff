//! A repository of a thousand files of every kind, edited by every verb: Git sees the values that were meant and no
//! other line.

use std::collections::BTreeMap;
use std::fs;

use sealbridge_seal::{Date, Recipient, RecipientSet, Scope, Target, seal};
use sealbridge_sops::{Format, Plain, Recipients, Rules, Selector};
use sealbridge_tests::{Kubeseal, SealedSecretsKey};
use serde_json::json;

use crate::repository::Repository;

const FILES: usize = 1000;
const KINDS: usize = 10;

/// A file beside the thousand.
const FLUX: &str = "flux/secret.yaml";

/// What the tree is written with.
struct Author {
    recipients: RecipientSet,
    rules: Rules,
    sealed_secret_value: String,
}

impl Author {
    fn sealed(&self, name: &str, key: &str, value: &str) -> String {
        let target = Target { namespace: "shop", name, key };
        seal(value.as_bytes(), &target, Scope::Strict, None, &self.recipients, Date::constant(2026, 11, 21)).unwrap()
    }

    fn sops(&self, format: Format, plain: &str) -> String {
        sops(&self.rules, format, plain)
    }

    /// A Secret of Flux, encrypted in place.
    fn secret_of_flux(&self) -> String {
        let plain = "# of Flux\napiVersion: v1\nkind: Secret\nmetadata:\n    name: flux # its name\n    namespace: shop\nstringData:\n    A: alpha\n    B: beta\n";
        let rules = Rules { selector: Selector::EncryptedRegex("^(data|stringData)$".to_owned()), ..self.rules.clone() };
        sops(&rules, Format::Yaml, plain)
    }

    /// The file of a number: its name and text. All have the values `alpha` and `beta`, as A and B.
    fn file(&self, number: usize) -> (String, String) {
        let name = format!("app-{number}");
        let (a, b) = (self.sealed(&name, "A", "alpha"), self.sealed(&name, "B", "beta"));
        let head = format!(
            "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {{name: {name},   labels: {{n: \"{number}\"}}}} # {number}\n"
        );
        let (ending, text) = match number % KINDS {
            0 => (
                "yaml",
                format!(
                    "# head\n\n{head}spec:\n    data:\n        # about A\n        A: {{sealed: \"{a}\"}}   # beside\n\n        B:\n            sealed: '{b}'\n    target: {{name: {name}}}\n"
                ),
            ),
            1 => (
                "yaml",
                format!("{head}spec:\n  data:\n    A: {{sealed: \"{a}\"}}\n    B: {{sealed: {b}}}\n  target: {{name: {name}}}")
                    .replace('\n', "\r\n"),
            ),
            2 => (
                "json",
                format!(
                    "{{\n\t\"apiVersion\": \"sealbridge.dev/v1\", \"kind\": \"BridgedSecret\",\n\t\"metadata\": {{\"name\": \"{name}\"}},\n\t\"spec\": {{\n\t\t\"data\": {{\n\t\t\t\"A\": {{\"sealed\": \"{a}\"}},\n\t\t\t\"B\": {{\"sealed\": \"{b}\"}}\n\t\t}}\n\t}}\n}}\n"
                ),
            ),
            3 => (
                "yml",
                format!(
                    "kind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  text: |\n    A: alpha\n---\n\n---\n{head}spec:\n  data:\n    A: {{sealed: \"{a}\"}}\n    B: {{sealed: \"{b}\"}}\n---\n# tail\nkind: Service\nspec: &x {{a: 1}}\nmore: *x\n"
                ),
            ),
            4 => (
                "yaml",
                format!(
                    "apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n  metadata: {{name: c}}\n- apiVersion: sealbridge.dev/v1\n  kind: BridgedSecret\n  metadata:\n    name: {name}\n  spec:\n    data:\n      A: {{sealed: \"{a}\"}} # one\n      B: {{sealed: \"{b}\"}}\n# after\n"
                ),
            ),
            5 => (
                "yaml",
                format!(
                    "# values of a chart\nimage: {{tag:  v1}}\napp:\n  A:   {a}   # plain style\n  B: \"{b}\"\nlist: [1,  2]\n"
                ),
            ),
            6 => ("enc.yaml", self.sops(Format::Yaml, &format!("# {number}\nA: alpha # beside\nB: beta\nlist:\n- one\n"))),
            7 => (
                "enc.json",
                self.sops(Format::Json, &format!("{{\n  \"A\": \"alpha\",\n  \"B\": \"beta\",\n  \"n\": {number}\n}}\n")),
            ),
            8 if number % 20 == 8 => ("env", self.sops(Format::Dotenv, "# c\nA=alpha\nB=beta\nC=x\n")),
            8 => ("ini", self.sops(Format::Ini, "; c\n[s]\nA = alpha\nB = beta\nC = x\n")),
            _ => (
                "yaml",
                format!(
                    "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: {name}\n  namespace: shop\n  annotations: {{sealedsecrets.bitnami.com/cluster-wide: \"true\"}}\nspec:\n  encryptedData:\n    A: {0} # one\n    B: {0}\n  template:\n    metadata: {{annotations: {{sealedsecrets.bitnami.com/cluster-wide: \"true\"}}}}\n",
                    self.sealed_secret_value
                ),
            ),
        };
        (format!("{:02}/{name}.{ending}", number / 50), text)
    }
}

fn sops(rules: &Rules, format: Format, plain: &str) -> String {
    let sealed = Plain::read(format, plain.as_bytes()).unwrap().seal(rules, jiff::Timestamp::now()).unwrap();
    String::from_utf8(sealed).unwrap()
}

struct Tree {
    repository: Repository,
    names: Vec<String>,
}

impl Tree {
    async fn new() -> Self {
        let mut repository = Repository::new();
        repository.seal = repository
            .seal
            .env("SEALBRIDGE_IDENTITY_FILE", "dev.txt")
            .env("SOPS_AGE_KEY_FILE", "dev.txt")
            .env("VISUAL", "sh editor.txt");
        let [dev, new] = [repository.key("dev").await, repository.key("new").await];
        repository.rules(&[("dev", &dev), ("new", &new)], "dev", "");
        repository.seal.write("editor.txt", "sed -i s/alpha/gamma/ \"$1\"\n");
        fs::create_dir(repository.seal.folder().join("memory.txt")).unwrap();
        let key = SealedSecretsKey::since(2026);
        repository.seal.write("cert.txt", &key.certificate);
        repository.seal.write("key.txt", &key.private);
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "shop"}, "stringData": {"A": "alpha"}});
        let sealed = Kubeseal::with(&key).await.seal(&secret, "cluster-wide").await;
        let recipient: Recipient = dev.recipient.parse().unwrap();
        let author = Author {
            recipients: RecipientSet::new([recipient.clone()]).unwrap(),
            rules: Rules {
                selector: Selector::default(),
                mac_only_encrypted: false,
                recipients: Recipients::any_of(vec![recipient]).unwrap(),
            },
            sealed_secret_value: sealed["spec"]["encryptedData"]["A"].as_str().unwrap().to_owned(),
        };
        let mut names = Vec::new();
        for number in 0..FILES {
            let (name, text) = author.file(number);
            fs::create_dir_all(repository.seal.folder().join(&name).parent().unwrap()).unwrap();
            repository.seal.write(&name, &text);
            names.push(name);
        }
        fs::create_dir(repository.seal.folder().join("flux")).unwrap();
        repository.seal.write(FLUX, &author.secret_of_flux());
        names.push(FLUX.to_owned());
        // What Git would change on the way in is not what is looked for.
        repository.seal.write(".gitattributes", "* -text\n");
        repository.commit();
        Self { repository, names }
    }

    /// A file of a kind; `which` tells those of one kind apart.
    fn name(&self, kind: usize, which: usize) -> &str {
        &self.names[which * KINDS + kind]
    }

    async fn run(&self, arguments: &[&str], input: &str) {
        let told = self.repository.seal.run_with_input(arguments, input.as_bytes()).await;
        assert_eq!(told.status, Some(0), "{arguments:?}: {told}");
    }

    /// Lines added and removed by file since the last commit.
    fn counts(&self) -> BTreeMap<String, (usize, usize)> {
        self.repository.git(&["add", "-A", "--intent-to-add"]);
        let told = self.repository.git(&["diff", "--numstat"]);
        let line = |line: &str| {
            let mut fields = line.split('\t');
            let mut number = || fields.next().unwrap().parse().unwrap();
            let counts = (number(), number());
            (fields.next().unwrap().to_owned(), counts)
        };
        told.lines().map(line).collect()
    }

    /// That Git sees these files with these counts of lines and no other, that every changed line holds one of `words`,
    /// and goes on from there.
    fn shows(&self, what: &str, expected: &[(&str, (usize, usize))], words: &[&str]) {
        let expected: BTreeMap<_, _> = expected.iter().map(|(name, counts)| ((*name).to_owned(), *counts)).collect();
        assert_eq!(self.counts(), expected, "{what}");
        let diff = self.repository.git(&["diff", "-U0"]);
        let changed = |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---");
        for line in diff.lines().filter(changed) {
            assert!(words.iter().any(|word| line.contains(word)), "{what}: {line}");
        }
        self.repository.commit();
    }
}

/// What a change of one line makes of a SOPS document: its MAC and the moment of the change are other lines.
const SOPS: (usize, usize) = (3, 3);
const SOPS_WORDS: [&str; 4] = ["A", "B", "mac", "lastmodified"];
const LINE: (usize, usize) = (1, 1);

/// What a new entry adds: it is written as the one before, and JSON wants a comma behind that.
fn added(kind: usize) -> (usize, usize) {
    match kind {
        0 => (2, 0),
        2 => (2, 1),
        _ => (1, 0),
    }
}

/// How the value of a kind of files is named.
fn path_of(kind: usize, which: usize, key: &str) -> String {
    let is_ini = kind == 8 && which % 2 == 1;
    if is_ini { format!("s.{key}") } else { key.to_owned() }
}

/// Copies and moves, within dialects and between them.
async fn copies(tree: &Tree) {
    let mut expected = Vec::new();
    for kind in [0, 1, 2, 3, 4] {
        let [source, destination] = [11, 12].map(|which| tree.name(kind, which));
        tree.run(&["copy", &format!("{source}:A"), &format!("{destination}:COPY")], "").await;
        expected.push((destination, added(kind)));
    }
    tree.shows("copy", &expected, &["COPY", "\"B\"", "sealed: "]);

    let mut expected = Vec::new();
    for kind in [0, 1, 2, 3, 4, 6, 7, 8, 9] {
        let [source, destination] = [14, 16].map(|which| tree.name(kind, which));
        let (from, to) = (path_of(kind, 14, "A"), path_of(kind, 16, "COPY"));
        let (from, to) = (format!("{source}:{from}"), format!("{destination}:{to}"));
        let keys = ["--cert", "cert.txt", "--recovery-private-key", "key.txt"];
        let arguments = ["copy", &from, &to, "--move"];
        tree.run(&[&arguments[..], if kind == 9 { &keys } else { &[] }].concat(), "").await;
        let is_document = (6..9).contains(&kind);
        expected.push((source, if is_document { (2, 3) } else { (0, 1) }));
        expected.push((destination, if is_document { (3, 2) } else { added(kind) }));
    }
    tree.shows("copy --move", &expected, &[&SOPS_WORDS[..], &["COPY", "sealed: "]].concat());

    let mut expected = Vec::new();
    for (source, destination) in [(6, 0), (9, 1), (0, 7), (3, 9)] {
        let (from, to) = (tree.name(source, 17), tree.name(destination, 18));
        let keys = ["--cert", "cert.txt", "--recovery-private-key", "key.txt", "--scope", "cluster"];
        let (place, new) = (format!("{from}:B"), format!("{to}:COPY"));
        tree.run(&[&["copy", &place, &new, "--move"], &keys[..]].concat(), "").await;
        expected.push((
            from,
            match source {
                6 => (2, 3),
                0 => (0, 2),
                _ => (0, 1),
            },
        ));
        expected.push((to, if destination == 7 { (3, 2) } else { added(destination) }));
    }
    tree.shows("copy --move to other dialects", &expected, &[&SOPS_WORDS[..], &["COPY", "sealed: "]].concat());
}

#[tokio::test]
async fn every_verb_changes_the_values_that_were_meant_and_nothing_else() {
    let tree = Tree::new().await;
    let mut expected = Vec::new();
    for kind in 0..KINDS {
        for which in [3, 60] {
            let name = tree.name(kind, which);
            let key = path_of(kind, which, "B");
            match kind {
                5 => {
                    let secret = format!("app-{}", which * KINDS + kind);
                    tree.run(&["set", name, "B", "--path", "app.B", "--name", &secret], "delta").await;
                }
                9 => tree.run(&["set", name, "B", "--cert", "cert.txt"], "delta").await,
                _ => tree.run(&["set", name, &key], "delta").await,
            }
            expected.push((name, if (6..9).contains(&kind) { SOPS } else { LINE }));
        }
    }
    tree.shows("set of what is there", &expected, &[&SOPS_WORDS[..], &["sealed:"]].concat());

    let mut expected = Vec::new();
    for kind in [0, 1, 2, 3, 4, 9] {
        let name = tree.name(kind, 5);
        tree.run(&["set", name, "NEW", "--cert", "cert.txt"][..if kind == 9 { 5 } else { 3 }], "delta").await;
        expected.push((name, added(kind)));
    }
    tree.shows("set of what is new", &expected, &["NEW", "\"B\"", "sealed: "]);

    let mut expected = Vec::new();
    for kind in [0, 1, 2, 3, 4, 6, 7, 8, 9] {
        let name = tree.name(kind, 7);
        tree.run(&["unset", name, &path_of(kind, 7, "A")], "").await;
        expected.push((name, if (6..9).contains(&kind) { (2, 3) } else { (0, 1) }));
    }
    let name = tree.name(5, 7);
    tree.run(&["unset", name, "--path", "app.A"], "").await;
    expected.push((name, (0, 1)));
    tree.shows("unset", &expected, &SOPS_WORDS);

    let mut expected = Vec::new();
    for kind in [0, 1, 2, 3, 4, 6, 7, 8] {
        let name = tree.name(kind, 9);
        tree.run(&["edit", name, "--yes", "--memory-folder", "memory.txt"], "").await;
        expected.push((name, if kind >= 6 { SOPS } else { LINE }));
        let got = tree.repository.seal.run(&["get", name, &path_of(kind, 9, "A"), "--raw"]).await.text();
        assert_eq!(got, "gamma");
    }
    tree.shows("edit", &expected, &SOPS_WORDS);

    copies(&tree).await;

    tree.repository.seal.write("plain.txt", "C=one\nD=two\n");
    tree.run(&["import", "--env-file", "plain.txt", "--name", "imported", "--to", "imported.yaml"], "").await;
    let lines = tree.repository.seal.read("imported.yaml").lines().count();
    tree.shows("import", &[("imported.yaml", (lines, 0))], &[""]);

    let sealed_secret = tree.name(9, 13);
    let migrate = ["migrate", "sealed-secrets", sealed_secret, "--recovery-private-key", "key.txt"];
    tree.run(&migrate, "").await;
    let counts = tree.counts();
    assert_eq!(counts.keys().collect::<Vec<_>>(), [sealed_secret], "migrate");
    assert!(tree.repository.seal.read(sealed_secret).contains("kind: BridgedSecret"));
    tree.repository.commit();

    tree.run(&["migrate", "sops", FLUX], "").await;
    assert_eq!(tree.counts().into_keys().collect::<Vec<_>>(), [FLUX], "migrate sops");
    let migrated = tree.repository.seal.read(FLUX);
    assert!(migrated.starts_with("# of Flux\n") && migrated.contains("    name: flux # its name\n"), "{migrated}");
    assert_eq!((migrated.matches("sb1:").count(), migrated.matches("ENC[").count()), (2, 0));
    tree.repository.commit();

    // Everything that is sealed, to one more key.
    let rules = tree.repository.seal.read(".sealbridge.yaml");
    tree.repository.seal.write(".sealbridge.yaml", &rules.replace("recipients: [dev]", "recipients: [dev, new]"));
    tree.repository.commit();
    let mut expected = Vec::new();
    let files: Vec<_> = tree.names.iter().map(String::as_str).chain(["imported.yaml"]).collect();
    for name in files {
        let values = tree.repository.seal.read(name).matches("sb1:").count();
        if values > 0 {
            expected.push((name, (values, values)));
        }
    }
    assert!(expected.len() > FILES / 2);
    tree.run(&["reseal", ".", "--accept-recipient", "new", "-q"], "").await;
    tree.shows("reseal", &expected, &["sb1:"]);
    for kind in [0, 1, 2, 3, 4] {
        let got = tree.repository.seal.run(&["get", tree.name(kind, 20), "B", "--raw", "-i", "new.txt"]).await.text();
        assert_eq!(got, "beta");
    }
}
