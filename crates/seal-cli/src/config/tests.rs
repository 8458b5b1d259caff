//! Rules: what is accepted, what is refused and why, which rule counts, and what the schema says of it.

mod schema;

use rstest::rstest;

use sealbridge_seal::Scope;

use super::*;

const KEY: &str = "age15nsf9y4k28p83wth93tf7hafhvfajp45d2mge80ems45gz0c5gys3me64l";
const OTHER: &str = "age1ns4tt5zyax6qd7z5psumwxxagu250ewxpwfxvhxrlnzxsq2xyq5qg8mjx7";

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(Path::new("/repo/.sealbridge.yaml"), &text.replace("@KEY", KEY).replace("@OTHER", OTHER))
        .map_err(|error| error.to_string())
}

#[test]
fn the_first_matching_rule_counts() {
    let config = parse(
        "recipients: {prod: [@KEY]}\nrules:\n- {path: overlays/prod/**, recipients: [prod], namespace: shop, scope: namespace}\n- {path: '**', recipients: [@KEY]}\n",
    )
    .expect("rules");
    let rule = config.rule_for(Path::new("/repo/x/../overlays/prod/a/b.yaml")).expect("a rule");
    assert_eq!((rule.namespace.as_deref(), rule.scope), (Some("shop"), Some(Scope::Namespace)));
    let other = config.rule_for(Path::new("/repo/overlays/dev/b.yaml")).expect("a rule");
    assert_eq!(other.recipients, [KEY]);
    assert!(config.rule_for(Path::new("/elsewhere/b.yaml")).is_none());
}

#[rstest]
#[case("recipients: {a: [@KEY]}\nrulez: []\n", "rulez is not a known field")]
#[case("rules:\n- {path: a, recipients: [@KEY], namespaces: x}\n", "rules[0].namespaces is not a known field")]
#[case("rules:\n- {recipients: [@KEY]}\n", "rules[0] lacks the field path")]
#[case("recipients: {a: []}\n", "recipients.a: a set has at least one recipient")]
#[case("recipients: {a: [AGE-SECRET-KEY-1HUNTER2]}\n", "recipients.a: this is a private key")]
#[case("recipients: {a: [-AGE-SECRET-KEY-1HUNTER2]}\n", "recipients.a: this is a private key")]
#[case("recipients: {AGE-SECRET-KEY-1HUNTER2: []}\n", "recipients.(what cannot be a name): a set has at least one recipient")]
#[case("recipients: {a: [x hunter2]}\n", "recipients.a: this is not an age recipient")]
#[case("recipients:AGE-SECRET-KEY-1HUNTER2: []\n", "(what cannot be a name) is not a known field")]
#[case(
    "rules:\n- {path: a, recipients: [prod]}\n",
    "rules[0]: \"prod\" is not a set under `recipients`, and this is not an age recipient"
)]
#[case("rules:\n- {path: a, recipients: []}\n", "rules[0]: no recipients")]
#[case("rules:\n- {path: ../a, recipients: [@KEY]}\n", "rules[0]: path is relative to this file")]
#[case("rules:\n- {path: a, recipients: [@KEY], scope: wide}\n", "rules[0]: scope: not a scope")]
#[case("a: 1\n---\nb: 1\n", "is not one YAML document")]
#[case("recipients: {a: [b], b: [c, @KEY], c: [b]}\n", "recipients.b: the set contains itself (b > c > b)")]
#[case("recipients: {a: [a]}\n", "recipients.a: the set contains itself (a > a)")]
#[case("recipients: {a: [nobody]}\n", "recipients.a: \"nobody\" is not a set")]
#[case("recipients: {age1x: [@KEY]}\n", "no name like one")]
#[case("breakGlass: [nobody]\n", "breakGlass: \"nobody\" is not a set")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {maxAge: 90}}\n", "rules[0].policy.maxAge has a value of the wrong type")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {maxAge: 3 months}}\n", "rules[0]: policy.maxAge: write a number of days")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {maxAge: 0d}}\n", "policy.maxAge: write a number of days")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {rollbackWindow: 0d}}\n", "policy.rollbackWindow: write a number of days")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {maxage: 1d}}\n", "rules[0].policy.maxage is not a known field")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {plainKeys: [a/b]}}\n", "policy.plainKeys[0]")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {requireBreakGlass: true}}\n", "`breakGlass` names nobody")]
#[case(
    "breakGlass: [@OTHER]\nrules:\n- {path: a, recipients: [@KEY], policy: {requireBreakGlass: true}}\n",
    "none of the recipients is under `breakGlass`"
)]
fn what_is_wrong_is_said(#[case] text: &str, #[case] problem: &str) {
    let message = parse(text).expect_err("refused");
    assert!(message.contains(problem), "{message}");
    assert!(!message.contains("HUNTER2"), "{message}");
}

