//! Input that is broken, too large or in the wrong place: every verb says so, ends with 2 and leaves everything as it was.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rstest::rstest;
use sealbridge_tests::{Seal, Spoken};

/// The public half of a key that nobody has.
const RECIPIENT: &str = "age1ns4tt5zyax6qd7z5psumwxxagu250ewxpwfxvhxrlnzxsq2xyq5qg8mjx7";
/// The value of every bad input.
const CANARY: &str = "canary-in-a-bad-input";
/// Long for a file of 100 MB, and short for one that unfolds to more.
const LONG_ENOUGH: Duration = Duration::from_secs(20);

const SECRET: &str = "apiVersion: sealbridge.dev/v1
kind: BridgedSecret
metadata: {name: app, namespace: shop}
spec:
  data:
    A: {plain: canary-in-a-bad-input}
";

/// Every verb that reads a manifest, on `bad.yaml`; `good.yaml` is a fine one.
const VERBS: [&[&str]; 11] = [
    &["set", "bad.yaml", "A", "-n", "shop", "-r", RECIPIENT],
    &["set", "bad.yaml", "A", "--path", "a.b", "--name", "app", "-n", "shop", "-r", RECIPIENT],
    &["unset", "bad.yaml", "A"],
    &["get", "bad.yaml", "A"],
    &["edit", "bad.yaml", "-r", RECIPIENT, "--yes"],
    &["list", "bad.yaml"],
    &["copy", "bad.yaml", "good.yaml", "-r", RECIPIENT],
    &["copy", "good.yaml", "bad.yaml", "-r", RECIPIENT],
    &["render", "bad.yaml"],
    &["import", "bad.yaml", "-n", "shop", "-r", RECIPIENT],
    &["set", "good.yaml", "B", "-n", "shop", "-r", RECIPIENT, "--config", "bad.yaml"],
];

fn folder() -> Seal {
    let seal = Seal::new().env("EDITOR", "true").env("PATH", std::env::var("PATH").unwrap());
    seal.write("good.yaml", SECRET);
    seal
}

/// The names of all files, with what the small ones hold.
fn files(seal: &Seal) -> BTreeMap<String, Option<Vec<u8>>> {
    let entries = fs::read_dir(seal.folder()).unwrap().map(|entry| entry.unwrap());
    let read = |entry: &fs::DirEntry| entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() < 1 << 20);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), read(&entry).then(|| fs::read(entry.path()).unwrap()))).collect()
}

fn is_refused(told: &Spoken, verb: &[&str]) {
    assert_eq!(told.status, Some(2), "{verb:?}: {told}");
    assert!(told.stderr.starts_with("error: ") || told.stderr.contains("\nerror: "), "{verb:?}: {told}");
    assert!(!told.stderr.contains(CANARY) && !told.stderr.contains("panicked"), "{verb:?}: {told}");
    assert!(told.stdout.is_empty(), "{verb:?}: {}", String::from_utf8_lossy(&told.stdout));
}

fn billion_laughs() -> Vec<u8> {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let before = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
    }
    text.into_bytes()
}

#[rstest]
#[case::of_100_megabytes(None)]
#[case::billion_laughs(Some(billion_laughs()))]
#[case::not_text(Some([SECRET.as_bytes(), b"    B: {plain: \"\xff\xfe\"}\n"].concat()))]
#[case::truncated(Some(SECRET.trim_end().trim_end_matches('}').as_bytes().to_vec()))]
#[case::key_twice(Some(format!("{SECRET}    A: {{plain: other}}\n").into_bytes()))]
#[tokio::test]
async fn every_verb_refuses_a_bad_file_and_changes_nothing(#[case] content: Option<Vec<u8>>) {
    let seal = folder();
    let bad = seal.folder().join("bad.yaml");
    match content {
        Some(content) => fs::write(&bad, content).unwrap(),
        None => File::create(&bad).unwrap().set_len(100 * 1024 * 1024).unwrap(),
    }
    let before = files(&seal);
    for verb in VERBS {
        let begin = Instant::now();
        let told = seal.run_with_input(verb, CANARY.as_bytes()).await;
        assert!(begin.elapsed() < LONG_ENOUGH, "{verb:?} took {:?}", begin.elapsed());
        is_refused(&told, verb);
        assert!(told.stderr.contains("bad.yaml"), "{verb:?}: {told}");
        assert_eq!(files(&seal), before, "{verb:?}");
    }
}

#[rstest]
#[case::large_identities(&["get", "good.yaml", "A", "-i", "large"])]
#[case::large_value(&["set", "good.yaml", "--from-file", "A=large", "-r", RECIPIENT])]
#[case::large_env_file(&["import", "--env-file", "large", "--name", "app", "-n", "shop", "-r", RECIPIENT])]
#[case::large_key(&["import", "--cert", "good.yaml", "--key", "large", "--name", "app", "-n", "shop", "-r", RECIPIENT])]
#[tokio::test]
async fn what_is_no_manifest_is_bounded_too(#[case] verb: &[&str]) {
    let seal = folder();
    seal.write("good.yaml", &SECRET.replace("plain: canary-in-a-bad-input", "sealed: 'sb1:'"));
    File::create(seal.folder().join("large")).unwrap().set_len(100 * 1024 * 1024).unwrap();
    let before = files(&seal);
    is_refused(&seal.run(verb).await, verb);
    assert_eq!(files(&seal), before);
}

