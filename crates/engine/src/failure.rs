//! Why an entry has no value, in words that fit a condition.

use sealbridge_api::Reason;

/// Entries that a summary names one by one; the rest is counted.
const NAMED: usize = 3;

/// One entry without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFailure {
    /// The entry's name.
    pub entry: String,
    /// Where the value would have come from, for people: the store and key; nothing for a sealed value.
    pub source: Option<String>,
    /// The class of the cause.
    pub reason: Reason,
    /// What failed and what to do; never a value.
    pub detail: String,
}

/// One message for all failures, the same for the same causes. Failures of one cause are told once.
#[must_use]
pub fn summary(failures: &[EntryFailure]) -> String {
    let mut text = String::new();
    let mut told: Vec<&EntryFailure> = Vec::new();
    for failure in failures {
        if told.len() < NAMED && !told.iter().any(|other| other.source == failure.source && other.detail == failure.detail) {
            told.push(failure);
        }
    }
    for failure in &told {
        if !text.is_empty() {
            text.push_str(". ");
        }
        let alike = failures.iter().filter(|other| other.source == failure.source && other.detail == failure.detail);
        let entries: Vec<&str> = alike.map(|other| other.entry.as_str()).collect();
        let source = failure.source.as_ref().map(|source| format!(" from {source}")).unwrap_or_default();
        text.push_str(&format!("entry {}{source}: {}", shortened(&entries), failure.detail));
    }
    let named: usize = told
        .iter()
        .map(|one| failures.iter().filter(|other| other.source == one.source && other.detail == one.detail).count())
        .sum();
    if failures.len() > named {
        text.push_str(&format!(". {} more entries failed", failures.len() - named));
    }
    text
}

fn shortened(entries: &[&str]) -> String {
    let shown = entries.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if entries.len() > NAMED { format!("{shown} and {} more", entries.len() - NAMED) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(entry: &str, source: &str, detail: &str) -> EntryFailure {
        EntryFailure { entry: entry.into(), source: Some(source.into()), reason: Reason::SourceNotFound, detail: detail.into() }
    }

    #[test]
    fn one_cause_is_told_once_for_all_its_entries() {
        let failures = [failure("A", "s k", "gone"), failure("B", "s k", "gone"), failure("C", "s l", "gone")];
        assert_eq!(summary(&failures), "entry A, B from s k: gone. entry C from s l: gone");
    }

    #[test]
    fn a_sealed_value_comes_from_nowhere_else() {
        let failures = ["A", "B"].map(|entry| EntryFailure { source: None, ..failure(entry, "", "damaged") });
        assert_eq!(summary(&failures), "entry A, B: damaged");
    }

    #[test]
    fn many_causes_are_counted() {
        let failures: Vec<_> = (0..5).map(|n| failure(&format!("K{n}"), &format!("s {n}"), "gone")).collect();
        assert_eq!(
            summary(&failures),
            "entry K0 from s 0: gone. entry K1 from s 1: gone. entry K2 from s 2: gone. 2 more entries failed"
        );
    }
}
