//! What keys are called, store by store.

use proptest::prelude::*;
use reqwest::Url;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::Search;

fn provider(spec: Value) -> ProviderSpec {
    serde_json::from_value(spec).unwrap()
}

fn vault(path: Option<&str>, version: &str) -> ProviderSpec {
    let auth = json!({"tokenSecretRef": {"name": "t", "key": "t"}});
    let mut vault = json!({"server": "https://vault", "version": version, "auth": auth});
    if let Some(path) = path {
        vault["path"] = json!(path);
    }
    provider(json!({"vault": vault}))
}

fn aws(service: &str, prefix: &str) -> ProviderSpec {
    let mut aws = json!({"service": service, "region": "eu-central-1"});
    if !prefix.is_empty() {
        aws["prefix"] = json!(prefix);
    }
    provider(json!({"aws": aws}))
}

fn secrets(prefix: &str) -> ProviderSpec {
    aws("SecretsManager", prefix)
}

fn parameters(prefix: &str) -> ProviderSpec {
    aws("ParameterStore", prefix)
}

fn kubernetes() -> ProviderSpec {
    let auth = json!({"token": {"bearerToken": {"name": "t", "key": "t"}}});
    provider(json!({"kubernetes": {"server": {"url": "https://api"}, "auth": auth}}))
}

fn fake() -> ProviderSpec {
    provider(json!({"fake": {"data": []}}))
}

/// Stores of each kind.
fn every_store() -> Vec<ProviderSpec> {
    vec![
        vault(Some("kv"), "v2"),
        vault(None, "v2"),
        vault(None, "v1"),
        vault(None, "logical"),
        secrets(""),
        parameters(""),
        kubernetes(),
        fake(),
    ]
}

fn shown(name: Result<CanonicalName, Unclear>) -> Option<String> {
    name.ok().map(|name| name.segments().join("/"))
}

#[rstest]
#[case::plain(vault(Some("kv"), "v2"), "team-a/db", "kv/data/team-a/db")]
#[case::with_the_mount(vault(Some("kv"), "v2"), "kv/team-a/db", "kv/data/team-a/db")]
#[case::as_the_api_spells_it(vault(Some("kv"), "v2"), "kv/data/team-a/db", "kv/data/team-a/db")]
#[case::a_folder_called_data(vault(Some("kv"), "v2"), "data/team-a", "kv/data/data/team-a")]
#[case::a_folder_called_like_the_mount(vault(Some("kv"), "v2"), "kv/kv/a", "kv/data/kv/a")]
#[case::a_deep_mount(vault(Some("team/kv/"), "v2"), "team/kv/data/a", "team/kv/data/a")]
#[case::version_1(vault(Some("kv"), "v1"), "kv/data/a", "kv/data/a")]
#[case::the_mount_in_the_key(vault(None, "v2"), "kv/team-a/db", "kv/data/team-a/db")]
#[case::the_mount_and_data_in_the_key(vault(None, "v2"), "kv/data/team-a/db", "kv/data/team-a/db")]
#[case::another_mount(vault(None, "v2"), "team/kv/data/a", "team/kv/data/a")]
#[case::not_that_mount(vault(None, "v2"), "team/kv/a", "team/data/kv/a")]
#[case::any_engine(vault(None, "logical"), "pki/cert/ca", "pki/cert/ca")]
#[case::secret(secrets(""), "team-a/db", "team-a/db")]
#[case::secret_behind_a_prefix(secrets("prod/"), "team-a/db", "prod/team-a/db")]
#[case::secret_with_a_slash_before_it(secrets(""), "/team-a/db", "/team-a/db")]
#[case::parameter(parameters(""), "/team-a/db", "team-a/db")]
#[case::parameter_without_a_slash(parameters(""), "db", "db")]
#[case::parameter_behind_a_prefix(parameters("/prod/"), "db", "prod/db")]
#[case::kubernetes(kubernetes(), "db", "db")]
#[case::fake(fake(), "team-a/db", "team-a/db")]
fn keys(#[case] spec: ProviderSpec, #[case] key: &str, #[case] wanted: &str) {
    let naming = naming(&spec).unwrap();
    assert_eq!(shown(naming.key(key)).as_deref(), Some(wanted));
    for read in [RemoteKey::value(key, None), RemoteKey::metadata(key, Some("7".to_owned()))] {
        assert_eq!(shown(asked(naming.as_ref(), &read)).as_deref(), Some(wanted), "whatever is read of it");
    }
}

