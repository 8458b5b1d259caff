//! The judgements of `seal` over texts that lie in no file: what a fuzzer calls.
//!
//! Must never: judge otherwise than the verbs do.

use std::path::Path;

use sealbridge_seal::Date;

use crate::config::{self, Config};
use crate::verify::file::{Judge, Judged, settle};
use crate::verify::surroundings::Cache;

/// What is wrong with a text of `.sealbridge.yaml`; `None` if it is taken. Its rules are also asked about a file.
#[must_use]
pub fn problem_of_rules(text: &str) -> Option<String> {
    match Config::parse(Path::new(config::FILE_NAME), text) {
        Ok(config) => {
            let rule = config.rule_for(Path::new("overlays/prod/checkout.yaml"));
            drop(rule.map(|rule| config.certificate_of(rule)));
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

/// `verify` with one file of rules and one day.
#[derive(Debug)]
pub struct Verifier {
    cache: Cache,
    today: Date,
}

impl Verifier {
    /// Reads the rules.
    ///
    /// # Errors
    /// The message, if they cannot be read.
    pub fn new(rules: &Path, today: Date) -> Result<Self, String> {
        Cache::new(Some(rules), None).map(|cache| Self { cache, today }).map_err(|error| error.to_string())
    }

    /// What `verify` would say about `bytes` if they lay at `path`: findings, and why the file was not judged.
    #[must_use]
    pub fn verify(&self, path: &Path, bytes: &[u8]) -> Vec<String> {
        let judge = Judge { cache: &self.cache, today: self.today, opening: None };
        let Judged { drafts, note, failure, .. } = judge.judge(path, bytes, true);
        let findings = settle(path, &path.to_string_lossy(), &String::from_utf8_lossy(bytes), drafts);
        let told = findings.iter().map(|finding| format!("{finding:?}"));
        told.chain(note).chain(failure).collect()
    }
}
