//! A folder with keys and values in it, and programs that are run there. It must never give a program the caller's
//! keys or configuration.

use std::fs::{self, File};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use sealbridge_seal::KeyPair;
use sealbridge_xtask::parts::{self, Part};
use tempfile::TempDir;

/// Values in one file.
pub(super) const VALUES: usize = 1000;
/// Bytes of each.
pub(super) const VALUE_BYTES: usize = 32;
/// The file of identities.
pub(super) const IDENTITIES: &str = "keys.txt";
/// The values as a `.env` file.
pub(super) const ENV: &str = "values.env";

const PEERS: [Part; 3] = [Part::Sops, Part::Kubeseal, Part::Age];

/// The folder.
pub(super) struct Desk {
    folder: TempDir,
    /// The program under test.
    pub(super) seal: PathBuf,
    /// Its peers.
    pub(super) sops: PathBuf,
    pub(super) kubeseal: PathBuf,
    pub(super) age: PathBuf,
    /// Four recipients, the last one post-quantum; all private halves lie in [`IDENTITIES`].
    pub(super) recipients: Vec<String>,
    identities: String,
}

impl Desk {
    pub(super) fn new() -> Self {
        let seal = built("seal");
        let provided = parts::provide(&PEERS).expect("the peers");
        let [sops, kubeseal, age] = PEERS.map(|part| provided.path(part).expect("asked for").to_owned());
        let mut pairs: Vec<KeyPair> = (0..3).map(|_| KeyPair::generate().expect("randomness")).collect();
        pairs.push(KeyPair::generate_post_quantum().expect("randomness"));
        let text = |pair: &KeyPair| String::from_utf8(pair.identity_text().expose().to_vec()).expect("an identity is text");
        let identities: String = pairs.iter().map(|pair| text(pair) + "\n").collect();
        let recipients = pairs.iter().map(|pair| pair.recipient().to_string()).collect();
        let desk = Self { folder: TempDir::new().expect("a folder"), seal, sops, kubeseal, age, recipients, identities };
        desk.write(IDENTITIES, &desk.identities);
        desk.write(ENV, &lines("="));
        desk
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("written");
    }

    /// Milliseconds of `seal`.
    pub(super) fn seal(&self, arguments: &[&str]) -> f64 {
        self.timed(&self.seal, arguments, None)
    }

    /// Milliseconds of `sops`.
    pub(super) fn sops(&self, arguments: &[&str]) -> f64 {
        self.timed(&self.sops, arguments, None)
    }

    /// Milliseconds from the call of a program until its end. What it prints goes nowhere.
    pub(super) fn timed(&self, program: &Path, arguments: &[&str], input: Option<&str>) -> f64 {
        let mut command = self.command(program, arguments, input);
        command.stdout(Stdio::null());
        let began = Instant::now();
        let output = command.output().expect("runs");
        let took = began.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {:?} ended with {}: {said}", program.display(), arguments.first(), output.status);
        took.as_secs_f64() * 1000.0
    }

    /// What a program prints.
    pub(super) fn printed(&self, program: &Path, arguments: &[&str], input: Option<&str>) -> String {
        let output = self.command(program, arguments, input).output().expect("runs");
        assert!(output.status.success(), "{} ended with {}", program.display(), output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    fn command(&self, program: &Path, arguments: &[&str], input: Option<&str>) -> Command {
        let stdin = input.map_or_else(Stdio::null, |name| File::open(self.path().join(name)).expect("opened").into());
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SEALBRIDGE_IDENTITY_FILE", self.path().join(IDENTITIES))
            .env("SOPS_AGE_KEY_FILE", self.path().join(IDENTITIES))
            .current_dir(self.path())
            .stdin(stdin);
        command
    }
}

/// A line for each value, whose key and text stand at both sides of `sign`.
pub(super) fn lines(sign: &str) -> String {
    const DIGITS: usize = VALUE_BYTES - "value-".len();
    (0..VALUES).map(|number| format!("KEY_{number}{sign}value-{number:0DIGITS$}\n")).collect()
}

/// A release binary beside this one.
pub(super) fn built(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("the path of this binary").with_file_name(name);
    assert!(program.is_file(), "{} is not built: run this by `cargo xtask bench`", program.display());
    program
}

pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
