//! Where an entry comes from, in words. Pure.

use jiff::Timestamp;

use super::EntryTold;
use crate::moment::at;

/// The entry with everything that is told of it.
pub(crate) fn described(entry: &EntryTold, now: Timestamp) -> String {
    let mut parts = vec![match entry.source {
        "store" => reference(entry),
        "store-members" => format!("members of {}", reference(entry)),
        "generator" => format!("made by {}", entry.key.as_deref().unwrap_or_default()),
        "store-search" => format!("search in {}", reference(entry)),
        "template" => format!("template ({})", entry.template.as_deref().unwrap_or_default()),
        other => other.to_owned(),
    }];
    if !entry.reads.is_empty() {
        parts.push(format!("reads {}", entry.reads.join(" ")));
    }
    parts.extend(entry.without_value.map(|instead| format!("{instead} if the store has no value")));
    if let Some(version) = &entry.served_version {
        let since = entry.changed_at.map(|since| format!(" since {}", at(since, now))).unwrap_or_default();
        parts.push(format!("served version {version}{since}"));
    }
    // What stands outside of a sealed value is not proven by it.
    let claim = |text: String| if entry.source == "sealed" { format!("claims {text}") } else { text };
    parts.extend(entry.scope.clone().map(claim));
    parts.extend(entry.namespaces.as_ref().map(|glob| format!("namespaces {glob}")));
    parts.extend(entry.sealed_on.map(|date| date.to_string()));
    if !entry.key_ids.is_empty() {
        parts.push(format!("to {}", entry.key_ids.join(" + ")));
    }
    if !entry.paths.is_empty() {
        parts.push(format!("encrypts {}", entry.paths.join(" ")));
    }
    parts.extend(entry.problem.as_ref().map(|problem| format!("PROBLEM: {problem}")));
    format!("{}  {}", entry.entry, parts.join(", "))
}

fn reference(entry: &EntryTold) -> String {
    let mut text = format!("{} {}", entry.store.as_deref().unwrap_or_default(), entry.key.as_deref().unwrap_or_default());
    for (mark, part) in [('#', &entry.property), ('@', &entry.version)] {
        if let Some(part) = part {
            text.push(mark);
            text.push_str(part);
        }
    }
    text
}

/// Adds rows under a name; nothing where there are none.
pub(crate) fn section(lines: &mut Vec<String>, name: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.map(|row| format!("  {row}")).collect();
    if !rows.is_empty() {
        lines.push(format!("{name}:"));
        lines.extend(rows);
    }
}
