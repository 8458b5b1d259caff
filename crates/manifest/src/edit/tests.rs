//! Edits by tables of texts before and after, and by properties over many styles.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::document::Place;

const FIRST: Place = Place { document: 0, item: None };

fn set_entry(text: &str, place: Place, key: &str, source: &EntrySource) -> Result<String, EditError> {
    set_entries(text, place, &[(key.to_owned(), source.clone())])
}

fn sealed(text: &str) -> EntrySource {
    EntrySource::Sealed(text.to_owned())
}

fn remote() -> EntrySource {
    EntrySource::Remote {
        store: None,
        store_kind: None,
        key: "shop/db".to_owned(),
        property: Some("password".to_owned()),
        version: Some("7".to_owned()),
    }
}

#[rstest]
#[case::beside_flow_siblings(
    "spec:\n  data:\n    # about A\n    A: {plain: a}   # tail\n  target: {name: x}\n",
    "spec:\n  data:\n    # about A\n    A: {plain: a}   # tail\n    B: {sealed: \"sb1:v\"}\n  target: {name: x}\n"
)]
#[case::beside_block_siblings(
    "spec:\n    data:\n        A:\n            plain: a\n\n# end\n",
    "spec:\n    data:\n        A:\n            plain: a\n        B:\n            sealed: \"sb1:v\"\n\n# end\n"
)]
#[case::behind_a_block_scalar(
    "spec:\n  data:\n    A:\n      plain: |\n        x\n        y\n\n  target: {}\n",
    "spec:\n  data:\n    A:\n      plain: |\n        x\n        y\n    B:\n      sealed: \"sb1:v\"\n\n  target: {}\n"
)]
#[case::without_final_line_break(
    "spec:\n  data:\n    A: {plain: a}",
    "spec:\n  data:\n    A: {plain: a}\n    B: {sealed: \"sb1:v\"}"
)]
#[case::crlf(
    "spec:\r\n  data:\r\n    A: {plain: a}\r\n",
    "spec:\r\n  data:\r\n    A: {plain: a}\r\n    B: {sealed: \"sb1:v\"}\r\n"
)]
#[case::empty_data("spec:\n  data: {}  # none\n", "spec:\n  data:  # none\n    B: {sealed: \"sb1:v\"}\n")]
#[case::null_data("spec:\n  data:\n  target: {name: x}\n", "spec:\n  data:\n    B: {sealed: \"sb1:v\"}\n  target: {name: x}\n")]
#[case::no_data("spec:\n  target: {name: x}\n", "spec:\n  target: {name: x}\n  data:\n    B: {sealed: \"sb1:v\"}\n")]
#[case::data_in_braces("spec: {data: {A: {plain: a}}}\n", "spec: {data: {A: {plain: a}, B: {sealed: \"sb1:v\"}}}\n")]
#[case::trailing_comma(
    "spec:\n  data: {\n    A: {plain: a},\n  }\n",
    "spec:\n  data: {\n    A: {plain: a},\n    B: {sealed: \"sb1:v\"}\n  }\n"
)]
#[case::json_in_one_line(
    r#"{"spec":{"data":{"A":{"plain":"a"}}}}"#,
    r#"{"spec":{"data":{"A":{"plain":"a"}, "B": {"sealed": "sb1:v"}}}}"#
)]
#[case::json_with_tabs(
    "{\n\t\"spec\": {\n\t\t\"data\": {\n\t\t\t\"A\": {\n\t\t\t\t\"plain\": \"a\"\n\t\t\t}\n\t\t}\n\t}\n}\n",
    "{\n\t\"spec\": {\n\t\t\"data\": {\n\t\t\t\"A\": {\n\t\t\t\t\"plain\": \"a\"\n\t\t\t},\n\t\t\t\"B\": {\n\t\t\t\t\"sealed\": \"sb1:v\"\n\t\t\t}\n\t\t}\n\t}\n}\n"
)]
#[case::json_without_entries(
    "{\n  \"spec\": {\n    \"data\": {}\n  }\n}\n",
    "{\n  \"spec\": {\n    \"data\": {\n      \"B\": {\"sealed\": \"sb1:v\"}\n    }\n  }\n}\n"
)]
fn a_new_entry_follows_its_siblings(#[case] before: &str, #[case] after: &str) {
    assert_eq!(set_entry(before, FIRST, "B", &sealed("sb1:v")).as_deref(), Ok(after));
}

