//! What a change of stores and labels means.

use sealbridge_api::Reason;
use serde_json::json;

use super::*;

const CLUSTER: Listing = Listing { group: StoreGroup::Native, scope: Scope::Cluster };
const ALL: Listing = Listing { group: StoreGroup::Native, scope: Scope::AllNamespaces };

fn store(key: StoreKey, generation: i64) -> StoreObject {
    let conditions = serde_json::from_value(json!([{"namespaceSelector": {"matchLabels": {"team": "x"}}}])).unwrap();
    StoreObject::sample(key, generation, conditions)
}

fn labels(team: &str) -> Labels {
    Arc::new([("team".to_owned(), team.to_owned())].into())
}

fn vault() -> StoreKey {
    StoreKey::cluster("vault")
}

#[test]
fn the_first_list_changes_nothing_that_anybody_used() {
    let mut inventory = Inventory::default();
    let changes = inventory.replace(&CLUSTER, vec![store(vault(), 1)]);
    assert_eq!(changes, Changes { changed: [vault()].into(), worth_telling: false });
    assert!(inventory.knows(&[CLUSTER]));
    assert!(!inventory.knows(&[CLUSTER, ALL]));
}

#[test]
fn a_list_after_a_lost_watch_tells_edits_and_deletions() {
    let mut inventory = Inventory::default();
    let (kept, edited, gone) = (StoreKey::cluster("kept"), StoreKey::cluster("edited"), StoreKey::cluster("gone"));
    let other_list = StoreKey::namespaced("shop", "own");
    inventory.replace(&ALL, vec![store(other_list.clone(), 1)]);
    inventory.replace(&CLUSTER, vec![store(kept.clone(), 1), store(edited.clone(), 1), store(gone.clone(), 1)]);
    let changes = inventory.replace(&CLUSTER, vec![store(kept, 1), store(edited.clone(), 2)]);
    assert_eq!(changes, Changes { changed: [edited, gone].into(), worth_telling: true });
    assert!(inventory.get(&other_list).is_some());
}

#[test]
fn a_written_status_is_no_change() {
    let mut inventory = Inventory::default();
    assert_eq!(inventory.apply(store(vault(), 1)), Some(vault()));
    let with_status = StoreObject { observed_generation: Some(1), ..store(vault(), 1) };
    assert_eq!(inventory.apply(with_status), None);
    assert_eq!(inventory.get(&vault()).unwrap().observed_generation, Some(1));
    let made_anew = StoreObject { uid: "v".into(), ..store(vault(), 1) };
    assert_eq!(inventory.apply(made_anew), Some(vault()));
}

#[test]
fn a_label_is_told_to_those_who_were_answered_otherwise() {
    let mut inventory = Inventory::default();
    inventory.apply(store(vault(), 1));
    let relabel =
        |inventory: &mut Inventory, team: &str| inventory.relabel(&Relabelled { namespace: "shop".into(), labels: labels(team) });
    assert!(relabel(&mut inventory, "x").is_empty(), "nobody asked");
    let refused = inventory.for_use_from(&vault(), "shop", &labels("y")).unwrap_err();
    assert_eq!(refused.reason, Reason::StoreNotAllowed);
    assert!(relabel(&mut inventory, "z").is_empty(), "the answer is the same");
    assert_eq!(relabel(&mut inventory, "x"), [vault()].into());
    assert!(relabel(&mut inventory, "x").is_empty(), "told already");
    assert_eq!(relabel(&mut inventory, "y"), [vault()].into(), "permission was taken away");
}

#[test]
fn why_a_store_cannot_be_used() {
    let mut inventory = Inventory::default();
    let reason = |inventory: &mut Inventory| inventory.for_use_from(&vault(), "shop", &labels("x")).unwrap_err().reason;
    assert_eq!(reason(&mut inventory), Reason::StoreNotFound);
    inventory.forbid(CLUSTER);
    assert_eq!(reason(&mut inventory), Reason::StoreNotAllowed);
    assert!(inventory.knows(&[CLUSTER]));
    inventory.replace(&CLUSTER, vec![StoreObject { provider: None, ..store(vault(), 1) }]);
    assert_eq!(reason(&mut inventory), Reason::SpecInvalid);
}

#[test]
fn a_label_by_which_other_keys_are_admitted_is_told() {
    let mut inventory = Inventory::default();
    let limited = StoreObject::sample(vault(), 1, vec![]).with_limits(json!([
        {"name": "x", "namespaceSelector": {"matchLabels": {"team": "x"}}, "keyPrefixes": ["x"], "actions": ["Read"]},
    ]));
    inventory.apply(limited);
    let relabel =
        |inventory: &mut Inventory, team: &str| inventory.relabel(&Relabelled { namespace: "shop".into(), labels: labels(team) });
    let (_, admission) = inventory.for_use_from(&vault(), "shop", &labels("y")).unwrap();
    assert_eq!(admission.limits(), Some(vec![]));
    assert!(relabel(&mut inventory, "z").is_empty());
    assert_eq!(relabel(&mut inventory, "x"), [vault()].into());
    assert!(relabel(&mut inventory, "x").is_empty(), "told already");
}

#[test]
fn another_label_is_told_once_and_no_change_of_the_store() {
    let mut inventory = Inventory::default();
    let labelled = |value: &str| StoreObject { labels: [("stores".to_owned(), value.to_owned())].into(), ..store(vault(), 1) };
    inventory.replace(&CLUSTER, vec![labelled("a")]);
    assert!(inventory.take_relabelled().is_empty(), "nobody knew it under another label");
    assert_eq!(inventory.apply(labelled("a")), None);
    assert!(inventory.take_relabelled().is_empty());
    assert_eq!(inventory.apply(labelled("b")), None);
    assert_eq!(inventory.take_relabelled(), [vault()].into());
    assert!(inventory.take_relabelled().is_empty());
}

#[test]
fn only_a_list_that_was_made_tells_that_a_store_is_gone() {
    let mut inventory = Inventory::default();
    assert!(!inventory.lacks(&vault()));
    inventory.forbid(CLUSTER);
    assert!(!inventory.lacks(&vault()));
    inventory.replace(&CLUSTER, vec![store(vault(), 1)]);
    assert!(!inventory.lacks(&vault()) && inventory.lacks(&StoreKey::cluster("other")));
    assert!(!inventory.lacks(&StoreKey::namespaced("shop", "own")), "those of namespaces were not listed");
    inventory.remove(&vault());
    assert!(inventory.lacks(&vault()));
}
