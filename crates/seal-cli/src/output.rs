//! Where words go: results to stdout, notes and errors to stderr.
//!
//! Must never: write a value to a terminal unless `--reveal` was given.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::cli::{Format, ReportArgs};
use crate::error::Error;

/// What stands in place of a value that is not shown.
pub(crate) const REDACTED: &str = "(not shown; --reveal shows it)";

/// How a verb speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(args: &ReportArgs) -> Self {
        Self { format: args.output, quiet: args.quiet }
    }

    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Whether somebody sees how far a long run is.
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// A line of the result for people; nothing in JSON or when quiet.
    pub(crate) fn say(self, line: &str) -> Result<(), Error> {
        if self.quiet || self.is_json() { Ok(()) } else { write_stdout(format!("{}\n", harmless(line)).as_bytes()) }
    }

    /// The result for programs; nothing in text.
    pub(crate) fn document(self, result: &impl Serialize) -> Result<(), Error> {
        if !self.is_json() {
            return Ok(());
        }
        let mut text = serde_json::to_vec_pretty(result).map_err(|_| Error::Json)?;
        text.push(b'\n');
        write_stdout(&text)
    }

    /// A remark that is no result.
    pub(crate) fn note(self, line: &str) {
        if !self.quiet {
            note(line);
        }
    }
}

/// A line without control characters: names come from files that anybody may propose, and a terminal obeys what
/// it is shown.
pub(crate) fn harmless(line: &str) -> String {
    line.replace(char::is_control, "\u{fffd}")
}

/// A remark on stderr. A stderr that is closed is no reason to stop.
pub(crate) fn note(line: &str) {
    drop(writeln!(io::stderr(), "note: {}", harmless(line)));
}

/// Whether a value would be seen by whoever sits at the terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes bytes to stdout. A reader that has gone away, as `head` does, is the end of the work, not a mistake.
pub(crate) fn write_stdout(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Stdout { cause: error.kind() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_told_what_to_do() {
        assert_eq!(harmless("a\u{1b}[2Jb\r\u{9b}c"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c");
        assert_eq!(harmless("ä → 1"), "ä → 1");
    }
}
