//! A passphrase that somebody types.
//!
//! Must never: take one from an argument, a file or a pipe, or show it.

use zeroize::Zeroizing;

use crate::error::Error;
use crate::terminal::Silent;

/// The least that is taken for a new one: it has to hold against guessing by whoever gets the file.
const MIN_CHARS: usize = 12;
const NO_TERMINAL: &str = "a passphrase is typed, and there is no terminal; use recipients and identities instead";

/// Asks for the passphrase of a file that is there.
pub(crate) fn ask() -> Result<Zeroizing<String>, Error> {
    let silent = silent()?;
    prompt(&silent, "passphrase, not shown: ")
}

/// Asks for a new one, twice.
pub(crate) fn ask_for_new() -> Result<Zeroizing<String>, Error> {
    let silent = silent()?;
    let one = prompt(&silent, "new passphrase, not shown: ")?;
    let again = prompt(&silent, "new passphrase, once more: ")?;
    drop(silent);
    if one.chars().count() < MIN_CHARS {
        return Err(Error::Arguments("a passphrase has at least 12 characters, better several words; nothing was written"));
    }
    if again != one {
        return Err(Error::Arguments("the two passphrases differ, so nothing was written; try again"));
    }
    Ok(one)
}

fn silent() -> Result<Silent, Error> {
    Silent::new().map_err(|_| Error::Arguments(NO_TERMINAL))
}

fn prompt(silent: &Silent, question: &str) -> Result<Zeroizing<String>, Error> {
    silent.ask(question).map_err(|_| Error::Arguments(NO_TERMINAL))
}