#[rstest]
#[case::double("A: {sealed: \"sb1:old\"}  # c", "A: {sealed: \"sb1:new\"}  # c")]
#[case::single("A: {sealed: 'sb1:old'}", "A: {sealed: 'sb1:new'}")]
#[case::bare("A: {sealed: sb1:old}", "A: {sealed: \"sb1:new\"}")]
#[case::trailing_blanks("A: {sealed: \"sb1:old\"}  ", "A: {sealed: \"sb1:new\"}  ")]
#[case::folded("A:\n      sealed: >-\n        sb1:o\n        ld\n\n      # c", "A:\n      sealed: \"sb1:new\"\n\n      # c")]
#[case::quoted_key("\"A\": {\"sealed\": \"sb1:old\"}", "\"A\": {\"sealed\": \"sb1:new\"}")]
#[case::plain("A: {plain: info}", "A: {sealed: \"sb1:new\"}")]
#[case::reference("A: {secretStoreRef: {name: aws}, remoteRef: {key: prod/token}} # c", "A: {sealed: \"sb1:new\"} # c")]
#[case::reference_in_lines(
    "A:\n      # why\n      remoteRef:\n        key: prod/token\n        property: x",
    "A:\n      # why\n      sealed: \"sb1:new\""
)]
fn a_replaced_entry_keeps_its_style(#[case] before: &str, #[case] after: &str) {
    let manifest = |entry: &str| format!("kind: X\nspec:\n  data:\n    {entry}\n    Z: {{plain: z}}\n---\nkind: Y # c\n");
    let edited = set_entry(&manifest(before), FIRST, "A", &sealed("sb1:new"));
    assert_eq!(edited, Ok(manifest(after)));
}

#[rstest]
#[case("A: {sealed: \"sb1:old\"}", "A: {remoteRef: {key: shop/db, property: password, version: \"7\"}}")]
#[case(
    "A: {remoteRef: {key: shop/db, version: \"6\", property: password}}",
    "A: {remoteRef: {key: shop/db, version: \"7\", property: password}}"
)]
#[case(
    "A:\n      secretStoreRef: {name: other}\n      remoteRef:\n        key: shop/web # c",
    "A:\n      remoteRef:\n        key: shop/db # c\n        property: password\n        version: \"7\""
)]
fn an_entry_becomes_a_reference(#[case] before: &str, #[case] after: &str) {
    let manifest = |entry: &str| format!("spec:\n  data:\n    {entry}\n    Z: {{plain: z}}\n");
    assert_eq!(set_entry(&manifest(before), FIRST, "A", &remote()), Ok(manifest(after)));
}

#[rstest]
#[case::middle(
    "spec:\n  data:\n    Z: {plain: z}\n    A: {plain: a} # c\n    # B\n    B: {plain: b}\n",
    "spec:\n  data:\n    Z: {plain: z}\n    # B\n    B: {plain: b}\n"
)]
#[case::block("spec:\n  data:\n    A:\n      plain: |+\n        a\n    B: {plain: b}\n", "spec:\n  data:\n    B: {plain: b}\n")]
#[case::last_one("spec:\n  data:\n    # none\n    A: {plain: a}\n  target: {}\n", "spec:\n  data: {}\n    # none\n  target: {}\n")]
#[case::at_the_end("spec:\n  data:\n    B: {plain: b}\n    A: {plain: a}", "spec:\n  data:\n    B: {plain: b}")]
#[case::braces_first("spec: {data: {A: {plain: a}, B: {plain: b}}}", "spec: {data: {B: {plain: b}}}")]
#[case::braces_last("spec: {data: {B: {plain: b}, A: {plain: a}}}", "spec: {data: {B: {plain: b}}}")]
#[case::braces_only("spec: {data: {A: {plain: a}}}", "spec: {data: {}}")]
#[case::json(
    "{\n  \"spec\": {\n    \"data\": {\n      \"A\": {},\n      \"B\": {}\n    }\n  }\n}\n",
    "{\n  \"spec\": {\n    \"data\": {\n      \"B\": {}\n    }\n  }\n}\n"
)]
fn a_removed_entry_takes_its_line_along(#[case] before: &str, #[case] after: &str) {
    assert_eq!(remove_entry(before, FIRST, "A").as_deref(), Ok(after));
}

#[rstest]
#[case::anchored_data("spec:\n  data: &d\n    A: {plain: a}\ncopy: *d\n")]
#[case::anchored_entry("spec:\n  data:\n    A: &a {plain: a}\n    C: *a\n")]
#[case::alias_as_entry("x: &a {plain: a}\nspec:\n  data:\n    A: *a\n")]
#[case::alias_as_data("x: &d {A: {plain: a}}\nspec:\n  data: *d\n")]
#[case::anchored_scalar("spec:\n  data:\n    A: {plain: &v a}\nb: *v\n")]
fn what_an_alias_repeats_is_left_alone(#[case] text: &str) {
    let refused = set_entry(text, FIRST, "A", &EntrySource::Sealed("sb1:new".to_owned()));
    assert!(matches!(refused, Err(EditError::Alias { .. })), "{refused:?}");
}