#[test]
fn sets_name_sets() {
    let config = parse("recipients: {all: [prod, '@KEY'], prod: [eu, us], eu: [@KEY], us: [@OTHER]}\n").expect("rules");
    let texts = |set: &str| config.sets[set].iter().map(Recipient::as_str).collect::<Vec<_>>();
    assert_eq!(texts("all"), [KEY, OTHER]);
    assert_eq!(texts("eu"), [KEY]);
    let known: Vec<_> = config.key_names.values().map(String::as_str).collect();
    assert!(known.contains(&"eu") && known.contains(&"us"), "the smallest set names a key: {known:?}");
}

#[test]
fn a_policy_judges_facts() {
    let config = parse(
        "breakGlass: [@OTHER]\nrules:\n- {path: a, recipients: [@KEY, '@OTHER'], policy: {maxAge: 90d, rollbackWindow: 14d, requireBreakGlass: true, plainKeys: [LOG_*]}}\n- {path: b, recipients: [@KEY]}\n",
    )
    .expect("rules");
    let [strict, free] = config.rules.as_slice() else { panic!("two rules") };
    let id = |text: &str| text.parse::<Recipient>().expect("a recipient").id();
    assert!(strict.policy.lacks_break_glass([id(KEY)]) && !strict.policy.lacks_break_glass([id(KEY), id(OTHER)]));
    assert!(!free.policy.lacks_break_glass([id(KEY)]));
    assert!(
        strict.policy.allows_plain("LOG_LEVEL") && !strict.policy.allows_plain("PASSWORD") && free.policy.allows_plain("PASSWORD")
    );
    assert_eq!((strict.policy.rollback_window(), free.policy.rollback_window()), (14, 30));
    assert_eq!(config.longest_rollback_window(), 30);
    let today = jiff::civil::date(2026, 11, 21);
    let old = |days: i32| today.checked_sub(jiff::Span::new().days(days)).expect("a day");
    assert!(strict.policy.is_too_old(old(91), today) && !strict.policy.is_too_old(old(90), today));
    assert!(!free.policy.is_too_old(old(9_000), today));
}

#[test]
fn the_search_ends_at_the_repository() {
    let outside = tempfile::tempdir().expect("a folder");
    let inside = outside.path().join("repo/a/b");
    std::fs::create_dir_all(&inside).expect("folders");
    std::fs::write(outside.path().join(FILE_NAME), "rules: []\n").expect("written");
    assert!(Config::find(None, &inside).expect("searched").is_some());
    std::fs::create_dir(outside.path().join("repo/.git")).expect("folder");
    assert!(Config::find(None, &inside).expect("searched").is_none());
}

#[test]
fn keys_of_both_kinds_are_no_set() {
    let post_quantum = sealbridge_seal::KeyPair::generate_post_quantum().expect("a pair").recipient().to_string();
    for text in [
        "recipients: {a: [@KEY, @PQ]}\n",
        "recipients: {a: [@KEY], b: [@PQ], c: [a, b]}\n",
        "rules: [{path: a, recipients: [@KEY, @PQ]}]\n",
    ] {
        let message = parse(&text.replace("@PQ", &post_quantum)).expect_err("refused");
        assert!(message.contains("post-quantum"), "{message}");
    }
    parse(&"recipients: {a: [@KEY], b: [@PQ]}\n".replace("@PQ", &post_quantum)).expect("accepted");
}
