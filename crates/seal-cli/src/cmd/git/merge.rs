//! `seal git merge`: three versions of a file merged entry by entry, called by Git.
//!
//! Must never: leave less than Git's own merge would. What cannot be read or edited is merged as plain text.

use std::path::{Path, PathBuf};

use clap::Args;

use super::entries::{self, Three};
use crate::error::Error;
use crate::git::{Merged, merge_file};

const MARK: &str = "sealbridge.dev/";

/// Merge two versions of a file over the one that both come from. Called by Git.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The version that both come from.
    base: PathBuf,
    /// Ours, which the result replaces.
    ours: PathBuf,
    /// Theirs.
    theirs: PathBuf,
    /// The length of conflict markers.
    marker_size: u32,
}

pub(super) fn run(args: &MergeArgs) -> Result<(), Error> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| Error::Read { path: path.to_owned(), cause: error.kind() });
    let (base, ours, theirs) = (read(&args.base)?, read(&args.ours)?, read(&args.theirs)?);
    let merged = merged(&base, &ours, &theirs, args.marker_size)?;
    // Git made this file for the result, and nobody else writes it.
    std::fs::write(&args.ours, &merged.text).map_err(|error| Error::Write { path: args.ours.clone(), cause: error.kind() })?;
    if merged.is_clean { Ok(()) } else { Err(Error::Differences) }
}

fn merged(base: &[u8], ours: &[u8], theirs: &[u8], marker_size: u32) -> Result<Merged, Error> {
    let plainly = merge_file(base, ours, theirs, marker_size)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok().filter(|text| text.contains(MARK));
    let (Some(base), Some(ours), Some(theirs)) = (text(base), text(ours), text(theirs)) else { return Ok(plainly) };
    let texts = Three { base, ours, theirs };
    let Some(unified) = entries::unify(&texts) else { return Ok(plainly) };
    // A text may merge without a conflict where entries do not: a line that moved hides that it changed on both sides.
    let is_right = |merged: &Merged| {
        merged.is_clean
            && !unified.has_conflict
            && std::str::from_utf8(&merged.text).is_ok_and(|text| entries::has(text, &unified.expected))
    };
    if is_right(&plainly) {
        return Ok(plainly);
    }
    let merge = |texts: &Three| merge_file(texts.base.as_bytes(), texts.ours.as_bytes(), texts.theirs.as_bytes(), marker_size);
    let by_entry = merge(&unified.texts)?;
    if is_right(&by_entry) {
        return Ok(by_entry);
    }
    // Additions on both sides can stand in each other's way even where their entries do not.
    let cleanly =
        |texts: &Three| merge(texts).ok().filter(|merged| merged.is_clean).and_then(|merged| String::from_utf8(merged.text).ok());
    let replayed = entries::replay(&texts, cleanly).map(|text| Merged { text: text.into_bytes(), is_clean: true });
    if let Some(replayed) = replayed.filter(is_right) {
        return Ok(replayed);
    }
    if !by_entry.is_clean {
        return Ok(by_entry);
    }
    // Lines fitted together to something that nobody has written: a conflict, whatever the lines say.
    Ok(Merged { is_clean: false, ..plainly })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const KEYS: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

    type Entries = BTreeMap<&'static str, u8>;

    fn manifest(entries: &Entries, is_reversed: bool) -> String {
        let mut lines: Vec<_> = entries.iter().map(|(key, value)| format!("    {key}: {{plain: v{value}}}\n")).collect();
        if is_reversed {
            lines.reverse();
        }
        format!(
            "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {{name: a}}\nspec:\n  data:\n    KEEP: {{plain: v}}\n{}",
            lines.concat()
        )
    }

    fn entries(text: &[u8]) -> BTreeMap<String, String> {
        let documents = sealbridge_manifest::document::parse(std::str::from_utf8(text).expect("text")).expect("YAML");
        let data = documents[0].pointer("/spec/data").and_then(Value::as_object).expect("entries");
        data.iter().map(|(key, entry)| (key.clone(), entry["plain"].as_str().expect("text").to_owned())).collect()
    }

    fn some_entries() -> impl Strategy<Value = Entries> {
        proptest::collection::vec(proptest::option::of(0_u8..3), KEYS.len())
            .prop_map(|values| KEYS.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// What three sides say of one entry, merged; `Err` where two changes differ.
    fn merged_value(was: Option<&u8>, mine: Option<&u8>, other: Option<&u8>) -> Result<Option<u8>, ()> {
        match (was == mine, was == other, mine == other) {
            (_, _, true) | (false, true, _) => Ok(mine.copied()),
            (true, false, _) => Ok(other.copied()),
            _ => Err(()),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn entries_are_merged_one_by_one(base in some_entries(), ours in some_entries(), theirs in some_entries(), is_reversed: bool) {
            let texts = [manifest(&base, false), manifest(&ours, false), manifest(&theirs, is_reversed)];
            let [base_text, ours_text, theirs_text] = texts.each_ref().map(String::as_bytes);
            let merged = merged(base_text, ours_text, theirs_text, 7).expect("merged");
            let wanted: Result<BTreeMap<_, _>, ()> = KEYS
                .into_iter()
                .map(|key| merged_value(base.get(key), ours.get(key), theirs.get(key)).map(|value| (key, value)))
                .collect();
            match wanted {
                Ok(wanted) if merged.is_clean => {
                    let mut expected: BTreeMap<_, _> = wanted
                        .into_iter()
                        .filter_map(|(key, value)| Some((key.to_owned(), format!("v{}", value?))))
                        .collect();
                    expected.insert("KEEP".to_owned(), "v".to_owned());
                    prop_assert_eq!(entries(&merged.text), expected);
                }
                // Entries in another order are lines that both sides have moved.
                Ok(_) => prop_assert!(is_reversed, "{}", String::from_utf8_lossy(&merged.text)),
                Err(()) => prop_assert!(!merged.is_clean, "{}", String::from_utf8_lossy(&merged.text)),
            }
        }
    }
}
