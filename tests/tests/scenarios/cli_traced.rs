//! Every verb that handles values, watched by strace: a value is in no system call but where it is meant to be. Reading
//! is left out, since that is where values come from.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_sops::{Format, Plain, Recipients, Rules, Selector};
use sealbridge_tests::{Seal, Spoken};
use serde_json::Value;

use crate::repository::git_in;

const CANARY: &str = "canary-of-a-traced-value";
const OTHER: &str = "another-canary-of-an-editor";

/// Every call of `seal` and of the programs that it starts: with the path of each file, and texts in full.
const STRACE: [&str; 10] =
    ["strace", "-f", "-qq", "-y", "-s", "1000000", "-e", "trace=!read,pread64,readv,preadv,recvfrom,recvmsg", "-o", "trace"];

/// A folder with keys, rules, values in files, and an editor.
async fn folder() -> Seal {
    let seal = Seal::new().env("PATH", std::env::var("PATH").unwrap()).env("SEALBRIDGE_IDENTITY_FILE", "keys.txt");
    let seal = seal.env("VALUE", CANARY).env("EDITOR", "sh editor.sh");
    let made: Value = serde_json::from_slice(&seal.run(&["keys", "new", "keys.txt", "-o", "json"]).await.ok()).unwrap();
    let recipient = made["recipient"].as_str().unwrap();
    seal.write(".sealbridge.yaml", &format!("rules: [{{path: '**', recipients: [{recipient}], namespace: shop}}]\n"));
    seal.write("value", CANARY);
    seal.write("a.env", &format!("A={CANARY}\n"));
    let data = BASE64_STANDARD.encode(CANARY);
    let secret = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: app, namespace: shop}}\ndata: {{A: {data}}}\n");
    seal.write("secret.yaml", &secret);
    seal.write("values.yaml", "app: {a: old}\n");
    let document = document(recipient);
    seal.write("app.enc.yaml", &document);
    let indented: String = document.lines().map(|line| format!("        {line}\n")).collect();
    let head = "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {name: inside}\nspec:\n  dataFrom:\n    - sops: |\n";
    seal.write("inside.yaml", &format!("{head}{indented}"));
    seal.write("added", &format!("B: {OTHER}\n"));
    seal.write("editor.sh", "cat added >> \"$1\"\n");
    seal
}

/// A SOPS document without a value that is looked for.
fn document(recipient: &str) -> String {
    let rules = Rules {
        selector: Selector::default(),
        mac_only_encrypted: false,
        recipients: Recipients::any_of(vec![recipient.parse().unwrap()]).unwrap(),
    };
    let plain = Plain::read(Format::Yaml, b"db:\n  password: old\n").unwrap();
    String::from_utf8(plain.seal(&rules, jiff::Timestamp::now()).unwrap()).unwrap()
}

/// Runs a verb; what it did.
async fn traced(seal: &Seal, verb: &[&str], input: &str) -> (Spoken, Vec<String>) {
    let spoken = seal.through(&STRACE, verb, input.as_bytes()).await;
    let trace = String::from_utf8_lossy(&fs::read(seal.folder().join("trace")).unwrap()).into_owned();
    assert!(trace.contains("execve("), "nothing was traced: {spoken}");
    fs::remove_file(seal.folder().join("trace")).unwrap();
    (spoken, trace.lines().map(str::to_owned).collect())
}

/// The calls that carry a value, as it is or in base64, elsewhere than to the standard output or into memory.
fn leaks<'a>(trace: &'a [String], values: &[&str]) -> Vec<&'a str> {
    let forms: Vec<String> = values.iter().flat_map(|value| [(*value).to_owned(), BASE64_STANDARD.encode(value)]).collect();
    let carries = |line: &str| forms.iter().any(|form| line.contains(form.trim_end_matches('=')));
    let is_meant = |line: &str| {
        let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
        call.starts_with("write(1<pipe:") || (call.starts_with("write(") && call.contains("</dev/shm/seal-edit-"))
    };
    trace.iter().map(String::as_str).filter(|line| carries(line) && !is_meant(line)).collect()
}

/// Files of the folder, and of those below it, that hold a value and were not there with it.
fn holders(seal: &Seal, values: &[&str]) -> Vec<String> {
    const INPUTS: [&str; 4] = ["value", "a.env", "added", "secret.yaml"];
    let mut found = Vec::new();
    let mut folders = vec![seal.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if !INPUTS.contains(&name.as_str()) {
                let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
                found.extend(values.iter().any(|value| text.contains(value)).then_some(name));
            }
        }
    }
    found
}

