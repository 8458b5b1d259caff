//! Each test of the first group is a way of fooling the guard, named after it.

use super::*;

const KIND: &str = "BridgedSecret";
use crate::target::samples::{self, owner};
use crate::target::stamp::SetByName;
use rstest::rstest;
use sealbridge_api::bridged_secret::CreationPolicy;

fn plan(adopt: Option<Adopt>) -> TargetPlan {
    TargetPlan { adopt, ..samples::plan(CreationPolicy::Owner) }
}

fn adopt(from: AdoptFrom, name: Option<&str>) -> Adopt {
    Adopt { from, name: name.map(str::to_owned) }
}

fn controlled_by(api_version: &str, kind: &str, name: &str, uid: &str) -> LiveMeta {
    let reference = OwnerReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        controller: Some(true),
        block_owner_deletion: None,
    };
    LiveMeta { owner_references: vec![reference], ..LiveMeta::default() }
}

fn held_by(name: &str) -> LiveMeta {
    LiveMeta {
        labels: BTreeMap::from([(labels::MANAGED.to_owned(), labels::MANAGED_VALUE.to_owned())]),
        annotations: BTreeMap::from([(labels::OWNER.to_owned(), name.to_owned())]),
        ..LiveMeta::default()
    }
}

fn merged_by(name: &str, uid: &str, entry: &str) -> LiveMeta {
    let set = SetByName { labels: BTreeSet::from(["tier".to_owned()]), ..SetByName::default() };
    let record = MergeRecord { object: name.to_owned(), entries: BTreeSet::from([entry.to_owned()]), set };
    LiveMeta {
        labels: BTreeMap::from([("tier".to_owned(), "web".to_owned())]),
        annotations: BTreeMap::from([(MergeRecord::name(uid), record.to_string())]),
        ..LiveMeta::default()
    }
}

fn judged(live: &LiveMeta, adopt: Option<Adopt>) -> Result<Claim, Holder> {
    ensure_existing_target_is_not_foreign(&owner(), &plan(adopt), live, &Gone::default()).map_err(|error| match error {
        TargetError::NotOwned { holder, .. } => holder,
        other => panic!("{other}"),
    })
}

fn is_refused(live: &LiveMeta, adopt: Option<Adopt>) {
    judged(live, adopt).expect_err("a foreign Secret was accepted");
}

#[test]
fn a_secret_without_any_owner_is_rejected() {
    assert_eq!(judged(&LiveMeta::default(), None), Err(Holder::Unknown));
}

#[test]
fn a_foreign_api_group_is_rejected() {
    is_refused(&controlled_by("sealbridge.dev.evil.io/v1", KIND, "checkout", "uid-1"), None);
    is_refused(&controlled_by("v1", KIND, "checkout", "uid-1"), None);
}

#[test]
fn a_foreign_kind_is_rejected() {
    is_refused(&controlled_by("sealbridge.dev/v1", "SecretStore", "checkout", "uid-1"), None);
}

#[test]
fn a_bridged_secret_of_another_name_is_rejected() {
    is_refused(&controlled_by("sealbridge.dev/v1", KIND, "other", "uid-1"), None);
}

#[test]
fn a_reference_that_is_not_the_controllers_is_rejected() {
    let mut live = controlled_by("sealbridge.dev/v1", KIND, "checkout", "uid-1");
    live.owner_references[0].controller = None;
    is_refused(&live, None);
}

#[test]
fn the_label_alone_is_rejected() {
    let mut live = held_by("checkout");
    live.annotations.clear();
    is_refused(&live, None);
}

#[test]
fn the_annotation_alone_is_rejected() {
    let mut live = held_by("checkout");
    live.labels.clear();
    is_refused(&live, None);
}

#[test]
fn label_and_annotation_do_not_outweigh_a_foreign_controller() {
    let mut live = held_by("checkout");
    live.owner_references = controlled_by("apps/v1", "Deployment", "checkout", "u").owner_references;
    is_refused(&live, None);
    is_refused(&live, Some(adopt(AdoptFrom::None, None)));
}

#[test]
fn adoption_from_nobody_does_not_take_from_a_controller() {
    is_refused(&controlled_by("external-secrets.io/v1", "ExternalSecret", "old", "u"), Some(adopt(AdoptFrom::None, None)));
}

#[rstest]
#[case::another_group("evil.io/v1", "ExternalSecret", "old")]
#[case::another_kind("external-secrets.io/v1", "PushSecret", "old")]
#[case::another_name("external-secrets.io/v1", "ExternalSecret", "older")]
#[case::the_other_tool("bitnami.com/v1alpha1", "SealedSecret", "old")]
fn adoption_takes_only_from_the_named_controller(#[case] api_version: &str, #[case] kind: &str, #[case] name: &str) {
    is_refused(&controlled_by(api_version, kind, name, "u"), Some(adopt(AdoptFrom::ExternalSecret, Some("old"))));
}

#[test]
fn adoption_by_name_does_not_take_a_secret_without_a_controller() {
    is_refused(&LiveMeta::default(), Some(adopt(AdoptFrom::ExternalSecret, Some("old"))));
}

#[test]
fn adoption_does_not_take_from_another_object() {
    let anybody = Some(adopt(AdoptFrom::None, None));
    is_refused(&held_by("other"), anybody.clone());
    is_refused(&merged_by("other", "uid-2", "A"), anybody);
}

