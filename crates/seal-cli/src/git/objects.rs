//! Files of commits, many of them, through one `git cat-file`.
//!
//! Must never: hold more than one file at a time, or read one that is larger than a manifest can be.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use sealbridge_manifest::document::MAX_TEXT_LEN;

use super::{Repository, git};
use crate::error::Error;

/// A running `git cat-file`.
#[derive(Debug)]
pub(crate) struct Objects {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    /// Starts it for a repository.
    pub(crate) fn of(repository: &Repository) -> Result<Self, Error> {
        let mut command = git(&repository.root);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| Error::NoGit { cause: error.kind() })?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(questions), Some(answers)) => Ok(Self { child, questions, answers: BufReader::new(answers) }),
            _ => Err(failed()),
        }
    }

    /// The file at a path of a commit; `None` when it is not there, is no file, or is larger than any manifest.
    pub(crate) fn file(&mut self, commit: &str, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        let mut name = OsString::from(format!("{commit}:"));
        name.push(path);
        // A name with a line break cannot be asked for in a batch.
        if name.as_bytes().contains(&b'\n') { Ok(None) } else { self.ask(name.as_bytes()) }
    }

    /// The file with this id.
    pub(crate) fn blob(&mut self, id: &str) -> Result<Option<Vec<u8>>, Error> {
        self.ask(id.as_bytes())
    }

    fn ask(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.exchange(name).map_err(|_| failed())
    }

    fn exchange(&mut self, name: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.questions.write_all(&[name, b"\n"].concat())?;
        self.questions.flush()?;
        let mut header = String::new();
        if self.answers.read_line(&mut header)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut words = header.trim_end().rsplit(' ');
        let (size, kind) = (words.next().and_then(|size| size.parse::<u64>().ok()), words.next());
        // `NAME missing`, `NAME ambiguous`: no content follows.
        let Some(size) = size else { return Ok(None) };
        let is_wanted = kind == Some("blob") && usize::try_from(size).is_ok_and(|size| size <= MAX_TEXT_LEN);
        let mut content = (&mut self.answers).take(size + 1);
        if !is_wanted {
            io::copy(&mut content, &mut io::sink())?;
            return Ok(None);
        }
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        // The line break behind the content.
        bytes.pop();
        Ok(Some(bytes))
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It only reads; nothing is lost by ending it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn failed() -> Error {
    Error::Git { what: "the files of a commit cannot be read" }
}
