//! What a namespace may have of a store of values, which names its keys as they are.

use rstest::rstest;
use sealbridge_secret::SecretBytes;
use serde_json::{Value, json};

use super::*;
use crate::{Search, Selection};

fn fake() -> ProviderSpec {
    serde_json::from_value(json!({"fake": {"data": []}})).unwrap()
}

fn limit(name: &str, namespace: &str, prefixes: &[&str], actions: &[&str]) -> Value {
    json!({"name": name, "namespaces": [namespace], "keyPrefixes": prefixes, "actions": actions})
}

fn limits(limits: Value) -> Result<Arc<Limits>, LimitError> {
    let limits: Vec<KeyLimit> = serde_json::from_value(limits).unwrap();
    Limits::new(&limits, &fake()).map(Arc::new)
}

fn admission(list: Value, namespace: &str) -> Admission {
    Admission::of(&limits(list).unwrap(), namespace, |limit| limit.namespaces.iter().any(|name| name == namespace))
}

fn of_teams(namespace: &str) -> Admission {
    let list = json!([
        limit("a", "team-a", &["team-a", "shared/ca"], &["Read", "Find"]),
        limit("more", "team-a", &["more"], &["Read"]),
        limit("b", "team-b", &["team-b/"], &["Find"]),
        limit("all", "platform", &["*"], &["Read", "Find"]),
    ]);
    admission(list, namespace)
}

fn search(path: &str) -> RemoteKey {
    RemoteKey::search(path, Search::default())
}

fn value(key: &str) -> RemoteKey {
    RemoteKey::value(key, None)
}

#[rstest]
#[case::own("team-a", value("team-a/db"), true)]
#[case::the_prefix_itself("team-a", value("team-a"), true)]
#[case::of_another_version("team-a", RemoteKey::value("team-a/db", Some("7".to_owned())), true)]
#[case::metadata("team-a", RemoteKey::metadata("team-a/db", None), true)]
#[case::a_second_prefix("team-a", value("shared/ca/root"), true)]
#[case::a_second_limit("team-a", value("more/x"), true)]
#[case::beside("team-a", value("team-ab/db"), false)]
#[case::above("team-a", value("shared"), false)]
#[case::another_team("team-a", value("team-b/db"), false)]
#[case::metadata_of_another_team("team-a", RemoteKey::metadata("team-b/db", None), false)]
#[case::out_of_it("team-a", value("team-a/../team-b/db"), false)]
#[case::find_own("team-a", search("team-a"), true)]
#[case::find_further_down("team-a", search("team-a/sub/"), true)]
#[case::find_where_only_read("team-a", search("more"), false)]
#[case::find_everything("team-a", search(""), false)]
#[case::find_above("team-a", search("shared"), false)]
#[case::find_beside("team-a", search("team-ab"), false)]
#[case::read_where_only_find("team-b", value("team-b/db"), false)]
#[case::find_only("team-b", search("team-b"), true)]
#[case::everything("platform", value("any/thing"), true)]
#[case::find_all("platform", search(""), true)]
#[case::everything_but_what_is_unclear("platform", value("any//thing"), false)]
#[case::nobody("other", value("team-a/db"), false)]
fn asked_for(#[case] namespace: &str, #[case] key: RemoteKey, #[case] admitted: bool) {
    assert_eq!(of_teams(namespace).admit(&key).is_ok(), admitted);
    assert!(Admission::to_everything().admit(&key).is_ok(), "without limits nothing is judged");
}

#[rstest]
#[case(
    "team-a",
    value("team-b/db"),
    "Read of \"team-b/db\" is not admitted to namespace team-a by the store's limits a, more; name a key below their keyPrefixes, or have them changed"
)]
#[case(
    "team-a",
    search(""),
    "Find of \"\" is not admitted to namespace team-a by the store's limits a, more; name a key below their keyPrefixes, or have them changed"
)]
#[case(
    "team-b",
    value("a\nb"),
    "\"a\\nb\" cannot be held against the store's limits b: it holds characters that a server may read in two ways; use letters, digits and -._~!$&'()+,=:@ of ASCII"
)]
#[case("other", value("a"), "the store has limits and none of them is for namespace other; have one added to the store")]
fn refusals_name_the_limits_and_the_key_as_it_was_asked(#[case] namespace: &str, #[case] key: RemoteKey, #[case] wanted: &str) {
    assert_eq!(of_teams(namespace).admit(&key).unwrap_err().to_string(), wanted);
}