/// In the order of a day's work: each builds on those before it.
const VERBS: [(&[&str], &str); 28] = [
    (&["set", "app.yaml", "A"], CANARY),
    (&["set", "app.yaml", "--from-file", "FILE=value"], ""),
    (&["set", "app.yaml", "--from-env", "VARIABLE=VALUE"], ""),
    (&["set", "values.yaml", "A", "--path", "app.a", "--name", "app"], CANARY),
    (&["value", "--name", "app", "--key", "A"], CANARY),
    (&["get", "app.yaml"], ""),
    (&["get", "app.yaml", "A", "--raw"], ""),
    (&["get", "app.yaml", "-o", "json"], ""),
    (&["exec", "app.yaml", "--", "true"], ""),
    (&["edit", "app.yaml", "--yes"], ""),
    (&["copy", "app.yaml", "copy.yaml", "--name", "copy"], ""),
    (&["render", "app.yaml", "--reveal"], ""),
    (&["render", "app.yaml"], ""),
    (&["render", "--as", "helm", "app.yaml"], ""),
    (&["import", "secret.yaml"], ""),
    (&["import", "--env-file", "a.env", "--name", "env"], ""),
    (&["unset", "app.yaml", "FILE"], ""),
    (&["set", "app.yaml", "A"], CANARY),
    (&["set", "app.enc.yaml", "db.password"], CANARY),
    (&["get", "app.enc.yaml", "--raw"], ""),
    (&["edit", "app.enc.yaml", "--yes"], ""),
    (&["import", "--env-file", "a.env", "--to", "app.enc.yaml"], ""),
    (&["copy", "app.enc.yaml:db.password", "app.yaml:PASSWORD"], ""),
    (&["copy", "app.yaml:PASSWORD", "app.enc.yaml:again", "--scope", "cluster", "--move"], ""),
    (&["set", "inside.yaml", "--path", "dataFrom[0].db.password"], CANARY),
    (&["get", "inside.yaml", "dataFrom[0]"], ""),
    (&["edit", "inside.yaml", "--path", "dataFrom[0]", "--yes"], ""),
    (&["unset", "inside.yaml", "--path", "dataFrom[0].B"], ""),
];

#[tokio::test]
async fn no_verb_shows_a_value_to_a_disk_or_to_other_processes() {
    let seal = folder().await;
    for (verb, input) in VERBS {
        let (spoken, trace) = traced(&seal, verb, input).await;
        spoken.clone().ok();
        assert!(!spoken.stderr.contains(CANARY), "{verb:?}: {spoken}");
        assert_eq!(leaks(&trace, &[CANARY, OTHER]), [""; 0], "{verb:?}");
        assert_eq!(holders(&seal, &[CANARY, OTHER]), [""; 0], "{verb:?}");
    }
}

#[tokio::test]
async fn a_difference_shows_values_on_the_standard_output_alone() {
    let seal = folder().await;
    seal.run_with_input(&["set", "app.yaml", "A"], b"before").await.ok();
    let git = |arguments: &[&str]| git_in(seal.folder(), arguments);
    git(&["init", "-q"]);
    git(&["add", "app.yaml"]);
    git(&["commit", "-q", "-m", "before"]);
    seal.run_with_input(&["set", "app.yaml", "A"], CANARY.as_bytes()).await.ok();
    let (spoken, trace) = traced(&seal, &["diff", "--reveal", "app.yaml"], "").await;
    assert_eq!(spoken.status, Some(1), "{spoken}");
    assert!(String::from_utf8_lossy(&spoken.stdout).contains(CANARY));
    assert_eq!(leaks(&trace, &[CANARY, "before\""]), [""; 0]);
    assert_eq!(holders(&seal, &[CANARY]), [""; 0]);
}

#[tokio::test]
async fn a_generated_value_is_seen_nowhere() {
    let seal = folder().await;
    let (spoken, trace) = traced(&seal, &["set", "app.yaml", "--generate", "A"], "").await;
    spoken.ok();
    let value = seal.run(&["get", "app.yaml", "A", "--raw"]).await.text();
    assert!(value.len() >= 16);
    assert_eq!(leaks(&trace, &[&value]), [""; 0]);
    assert_eq!(holders(&seal, &[&value]), [""; 0]);
}

#[tokio::test]
async fn the_search_finds_what_it_is_for() {
    let seal = folder().await;
    let (_, trace) = traced(&seal, &["get", CANARY], "").await;
    assert_eq!(leaks(&trace, &[CANARY]).iter().filter(|line| line.contains("execve(")).count(), 1);
    seal.write("leaked", CANARY);
    assert_eq!(holders(&seal, &[CANARY]), ["leaked"]);
}
