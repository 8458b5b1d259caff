//! The `seal` binary, run in a folder of its own with an environment of its own. It must never see the
//! caller's keys, kubeconfig or cloud credentials.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sealbridge_xtask::parts::Part;
use tempfile::TempDir;
use tokio::process::Command;

use crate::keyboard::Keyboard;
use crate::process::built;
use crate::provided;
use crate::spoken::{Spoken, fed};

/// A folder to run `seal` in.
pub struct Seal {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Seal {
    /// An empty folder, which is no part of any repository.
    pub fn new() -> Self {
        Self { folder: TempDir::with_prefix("seal-").expect("a folder"), environment: Vec::new() }
    }

    /// Sets a variable for all runs.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder, or into one below it that is made.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// The text of a file in the folder.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).expect("read")
    }

    /// Runs `seal` with nothing on standard input.
    pub async fn run(&self, arguments: &[&str]) -> Spoken {
        self.run_with_input(arguments, b"").await
    }

    /// Runs `seal`.
    pub async fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Spoken {
        self.program(&binary(), arguments, input).await
    }

    /// Runs `kubectl seal` as kubectl would.
    pub async fn kubectl(&self, arguments: &[&str]) -> Spoken {
        self.program(&binary().with_file_name("kubectl-seal"), arguments, b"").await
    }

    /// Runs `seal` at a terminal, with these lines typed ahead.
    pub async fn at_terminal(&self, arguments: &[&str], typed: &str) -> Spoken {
        let mut keyboard = Keyboard::new();
        keyboard.type_ahead(typed);
        let mut command = self.command(&binary(), arguments);
        let child = command.stdin(keyboard.terminal()).spawn().expect("the program starts");
        let output = child.wait_with_output().await.expect("the program ends");
        drop(keyboard);
        output.into()
    }

    /// Runs `seal` in a session of its own whose terminal is the only way to ask, and answers a question there.
    pub async fn answering(&self, arguments: &[&str], question: &str, answer: &str) -> Spoken {
        let mut keyboard = Keyboard::new();
        let (program, arguments) = wrapped(&["setsid", "--ctty", "--wait"], arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let child = self.command(&program, &arguments).stdin(keyboard.terminal()).spawn().expect("the program starts");
        let (question, answer) = (question.to_owned(), answer.to_owned());
        let person = tokio::task::spawn_blocking(move || {
            keyboard.answer(&question, &answer);
            keyboard
        });
        let output = child.wait_with_output().await.expect("the program ends");
        drop(person.await.expect("the question was asked"));
        output.into()
    }

    /// Runs `seal` in a session of its own that has no terminal.
    pub async fn without_terminal(&self, arguments: &[&str], input: &[u8]) -> Spoken {
        self.through(&["setsid", "--wait"], arguments, input).await
    }

    /// Runs `seal` by another program of this machine, which is given the command line of `seal` after its own arguments.
    pub async fn through(&self, wrapper: &[&str], arguments: &[&str], input: &[u8]) -> Spoken {
        let (program, arguments) = wrapped(wrapper, arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.program(&program, &arguments, input).await
    }

    /// Runs the plain `age` in the folder.
    pub async fn age(&self, arguments: &[&str], input: &[u8]) -> Spoken {
        let [age] = provided::executables([Part::Age]).await;
        self.program(&age, arguments, input).await
    }

    /// Runs a program that lies beside `age`.
    pub async fn beside_age(&self, name: &str, arguments: &[&str]) -> Spoken {
        self.program(&Self::age_folder().await.join(name), arguments, b"").await
    }

    /// The folder of `age` and its plugins.
    pub async fn age_folder() -> PathBuf {
        let [age] = provided::executables([Part::Age]).await;
        age.parent().expect("a folder").to_owned()
    }

    /// Runs a program of another project in the folder, which finds `seal` by its name.
    pub async fn called_by(&self, part: Part, arguments: &[&str], input: &[u8]) -> Spoken {
        let [program] = provided::executables([part]).await;
        let mut command = self.command(&program, arguments);
        command.env("PATH", binary().parent().expect("a folder"));
        fed(&mut command, input).await.into()
    }

    async fn program(&self, program: &Path, arguments: &[&str], input: &[u8]) -> Spoken {
        fed(&mut self.command(program, arguments), input).await.into()
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// A program of this machine with the arguments to run `seal` through it.
fn wrapped(wrapper: &[&str], arguments: &[&str]) -> (PathBuf, Vec<String>) {
    let (program, before) = wrapper.split_first().expect("a program");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file());
    let found = found.unwrap_or_else(|| panic!("{program} is not in PATH; install it from your system's packages"));
    let binary = binary();
    let binary = binary.to_str().expect("UTF-8");
    (found, before.iter().chain(&[binary]).chain(arguments).map(|word| (*word).to_owned()).collect())
}

impl Default for Seal {
    fn default() -> Self {
        Self::new()
    }
}

fn binary() -> PathBuf {
    built("seal", "sealbridge-seal-cli")
}
