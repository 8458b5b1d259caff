//! What came of each file of a migration, in words and in JSON.
//!
//! Must never: call a run well ended in which a file could not be migrated.

use std::path::Path;

use serde::Serialize;

use crate::count::counted;
use crate::error::Error;
use crate::output::Output;

/// One object that became a BridgedSecret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Migrated {
    file: String,
    secret: String,
    entries: usize,
    #[serde(flatten)]
    sealing: Sealing,
    written: bool,
    #[serde(skip)]
    words: String,
}

/// How the values of a new object are sealed: what programs are told of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Sealing {
    /// Whether they are left in the SOPS document that they came in.
    KeepsSops(bool),
    /// The scope of each.
    Scope(&'static str),
}

impl Migrated {
    /// `secret` is `namespace/name`; `words` say for people how the values are sealed.
    pub(super) fn new(path: &Path, secret: String, entries: usize, sealing: Sealing, words: &str, written: bool) -> Self {
        let verb = if written { "migrated" } else { "would migrate" };
        let words = format!("{verb} {secret} in {}, {}, {words}", path.display(), counted(entries, "entry"));
        Self { file: path.display().to_string(), secret, entries, sealing, written, words }
    }
}

/// Files one after the other: one that cannot be migrated stays, and is told at the end.
pub(super) struct Report {
    output: Output,
    migrated: Vec<Migrated>,
    failures: Vec<String>,
}

impl Report {
    /// Nothing is done yet.
    pub(super) fn new(output: Output) -> Self {
        Self { output, migrated: Vec::new(), failures: Vec::new() }
    }

    /// Tells what came of one file.
    pub(super) fn add(&mut self, file: Result<Vec<Migrated>, Error>) -> Result<(), Error> {
        match file {
            Ok(done) => {
                done.iter().try_for_each(|object| self.output.say(&object.words))?;
                self.migrated.extend(done);
            }
            Err(error) => self.failures.push(error.to_string()),
        }
        Ok(())
    }

    /// Tells of all of them together. `nothing` is what is said if there was no object.
    pub(super) fn end(self, nothing: &'static str) -> Result<(), Error> {
        self.output.document(&self.migrated)?;
        match (self.failures.is_empty(), self.migrated.is_empty()) {
            (false, _) => Err(Error::Several(self.failures)),
            (true, true) => Err(Error::Arguments(nothing)),
            (true, false) => Ok(()),
        }
    }
}
