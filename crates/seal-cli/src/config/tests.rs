//! Rules: what is accepted, what is refused and why, and which rule counts.

use rstest::rstest;

use super::*;

const KEY: &str = "age15nsf9y4k28p83wth93tf7hafhvfajp45d2mge80ems45gz0c5gys3me64l";

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(Path::new("/repo/.sealbridge.yaml"), &text.replace("@KEY", KEY)).map_err(|error| error.to_string())
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
#[case(
    "rules:\n- {path: a, recipients: [prod]}\n",
    "rules[0]: \"prod\" is not a set under `recipients`, and this is not an age recipient"
)]
#[case("rules:\n- {path: a, recipients: []}\n", "rules[0]: no recipients")]
#[case("rules:\n- {path: ../a, recipients: [@KEY]}\n", "rules[0]: path is relative to this file")]
#[case("rules:\n- {path: a, recipients: [@KEY], scope: wide}\n", "rules[0]: scope: not a scope")]
#[case("a: 1\n---\nb: 1\n", "is not one YAML document")]
fn what_is_wrong_is_said(#[case] text: &str, #[case] problem: &str) {
    let message = parse(text).expect_err("refused");
    assert!(message.contains(problem), "{message}");
    assert!(!message.contains("HUNTER2"), "{message}");
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
