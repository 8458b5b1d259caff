//! The story of a Secret for people. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::{Refresh, SECRET, Story};
use crate::cluster::LiveSecret;
use crate::moment::{at, span};
use crate::plugin::object::{Heading, Told};
use crate::why::{described, section};

/// The lines.
pub(super) fn lines(story: &Story, now: Timestamp) -> Vec<String> {
    let Heading { kind, namespace, name, secret } = &story.heading;
    let mut lines = vec![format!("{kind} {namespace}/{name} declares the {} {secret}", story.target_kind)];
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
    if story.target_kind == SECRET {
        section(&mut lines, "live Secret", live(story, now).into_iter());
    }
    let workloads = story.workloads.iter().map(|workload| {
        let uses = if workload.uses.is_empty() { String::new() } else { format!(" ({})", workload.uses.join(", ")) };
        format!("{} {}{uses}  {}", workload.kind, workload.name, workload.explained)
    });
    section(&mut lines, "workloads", workloads);
    section(&mut lines, "not known", story.incomplete.iter().cloned());
    lines
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
