//! What is told, in lines for people. Pure.

use jiff::Timestamp;

use super::{DeclaredTold, Entry, StoreTold, Told};
use crate::why::{described, section};

/// The lines about one object.
pub(super) fn lines(told: &Told) -> Vec<String> {
    let lines = told.declared.as_ref().map(of_file).unwrap_or_default();
    #[cfg(feature = "cluster")]
    let lines = match &told.cluster {
        Some(live) => with_cluster(lines, live, told.declared.is_some()),
        None => lines,
    };
    lines
}

fn of_file(told: &DeclaredTold) -> Vec<String> {
    let DeclaredTold { file, kind, namespace, name, secret, .. } = told;
    let target = told.target_kind.as_deref().unwrap_or("Secret");
    let mut lines = vec![format!("{file}: {kind} {namespace}/{name} declares the {target} {secret}")];
    let (values, entries): (Vec<_>, Vec<_>) = told.entries.iter().partition(|entry| entry.told.is_for_templates);
    section(&mut lines, "values that only templates read", values.into_iter().map(of_entry));
    section(&mut lines, "entries", entries.into_iter().map(of_entry));
    section(&mut lines, "defaults", told.defaults.iter().map(|(field, value)| format!("{field}: {value}")));
    section(&mut lines, "stores", told.stores.iter().map(of_store));
    lines
}

fn of_entry(entry: &Entry) -> String {
    // Nothing that files say has a moment in it.
    format!("{}; {}", described(&entry.told, Timestamp::UNIX_EPOCH), entry.changes)
}

fn of_store(store: &StoreTold) -> String {
    let what = store.provider.unwrap_or("not declared in what was read");
    let problems: String = store.problems.iter().map(|problem| format!(", PROBLEM: {problem}")).collect();
    format!("{}  {what}{problems}", store.store)
}

#[cfg(feature = "cluster")]
fn with_cluster(mut lines: Vec<String>, live: &super::live::Live, is_beside_a_file: bool) -> Vec<String> {
    let Some(story) = &live.story else {
        lines.push("in the cluster: there is no such object that the operator serves; applying the file makes it".to_owned());
        return lines;
    };
    if !is_beside_a_file {
        lines.extend(story.lines());
        return lines;
    }
    section(&mut lines, "in the cluster", story.lines().into_iter());
    match live.would_change.as_deref() {
        None => lines.push(
            "applying the file: what it would change is not known, since this release does not understand the \
                             object in the cluster"
                .to_owned(),
        ),
        Some([]) => lines.push("applying the file changes nothing".to_owned()),
        Some(changes) => section(&mut lines, "applying the file would change", changes.iter().cloned()),
    }
    lines
}
