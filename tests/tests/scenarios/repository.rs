//! What scenarios about a checkout set up: a repository that Git made, with `seal` in it and keys at hand. It must
//! never assert what a scenario is about, or let in what Git is told elsewhere on this machine.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sealbridge_tests::{Seal, Spoken, sibling_binary};
use serde_json::Value;

/// A repository and who works in it.
pub(crate) struct Repository {
    pub(crate) seal: Seal,
}

/// A key whose private half lies in the repository's folder, outside of Git.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) recipient: String,
}

impl Repository {
    /// An empty repository on the branch `main`. Keys are at hand when they are named with `-i`.
    pub(crate) fn new() -> Self {
        let seal = Seal::new().env("PATH", path().to_str().unwrap()).env("GIT_CONFIG_NOSYSTEM", "1");
        let repository = Self { seal };
        repository.git(&["init", "-q", "-b", "main"]);
        repository.seal.write(".gitignore", "*.txt\n");
        repository
    }

    /// Makes the key `NAME.txt`.
    pub(crate) async fn key(&self, name: &str) -> Key {
        let told = self.seal.run(&["keys", "new", &format!("{name}.txt"), "-o", "json"]).await.text();
        let told: Value = serde_json::from_str(&told).unwrap();
        let field = |name: &str| told[name].as_str().unwrap().to_owned();
        Key { id: field("keyId"), recipient: field("recipient") }
    }

    /// Writes rules that seal all files to the sets that are named.
    pub(crate) fn rules(&self, sets: &[(&str, &Key)], recipients: &str, more: &str) {
        let sets: Vec<_> = sets.iter().map(|(name, key)| format!("{name}: [{}]", key.recipient)).collect();
        self.seal.write(
            ".sealbridge.yaml",
            &format!(
                "recipients: {{{}}}\nrules: [{{path: '**', recipients: [{recipients}], namespace: shop{more}}}]\n",
                sets.join(", ")
            ),
        );
    }

    /// Seals a value.
    pub(crate) async fn set(&self, file: &str, key: &str, value: &str) {
        self.seal.run_with_input(&["set", file, key], value.as_bytes()).await.ok();
    }

    /// Runs git.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git_in(self.seal.folder(), arguments)
    }

    /// Runs git as it would have been run some days ago.
    pub(crate) fn git_days_ago(&self, days: u64, arguments: &[&str]) -> String {
        said(arguments, ran(self.seal.folder(), days, arguments))
    }

    /// Runs git, which may fail.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        ran(self.seal.folder(), 0, arguments)
    }

    /// Commits everything, as of some days ago, and gives the commit's id.
    pub(crate) fn commit_days_ago(&self, days: u64) -> String {
        self.git(&["add", "-A"]);
        self.git_days_ago(days, &["commit", "-q", "-m", "a commit"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Commits everything.
    pub(crate) fn commit(&self) -> String {
        self.commit_days_ago(0)
    }

    /// Runs `seal`; its status and what it said on both outputs.
    pub(crate) async fn says(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let Spoken { status, stdout, stderr } = self.seal.run(arguments).await;
        (status, String::from_utf8(stdout).unwrap() + &stderr)
    }
}

/// Runs git in a folder, without what this machine's configuration and environment tell it.
pub(crate) fn git_in(folder: &Path, arguments: &[&str]) -> String {
    said(arguments, ran(folder, 0, arguments))
}

fn ran(folder: &Path, days_ago: u64, arguments: &[&str]) -> Output {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let then = SystemTime::now() - Duration::from_secs(days_ago * 24 * 60 * 60);
    let date = format!("{} +0000", then.duration_since(UNIX_EPOCH).unwrap().as_secs());
    let mut command = Command::new("git");
    command.env_clear().env("PATH", path()).env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_COMMITTER_DATE", &date).env("GIT_AUTHOR_DATE", &date);
    command.arg("-C").arg(folder).args(identity).args(arguments).output().unwrap()
}

fn said(arguments: &[&str], output: Output) -> String {
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Where Git finds `seal`, which its drivers run, before all else.
fn path() -> OsString {
    let folder = sibling_binary("seal").parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap();
    std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path))).unwrap()
}
