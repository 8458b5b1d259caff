//! Identities that a program prints, so that a password manager can hold them.
//!
//! Must never: run a shell, repeat what the variable says (people put secrets there by mistake), or give the program
//! the standard input, which may be a value.

use std::env;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::place;
use super::problem::IdentityProblem;
use crate::error::Error;

/// The recipient that SOPS' commands are told.
const RECIPIENT: &str = "SOPS_AGE_RECIPIENT";

/// What the program that `variable` names prints, told the recipient where one is known.
pub(super) fn output(variable: &'static str, recipient: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |problem| Error::Identity { from: variable.to_owned(), problem };
    let line = Zeroizing::new(env::var(variable).map_err(|_| failed(IdentityProblem::CommandWords))?);
    let words = shlex::split(&line).unwrap_or_default();
    let (program, arguments) = words.split_first().ok_or_else(|| failed(IdentityProblem::CommandWords))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    if let Some(recipient) = recipient {
        command.env(RECIPIENT, recipient);
    }
    let mut child = command.spawn().map_err(|error| failed(IdentityProblem::CommandStart(error.kind())))?;
    let stdout = child.stdout.take().ok_or_else(|| failed(IdentityProblem::CommandFailed))?;
    // The pipe is closed when this returns, so that a program that prints without end ends too.
    let printed = place::bounded(stdout, |_| failed(IdentityProblem::CommandFailed), || variable.to_owned());
    let status = child.wait().map_err(|_| failed(IdentityProblem::CommandFailed))?;
    let printed = printed?;
    if status.success() { Ok(printed) } else { Err(failed(IdentityProblem::CommandFailed)) }
}
