//! The schema for editors: it accepts what the reader accepts, and refuses what has the wrong shape.
//!
//! The checker knows the few keywords that the schema uses, and fails on any other.

use rstest::rstest;
use serde_json::Value;

use super::{KEY, OTHER, document, parse};

const SCHEMA: &str = include_str!("../../../../../deploy/schemas/sealbridge_config.json");

fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    schema.as_object().expect("a schema").iter().all(|(keyword, said)| match keyword.as_str() {
        "$schema" | "title" | "description" | "definitions" => true,
        "$ref" => {
            let pointer = said.as_str().and_then(|text| text.strip_prefix('#')).expect("a local reference");
            fits(root, root.pointer(pointer).expect("a definition"), value)
        }
        "type" => match said.as_str().expect("one type") {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            other => panic!("{other}"),
        },
        "enum" => said.as_array().expect("values").contains(value),
        "not" => !fits(root, said, value),
        "anyOf" => said.as_array().expect("schemas").iter().any(|schema| fits(root, schema, value)),
        "required" => said.as_array().expect("names").iter().all(|name| value.get(name.as_str().expect("a name")).is_some()),
        "minItems" => value.as_array().is_none_or(|items| items.len() >= number(said)),
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= number(said)),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(root, said, item))),
        "properties" => said
            .as_object()
            .expect("properties")
            .iter()
            .all(|(name, schema)| value.get(name).is_none_or(|value| fits(root, schema, value))),
        "additionalProperties" => {
            let known = schema.get("properties").and_then(Value::as_object);
            let mut others =
                value.as_object().into_iter().flatten().filter(|(name, _)| !known.is_some_and(|known| known.contains_key(*name)));
            if *said == Value::Bool(false) { others.next().is_none() } else { others.all(|(_, value)| fits(root, said, value)) }
        }
        "pattern" => value.as_str().is_none_or(|text| pattern(said.as_str().expect("a pattern"), text)),
        other => panic!("the checker does not know {other}"),
    })
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).expect("a number")
}

/// The patterns that the schema has.
fn pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^AGE-SECRET-KEY-" => text.starts_with("AGE-SECRET-KEY-"),
        "/" => text.contains('/'),
        "^/|^\\.\\.$|^\\.\\./|/\\.\\./|/\\.\\.$" => text.starts_with('/') || text.split('/').any(|part| part == ".."),
        "^0*[1-9][0-9]*d$" => text.strip_suffix('d').is_some_and(|digits| digits.parse::<u64>().is_ok_and(|days| days > 0)),
        other => panic!("the checker does not know {other}"),
    }
}

fn judged(text: &str) -> bool {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let documents = document::parse(&text.replace("@KEY", KEY).replace("@OTHER", OTHER)).expect("YAML");
    fits(&schema, &schema, &documents[0])
}

#[rstest]
#[case("rules: []\n")]
#[case("recipients: {a: [@KEY]}\nidentities: [../k.txt]\n")]
#[case("recipients: {a: [b], b: [@KEY, '@OTHER']}\nbreakGlass: [b]\n")]
#[case(
    "recipients: {a: [@KEY]}\nbreakGlass: [a]\nrules:\n- path: '**'\n  recipients: [a]\n  namespace: shop\n  scope: cluster\n  policy: {maxAge: 90d, rollbackWindow: 30d, requireBreakGlass: true, plainKeys: [LOG_*, PORT]}\n"
)]
#[case("rules:\n- {path: a/..b, recipients: [@KEY], policy: {}}\n")]
#[case("rules:\n- {path: a, certificate: prod.pem}\n")]
#[case("rules:\n- {path: a, policy: {forbidPlainSecrets: false}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {forbidPlainSecrets: true}}\n")]
fn accepted_by_both(#[case] text: &str) {
    parse(text).expect("accepted");
    assert!(judged(text));
}

#[rstest]
#[case("rulez: []\n")]
#[case("recipients: {a: []}\n")]
#[case("recipients: {a: [AGE-SECRET-KEY-1HUNTER2]}\n")]
#[case("rules:\n- {recipients: [@KEY]}\n")]
#[case("rules:\n- {path: a, recipients: []}\n")]
#[case("rules:\n- {path: a}\n")]
#[case("rules:\n- {path: a, policy: {forbidPlainSecrets: true}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {forbidPlainSecrets: no thanks}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], namespaces: x}\n")]
#[case("rules:\n- {path: /a, recipients: [@KEY]}\n")]
#[case("rules:\n- {path: ../a, recipients: [@KEY]}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], scope: wide}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {maxAge: 90}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {maxAge: 0d}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {rollbackWindow: 30}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {maxage: 1d}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {plainKeys: [a/b]}}\n")]
#[case("rules:\n- {path: a, recipients: [@KEY], policy: {requireBreakGlass: yes please}}\n")]
fn refused_by_both(#[case] text: &str) {
    parse(text).expect_err("refused");
    assert!(!judged(text));
}
