//! The plain `sops` binary, run in a folder of its own with an environment of its own. It must never see the
//! caller's keys or configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sealbridge_xtask::parts::Part;
use tempfile::TempDir;
use tokio::process::Command;

use crate::provided;
use crate::spoken::Spoken;

/// A folder to run `sops` in.
pub struct Sops {
    program: PathBuf,
    folder: TempDir,
}

impl Sops {
    /// An empty folder, below which no configuration is found.
    pub async fn new() -> Self {
        let [program] = provided::executables([Part::Sops]).await;
        Self { program, folder: TempDir::with_prefix("sops-").expect("a folder") }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder().join(name), bytes).expect("written");
    }

    /// The bytes of a file in the folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder().join(name)).expect("read")
    }

    /// Runs `sops` with these age identities, one a line.
    pub async fn run(&self, identities: &str, arguments: &[&str]) -> Spoken {
        let ran = Command::new(&self.program)
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder())
            .env("SOPS_AGE_KEY", identities)
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .expect("sops ends");
        ran.into()
    }
}
