//! What came of each file of a migration, in words and in JSON.
//!
//! Must never: call a run well ended in which a file could not be migrated.

use std::path::Path;

use serde::Serialize;

use crate::count::counted;
use crate::error::Error;
use crate::output::Output;

/// One object that became a native one.
#[derive(Serialize)]
pub(super) struct Migrated {
    file: String,
    #[serde(flatten)]
    what: What,
    written: bool,
    #[serde(skip)]
    words: String,
}

/// What programs are told of it.
#[derive(Serialize)]
#[serde(untagged)]
enum What {
    /// A Secret whose values are in the object.
    Sealed {
        secret: String,
        entries: usize,
        #[serde(flatten)]
        sealing: Sealing,
    },
    /// An object that refers to values.
    Reference {
        kind: &'static str,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        sources: Option<usize>,
    },
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
        let words = format!("{} {secret} in {}, {}, {words}", verb(written), path.display(), counted(entries, "entry"));
        Self { file: path.display().to_string(), what: What::Sealed { secret, entries, sealing }, written, words }
    }

    /// An object that refers to values; `name` is `namespace/name` where there is a namespace, `words` say the rest if
    /// there is any.
    pub(super) fn object(
        path: &Path,
        kind: &'static str,
        name: String,
        sources: Option<usize>,
        words: &str,
        written: bool,
    ) -> Self {
        let words = if words.is_empty() { String::new() } else { format!(", {words}") };
        let words = format!("{} {kind} {name} in {}{words}", verb(written), path.display());
        Self { file: path.display().to_string(), what: What::Reference { kind, name, sources }, written, words }
    }
}

fn verb(written: bool) -> &'static str {
    if written { "migrated" } else { "would migrate" }
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
