use super::*;
use crate::target::samples;
use rstest::rstest;
use sealbridge_secret::Purpose;

fn set(entries: &[(&str, &str)]) -> OwnSet {
    let names = StampNames::of(CreationPolicy::Merge, "uid-1");
    let key = samples::key(1);
    let stamp =
        Stamp { key: key.id(), inputs: samples::inputs(), written: key.digester(Purpose::Written, "uid-1", "env").finish() };
    OwnSet::of(&samples::owner(), &samples::desired(entries), &names, stamp, "0123456789abcdef")
}

fn as_live(set: &OwnSet) -> LiveMeta {
    let text = |map: &Map<String, Value>| {
        map.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect::<BTreeMap<_, _>>()
    };
    LiveMeta { labels: text(&set.labels), annotations: text(&set.annotations), ..LiveMeta::default() }
}

#[test]
fn what_was_merged_needs_no_second_write() {
    let set = set(&[("A", "1")]);
    let mut live = as_live(&set);
    assert!(set.is_on(&live));
    live.annotations.insert("foreign".to_owned(), "x".to_owned());
    assert!(set.is_on(&live));
    live.labels.clear();
    assert!(!set.is_on(&live));
}

#[test]
fn entries_that_are_no_longer_set_are_removed_and_foreign_ones_are_not() {
    let live = samples::live(as_live(&set(&[("A", "1"), ("B", "2")])), &[("A", "1"), ("B", "2"), ("FOREIGN", "x")]);
    assert_eq!(set(&[("A", "1")]).removed_from(&live, "uid-1"), ["B"]);
    assert!(set(&[("A", "1"), ("B", "2")]).removed_from(&live, "uid-1").is_empty());
}

#[rstest]
#[case::foreign_entries_do_not_matter(&[("A", "1")], Ok(false))]
#[case::other_value(&[("A", "2")], Ok(true))]
#[case::missing(&[("C", "3")], Ok(true))]
fn only_own_entries_are_compared(#[case] entries: &[(&str, &str)], #[case] expected: Result<bool, TargetError>) {
    let live = samples::live(LiveMeta::default(), &[("A", "1"), ("B", "2")]);
    assert_eq!(holds_other_data(&live, &samples::desired(entries)), expected);
}

#[test]
fn an_immutable_secret_takes_no_entries() {
    let mut live = samples::live(LiveMeta::default(), &[("A", "1")]);
    live.immutable = true;
    assert_eq!(holds_other_data(&live, &samples::desired(&[("A", "1")])), Ok(false));
    assert_eq!(holds_other_data(&live, &samples::desired(&[("A", "2")])), Err(TargetError::Immutable { secret: "env".to_owned() }));
}

#[test]
fn marks_of_earlier_objects_of_the_same_name_are_found() {
    let record =
        |object: &str| MergeRecord { object: object.to_owned(), entries: BTreeSet::new(), set: SetByName::default() }.to_string();
    let annotations = [("uid-0", "checkout"), ("uid-1", "checkout"), ("uid-2", "other")];
    let annotations = annotations.iter().map(|(uid, object)| (MergeRecord::name(uid), record(object))).collect();
    let live = LiveMeta { annotations, ..LiveMeta::default() };
    assert_eq!(earlier_objects(&live, &samples::owner()), ["uid-0"]);
}

#[test]
fn labels_and_annotations_change_one_by_one_beside_others() {
    let version = Version { uid: "u".to_owned(), resource_version: "7".to_owned() };
    let live = LiveMeta {
        annotations: samples::pairs(&[("a/b", "1"), ("old", "x"), ("theirs", "x")]),
        has_last_applied: true,
        ..LiveMeta::default()
    };
    let metadata = Metadata {
        labels: samples::pairs(&[("l", "1")]),
        annotations: samples::pairs(&[("a/b", "2"), ("theirs", "x")]),
        ..Metadata::default()
    };
    let expected = [
        json!({"op": "test", "path": "/metadata/uid", "value": "u"}),
        json!({"op": "add", "path": "/metadata/resourceVersion", "value": "7"}),
        json!({"op": "add", "path": "/metadata/labels", "value": {"l": "1"}}),
        json!({"op": "remove", "path": "/metadata/annotations/old"}),
        json!({"op": "add", "path": "/metadata/annotations/a~1b", "value": "2"}),
    ];
    assert_eq!(operations_beside(&version, &live, &metadata), expected);
    let alone = LiveMeta { has_last_applied: true, ..LiveMeta::default() };
    let path = operations_beside(&version, &alone, &metadata)[3]["path"].clone();
    assert_eq!(path, "/metadata/annotations/a~1b", "the annotation that is not looked at stays");
}

#[test]
fn what_the_object_set_before_goes_unless_another_sets_it_too() {
    let record = |object: &str, labels: &[&str]| MergeRecord {
        object: object.to_owned(),
        entries: BTreeSet::new(),
        set: SetByName { labels: labels.iter().map(|name| (*name).to_owned()).collect(), annotations: BTreeSet::new() },
    };
    let live = LiveMeta {
        labels: samples::pairs(&[("own", "1"), ("both", "1"), ("earlier", "1"), ("theirs", "1")]),
        annotations: BTreeMap::from([
            (MergeRecord::name("uid-1"), record("checkout", &["own", "both"]).to_string()),
            (MergeRecord::name("uid-0"), record("checkout", &["earlier"]).to_string()),
            (MergeRecord::name("uid-9"), record("other", &["both"]).to_string()),
        ]),
        ..LiveMeta::default()
    };
    let metadata = beside_others(&live, &set(&[("A", "1")]), "uid-1", &["uid-0".to_owned()]);
    let labels: Vec<_> = metadata.labels.keys().map(String::as_str).collect();
    assert_eq!(labels, ["both", labels::MANAGED, "theirs"]);
    assert!(!metadata.annotations.contains_key(&MergeRecord::name("uid-0")));
    assert!(metadata.annotations.contains_key(&MergeRecord::name("uid-9")));
}
