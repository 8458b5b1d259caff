//! How a failure ends the program: what it says, and the status.

use std::io::{self, Write};
use std::process::ExitCode;

use super::Error;

/// Tells the error and says with which status to end.
pub(crate) fn report(error: &Error) -> ExitCode {
    if matches!(error, Error::Differences) {
        return ExitCode::from(1);
    }
    let text = match error {
        Error::Usage(text) => text.trim_end().to_owned(),
        error => format!("error: {error}"),
    };
    drop(writeln!(io::stderr(), "{text}"));
    match error {
        // As a shell tells them from what the command itself says.
        Error::NotRun { cause: io::ErrorKind::NotFound, .. } => ExitCode::from(127),
        Error::NotRun { .. } => ExitCode::from(126),
        _ => ExitCode::from(2),
    }
}
