//! Values on their way in: a prompt without echo, stdin, files, environment variables.
//!
//! Must never: take a value from the command line, show one, or change a byte of one unasked. The one
//! exception is told: of stdin, exactly one final line break is dropped.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use sealbridge_seal::MAX_VALUE_BYTES;
use sealbridge_secret::SecretBytes;

use crate::error::Error;
use crate::generate::Generator;
use crate::output::Output;
use crate::terminal::Silent;
use crate::wiped;

/// Where one value comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A prompt on a terminal, or else stdin.
    Asked,
    /// A file, byte for byte.
    File(PathBuf),
    /// An environment variable, byte for byte.
    Variable(String),
    /// A new value that nobody has seen.
    Generated(Generator),
}

/// How stdin is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    /// Whether the final line break of stdin stays.
    pub(crate) keep_newline: bool,
    /// Where the note about it goes.
    pub(crate) output: Output,
}

/// Reads the value of `key`, at most 1 MiB.
pub(crate) fn read(source: &Source, key: &str, asking: Asking) -> Result<SecretBytes, Error> {
    match source {
        Source::Generated(generator) => generator.generate(),
        Source::Asked if io::stdin().is_terminal() => prompt(key),
        Source::Asked => stdin(key, asking),
        Source::File(path) => {
            let failed = |error: io::Error| Error::Read { path: path.clone(), cause: error.kind() };
            let file = File::open(path).map_err(failed)?;
            bounded(file, key, failed)
        }
        Source::Variable(name) => {
            use std::os::unix::ffi::OsStringExt;
            let value = std::env::var_os(name).ok_or_else(|| Error::NoVariable { name: name.clone() })?;
            fitting(SecretBytes::new(value.into_vec()), key)
        }
    }
}

fn prompt(key: &str) -> Result<SecretBytes, Error> {
    let failed = |error: io::Error| Error::Prompt { key: key.to_owned(), cause: error.kind() };
    let silent = Silent::new().map_err(failed)?;
    let ask = |question: String| -> Result<SecretBytes, Error> {
        let answer = silent.ask(&question).map_err(failed)?;
        Ok(SecretBytes::new(answer.as_bytes().to_vec()))
    };
    let value = ask(format!("value of {key}, not shown: "))?;
    let again = ask(format!("value of {key}, once more: "))?;
    drop(silent);
    if value != again {
        return Err(Error::PromptsDiffer { key: key.to_owned() });
    }
    if value.is_empty() {
        return Err(Error::EmptyValue { key: key.to_owned() });
    }
    fitting(value, key)
}

fn stdin(key: &str, asking: Asking) -> Result<SecretBytes, Error> {
    let value = bounded(io::stdin().lock(), key, |error| Error::Stdin { cause: error.kind() })?;
    if value.is_empty() {
        return Err(Error::EmptyValue { key: key.to_owned() });
    }
    match value.expose().strip_suffix(b"\n") {
        Some(without) if !asking.keep_newline => {
            asking
                .output
                .note(&format!("the final line break of stdin is not part of the value of {key}; --keep-newline keeps it"));
            Ok(SecretBytes::new(without.to_vec()))
        }
        _ => Ok(value),
    }
}

fn bounded(reader: impl Read, key: &str, failed: impl Fn(io::Error) -> Error) -> Result<SecretBytes, Error> {
    let bytes = wiped::read_at_most(reader, MAX_VALUE_BYTES).map_err(failed)?;
    fitting(SecretBytes::from(bytes), key)
}

fn fitting(value: SecretBytes, key: &str) -> Result<SecretBytes, Error> {
    if value.len() > MAX_VALUE_BYTES { Err(Error::ValueTooLarge { key: key.to_owned() }) } else { Ok(value) }
}