fn found(names: &[&str]) -> Payload {
    let payload = || Payload::new(SecretBytes::new(b"canary".to_vec()), Selection::FakeGjson, None);
    Payload::found(names.iter().map(|name| ((*name).to_owned(), payload())).collect())
}

#[rstest]
#[case(&["team-a/x", "team-a/y/z"], true)]
#[case(&[], true)]
#[case(&["team-a/x", "team-b/secret-name"], false)]
#[case(&["team-ab"], false)]
#[case(&["team-a/../team-b/secret-name"], false)]
#[case(&["team-a/%2e%2e"], false)]
#[case(&["more/x"], false)]
fn what_a_search_brings_is_judged_name_by_name(#[case] names: &[&str], #[case] admitted: bool) {
    let admission = of_teams("team-a");
    let key = admission.admit(&search("team-a")).unwrap();
    let judged = admission.ensure_found(&key, &found(names));
    assert_eq!(judged.is_ok(), admitted);
    if let Err(refused) = judged {
        let text = refused.to_string();
        assert!(text.contains("limits a, more") && text.contains("\"team-a\"") && !text.contains("secret-name"), "{text}");
    }
    assert!(Admission::to_everything().ensure_found(&key, &found(names)).is_ok());
}

#[rstest]
#[case::no_prefix(json!([limit("a", "x", &[], &["Read"])]), "[0]")]
#[case::no_action(json!([limit("a", "x", &["a"], &[])]), "[0]")]
#[case::no_name(json!([limit("", "x", &["a"], &["Read"])]), "[0]")]
#[case::nobody(json!([{"name": "a", "keyPrefixes": ["a"], "actions": ["Read"]}]), "[0]")]
#[case::twice(json!([limit("a", "x", &["a"], &["Read"]), limit("a", "y", &["b"], &["Read"])]), "[1].name")]
#[case::out_of_it(json!([limit("a", "x", &["a", "a/../b"], &["Read"])]), "[0].keyPrefixes[1]")]
#[case::a_pattern(json!([limit("a", "x", &["team-*"], &["Read"])]), "[0].keyPrefixes[0]")]
#[case::everything_by_nothing(json!([limit("a", "x", &[""], &["Read"])]), "[0].keyPrefixes[0]")]
#[case::too_many(Value::Array((0..65).map(|n| limit(&n.to_string(), "x", &["a"], &["Read"])).collect()), "")]
#[case::too_many_prefixes(json!([limit("a", "x", &["a"; 65], &["Read"])]), "[0]")]
fn limits_that_cannot_be_judged_by(#[case] list: Value, #[case] path: &str) {
    let error = limits(list).unwrap_err();
    assert_eq!(error.path, path, "{error}");
    assert!(error.problem.contains("; "), "{error}");
}

#[test]
fn a_list_of_no_limits_admits_nothing() {
    assert!(matches!(admission(json!([]), "team-a").admit(&value("a")), Err(Refused::NobodysNamespace { .. })));
}

#[test]
fn actions_go_with_their_own_prefixes() {
    let list = json!([limit("reads", "x", &["r"], &["Read"]), limit("finds", "x", &["f"], &["Find"])]);
    let admission = admission(list, "x");
    assert!(admission.admit(&value("r")).is_ok() && admission.admit(&search("f")).is_ok());
    assert!(admission.admit(&value("f")).is_err() && admission.admit(&search("r")).is_err());
}

fn place(key: &str) -> PushKey {
    PushKey { key: key.to_owned(), property: Some("p".to_owned()) }
}

/// What `team-a` may push into a store of this provider.
fn of_pushers(provider: Value, prefix: &str) -> Admission {
    let list = json!([
        limit("pushes", "team-a", &[prefix], &["Push"]),
        limit("reads", "team-a", &["shared"], &["Read", "Find"]),
        limit("all", "platform", &["*"], &["Push"]),
    ]);
    let limits: Vec<KeyLimit> = serde_json::from_value(list).unwrap();
    let limits = Limits::new(&limits, &serde_json::from_value(provider).unwrap()).map(Arc::new).unwrap();
    Admission::of(&limits, "team-a", |limit| limit.namespaces.iter().any(|name| name == "team-a"))
}

