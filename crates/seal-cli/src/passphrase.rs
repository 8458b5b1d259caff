//! A passphrase that somebody types.
//!
//! Must never: take one from an argument, a file or a pipe, or show it.

use zeroize::Zeroizing;

use crate::error::Error;

/// The least that is taken for a new one: it has to hold against guessing by whoever gets the file.
const MIN_CHARS: usize = 12;

/// Asks for the passphrase of a file that is there.
pub(crate) fn ask() -> Result<Zeroizing<String>, Error> {
    prompt("passphrase, not shown: ")
}

/// Asks for a new one, twice.
pub(crate) fn ask_for_new() -> Result<Zeroizing<String>, Error> {
    let one = prompt("new passphrase, not shown: ")?;
    if one.chars().count() < MIN_CHARS {
        return Err(Error::Arguments("a passphrase has at least 12 characters, better several words; nothing was written"));
    }
    if prompt("new passphrase, once more: ")? != one {
        return Err(Error::Arguments("the two passphrases differ, so nothing was written; try again"));
    }
    Ok(one)
}

fn prompt(text: &str) -> Result<Zeroizing<String>, Error> {
    let answer = rpassword::prompt_password(text);
    answer.map(Zeroizing::new).map_err(|_| Error::Arguments("a passphrase is typed, and there is no terminal; use recipients and identities instead"))
}
