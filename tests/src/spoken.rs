//! Programs that are run to their end, and what they said. It must never judge what they said.

use std::fmt;
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// How a run of a program ended.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// Exit status; `None` after a signal.
    pub status: Option<i32>,
    /// Standard output, byte for byte.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Spoken {
    /// Standard output of a run that must have ended with 0.
    ///
    /// # Panics
    /// With standard error, if it did not.
    pub fn ok(self) -> Vec<u8> {
        assert_eq!(self.status, Some(0), "{self}");
        self.stdout
    }

    /// [`Self::ok`] as text.
    pub fn text(self) -> String {
        String::from_utf8(self.ok()).expect("UTF-8")
    }
}

impl From<Output> for Spoken {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { status: output.status.code(), stdout: output.stdout, stderr }
    }
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ended with {:?}: {}", self.status, self.stderr)
    }
}

/// Runs a program with an input until it ends.
pub(crate) async fn fed(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let feed = async move {
        // A program that does not read its input ends before all of it is written.
        drop(stdin.write_all(input).await);
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    output.expect("the program ends")
}
