use proptest::prelude::*;
use rstest::rstest;
use sealbridge_manifest::external_secrets::push_plan;
use serde_json::{Value, json};

use super::*;

fn secret(pairs: &[(&str, &str)]) -> SecretMap {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), SecretBytes::new(value.as_bytes().to_vec()))).collect()
}

fn plan(mut spec: Value) -> PushPlan {
    spec["selector"] = json!({"secret": {"name": "app"}});
    if spec.get("secretStoreRefs").is_none() {
        spec["secretStoreRefs"] = json!([{"name": "vault"}]);
    }
    push_plan(&spec).expect("a plan")
}

fn entry(key: &str, remote: &str, property: &str) -> Value {
    json!({"match": {"secretKey": key, "remoteRef": {"remoteKey": remote, "property": property}}})
}

/// What is wanted of Secrets, as `place=value`.
fn told(plan: &PushPlan, secrets: &[&[(&str, &str)]]) -> Result<Vec<String>, WantedError> {
    let named = secrets.iter().enumerate();
    let sources: Vec<_> = named
        .map(|(number, pairs)| Prepared::new(plan, &format!("Secret app-{number}"), secret(pairs), &Texts::new()))
        .collect::<Result<_, _>>()?;
    let all = wanted(plan, &sources, |_| true)?;
    Ok(all.iter().map(|one| format!("{}={}", shown(&one.at), String::from_utf8_lossy(one.value.expose()))).collect())
}

const APP: &[(&str, &str)] = &[("DB_PASSWORD", "hunter2"), ("DB_USER", "app"), ("a_U002f_b", "slash")];

#[rstest]
#[case::one_key(json!({"data": [entry("DB_USER", "shop", "user")]}), &["shop/user=app"])]
#[case::the_whole(json!({"data": [entry("", "shop", "")]}), &[r#"shop={"DB_PASSWORD":"hunter2","DB_USER":"app","a_U002f_b":"slash"}"#])]
#[case::converted(json!({"data": [{"match": {"secretKey": "a/b", "remoteRef": {"remoteKey": "k"}}, "conversionStrategy": "ReverseUnicode"}]}), &["k=slash"])]
#[case::each(json!({"dataTo": [{"storeRef": {"name": "vault"}, "match": {"regexp": "^DB_"}}]}), &["DB_PASSWORD=hunter2", "DB_USER=app"])]
#[case::renamed(
    json!({"dataTo": [{"storeRef": {"name": "vault"}, "match": {"regexp": "^DB_"},
        "rewrite": [{"regexp": {"source": "^DB_", "target": "shop/"}}, {"transform": {"template": "{{ .value | lower }}"}}]}]}),
    &["shop/password=hunter2", "shop/user=app"]
)]
#[case::converted_and_renamed(
    json!({"dataTo": [{"storeRef": {"name": "vault"}, "match": {"regexp": "/"}, "conversionStrategy": "ReverseUnicode"}]}),
    &["a/b=slash"]
)]
#[case::a_bundle(
    json!({"dataTo": [{"storeRef": {"name": "vault"}, "remoteKey": "all", "match": {"regexp": "USER"}}]}),
    &[r#"all={"DB_USER":"app"}"#]
)]
#[case::an_empty_bundle(json!({"dataTo": [{"storeRef": {"name": "vault"}, "remoteKey": "all", "match": {"regexp": "none"}}]}), &[])]
#[case::said_twice(
    json!({"data": [entry("DB_USER", "elsewhere", "")], "dataTo": [{"storeRef": {"name": "vault"}, "match": {"regexp": "^DB_"}}]}),
    &["DB_PASSWORD=hunter2", "elsewhere=app"]
)]
#[case::templates(
    json!({"data": [entry("url", "url", ""), entry("DB_USER", "user", "")], "template": {"data": {"url": "{{ .DB_USER }}@db", "DB_USER": "x"}}}),
    &["url=app@db", "user=x"]
)]
#[case::a_literal(json!({"data": [entry("a", "a", "")], "template": {"templateFrom": [{"literal": "a: {{ .DB_USER }}"}]}}), &["a=app"])]
fn what_is_wanted(#[case] spec: Value, #[case] expected: &[&str]) {
    assert_eq!(told(&plan(spec), &[APP]).unwrap(), expected);
}

