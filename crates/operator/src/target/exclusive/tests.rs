use super::*;
use crate::target::samples;
use rstest::rstest;

fn live_with(change: impl FnOnce(&mut LiveSecret)) -> LiveSecret {
    let mut live = samples::live(LiveMeta::default(), &[("A", "1"), ("B", "2")]);
    change(&mut live);
    live
}

#[test]
fn a_change_tells_the_entries_that_go() {
    let change = Change::of(&live_with(|_| ()), &samples::desired(&[("A", "1"), ("C", "3")])).unwrap();
    assert!(change.data && !change.becomes_immutable);
    assert_eq!(change.removed_keys, ["B"]);
}

#[test]
fn equal_data_is_no_change() {
    let change = Change::of(&live_with(|_| ()), &samples::desired(&[("B", "2"), ("A", "1")])).unwrap();
    assert!(!change.data && change.removed_keys.is_empty());
}

type Edit = fn(&mut LiveSecret);

#[rstest]
#[case::immutable_with_other_data(|live: &mut LiveSecret| { live.immutable = true; live.data = samples::data(&[]); },
    TargetError::Immutable { secret: "env".to_owned() })]
#[case::immutable_without_being_asked(|live: &mut LiveSecret| live.immutable = true,
    TargetError::ImmutableUnasked { secret: "env".to_owned() })]
#[case::being_deleted(|live: &mut LiveSecret| live.meta.deletion_timestamp = Some("2026-01-01T00:00:00Z".to_owned()),
    TargetError::BeingDeleted { secret: "env".to_owned() })]
#[case::other_type(|live: &mut LiveSecret| live.type_ = "kubernetes.io/tls".to_owned(),
    TargetError::OtherType { secret: "env".to_owned(), live: "kubernetes.io/tls".to_owned(), wanted: "Opaque".to_owned() })]
#[case::token(|live: &mut LiveSecret| live.type_ = "kubernetes.io/service-account-token".to_owned(),
    TargetError::CredentialType { secret: "env".to_owned(), type_: "kubernetes.io/service-account-token".to_owned() })]
fn what_cannot_be_changed_is_refused(#[case] edit: Edit, #[case] expected: TargetError) {
    let desired = DesiredSecret { type_: Some("Opaque".to_owned()), ..samples::desired(&[("A", "1"), ("B", "2")]) };
    assert_eq!(Change::of(&live_with(edit), &desired).err(), Some(expected));
}

#[test]
fn an_immutable_secret_may_stay_as_it_is() {
    let desired = DesiredSecret { immutable: true, ..samples::desired(&[("A", "1"), ("B", "2")]) };
    let change = Change::of(&live_with(|live| live.immutable = true), &desired).unwrap();
    assert!(!change.data && !change.becomes_immutable);
    assert!(Change::of(&live_with(|_| ()), &desired).unwrap().becomes_immutable);
}

#[test]
fn no_type_asked_for_keeps_the_live_one() {
    Change::of(&live_with(|live| live.type_ = "kubernetes.io/tls".to_owned()), &samples::desired(&[])).unwrap();
}

#[test]
fn a_creation_is_a_whole_secret() {
    let desired = DesiredSecret { immutable: true, ..samples::desired(&[("A", "1")]) };
    let metadata = Metadata { labels: samples::pairs(&[("l", "1")]), ..Metadata::default() };
    let body: Value = serde_json::from_slice(&creation(&desired, &metadata).unwrap()).unwrap();
    let expected = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true, "data": {"A": "MQ=="},
        "metadata": {"name": "env", "namespace": "shop", "labels": {"l": "1"}, "annotations": {}, "ownerReferences": []},
    });
    assert_eq!(body, expected);
}

#[test]
fn a_change_is_bound_to_the_state_that_was_judged() {
    let version = Version { uid: "u".to_owned(), resource_version: "7".to_owned() };
    let operations = operations(&version, &LiveMeta::default(), &Metadata::default(), false);
    let expected = [
        json!({"op": "test", "path": "/metadata/uid", "value": "u"}),
        json!({"op": "add", "path": "/metadata/resourceVersion", "value": "7"}),
    ];
    assert_eq!(operations, expected);
}
