use super::*;
use crate::target::guard::Claim;
use crate::target::live::{FieldManager, LiveMeta};
use crate::target::metadata;
use crate::target::samples;
use crate::target::stamp::Stamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use rstest::rstest;
use sealbridge_engine::DesiredSecret;
use std::collections::BTreeSet;

const DATA: &[(&str, &str)] = &[("A", "1"), ("B", "2")];
const REVISION: &str = "0123456789abcdef";

fn digest(key_byte: u8, entries: &[(&str, &str)]) -> Digest {
    let data = samples::data(entries);
    written_digest(&samples::key(key_byte), "uid-1", "env", data.iter().map(|(name, value)| (name, value.expose())))
}

fn stamp(key_byte: u8) -> Stamp {
    Stamp { key: samples::key(key_byte).id(), inputs: samples::inputs(), written: digest(key_byte, DATA) }
}

fn plan(policy: CreationPolicy) -> TargetPlan {
    TargetPlan { labels: samples::pairs(&[("tier", "web")]), ..samples::plan(policy) }
}

/// The Secret as it is right after a write with the digest key of this byte.
fn written(policy: CreationPolicy, key_byte: u8) -> LiveSecret {
    let plan = plan(policy);
    let desired = DesiredSecret { labels: plan.labels.clone(), ..samples::desired(DATA) };
    let mut meta = LiveMeta { uid: "u".to_owned(), resource_version: "7".to_owned(), ..LiveMeta::default() };
    if policy == CreationPolicy::Merge {
        let names = StampNames::of(policy, "uid-1");
        let entries = BTreeSet::from(["A".to_owned(), "B".to_owned()]);
        let record = MergeRecord { object: "checkout".to_owned(), entries, set: SetByName::of(&plan.labels, &plan.annotations) };
        meta.labels = samples::pairs(&[("tier", "web"), (labels::MANAGED, labels::MANAGED_VALUE)]);
        meta.annotations = BTreeMap::from([
            (MergeRecord::name("uid-1"), record.to_string()),
            (names.digest().to_owned(), stamp(key_byte).to_string()),
            (names.revision().to_owned(), REVISION.to_owned()),
        ]);
    } else {
        let made = metadata::on(&meta, Claim::Ours, &samples::owner(), &plan, &desired, stamp(key_byte), REVISION);
        (meta.labels, meta.annotations, meta.owner_references) = (made.labels, made.annotations, made.owner_references);
    }
    samples::live(meta, DATA)
}

fn judged(policy: CreationPolicy, live: &LiveSecret) -> Inspection {
    inspect(&samples::owner(), &plan(policy), &samples::key(1), live)
}

fn proof() -> Written {
    Written { uid: "u".to_owned(), resource_version: "7".to_owned(), revision: REVISION.to_owned(), written: digest(1, DATA) }
}

#[rstest]
fn what_was_written_is_untouched(
    #[values(CreationPolicy::Owner, CreationPolicy::Orphan, CreationPolicy::Merge)] policy: CreationPolicy,
) {
    assert_eq!(judged(policy, &written(policy, 1)), Inspection::Untouched(proof()));
}

#[rstest]
fn another_digest_key_is_told_and_the_revision_kept(
    #[values(CreationPolicy::Owner, CreationPolicy::Orphan, CreationPolicy::Merge)] policy: CreationPolicy,
) {
    assert_eq!(judged(policy, &written(policy, 2)), Inspection::UnknownDigestKey(proof()));
}

type Edit = fn(&mut LiveSecret);

