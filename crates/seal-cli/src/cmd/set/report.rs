//! What was done, in words and for programs.

use std::path::Path;

use sealbridge_seal::{PREFIX, Scope, SealedValue};
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::manifest_file::Entry;
use crate::output::Output;

/// What an entry was given.
#[derive(Debug)]
pub(super) enum What {
    /// A sealed value.
    Sealed { words: String, scope: Scope, recipients: Vec<String> },
    /// A value in a SealedSecret.
    WithCertificate { words: String },
    /// A value in a SOPS document.
    Encrypted { words: String },
    /// A reference to a store.
    Referenced { words: String, reference: String },
    /// Nothing: it has the value already, for the same readers.
    Unchanged,
}

/// One entry that was set.
#[derive(Debug)]
pub(super) struct Done {
    key: String,
    what: What,
    replaced: Option<String>,
}

impl Done {
    pub(super) fn new(key: &str, what: What, replaced: Option<&Entry<'_>>) -> Self {
        Self { key: key.to_owned(), what, replaced: replaced.map(described) }
    }

    /// What was set at a path, where something may have stood.
    pub(super) fn at_path(key: &str, what: What, replaced: Option<&Value>) -> Self {
        let replaced = replaced.map(|value| match value.as_str() {
            Some(text) if text.starts_with(PREFIX) => described(&Entry::Sealed(text)),
            _ => described(&Entry::Plain),
        });
        Self { key: key.to_owned(), what, replaced }
    }

    /// What was set in a SealedSecret.
    pub(super) fn in_sealed_secret(key: &str, words: String, replaces: bool) -> Self {
        Self { key: key.to_owned(), what: What::WithCertificate { words }, replaced: replaces.then(|| "a sealed value".to_owned()) }
    }

    /// What has the value already.
    pub(super) fn unchanged(key: &str) -> Self {
        Self { key: key.to_owned(), what: What::Unchanged, replaced: None }
    }

    /// What was set in a SOPS document.
    pub(super) fn in_sops(path: &str, what: What, replaces: bool) -> Self {
        Self { key: path.to_owned(), what, replaced: replaces.then(|| "a value".to_owned()) }
    }

    fn sentence(&self, dry_run: bool) -> String {
        let replaced = self.replaced.as_ref().map(|replaced| format!(", replacing {replaced}")).unwrap_or_default();
        let (verb, words) = match &self.what {
            What::Sealed { words, .. } | What::WithCertificate { words } => (if dry_run { "would seal" } else { "sealed" }, words),
            What::Encrypted { words } => (if dry_run { "would encrypt" } else { "encrypted" }, words),
            What::Referenced { words, .. } => (if dry_run { "would refer" } else { "referred" }, words),
            What::Unchanged => return format!("{} has this value already, and keeps its ciphertext", self.key),
        };
        format!("{verb} {} {words}{replaced}", self.key)
    }
}

fn described(entry: &Entry<'_>) -> String {
    match entry {
        Entry::Sealed(text) => match SealedValue::parse(text) {
            Ok(sealed) => format!("a value sealed on {}", sealed.sealed_on()),
            Err(_) => "a sealed value that is damaged".to_owned(),
        },
        Entry::Remote(reference) => format!("the reference to {reference}"),
        Entry::Plain => "a plain value".to_owned(),
        Entry::Unclear => "an entry without a clear source".to_owned(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    file: String,
    written: bool,
    entries: Vec<EntryDocument<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryDocument<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ids: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unchanged: bool,
}

/// Says what was done.
pub(super) fn tell(output: Output, done: &[Done], dry_run: bool, file: &Path) -> Result<(), Error> {
    for entry in done {
        output.say(&entry.sentence(dry_run))?;
    }
    let entries = done.iter().map(|entry| {
        let (scope, key_ids, reference) = match &entry.what {
            What::Sealed { scope, recipients, .. } => (Some(scope.as_str()), Some(recipients.as_slice()), None),
            What::WithCertificate { .. } | What::Encrypted { .. } | What::Unchanged => (None, None, None),
            What::Referenced { reference, .. } => (None, None, Some(reference.as_str())),
        };
        let unchanged = matches!(entry.what, What::Unchanged);
        EntryDocument { key: &entry.key, scope, key_ids, reference, replaced: entry.replaced.as_deref(), unchanged }
    });
    output.document(&Document { file: file.display().to_string(), written: !dry_run, entries: entries.collect() })
}