#[tokio::test]
async fn an_entry_that_other_places_share_is_not_edited() {
    let seal = folder();
    let shared = SECRET.replace("A: {plain: canary-in-a-bad-input}", "A: &shared {plain: one}\n    B: *shared");
    seal.write("bad.yaml", &shared);
    let before = files(&seal);
    for verb in
        [&["set", "bad.yaml", "A", "-r", RECIPIENT][..], &["set", "bad.yaml", "B", "-r", RECIPIENT], &["unset", "bad.yaml", "A"]]
    {
        let told = seal.run_with_input(verb, CANARY.as_bytes()).await;
        is_refused(&told, verb);
        assert_eq!(files(&seal), before, "{verb:?}");
    }
}

/// Verbs that write, each to a file that is there.
const WRITERS: [&[&str]; 4] = [
    &["set", "good.yaml", "A", "-r", RECIPIENT],
    &["unset", "good.yaml", "A"],
    &["edit", "good.yaml", "-r", RECIPIENT, "--yes", "--memory-folder", "memory"],
    &["set", "good.yaml", "B", "--generate", "B", "-r", RECIPIENT],
];

/// A folder in which an editor adds an entry.
fn with_editor() -> Seal {
    let seal = Seal::new().env("EDITOR", "sh editor.sh").env("PATH", std::env::var("PATH").unwrap());
    seal.write("good.yaml", SECRET);
    seal.write("editor.sh", "echo 'C: added' >> \"$1\"\n");
    fs::create_dir(seal.folder().join("memory")).unwrap();
    seal
}

#[tokio::test]
async fn a_read_only_file_stays_as_it_is() {
    let seal = with_editor();
    let good = seal.folder().join("good.yaml");
    fs::set_permissions(&good, fs::Permissions::from_mode(0o444)).unwrap();
    let before = files(&seal);
    for verb in &WRITERS[..3] {
        let told = seal.run_with_input(verb, CANARY.as_bytes()).await;
        assert_eq!(told.status, Some(2), "{verb:?}: {told}");
        assert!(told.stderr.contains("good.yaml is read-only") && !told.stderr.contains(CANARY), "{verb:?}: {told}");
        assert_eq!(files(&seal), before, "{verb:?}");
    }
}

/// Runs what follows with no room for a byte in any file.
const NO_ROOM: [&str; 4] = ["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"];

#[rstest]
#[case::set(&["set", "good.yaml", "A", "-r", RECIPIENT])]
#[case::set_new_file(&["set", "new.yaml", "A", "-n", "shop", "-r", RECIPIENT])]
#[case::unset(&["unset", "good.yaml", "A"])]
#[case::edit(&["edit", "good.yaml", "-r", RECIPIENT, "--yes", "--memory-folder", "memory"])]
#[case::keys_new(&["keys", "new", "key.txt"])]
#[case::init(&["init", "-r", "dev=age1ns4tt5zyax6qd7z5psumwxxagu250ewxpwfxvhxrlnzxsq2xyq5qg8mjx7"])]
#[tokio::test]
async fn without_room_for_a_byte_nothing_is_half_written(#[case] verb: &[&str]) {
    let seal = with_editor();
    let before = files(&seal);
    let told = seal.through(&NO_ROOM, verb, CANARY.as_bytes()).await;
    is_refused(&told, verb);
    assert!(told.stderr.contains("cannot be written"), "{told}");
    assert_eq!(files(&seal), before);
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_file_whole() {
    let seal = folder();
    // Only where a person may mount something in a space of their own; the limit above is tried everywhere.
    let space = ["unshare", "--user", "--map-root-user", "--mount"];
    let may_mount = std::process::Command::new(space[0]).args(&space[1..]).arg("true").output();
    if !may_mount.is_ok_and(|output| output.status.success()) {
        writeln!(std::io::stderr(), "no file system can be mounted here, so none was filled up").unwrap();
        return;
    }
    let script = "mkdir full; mount -t tmpfs -o size=64k none full; cp good.yaml full; \
                  dd if=/dev/zero of=full/rest bs=1k 2> /dev/null; \
                  \"$@\"; status=$?; cmp good.yaml full/good.yaml; ls -A full; exit $status";
    let wrapper = [&space[..], &["sh", "-c", script, "sh"]].concat();
    let told = seal.through(&wrapper, &["set", "full/good.yaml", "A", "-r", RECIPIENT], CANARY.as_bytes()).await;
    assert_eq!(told.status, Some(2), "{told}");
    assert!(told.stderr.contains("full/good.yaml cannot be written") && !told.stderr.contains(CANARY), "{told}");
    assert_eq!(String::from_utf8_lossy(&told.stdout), "good.yaml\nrest\n");
}

#[tokio::test]
async fn a_result_that_finds_no_room_is_an_error() {
    let seal = folder();
    let to_full = ["sh", "-c", "exec \"$@\" > /dev/full", "sh"];
    let verb = ["render", "good.yaml", "--reveal"];
    let told = seal.through(&to_full, &verb, b"").await;
    is_refused(&told, &verb);
    assert!(told.stderr.contains("the result cannot be written to stdout"), "{told}");
}

#[rstest]
#[case::value(&["set", "good.yaml", "A", "-r", RECIPIENT], "no value came for A")]
#[case::edit(&["edit", "good.yaml", "-r", RECIPIENT], "nobody can be asked whether to write")]
#[case::init(&["init"], "-r")]
#[tokio::test]
async fn without_a_terminal_nobody_is_asked(#[case] verb: &[&str], #[case] words: &str) {
    let seal = folder();
    let before = files(&seal);
    let told = seal.without_terminal(verb, b"").await;
    is_refused(&told, verb);
    assert!(told.stderr.contains(words), "{told}");
    assert_eq!(files(&seal), before);
}