#[test]
fn a_push_needs_the_action_and_a_read_is_none() {
    let admission = of_pushers(json!({"fake": {"data": []}}), "team-a");
    assert_eq!(admission.admit_push(&place("team-a/db")).unwrap().as_key(), &place("team-a/db"));
    assert!(admission.admit(&value("team-a/db")).is_err() && admission.admit(&search("team-a")).is_err());
    assert!(admission.admit_push(&place("shared/ca")).is_err() && admission.admit(&value("shared/ca")).is_ok());
    let refused = admission.admit_push(&place("team-b/db")).unwrap_err().to_string();
    assert_eq!(
        refused,
        "Push of \"team-b/db\" is not admitted to namespace team-a by the store's limits pushes, reads; name a key below their \
         keyPrefixes, or have them changed"
    );
    assert!(matches!(of_teams("other").admit_push(&place("team-a/db")), Err(Refused::NobodysNamespace { .. })));
    assert!(Admission::to_everything().admit_push(&place("team-a/../b")).is_ok(), "without limits nothing is judged");
}

#[cfg(feature = "remote")]
#[rstest]
#[case::itself("team-a/db", true)]
#[case::behind_the_mount("kv/team-a/db", true)]
#[case::by_the_apis_path("kv/data/team-a/db", true)]
#[case::beside("team-ab/db", false)]
#[case::another_team("team-b/db", false)]
#[case::another_team_by_the_apis_path("kv/data/team-b/db", false)]
#[case::a_folder_called_like_the_apis_part("data/team-a/db", false)]
#[case::a_folder_called_like_the_mount("kv/kv/team-a/db", false)]
#[case::metadata("kv/metadata/team-a/db", false)]
#[case::above("team-a/../team-b/db", false)]
#[case::here("team-a/./db", false)]
#[case::nothing_in_between("team-a//db", false)]
#[case::from_the_root("/team-a/db", false)]
#[case::a_folder("team-a/", false)]
#[case::encoded_dots("team-a/%2e%2e/team-b/db", false)]
#[case::an_encoded_slash("team-a%2Fdb", false)]
#[case::a_query("team-a/db?version=1", false)]
#[case::a_path_parameter("team-a/..;/team-b/db", false)]
#[case::backslashes("team-a\\..\\team-b", false)]
#[case::another_slash("team-a\u{ff0f}db", false)]
fn pushed_into_vault(#[case] key: &str, #[case] admitted: bool) {
    let vault = json!({"vault": {"server": "https://a", "path": "kv", "auth": {"tokenSecretRef": {"name": "t", "key": "t"}}}});
    assert_eq!(of_pushers(vault, "team-a").admit_push(&place(key)).is_ok(), admitted);
}

#[cfg(feature = "remote")]
#[rstest]
#[case::itself("SecretsManager", "team-a/db", true)]
#[case::beside("SecretsManager", "team-ab/db", false)]
#[case::from_the_root("SecretsManager", "/team-a/db", false)]
#[case::nothing_in_between("SecretsManager", "team-a//db", false)]
#[case::above("SecretsManager", "team-a/../team-b", false)]
#[case::an_arn("SecretsManager", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team-a/db-AbCdEf", false)]
#[case::a_part_of_an_arn("SecretsManager", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team-a/db", false)]
#[case::encoded("SecretsManager", "team-a%2Fdb", false)]
#[case::a_parameter("ParameterStore", "team-a/db", true)]
#[case::a_parameter_from_the_root("ParameterStore", "/team-a/db", true)]
#[case::a_parameter_beside("ParameterStore", "/team-ab/db", false)]
#[case::a_parameters_arn("ParameterStore", "arn:aws:ssm:eu-central-1:123456789012:parameter/team-a/db", false)]
#[case::a_parameters_version("ParameterStore", "/team-a/db:1", false)]
fn pushed_into_aws(#[case] service: &str, #[case] key: &str, #[case] admitted: bool) {
    let aws = json!({"aws": {"service": service, "region": "eu-central-1"}});
    assert_eq!(of_pushers(aws, "team-a").admit_push(&place(key)).is_ok(), admitted);
}