#[rstest]
#[case::literal("- sops: |\n      a: 1\n\n      b: 2\n  # c\n", "a: 3\n\nb: 2\n", "- sops: |\n      a: 3\n\n      b: 2\n  # c\n")]
#[case::crlf("- sops: |\r\n      a\r\n      b\r\n", "a\nc\n", "- sops: |\r\n      a\r\n      c\r\n")]
#[case::without_final_line_break("- sops: |\n      a\n      b\n", "a\nc", "- sops: |-\n      a\n      c\n")]
#[case::indented_first_line("- sops: |\n      a\n      b\n", "  a\nc\n", "- sops: \"  a\\nc\\n\"\n")]
#[case::commented("- sops: | # ours\n      a\n      b\n", "a\nc\n", "- sops: \"a\\nc\\n\"\n")]
#[case::quoted("- sops: \"a\\nb\"\n", "a\nc", "- sops: \"a\\nc\"\n")]
#[case::one_line("- sops: |\n      a\n", "b", "- sops: b\n")]
fn a_text_of_lines_keeps_its_style(#[case] before: &str, #[case] new: &str, #[case] after: &str) {
    let line_break = if before.contains('\r') { "\r\n" } else { "\n" };
    let manifest = |item: &str| format!("spec:{line_break}  dataFrom:{line_break}  {item}");
    let mapping = vec![Step::key("spec"), Step::key("dataFrom"), Step::Index(0)];
    let edit = Edit { mapping, key: "sops".to_owned(), change: Change::Set(Node::Text(new.to_owned())) };
    assert_eq!(apply(&manifest(before), 0, &[edit]).as_deref(), Ok(manifest(after).as_str()));
}

#[test]
fn an_anchor_further_out_is_refused() {
    let text = "a: &a\n  - spec: {data: {A: {sealed: \"sb1:old\"}}}\nb: *a\n";
    let path = vec![Step::key("a"), Step::Index(0), Step::key("spec"), Step::key("data"), Step::key("A")];
    let edit = Edit { mapping: path, key: "sealed".to_owned(), change: Change::Set(Node::Text("sb1:new".to_owned())) };
    assert!(matches!(apply(text, 0, &[edit]), Err(EditError::Alias { .. })));
}

#[test]
fn what_would_change_elsewhere_is_caught_by_reading_again() {
    let text = "kind: List\nitems:\n- &x\n  spec: {data: {A: {sealed: \"sb1:old\"}}}\n- *x\n";
    let edited = set_entry(text, Place { document: 0, item: Some(0) }, "A", &sealed("sb1:new"));
    assert_eq!(edited, Err(EditError::Verification));
}

#[test]
fn other_documents_and_list_items_stay() {
    let text = "# one\na: 1\n---\n---\nkind: List\nitems:\n- spec: {data: {A: {plain: a}}}\n- spec:\n    data:\n      A: {sealed: 'sb1:old'}\n...\n---\nc: [ 1,2 ]\n";
    let edited = set_entry(text, Place { document: 1, item: Some(1) }, "A", &sealed("sb1:new"));
    assert_eq!(edited, Ok(text.replace("old", "new")));
}

