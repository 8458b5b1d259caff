//! Many files of a commit or of the index in one call of Git: a call for each takes longer than judging it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use super::{Repository, Side, git};
use crate::error::Error;

const FAILED: Error = Error::Git { what: "the files cannot be read" };

impl Repository {
    /// The files on one side, in their order; `None` for those that are not there, or no files.
    pub(crate) fn read_all(&self, side: &Side, paths: &[PathBuf]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let revision = match side {
            Side::WorkTree => return paths.iter().map(|path| self.read(side, path)).collect(),
            Side::Commit(id) => id.as_str(),
            Side::Index => "",
        };
        // One name a line is asked for, so a name that has a line break is asked for alone.
        if paths.is_empty() || paths.iter().any(|path| path.as_os_str().as_bytes().contains(&b'\n')) {
            return paths.iter().map(|path| self.read(side, path)).collect();
        }
        let mut command = git(&self.root);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| Error::NoGit { cause: error.kind() })?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else { return Err(FAILED) };
        // Git answers while it is asked: whoever writes everything first waits for ever.
        let answers = thread::scope(|scope| {
            scope.spawn(move || {
                for path in paths {
                    let asked = [revision.as_bytes(), b":", path.as_os_str().as_bytes(), b"\n"].concat();
                    if stdin.write_all(&asked).is_err() {
                        return;
                    }
                }
            });
            let mut stdout = BufReader::new(stdout);
            paths.iter().map(|_| answer(&mut stdout)).collect::<Result<Vec<_>, _>>()
        });
        if answers.is_err() {
            drop(child.kill());
        }
        drop(child.wait());
        answers
    }
}

/// One answer: `<id> <type> <size>`, the bytes, a line break; or one line that says that there is no such file.
fn answer(stdout: &mut impl BufRead) -> Result<Option<Vec<u8>>, Error> {
    let failed = |_| FAILED;
    let mut line = Vec::new();
    stdout.read_until(b'\n', &mut line).map_err(failed)?;
    let line = String::from_utf8_lossy(line.strip_suffix(b"\n").ok_or(FAILED)?).into_owned();
    if line.ends_with(" missing") {
        return Ok(None);
    }
    let mut words = line.rsplit(' ');
    let size = words.next().and_then(|size| size.parse().ok()).ok_or(FAILED)?;
    let is_file = words.next().ok_or(FAILED)? == "blob";
    let mut bytes = vec![0; size];
    stdout.read_exact(&mut bytes).map_err(failed)?;
    stdout.read_exact(&mut [0]).map_err(failed)?;
    Ok(is_file.then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_one_by_one() {
        let told = b"01 blob 3\na\nb\n:x y missing\n02 tree 1\nt\n03 blob 0\n\nbroken\n";
        let mut told = &told[..];
        assert_eq!(answer(&mut told).ok(), Some(Some(b"a\nb".to_vec())));
        assert_eq!(answer(&mut told).ok(), Some(None));
        assert_eq!(answer(&mut told).ok(), Some(None));
        assert_eq!(answer(&mut told).ok(), Some(Some(Vec::new())));
        assert_eq!(answer(&mut told).ok(), None);
        assert_eq!(answer(&mut told).ok(), None);
    }
}
