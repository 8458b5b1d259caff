//! The story of a Secret for people. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::entries::EntryTold;
use super::{Refresh, Story};
use crate::cluster::LiveSecret;
use crate::plugin::object::{Heading, Told};
use crate::plugin::table::{relative, span};

/// The lines.
pub(super) fn lines(story: &Story, now: Timestamp) -> Vec<String> {
    let Heading { kind, namespace, name, secret } = &story.heading;
    let mut lines = vec![format!("{kind} {namespace}/{name} declares the Secret {secret}")];
    lines.push(format!("state: {}", answer(if story.ready { "ready" } else { "NOT READY" }, &story.told, now)));
    if let Some(rollout) = &story.rollout {
        lines.push(format!("rollout: {}", answer(if rollout.done { "done" } else { "NOT DONE" }, &rollout.told, now)));
    }
    lines.extend(story.last_change.map(|moment| format!("last change: {}", at(moment, now))));
    lines.extend(story.refresh.as_ref().map(|refresh| format!("refresh: {}", refreshed(refresh, now))));
    section(&mut lines, "entries", story.entries.iter().map(|entry| described(entry, now)));
    section(&mut lines, "defaults", story.defaults.iter().map(|(field, value)| format!("{field}: {value}")));
    let stores = story.stores.iter().map(|store| {
        let state = if store.ready { "ready" } else { "NOT READY" };
        format!("{}  {state}, {}: {}", store.store, store.reason, store.message)
    });
    section(&mut lines, "stores", stores);
    let keys = story.sealing_keys.iter().map(|key| {
        let name = match (&key.name, &key.state) {
            (Some(name), Some(state)) => format!("SealingKey {name}, {state}"),
            _ => "no SealingKey that can be seen here".to_owned(),
        };
        format!("{}  {name}{}", key.key_id, if key.opened { ", opened an entry" } else { "" })
    });
    section(&mut lines, "sealing keys", keys);
    section(&mut lines, "live Secret", live(story, now).into_iter());
    let workloads = story.workloads.iter().map(|workload| {
        let uses = if workload.uses.is_empty() { String::new() } else { format!(" ({})", workload.uses.join(", ")) };
        format!("{} {}{uses}  {}", workload.kind, workload.name, workload.explained)
    });
    section(&mut lines, "workloads", workloads);
    section(&mut lines, "not known", story.incomplete.iter().cloned());
    lines
}

fn section(lines: &mut Vec<String>, name: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.map(|row| format!("  {row}")).collect();
    if !rows.is_empty() {
        lines.push(format!("{name}:"));
        lines.extend(rows);
    }
}

fn at(moment: Timestamp, now: Timestamp) -> String {
    format!("{moment}, {}", relative(moment, now))
}

fn answer(state: &str, told: &Told, now: Timestamp) -> String {
    let since = told.since.map(|since| format!(" (since {})", at(since, now))).unwrap_or_default();
    format!("{state}, {}{since}: {}", told.reason, told.message)
}

fn refreshed(refresh: &Refresh, now: Timestamp) -> String {
    let mut text = match (refresh.reads_stores, refresh.every_seconds) {
        (false, _) => "nothing is read from a store; an edit is acted upon at once".to_owned(),
        (true, 0) => "once, and after an edit or a request".to_owned(),
        (true, seconds) => format!("every {}", span(Duration::from_secs(seconds))),
    };
    if let Some(next) = refresh.next {
        text.push_str(&format!(", next at {}", at(next, now)));
    }
    if let Some(request) = &refresh.last_request {
        text.push_str(&format!("; last request acted upon: {request}"));
    }
    text
}

fn described(entry: &EntryTold, now: Timestamp) -> String {
    let mut parts = vec![match entry.source {
        "store" => reference(entry),
        "store-members" => format!("members of {}", reference(entry)),
        "store-search" => format!("search in {}", reference(entry)),
        other => other.to_owned(),
    }];
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

fn live(story: &Story, now: Timestamp) -> Vec<String> {
    let Some(live) = &story.live else {
        let text = if story.live_is_known { "does not exist" } else { "not known, see below" };
        return vec![text.to_owned()];
    };
    let mut rows = vec![owners(live)];
    rows.extend(live.revision.as_ref().map(|revision| format!("revision {revision}")));
    rows.extend(live.writers.iter().map(|writer| {
        let last = writer.at.map(|moment| format!(", last at {}", at(moment, now))).unwrap_or_default();
        format!("data written by {}{last}", writer.manager)
    }));
    rows
}

fn owners(live: &LiveSecret) -> String {
    let mark = if live.managed { "" } else { "; without the operator's label" };
    if live.owners.is_empty() {
        return format!("owned by nobody, so that it outlives its declaration{mark}");
    }
    let owners = live.owners.iter().map(|owner| {
        let which = if owner.is_asked { ", this object" } else { "" };
        format!("{} {}{which}", owner.kind, owner.name)
    });
    format!("owned by {}{mark}", owners.collect::<Vec<_>>().join(" and "))
}