#[rstest]
#[case::unreadable("spec: {data: {A: 'hunter2}}\n")]
#[case::twice("spec:\n  data:\n    A: {plain: hunter2}\n    A: {plain: hunter2}\n")]
#[case::not_an_entry("spec:\n  data:\n    A: [hunter2]\n")]
#[case::data_is_text("spec:\n  data: hunter2\n")]
#[case::no_spec("data: hunter2\n")]
fn what_cannot_be_edited_is_refused_without_a_word_of_it(#[case] text: &str) {
    let message = set_entry(text, FIRST, "A", &sealed("sb1:new")).expect_err("refused").to_string();
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn keys_that_a_reader_could_retype_are_quoted() {
    let mut text = "spec:\n  data:\n    A: {plain: a}\n".to_owned();
    for key in ["ON", "1.10", "0123", "null", "~", "y", "tls.crt", ".dockerconfigjson"] {
        text = set_entry(&text, FIRST, key, &sealed("sb1:v")).expect("edited");
    }
    let keys: Vec<_> = text.lines().skip(3).filter_map(|line| line.trim().split_once(": {")).map(|(key, _)| key).collect();
    assert_eq!(keys, ["\"ON\"", "\"1.10\"", "\"0123\"", "\"null\"", "\"~\"", "\"y\"", "tls.crt", "\".dockerconfigjson\""]);
}

fn entry_text() -> impl Strategy<Value = (bool, String)> {
    let value = prop_oneof![
        Just("{plain: a}".to_owned()),
        Just("{ plain: 'it''s' } # c".to_owned()),
        Just("{remoteRef: {key: a/b,\n        property: \"ü\"}}".to_owned()),
        Just("\n      plain: |\n        a\n\n        b\n".to_owned()),
        Just("\n      plain: >+\n        a\n\n".to_owned()),
        Just("  # c\n      # why\n      remoteRef:\n        key: k   \n".to_owned()),
        Just("\n      \"sealed\": \"sb1:x\" # c\n".to_owned()),
    ];
    (any::<bool>(), value)
}

proptest! {
    #[test]
    fn set_and_removed_again_leaves_every_byte(
        entries in prop::collection::vec(entry_text(), 1..5),
        before in prop::sample::select(vec!["", "# head\n", "---\n", "a: {b: c}\n---\n", "%YAML 1.2\n---\n# x\n"]),
        after in prop::sample::select(vec!["", "  target: {name: x} # t\n", "\n# tail\n", "---\nz: *unread\n"]),
        crlf in any::<bool>(),
        final_break in any::<bool>(),
        key in "[A-Z][A-Z_]{3,8}",
    ) {
        let mut text = format!("{before}kind: X\nspec:\n  data:\n");
        for (position, (blank, value)) in entries.iter().enumerate() {
            if *blank {
                text.push_str("\n    # about\n");
            }
            let gap = if value.starts_with('\n') { "" } else { " " };
            text.push_str(&format!("    k{position}:{gap}{}\n", value.trim_end_matches('\n')));
        }
        text.push_str(&after.replace("*unread", "1"));
        if !final_break {
            text.truncate(text.trim_end().len());
        }
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let document = usize::from(before.starts_with("a:"));
        let place = Place { document, item: None };
        let edited = set_entry(&text, place, &key, &sealed("sb1:v")).expect("set");
        prop_assert_eq!(edited.lines().filter(|line| !text.contains(line)).count().min(1), 1);
        let changed = set_entry(&edited, place, &key, &sealed("sb1:w")).expect("set again");
        prop_assert_eq!(&changed, &edited.replace("sb1:v", "sb1:w"));
        prop_assert_eq!(remove_entry(&edited, place, &key).expect("removed"), text);
    }

    #[test]
    fn many_at_once_are_as_one_after_another(
        manifest in prop::sample::select(vec![
            "spec:\n  data:\n    A: {plain: a} # c\n    B:\n      plain: b\n  target: {name: x}\n",
            "spec:\n  data:\n    B:\n        plain: b\n    A:\n        sealed: 'sb1:old'\n",
            "spec: {data: {A: {plain: a}, B: {sealed: sb1:old}}}\n",
            "{\n  \"spec\": {\n    \"data\": {\n      \"A\": {\"sealed\": \"sb1:old\"}\n    }\n  }\n}\n",
            "spec:\n  data: {}\n",
            "spec:\n  data:\n",
            "spec:\n  target: {name: x}\n",
        ]),
        entries in prop::collection::vec((prop::sample::select(vec!["A", "B", "C", "D"]), any::<bool>()), 0..6),
    ) {
        let mut seen = std::collections::HashSet::new();
        let entries: Vec<_> = entries
            .into_iter()
            .filter(|(key, _)| seen.insert(*key))
            .map(|(key, refers)| (key.to_owned(), if refers { remote() } else { sealed("sb1:v") }))
            .collect();
        let one_by_one = entries.iter().try_fold(manifest.to_owned(), |text, (key, source)| set_entry(&text, FIRST, key, source));
        prop_assert_eq!(set_entries(manifest, FIRST, &entries), one_by_one);
    }

    #[test]
    fn any_text_gives_an_answer(text in "(spec:\n  data:\n    )?[-a-zA0-9:#&*!{}\\[\\]|>'\"\n ,]{0,80}") {
        if let Ok(edited) = set_entry(&text, FIRST, "A", &sealed("sb1:v")) {
            let documents = crate::document::parse(&edited).expect("readable");
            prop_assert_eq!(documents[0].pointer("/spec/data/A/sealed").and_then(|value| value.as_str()), Some("sb1:v"));
        }
    }
}