#[rstest]
#[case::nothing("")]
#[case::parent("team-a/../team-b/db")]
#[case::parent_at_the_end("team-a/..")]
#[case::itself("team-a/./db")]
#[case::empty_segment("team-a//db")]
#[case::slash_at_the_end("team-a/db/")]
#[case::encoded_slash("team-a%2Fdb")]
#[case::encoded_slash_in_small("team-a%2fdb")]
#[case::encoded_dots("team-a/%2e%2e/team-b")]
#[case::encoded_dots_mixed("team-a/.%2E/team-b")]
#[case::encoded_twice("team-a/%252e%252e/team-b")]
#[case::encoded_letter("te%61m-a/db")]
#[case::a_query("team-a/db?version=1")]
#[case::a_fragment("team-a/db#x")]
#[case::a_parameter("team-a/..;/team-b")]
#[case::a_backslash("team-a\\..\\team-b")]
#[case::nul("team-a/db\0")]
#[case::newline("team-a/db\n")]
#[case::a_blank("team-a/ db")]
#[case::a_fullwidth_slash("team-a\u{ff0f}db")]
#[case::a_division_slash("team-a\u{2215}db")]
#[case::dot_leaders("team-a/\u{2025}/team-b")]
#[case::a_cyrillic_a("te\u{430}m-a/db")]
#[case::written_right_to_left("team-a/\u{202e}bd")]
#[case::a_star("team-*")]
fn keys_that_could_be_read_in_two_ways(#[case] key: &str) {
    for spec in every_store() {
        let naming = naming(&spec).unwrap();
        assert_eq!(naming.key(key).ok(), None, "{spec:?}");
    }
}

#[rstest]
#[case::arn(secrets(""), "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team-b/db-AbCdEf")]
#[case::arn_without_its_end(secrets(""), "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team-b/db")]
#[case::arn_below_a_prefix(secrets("team-a/"), "arn:aws:secretsmanager:eu-central-1:123456789012:secret:team-b/db")]
#[case::the_rest_of_an_arn(secrets("arn:aws:secretsmanager:eu-central-1:123456789012:secret:"), "team-b/db")]
#[case::parameter_arn(parameters(""), "arn:aws:ssm:eu-central-1:123456789012:parameter/team-b/db")]
#[case::parameter_at_a_version(parameters(""), "/team-a/db:3")]
#[case::slash_before_it(vault(Some("kv"), "v2"), "/team-a/db")]
#[case::only_a_mount(vault(None, "v2"), "kv")]
#[case::no_name_of_a_secret(kubernetes(), "team-a/db")]
fn keys_that_this_store_calls_otherwise(#[case] spec: ProviderSpec, #[case] key: &str) {
    assert!(naming(&spec).unwrap().key(key).is_err());
}

#[rstest]
#[case::folder(vault(Some("kv"), "v2"), "team-a", Some("kv/data/team-a"))]
#[case::folder_with_slash(vault(Some("kv"), "v2"), "team-a/", Some("kv/data/team-a"))]
#[case::folder_with_mount(vault(Some("kv"), "v2"), "kv/data/team-a", Some("kv/data/team-a"))]
#[case::whole_mount(vault(Some("kv"), "v2"), "", Some("kv/data"))]
#[case::whole_mount_by_name(vault(Some("kv"), "v2"), "kv/", Some("kv/data"))]
#[case::out_of_it(vault(Some("kv"), "v2"), "team-a/../team-b", None)]
#[case::mount_in_the_path(vault(None, "v2"), "kv/team-a", Some("kv/data/team-a"))]
#[case::all_mounts(vault(None, "v2"), "", None)]
#[case::beginning_of_names(secrets(""), "team-a", Some(""))]
#[case::all_below_it(secrets(""), "team-a/", Some("team-a"))]
#[case::further_down(secrets(""), "team-a/d", Some("team-a"))]
#[case::all_secrets(secrets(""), "", Some(""))]
#[case::all_behind_a_prefix(secrets("team-a/"), "", Some("team-a"))]
#[case::beginning_behind_a_prefix(secrets("prod-"), "team-a", Some(""))]
#[case::arn(secrets("arn:aws:x/"), "team-a/", None)]
#[case::folder_of_parameters(parameters(""), "/team-a", Some("team-a"))]
#[case::all_parameters(parameters(""), "", Some(""))]
#[case::beginning_of_parameters(parameters("/team-a"), "", Some(""))]
#[case::parameters_behind_a_prefix(parameters("/team-a/"), "", Some("team-a"))]
#[case::all_of_a_namespace(kubernetes(), "", Some(""))]
#[case::fake(fake(), "team-a/", Some("team-a"))]
#[case::fake_out_of_it(fake(), "team-a/..", None)]
fn what_a_search_can_find(#[case] spec: ProviderSpec, #[case] path: &str, #[case] wanted: Option<&str>) {
    let naming = naming(&spec).unwrap();
    assert_eq!(shown(asked(naming.as_ref(), &RemoteKey::search(path, Search::default()))).as_deref(), wanted);
}