#[rstest]
#[case::no_entry(json!({"data": [entry("NO", "shop", "user")]}), "spec.data[0]: Secret app-0 has no entry \"NO\"")]
#[case::to_one_place(
    json!({"data": [entry("DB_USER", "DB_PASSWORD", "")], "dataTo": [{"storeRef": {"name": "vault"}}]}),
    "spec.data[0] (entry DB_USER) and spec.dataTo[0] (entry DB_PASSWORD) both push to \"DB_PASSWORD\""
)]
#[case::renamed_to_one(
    json!({"dataTo": [{"storeRef": {"name": "vault"}, "rewrite": [{"regexp": {"source": ".+", "target": "x"}}]}]}),
    "spec.dataTo[0]: entries \"DB_PASSWORD\" and \"DB_USER\" of Secret app-0 both become \"x\""
)]
#[case::renamed_to_nothing(
    json!({"dataTo": [{"storeRef": {"name": "vault"}, "rewrite": [{"regexp": {"source": ".+", "target": ""}}]}]}),
    "spec.dataTo[0]: entry \"DB_PASSWORD\" becomes a key without a name"
)]
#[case::a_part_of_the_whole(
    json!({"data": [entry("", "shop", ""), entry("DB_USER", "shop", "user")]}),
    "spec.data[0] pushes all of \"shop\", and spec.data[1] (entry DB_USER) a property of it"
)]
#[case::a_template(
    json!({"data": [entry("DB_USER", "user", "")], "template": {"data": {"url": "{{ fail .DB_PASSWORD }}"}}}),
    "spec.template, of Secret app-0: template url"
)]
fn what_cannot_be_told_names_who_is_at_fault(#[case] spec: Value, #[case] expected: &str) {
    let error = told(&plan(spec), &[APP]).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(expected) && !text.contains("hunter2"), "{text}");
}

#[test]
fn bytes_are_pushed_by_themselves_and_never_as_text() {
    let plan = |spec| plan(json!({"data": [spec]}));
    let binary = || -> SecretMap { [("A".to_owned(), SecretBytes::new(vec![0xff, 0x00]))].into_iter().collect() };
    let one = plan(entry("A", "k", ""));
    let prepared = Prepared::new(&one, "app", binary(), &Texts::new()).unwrap();
    assert_eq!(wanted(&one, &[prepared], |_| true).unwrap()[0].value.expose(), [0xff, 0x00]);
    let whole = plan(entry("", "k", ""));
    let prepared = Prepared::new(&whole, "app", binary(), &Texts::new()).unwrap();
    let error = wanted(&whole, &[prepared], |_| true).unwrap_err();
    assert_eq!(error, WantedError::NotText { of: "app".to_owned(), key: "A".to_owned() });
}

#[test]
fn several_secrets_are_one_set_and_none_undoes_another() {
    let each = plan(json!({"dataTo": [{"storeRef": {"name": "vault"}}]}));
    assert_eq!(told(&each, &[&[("A", "1")], &[("B", "2")]]).unwrap(), ["A=1", "B=2"]);
    let error = told(&each, &[&[("A", "1")], &[("A", "1")]]).unwrap_err();
    assert!(matches!(error, WantedError::Twice { .. }), "{error}");
}

#[test]
fn what_is_for_one_store_is_not_for_another() {
    let plan = plan(json!({"secretStoreRefs": [{"name": "vault"}, {"name": "aws"}],
        "data": [entry("DB_USER", "user", "")], "dataTo": [{"storeRef": {"name": "aws"}, "remoteKey": "all"}]}));
    let prepared = [Prepared::new(&plan, "app", secret(APP), &Texts::new()).unwrap()];
    let of = |name: &str| {
        let is_chosen = |choice: &StoreChoice| matches!(choice, StoreChoice::Named(store) if store.name == name);
        wanted(&plan, &prepared, is_chosen).unwrap().into_iter().map(|one| one.at.key).collect::<Vec<_>>()
    };
    assert_eq!((of("vault"), of("aws")), (vec!["user".to_owned()], vec!["all".to_owned(), "user".to_owned()]));
}

proptest! {
    /// What is told of any Secret is the same each time, one value a place, and no value is in an error.
    #[test]
    fn any_secret_gives_one_value_a_place(
        pairs in proptest::collection::btree_map("[A-C_U04/]{1,8}", "canary[a-z\"\\\\]{0,4}", 0..6),
        source in "[A-C_]{0,2}", target in "[A-B/]{0,2}",
    ) {
        let rewrite = json!([{"regexp": {"source": source, "target": target}}]);
        let plan = plan(json!({"dataTo": [{"storeRef": {"name": "vault"}, "rewrite": rewrite, "conversionStrategy": "ReverseUnicode"}]}));
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let first = told(&plan, &[&pairs]);
        prop_assert_eq!(&first, &told(&plan, &[&pairs]));
        match first {
            Ok(all) => {
                prop_assert_eq!(all.len(), pairs.len());
                let places: BTreeSet<_> = all.iter().map(|one| one.split_once('=').unwrap().0.to_owned()).collect();
                prop_assert_eq!(places.len(), all.len());
            }
            Err(error) => prop_assert!(!error.to_string().contains("canary")),
        }
    }

    /// The object of all entries is JSON that says each of them.
    #[test]
    fn the_whole_is_json_of_every_entry(pairs in proptest::collection::btree_map("[A-Za-z0-9._-]{1,8}", ".{0,8}", 0..6)) {
        let plan = plan(json!({"data": [entry("", "k", "")]}));
        let given: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let text = told(&plan, &[&given]).unwrap().remove(0);
        let read: std::collections::BTreeMap<String, String> = serde_json::from_str(text.strip_prefix("k=").unwrap()).unwrap();
        prop_assert_eq!(read, pairs);
    }
}
