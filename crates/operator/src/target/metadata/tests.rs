use super::*;
use crate::target::samples;
use rstest::rstest;
use sealbridge_api::bridged_secret::{Adopt, AdoptFrom};
use sealbridge_secret::{DigestKeyId, Purpose};

fn stamp() -> Stamp {
    let key = samples::key(1);
    let id: DigestKeyId = key.id();
    Stamp { key: id, inputs: samples::inputs(), written: key.digester(Purpose::Written, "uid-1", "env").finish() }
}

fn reference(api_version: &str, kind: &str, name: &str, uid: &str, controller: bool) -> OwnerReference {
    OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        controller: controller.then_some(true),
        block_owner_deletion: None,
    }
}

fn desired_with(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> DesiredSecret {
    DesiredSecret { labels: samples::pairs(labels), annotations: samples::pairs(annotations), ..samples::desired(&[]) }
}

fn on_live(live: &LiveMeta, claim: Claim, plan: &TargetPlan, desired: &DesiredSecret) -> Metadata {
    on(live, claim, &samples::owner(), plan, desired, stamp(), "0123456789abcdef")
}

fn as_live(metadata: Metadata) -> LiveMeta {
    let Metadata { labels, annotations, owner_references } = metadata;
    LiveMeta { labels, annotations, owner_references, ..LiveMeta::default() }
}

#[rstest]
fn what_was_written_needs_no_second_write(
    #[values(CreationPolicy::Owner, CreationPolicy::Orphan)] policy: CreationPolicy,
    #[values(&[], &[("tier", "web")])] labels: &[(&str, &str)],
) {
    let plan = samples::plan(policy);
    let desired = desired_with(labels, &[]);
    let live = as_live(new(&samples::owner(), &plan, &desired, stamp(), "0123456789abcdef"));
    assert!(on_live(&live, Claim::Ours, &plan, &desired).is_that_of(&live));
}

#[test]
fn labels_and_annotations_of_others_stay_and_those_no_longer_asked_for_go() {
    let plan = samples::plan(CreationPolicy::Owner);
    let before = desired_with(&[("tier", "web"), ("team", "a")], &[("note", "x")]);
    let mut live = as_live(new(&samples::owner(), &plan, &before, stamp(), "0123456789abcdef"));
    live.labels.insert("backup".to_owned(), "daily".to_owned());
    live.annotations.insert("foreign".to_owned(), "y".to_owned());
    let after = on_live(&live, Claim::Ours, &plan, &desired_with(&[("team", "b")], &[]));
    let ours = (labels::MANAGED, labels::MANAGED_VALUE);
    assert_eq!(after.labels, samples::pairs(&[("backup", "daily"), ("team", "b"), ours]));
    assert_eq!(after.annotations.get("foreign").map(String::as_str), Some("y"));
    assert!(!after.annotations.contains_key("note"));
}

#[test]
fn adoption_replaces_the_controller_and_removes_its_marks() {
    let adopt = Some(Adopt { from: AdoptFrom::ExternalSecret, name: Some("old".to_owned()) });
    let plan = TargetPlan { adopt, ..samples::plan(CreationPolicy::Owner) };
    let foreign = reference("example.com/v1", "Thing", "x", "u9", false);
    let live = LiveMeta {
        labels: samples::pairs(&[
            ("reconcile.external-secrets.io/created-by", "abc"),
            ("reconcile.external-secrets.io/managed", "true"),
            ("app", "shop"),
        ]),
        annotations: samples::pairs(&[("reconcile.external-secrets.io/data-hash", "deadbeef"), ("a", "b")]),
        owner_references: vec![reference("external-secrets.io/v1", "ExternalSecret", "old", "u1", true), foreign.clone()],
        ..LiveMeta::default()
    };
    let after = on_live(&live, Claim::Adopted, &plan, &desired_with(&[], &[]));
    assert_eq!(after.owner_references, [foreign, owner_reference(&samples::owner())]);
    assert_eq!(after.labels, samples::pairs(&[("app", "shop"), (labels::MANAGED, labels::MANAGED_VALUE)]));
    assert!(after.annotations.contains_key("a") && !after.annotations.keys().any(|name| name.contains("external-secrets")));
}

#[rstest]
#[case::an_earlier_object(CreationPolicy::Owner, vec![reference("sealbridge.dev/v1", "BridgedSecret", "checkout", "uid-0", true)], 1)]
#[case::twice(CreationPolicy::Owner, vec![owner_reference(&samples::owner()), reference("sealbridge.dev/v1", "BridgedSecret", "checkout", "uid-0", false)], 1)]
#[case::no_longer_owner(CreationPolicy::Orphan, vec![owner_reference(&samples::owner())], 0)]
fn there_is_one_reference_to_the_object_or_none(
    #[case] policy: CreationPolicy,
    #[case] owner_references: Vec<OwnerReference>,
    #[case] count: usize,
) {
    let live = LiveMeta { owner_references, ..LiveMeta::default() };
    let after = on_live(&live, Claim::Ours, &samples::plan(policy), &desired_with(&[], &[]));
    assert_eq!(after.owner_references, vec![owner_reference(&samples::owner()); count]);
}

#[test]
fn a_copy_of_values_in_an_annotation_is_reason_to_write() {
    let plan = samples::plan(CreationPolicy::Owner);
    let desired = desired_with(&[], &[]);
    let mut live = as_live(new(&samples::owner(), &plan, &desired, stamp(), "0123456789abcdef"));
    live.has_last_applied = true;
    assert!(!on_live(&live, Claim::Ours, &plan, &desired).is_that_of(&live));
}

#[test]
fn letting_go_leaves_nothing_of_a_whole_holder() {
    let plan = samples::plan(CreationPolicy::Owner);
    let mut live = as_live(new(&samples::owner(), &plan, &desired_with(&[], &[]), stamp(), "0123456789abcdef"));
    live.labels.insert("app".to_owned(), "shop".to_owned());
    let released = released(&live, &samples::owner());
    assert_eq!(released, Metadata { labels: samples::pairs(&[("app", "shop")]), ..Metadata::default() });
}