#[rstest]
#[case::plain(vault(Some("kv"), "v2"), "team-a", "team-a/db", Some("kv/data/team-a/db"))]
#[case::whole_mount(vault(Some("kv"), "v2"), "", "team-a/db", Some("kv/data/team-a/db"))]
#[case::a_folder_called_like_the_mount(vault(Some("kv"), "v2"), "", "kv/db", Some("kv/data/kv/db"))]
#[case::mount_shown(vault(None, "v2"), "kv/team-a", "kv/team-a/data/db", Some("kv/data/team-a/data/db"))]
#[case::deep_mount_shown(vault(None, "v2"), "team/kv/data/a", "team/kv/data/a/db", Some("team/kv/data/a/db"))]
#[case::elsewhere(vault(Some("kv"), "v2"), "team-a", "team-b/db", None)]
#[case::beside(vault(Some("kv"), "v2"), "team-a", "team-ab/db", None)]
#[case::out_of_it(vault(Some("kv"), "v2"), "team-a", "team-a/../team-b", None)]
#[case::odd(vault(Some("kv"), "v2"), "team-a", "team-a/%2e%2e", None)]
#[case::secret(secrets("team-a/"), "", "team-a/db", Some("team-a/db"))]
#[case::arn(secrets(""), "team-a/", "arn:aws:x:team-a", None)]
#[case::parameter(parameters(""), "/team-a", "/team-a/db", Some("team-a/db"))]
#[case::kubernetes(kubernetes(), "", "db", Some("db"))]
#[case::fake(fake(), "", "team-a/db", Some("team-a/db"))]
fn what_a_search_found(#[case] spec: ProviderSpec, #[case] path: &str, #[case] name: &str, #[case] wanted: Option<&str>) {
    assert_eq!(shown(naming(&spec).unwrap().found(path, name)).as_deref(), wanted);
}

#[rstest]
#[case::below_the_mount(vault(Some("kv"), "v2"), "team-a", Some("kv/data/team-a"))]
#[case::mount_included(vault(Some("kv"), "v2"), "/kv/team-a/", Some("kv/data/team-a"))]
#[case::whole_mount(vault(Some("kv"), "v2"), "kv/", Some("kv/data"))]
#[case::mount_in_keys(vault(None, "v2"), "kv/team-a", Some("kv/data/team-a"))]
#[case::a_mount_in_keys(vault(None, "v2"), "kv", Some("kv/data"))]
#[case::any_engine(vault(None, "logical"), "pki/cert", Some("pki/cert"))]
#[case::everything_by_a_slash(vault(Some("kv"), "v2"), "/", None)]
#[case::secret(secrets("prod/"), "team-a/", Some("prod/team-a"))]
#[case::secret_with_a_slash_before_it(secrets(""), "/team-a", Some("/team-a"))]
#[case::arn(secrets(""), "arn:aws:x", None)]
#[case::parameter(parameters(""), "team-a", Some("team-a"))]
#[case::parameter_with_a_slash(parameters(""), "/team-a", Some("team-a"))]
#[case::kubernetes(kubernetes(), "db", Some("db"))]
#[case::part_of_a_name(kubernetes(), "db-", None)]
#[case::fake(fake(), "team-a", Some("team-a"))]
fn prefixes(#[case] spec: ProviderSpec, #[case] prefix: &str, #[case] wanted: Option<&str>) {
    assert_eq!(shown(naming(&spec).unwrap().prefix(prefix)).as_deref(), wanted);
}

