//! Identities that a program prints, so that a password manager can hold them.
//!
//! Must never: run a shell, repeat what the variable says (people put secrets there by mistake), or give the program
//! the standard input, which may be a value.

use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::place;
use super::problem::IdentityProblem;
use crate::error::Error;

/// The recipient that SOPS' commands are told.
const RECIPIENT: &str = "SOPS_AGE_RECIPIENT";

/// What the program of a command line prints, told the recipient where one is known. `from` is the line's name for people.
pub(super) fn output(from: &str, line: &str, recipient: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |problem| Error::Identity { from: from.to_owned(), problem };
    let words = shlex::split(line).unwrap_or_default();
    let (program, arguments) = words.split_first().ok_or_else(|| failed(IdentityProblem::CommandWords))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    if let Some(recipient) = recipient {
        command.env(RECIPIENT, recipient);
    }
    let mut child = command.spawn().map_err(|error| failed(IdentityProblem::CommandStart(error.kind())))?;
    let stdout = child.stdout.take().ok_or_else(|| failed(IdentityProblem::CommandFailed))?;
    // The pipe is closed when this returns, so that a program that prints without end ends too.
    let printed = place::bounded(stdout, |_| failed(IdentityProblem::CommandFailed), || from.to_owned());
    let status = child.wait().map_err(|_| failed(IdentityProblem::CommandFailed))?;
    let printed = printed?;
    if status.success() { Ok(printed) } else { Err(failed(IdentityProblem::CommandFailed)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn printed(line: &str, recipient: Option<&str>) -> Result<String, String> {
        let printed = output("VARIABLE", line, recipient).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(printed.to_vec()).unwrap())
    }

    #[rstest]
    #[case::words("echo 'a b'  c", "a b c\n")]
    #[case::no_shell("echo $(id) > x; y", "$(id) > x; y\n")]
    #[case::no_standard_input("cat", "")]
    fn a_line_is_words_and_nothing_else(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(printed(line, None).unwrap(), expected);
    }

    #[test]
    fn the_recipient_is_told_where_there_is_one() {
        assert_eq!(printed("sh -c 'echo $SOPS_AGE_RECIPIENT'", Some("age1x")).unwrap(), "age1x\n");
    }

    #[rstest]
    #[case::empty(" ", "VARIABLE is not a command line")]
    #[case::open_quote("echo 'hunter2", "VARIABLE is not a command line")]
    #[case::not_there("/nowhere/hunter2", "VARIABLE names a program that cannot be run (it does not exist)")]
    #[case::failure("sh -c 'echo hunter2; exit 3'", "VARIABLE names a program that ended with a failure")]
    #[case::without_end("yes hunter2", "VARIABLE holds more than 16 MiB")]
    fn a_failure_repeats_nothing(#[case] line: &str, #[case] words: &str) {
        let error = printed(line, None).unwrap_err();
        assert!(error.starts_with(words) && !error.contains("hunter2"), "{error}");
    }
}
