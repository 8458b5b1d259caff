//! Questions to whoever sits at the terminal.
//!
//! Must never: ask for a value, which `value` does without echo, or take silence for a yes.

use std::io::{self, IsTerminal, Write};

use crate::error::Error;

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// The answer without blanks around it; `None` when it is empty.
pub(crate) fn ask(question: &str) -> Result<Option<String>, Error> {
    // The answer is what counts; a stderr that is closed shows no question.
    drop(write!(io::stderr(), "{question}"));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| Error::Stdin { cause: error.kind() })?;
    Ok(Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
}

/// Whether the answer is yes.
pub(crate) fn confirm(question: &str) -> Result<bool, Error> {
    Ok(matches!(ask(&format!("{question} [y/N] "))?.as_deref(), Some("y" | "Y" | "yes")))
}
