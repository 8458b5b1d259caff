//! Findings that are known and shall not be told again, in a file of the repository.
//!
//! They are known by rule, file, object and entry: no line, which moves, and nothing of a value.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use crate::error::Error;
use crate::file::Snapshot;

const VERSION: u32 = 1;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    findings: Vec<Known>,
}

#[derive(Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct Known {
    rule: String,
    file: String,
    object: String,
    entry: String,
}

impl Known {
    fn of(finding: &Finding) -> Self {
        let [rule, file, object, entry] = finding.identity().map(str::to_owned);
        Self { rule, file, object, entry }
    }
}

/// Known findings.
#[derive(Debug)]
pub(crate) struct Baseline(BTreeSet<Known>);

impl Baseline {
    /// Reads a file of them.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let snapshot = Snapshot::read(path)?;
        let text = snapshot.text().ok_or_else(|| Error::Read { path: path.to_owned(), cause: std::io::ErrorKind::NotFound })?;
        match serde_json::from_str::<Text>(text) {
            Ok(Text { version: VERSION, findings }) => Ok(Self(findings.into_iter().collect())),
            _ => Err(Error::Baseline { path: path.to_owned() }),
        }
    }

    /// Whether a finding is known.
    pub(crate) fn knows(&self, finding: &Finding) -> bool {
        self.0.contains(&Known::of(finding))
    }

    /// Writes a file of all these findings, and says how many it has.
    pub(crate) fn write(path: &Path, findings: &[Finding]) -> Result<usize, Error> {
        let known: BTreeSet<_> = findings.iter().map(Known::of).collect();
        let count = known.len();
        let text = Text { version: VERSION, findings: known.into_iter().collect() };
        let mut text = serde_json::to_string_pretty(&text).map_err(|_| Error::Json)?;
        text.push('\n');
        Snapshot::read(path)?.replace(&text)?;
        Ok(count)
    }
}