#[rstest]
#[case::nobodys(LiveMeta::default())]
#[case::of_another_object(held_by("other"))]
#[case::of_another_controller(controlled_by("external-secrets.io/v1", "ExternalSecret", "checkout", "uid-1"))]
#[case::of_an_earlier_object(controlled_by("sealbridge.dev/v1", KIND, "checkout", "uid-0"))]
#[case::only_merged_into(merged_by("checkout", "uid-1", "A"))]
fn a_secret_of_somebody_else_is_not_deleted(#[case] live: LiveMeta) {
    ensure_secret_is_held_whole(&owner(), "env", &live).unwrap_err();
}

#[rstest]
#[case(controlled_by("sealbridge.dev/v1", KIND, "checkout", "uid-1"))]
#[case(held_by("checkout"))]
fn our_own_secret_may_be_deleted(#[case] live: LiveMeta) {
    ensure_secret_is_held_whole(&owner(), "env", &live).unwrap();
}

#[rstest]
#[case("kubernetes.io/service-account-token")]
#[case("bootstrap.kubernetes.io/token")]
fn a_type_that_issues_credentials_is_rejected(#[case] type_: &str) {
    ensure_type_issues_no_credentials("env", type_).unwrap_err();
    ensure_type_issues_no_credentials("env", "kubernetes.io/tls").unwrap();
}

#[rstest]
#[case::controller(controlled_by("sealbridge.dev/v1", KIND, "checkout", "uid-1"))]
#[case::controller_of_an_earlier_object(controlled_by("sealbridge.dev/v1", KIND, "checkout", "uid-0"))]
#[case::label_and_annotation(held_by("checkout"))]
fn our_own_secrets_are_ours(#[case] live: LiveMeta) {
    assert_eq!(judged(&live, None), Ok(Claim::Ours));
}

#[rstest]
#[case::eso(controlled_by("external-secrets.io/v1", "ExternalSecret", "old", "u"), AdoptFrom::ExternalSecret, Some("old"))]
#[case::sealed_secrets(controlled_by("bitnami.com/v1alpha1", "SealedSecret", "old", "u"), AdoptFrom::SealedSecret, Some("old"))]
#[case::nobody(LiveMeta::default(), AdoptFrom::None, None)]
fn what_is_named_is_adopted(#[case] live: LiveMeta, #[case] from: AdoptFrom, #[case] name: Option<&str>) {
    assert_eq!(judged(&live, Some(adopt(from, name))), Ok(Claim::Adopted));
}

#[rstest]
#[case(held_by("other"), None)]
#[case(merged_by("other", "uid-2", "A"), Some("uid-2"))]
fn an_object_that_is_gone_holds_nothing(#[case] live: LiveMeta, #[case] uid: Option<&str>) {
    let mut gone = Gone::default();
    gone.add("other", uid);
    let plan = plan(Some(adopt(AdoptFrom::None, None)));
    assert_eq!(ensure_existing_target_is_not_foreign(&owner(), &plan, &live, &gone), Ok(Claim::Adopted));
}

#[test]
fn nothing_is_merged_into_a_secret_that_another_object_replaces_whole() {
    for live in [held_by("other"), controlled_by("sealbridge.dev/v1", KIND, "other", "u")] {
        ensure_target_is_open_to_merge(&owner(), &plan(None), &live, &Gone::default()).unwrap_err();
    }
}

#[rstest]
#[case::of_nobody(LiveMeta::default(), None)]
#[case::of_another_tool(controlled_by("apps/v1", "Deployment", "x", "u"), None)]
#[case::held_before_by_the_object_itself(held_by("checkout"), Some(Claim::Ours))]
fn merging_is_open(#[case] live: LiveMeta, #[case] expected: Option<Claim>) {
    assert_eq!(ensure_target_is_open_to_merge(&owner(), &plan(None), &live, &Gone::default()), Ok(expected));
}

fn desired(entry: &str, tier: &str) -> DesiredSecret {
    DesiredSecret { labels: samples::pairs(&[("tier", tier)]), ..samples::desired(&[(entry, "v")]) }
}

#[rstest]
#[case::same_entry("A", "web", Some("entry A"))]
#[case::contradicting_label("B", "db", Some("label tier"))]
#[case::agreed_label("B", "web", None)]
fn the_first_object_keeps_what_it_merged(#[case] entry: &str, #[case] tier: &str, #[case] taken: Option<&str>) {
    let live = merged_by("other", "uid-2", "A");
    let judged = ensure_no_other_object_sets(&owner(), &desired(entry, tier), &live, &Gone::default());
    let expected = taken.map_or(Ok(()), |what| {
        Err(TargetError::EntryTaken {
            secret: "env".to_owned(),
            what: what.to_owned(),
            object: "other".to_owned(),
            uid: "uid-2".to_owned(),
        })
    });
    assert_eq!(judged, expected);
    let mut gone = Gone::default();
    gone.add("other", Some("uid-2"));
    ensure_no_other_object_sets(&owner(), &desired(entry, tier), &live, &gone).unwrap();
}

#[test]
fn an_earlier_object_of_the_same_name_is_no_rival() {
    let live = merged_by("checkout", "uid-0", "A");
    ensure_no_other_object_sets(&owner(), &desired("A", "db"), &live, &Gone::default()).unwrap();
}
