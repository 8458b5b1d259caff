//! How long `seal reseal` takes for a tree of values, beside the plain age crate opening and encrypting the same
//! plaintexts on as many threads. It must never count the making of the tree.

use std::fs;
use std::io::{Read, Write};
use std::iter::once;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_seal::{Date, KeyPair, RecipientSet, Scope, Target, seal};

use super::RUNS;
use super::desk::{built, threads};
use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;

const FILES: usize = 10;
const VALUES: usize = 1000;
const VALUE: &[u8; 32] = b"a value of as many bytes as keys";
const REFERENCE: &str = "plain age";

pub(super) fn measure() -> Figure {
    let program = built("seal");
    let [old, new] = [(); 2].map(|()| KeyPair::generate().expect("randomness"));
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::str::from_utf8(old.identity_text().expose()).expect("an identity is text");
    fs::write(folder.path().join("old.txt"), text).expect("written");
    fs::write(
        folder.path().join(".sealbridge.yaml"),
        format!("recipients: {{new: [{}]}}\nrules: [{{path: '**', recipients: [new]}}]\n", new.recipient()),
    )
    .expect("written");
    let plain: age::x25519::Identity = text.parse().expect("age reads the same identities");
    let recipient: age::x25519::Recipient = new.recipient().as_str().parse().expect("age reads the same recipients");
    let recipients = RecipientSet::new([old.recipient().clone()]).expect("one recipient");
    let sealed: Vec<String> = (0..FILES * VALUES).map(|number| sealed(number, &recipients)).collect();
    let files: Vec<Vec<u8>> = sealed.iter().map(|text| age_file(text)).collect();
    let pairs = Pairs::of(
        RUNS,
        || {
            write_tree(folder.path(), &sealed);
            resealed(&program, folder.path())
        },
        || plainly(&files, &plain, &recipient),
    );
    let goal = Goal::RatioAtMost(1.3);
    Figure::beside("reseal, 10 files of 1000 values", REFERENCE, &pairs, Unit::Milliseconds, goal)
}

fn sealed(number: usize, recipients: &RecipientSet) -> String {
    let key = format!("KEY_{number}");
    let target = Target { namespace: "shop", name: "checkout", key: &key };
    seal(VALUE, &target, Scope::Strict, None, recipients, Date::constant(2026, 11, 21)).expect("sealed")
}

fn age_file(sealed: &str) -> Vec<u8> {
    let (_, file) = sealed.rsplit_once(':').expect("a file after the last colon");
    BASE64_STANDARD.decode(file).expect("base64")
}

fn write_tree(folder: &Path, sealed: &[String]) {
    for (file, values) in sealed.chunks(VALUES).enumerate() {
        let lines: String = values.iter().enumerate().map(|(key, text)| format!("  K{key}: \"{text}\"\n")).collect();
        fs::write(folder.join(format!("{file}.yaml")), format!("app:\n{lines}")).expect("written");
    }
}

fn resealed(program: &Path, folder: &Path) -> f64 {
    let began = Instant::now();
    let status = Command::new(program)
        .args(["reseal", ".", "--identity", "old.txt", "--accept-recipient", "new", "--quiet"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("runs");
    let took = began.elapsed();
    assert!(status.success(), "{} ended with {status}", program.display());
    took.as_secs_f64() * 1000.0
}

fn plainly(files: &[Vec<u8>], identity: &age::x25519::Identity, recipient: &age::x25519::Recipient) -> f64 {
    let began = Instant::now();
    thread::scope(|scope| {
        for part in files.chunks(files.len().div_ceil(threads())) {
            scope.spawn(move || part.iter().for_each(|file| drop(std::hint::black_box(again(file, identity, recipient)))));
        }
    });
    began.elapsed().as_secs_f64() * 1000.0
}

fn again(file: &[u8], identity: &age::x25519::Identity, recipient: &age::x25519::Recipient) -> Vec<u8> {
    let decryptor = age::Decryptor::new_buffered(file).expect("an age file");
    let mut payload = decryptor.decrypt(once::<&dyn age::Identity>(identity)).expect("the right key");
    let mut plaintext = Vec::new();
    payload.read_to_end(&mut plaintext).expect("intact");
    let encryptor = age::Encryptor::with_recipients(once::<&dyn age::Recipient>(recipient)).expect("one recipient");
    let mut sealed = encryptor.wrap_output(Vec::new()).expect("in memory");
    sealed.write_all(&plaintext).expect("in memory");
    sealed.finish().expect("in memory")
}