#[test]
fn a_segment_is_in_or_out_as_a_whole() {
    let name = |text: &str| CanonicalName::new(text.split('/'));
    assert!(name("team-a").is_within(&name("team-a")) && name("team-a/x").is_within(&name("team-a")));
    for outside in ["team-ab", "team", "team-ab/x", "x/team-a", "TEAM-A"] {
        assert!(!name(outside).is_within(&name("team-a")), "{outside}");
    }
}

/// A key made of what attacks are made of.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("team-a".to_owned()),
        Just("team-b".to_owned()),
        Just("kv".to_owned()),
        Just("data".to_owned()),
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
        Just("%2e%2e".to_owned()),
        Just("%2F".to_owned()),
        Just("\\".to_owned()),
        Just("?".to_owned()),
        Just("#".to_owned()),
        Just("\u{2025}".to_owned()),
        Just("metadata".to_owned()),
        "[ -~]{0,4}",
        "\\PC{0,3}",
    ];
    // Half of them begin well, so that what follows is looked at.
    let beginning = prop_oneof![Just(""), Just("team-a/"), Just("kv/team-a/"), Just("kv/data/team-a/"), Just("team-a")];
    (beginning, prop::collection::vec(part, 1..6)).prop_map(|(beginning, parts)| format!("{beginning}{}", parts.join("/")))
}

/// Every way in which a server on the way may read a path.
fn readings(path: &str) -> Vec<String> {
    let mut readings = vec![path.to_owned()];
    for _ in 0..2 {
        let last = readings.last().unwrap().clone();
        let bytes = percent(&last);
        readings.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let folded: Vec<_> = readings
        .iter()
        .map(|path| {
            let mut segments = Vec::new();
            for segment in path.split(['/', '\\']) {
                match segment {
                    "" | "." => {}
                    ".." => drop(segments.pop()),
                    segment => segments.push(segment.split(['?', '#', ';']).next().unwrap_or_default().to_owned()),
                }
            }
            format!("/{}", segments.join("/"))
        })
        .collect();
    readings.extend(folded);
    readings
}

fn percent(text: &str) -> Vec<u8> {
    let (mut bytes, mut out) = (text.bytes().peekable(), Vec::new());
    while let Some(byte) = bytes.next() {
        let rest: String = bytes.clone().take(2).map(char::from).collect();
        match u8::from_str_radix(&rest, 16) {
            Ok(decoded) if byte == b'%' && rest.len() == 2 => {
                out.push(decoded);
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    out
}

proptest! {
    #[test]
    fn what_is_admitted_in_vault_is_requested_below_the_prefix(key in hostile(), has_mount in any::<bool>()) {
        let spec = vault(has_mount.then_some("kv"), "v2");
        let naming = naming(&spec).unwrap();
        let prefix = naming.prefix(if has_mount { "team-a" } else { "kv/team-a" }).unwrap();
        if let Ok(name) = naming.key(&key) && name.is_within(&prefix) {
            let path = crate::vault::path_of_value(&spec, &key).unwrap();
            let mut url = Url::parse("https://vault/v1").unwrap();
            url.path_segments_mut().unwrap().extend(&path);
            let below = "/v1/kv/data/team-a";
            for reading in readings(url.path()) {
                prop_assert!(reading == below || reading.starts_with(&format!("{below}/")), "{reading}");
            }
        }
    }

    #[test]
    fn what_is_admitted_in_aws_is_a_name_below_the_prefix(key in hostile()) {
        let naming = naming(&secrets("prod/")).unwrap();
        let prefix = naming.prefix("team-a").unwrap();
        if let Ok(name) = naming.key(&key) && name.is_within(&prefix) {
            let id = crate::aws::secret_id("prod/", &key).unwrap();
            for reading in readings(&format!("/{id}")) {
                prop_assert!(reading == "/prod/team-a" || reading.starts_with("/prod/team-a/"), "{reading}");
            }
        }
    }

    #[test]
    fn a_name_is_called_what_it_is_called(key in hostile()) {
        for spec in every_store() {
            let naming = naming(&spec).unwrap();
            if let Ok(name) = naming.key(&key) {
                prop_assert_eq!(naming.key(&name.segments().join("/")), Ok(name));
            }
        }
    }
}