#[rstest]
#[case::other_value(|live: &mut LiveSecret| live.data = samples::data(&[("A", "9"), ("B", "2")]), "data")]
#[case::deleted_key(|live: &mut LiveSecret| live.data = samples::data(&[("A", "1")]), "data")]
#[case::data_null(|live: &mut LiveSecret| live.data = samples::data(&[]), "data")]
#[case::added_key(|live: &mut LiveSecret| live.data = samples::data(&[("A", "1"), ("B", "2"), ("C", "3")]), "data")]
#[case::no_owner(|live: &mut LiveSecret| live.meta.owner_references.clear(), "ownerReferences")]
#[case::second_owner(|live: &mut LiveSecret| live.meta.owner_references[0].uid = "uid-9".to_owned(), "ownerReferences")]
#[case::label(|live: &mut LiveSecret| { live.meta.labels.remove("tier"); }, "labels")]
#[case::our_label(|live: &mut LiveSecret| { live.meta.labels.remove(labels::MANAGED); }, "labels")]
#[case::owner_annotation(|live: &mut LiveSecret| { live.meta.annotations.remove(labels::OWNER); }, "annotations")]
#[case::digest(|live: &mut LiveSecret| { live.meta.annotations.insert(labels::DIGEST.to_owned(), "x".to_owned()); }, "annotations")]
#[case::revision(|live: &mut LiveSecret| { live.meta.annotations.remove(labels::REVISION); }, "annotations")]
#[case::list_of_labels(|live: &mut LiveSecret| { live.meta.annotations.remove(labels::SET_BY_NAME); }, "annotations")]
#[case::immutable(|live: &mut LiveSecret| live.immutable = true, "immutable")]
fn each_foreign_edit_is_found(#[case] edit: Edit, #[case] what: &'static str) {
    let mut live = written(CreationPolicy::Owner, 1);
    edit(&mut live);
    assert_eq!(judged(CreationPolicy::Owner, &live), Inspection::Touched { by: None, what });
}

#[rstest]
#[case::foreign_label(|live: &mut LiveSecret| { live.meta.labels.insert("x".to_owned(), "y".to_owned()); })]
#[case::foreign_annotation(|live: &mut LiveSecret| { live.meta.annotations.insert("x".to_owned(), "y".to_owned()); })]
#[case::managed_fields_removed(|live: &mut LiveSecret| live.meta.managed_fields = vec![FieldManager::default()])]
#[case::co_owner_of_the_same_value(|live: &mut LiveSecret| {
    live.meta.managed_fields = vec![FieldManager { manager: "kubectl".to_owned(), time: "2026-01-01T00:00:00Z".to_owned() }];
})]
fn what_is_not_ours_may_change(#[case] edit: Edit) {
    let mut live = written(CreationPolicy::Owner, 1);
    edit(&mut live);
    assert_eq!(judged(CreationPolicy::Owner, &live), Inspection::Untouched(proof()));
}

#[rstest]
#[case::own_entry(|live: &mut LiveSecret| live.data = samples::data(&[("A", "9"), ("B", "2")]), Some("data"))]
#[case::own_entry_deleted(|live: &mut LiveSecret| live.data = samples::data(&[("A", "1")]), Some("data"))]
#[case::foreign_entry(|live: &mut LiveSecret| live.data = samples::data(&[("A", "1"), ("B", "2"), ("C", "3")]), None)]
#[case::record(|live: &mut LiveSecret| { live.meta.annotations.remove(&MergeRecord::name("uid-1")); }, Some("annotations"))]
#[case::record_without_an_entry(|live: &mut LiveSecret| {
    live.meta.annotations.insert(MergeRecord::name("uid-1"), "checkout;A;tier;".to_owned());
}, Some("data"))]
#[case::label(|live: &mut LiveSecret| { live.meta.labels.remove("tier"); }, Some("labels"))]
#[case::foreign_controller(|live: &mut LiveSecret| live.meta.owner_references = vec![OwnerReference::default()], None)]
fn of_a_shared_secret_only_own_entries_count(#[case] edit: Edit, #[case] what: Option<&'static str>) {
    let mut live = written(CreationPolicy::Merge, 1);
    edit(&mut live);
    let expected = what.map_or_else(|| Inspection::Untouched(proof()), |what| Inspection::Touched { by: None, what });
    assert_eq!(judged(CreationPolicy::Merge, &live), expected);
}

#[test]
fn the_last_foreign_manager_is_named() {
    let mut live = written(CreationPolicy::Owner, 1);
    live.data = samples::data(&[]);
    live.meta.managed_fields = vec![FieldManager { manager: "kubectl-edit".to_owned(), time: "2026-01-01T00:00:00Z".to_owned() }];
    let expected = Inspection::Touched { by: Some("kubectl-edit".to_owned()), what: "data" };
    assert_eq!(judged(CreationPolicy::Owner, &live), expected);
}

#[test]
fn an_object_that_was_told_to_orphan_drops_its_reference() {
    let live = written(CreationPolicy::Owner, 1);
    let expected = Inspection::Touched { by: None, what: "ownerReferences" };
    assert_eq!(judged(CreationPolicy::Orphan, &live), expected);
}
