//! What applying a file would change in what the cluster has. Pure.
//!
//! Must never: hold a value, or tell two sealed texts apart by more than that they differ.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sealbridge_manifest::Plan;

use super::{EntryTold, described, told};
use crate::moment::span;

/// What would change if `file` stood in place of `live`, in words.
pub(crate) fn changes(live: &Plan, file: &Plan) -> Vec<String> {
    let mut changes = entries(live, file);
    let target = [
        ("the Secret's name", live.target.name.clone(), file.target.name.clone()),
        ("its kind", kind_of_target(live), kind_of_target(file)),
        ("its type", shown(live.target.type_.as_ref()), shown(file.target.type_.as_ref())),
        ("creationPolicy", format!("{:?}", live.target.creation_policy), format!("{:?}", file.target.creation_policy)),
        ("deletionPolicy", format!("{:?}", live.target.deletion_policy), format!("{:?}", file.target.deletion_policy)),
        ("immutable", live.target.immutable.to_string(), file.target.immutable.to_string()),
        ("refreshInterval", span(live.refresh_interval), span(file.refresh_interval)),
    ];
    let target = target.into_iter().filter(|(_, before, after)| before != after);
    changes.extend(target.map(|(field, before, after)| format!("{field}: {before} becomes {after}")));
    let others = [
        ("labels of the Secret", live.target.labels == file.target.labels),
        ("annotations of the Secret", live.target.annotations == file.target.annotations),
        ("templates", live.target.template == file.target.template),
        ("syncWindows", live.windows == file.windows),
        ("refreshPolicy", live.refresh == file.refresh),
        ("workloads that follow it", live.rollout == file.rollout),
    ];
    changes.extend(others.into_iter().filter(|(_, is_same)| !is_same).map(|(field, _)| format!("{field}: others")));
    changes
}

fn kind_of_target(plan: &Plan) -> String {
    plan.target.manifest.as_ref().map_or_else(|| "Secret".to_owned(), |kind| format!("{} {}", kind.api_version, kind.kind))
}

fn shown(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "the default".to_owned())
}

fn entries(live: &Plan, file: &Plan) -> Vec<String> {
    let of_live = by_name(live);
    let of_file = by_name(file);
    let mut changes = Vec::new();
    for (name, entry) in &of_file {
        match of_live.get(name) {
            None => changes.push(format!("{name}: is added, {}", source(entry))),
            Some(before) if source(before) != source(entry) => {
                changes.push(format!("{name}: {} becomes {}", source(before), source(entry)));
            }
            Some(_) if !is_same(live, file, name) => changes.push(format!("{name}: another {}", kind(entry))),
            Some(_) => {}
        }
    }
    let gone = of_live.iter().filter(|(name, _)| !of_file.contains_key(*name));
    changes.extend(gone.map(|(name, entry)| format!("{name}: is removed, {}", source(entry))));
    changes
}

fn by_name(plan: &Plan) -> BTreeMap<String, EntryTold> {
    told(plan, &[]).into_iter().map(|entry| (entry.entry.clone(), entry)).collect()
}

/// Where it comes from, without its name.
fn source(entry: &EntryTold) -> String {
    let text = described(entry, Timestamp::UNIX_EPOCH);
    text.strip_prefix(&format!("{}  ", entry.entry)).map_or(text.clone(), str::to_owned)
}

/// Whether two entries that are told alike are the same.
fn is_same(live: &Plan, file: &Plan, name: &str) -> bool {
    let position = |plan: &Plan| (0..plan.from.len()).find(|position| super::claims::place(*position) == name);
    let several = |plan: &Plan| position(plan).and_then(|position| plan.from.get(position).cloned());
    live.entries.get(name) == file.entries.get(name) && several(live) == several(file)
}

fn kind(entry: &EntryTold) -> &'static str {
    match entry.source {
        "sealed" | "sealed-secret" => "sealed value",
        "plain" => "plain value",
        "sops" => "document",
        _ => "way to take the value over",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_manifest::native;
    use serde_json::{Value, json};

    fn plan(spec: Value) -> Plan {
        native::plan("shop", "app", &serde_json::from_value(spec).expect("a spec")).expect("a plan")
    }

    #[rstest]
    #[case::nothing(json!({"data": {"A": {"plain": "a"}}}), &[])]
    #[case::another_value(json!({"data": {"A": {"plain": "hidden"}}}), &["A: another plain value"])]
    #[case::added(json!({"data": {"A": {"plain": "a"}, "B": {"plain": "b"}}}), &["B: is added, plain"])]
    #[case::removed_and_added(json!({"data": {"B": {"plain": "a"}}}), &["B: is added, plain", "A: is removed, plain"])]
    #[case::another_source(
        json!({"data": {"A": {"remoteRef": {"key": "k", "version": "7"}, "secretStoreRef": {"name": "vault"}}}}),
        &["A: plain becomes SecretStore/vault k@7"]
    )]
    #[case::target(
        json!({"data": {"A": {"plain": "a"}}, "refreshInterval": "1h", "target": {"name": "b", "template": {"metadata": {"labels": {"a": "b"}}}}}),
        &["the Secret's name: app becomes b", "refreshInterval: 5m becomes 60m", "labels of the Secret: others"]
    )]
    fn what_an_edit_means(#[case] file: Value, #[case] expected: &[&str]) {
        assert_eq!(changes(&plan(json!({"data": {"A": {"plain": "a"}}})), &plan(file)), expected);
    }
}
