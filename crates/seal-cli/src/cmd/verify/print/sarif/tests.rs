//! The log against what the official schema (sarif-schema-2.1.0.json) demands.
//!
//! Covered, for every object that is written: the properties that the schema requires, that there is no property which
//! the schema does not have (`additionalProperties: false` throughout), types, `minimum` of regions (1) and of indices,
//! `enum` of `version`, `level` and `columnKind`, `minItems` and `uniqueItems` of the arrays, the format of URI references,
//! and the pattern of a semantic version. Not covered: the parts of the schema for which nothing is written.

use serde_json::Value;

use super::*;
use crate::verify::rule::Severity;

/// What a value has to be.
enum Shape {
    Text,
    Bool,
    /// A whole number of at least this.
    Number(u64),
    OneOf(&'static [&'static str]),
    Reference,
    Version,
    /// At least so many items, all different where that is demanded.
    List(usize, bool, &'static Shape),
    /// Texts under any names.
    Map,
    Fields(&'static [(&'static str, bool, Shape)]),
}

const MESSAGE: Shape = Shape::Fields(&[("text", true, Shape::Text)]);
const LEVEL: Shape = Shape::OneOf(&["none", "note", "warning", "error"]);
const RULE: Shape = Shape::Fields(&[
    ("id", true, Shape::Text),
    ("shortDescription", false, MESSAGE),
    ("defaultConfiguration", false, Shape::Fields(&[("level", false, LEVEL)])),
]);
const DRIVER: Shape = Shape::Fields(&[
    ("name", true, Shape::Text),
    ("semanticVersion", false, Shape::Version),
    ("rules", false, Shape::List(0, true, &RULE)),
]);
const PHYSICAL: Shape = Shape::Fields(&[
    ("artifactLocation", false, Shape::Fields(&[("uri", false, Shape::Reference), ("uriBaseId", false, Shape::Text)])),
    ("region", false, Shape::Fields(&[("startLine", false, Shape::Number(1)), ("startColumn", false, Shape::Number(1))])),
]);
const LOGICAL: Shape = Shape::Fields(&[("fullyQualifiedName", false, Shape::Text)]);
const LOCATION: Shape =
    Shape::Fields(&[("physicalLocation", false, PHYSICAL), ("logicalLocations", false, Shape::List(0, true, &LOGICAL))]);
const RESULT: Shape = Shape::Fields(&[
    ("ruleId", false, Shape::Text),
    ("ruleIndex", false, Shape::Number(0)),
    ("level", false, LEVEL),
    ("message", true, MESSAGE),
    ("locations", false, Shape::List(0, false, &LOCATION)),
    ("partialFingerprints", false, Shape::Map),
]);
const NOTIFICATION: Shape = Shape::Fields(&[("level", false, LEVEL), ("message", true, MESSAGE)]);
const INVOCATION: Shape = Shape::Fields(&[
    ("executionSuccessful", true, Shape::Bool),
    ("toolExecutionNotifications", false, Shape::List(0, false, &NOTIFICATION)),
]);
const RUN: Shape = Shape::Fields(&[
    ("tool", true, Shape::Fields(&[("driver", true, DRIVER)])),
    ("columnKind", false, Shape::OneOf(&["utf16CodeUnits", "unicodeCodePoints"])),
    ("invocations", false, Shape::List(0, false, &INVOCATION)),
    ("results", false, Shape::List(0, false, &RESULT)),
]);
const LOG: Shape = Shape::Fields(&[
    ("$schema", false, Shape::Reference),
    ("version", true, Shape::OneOf(&["2.1.0"])),
    ("runs", true, Shape::List(0, false, &RUN)),
]);

fn check(value: &Value, shape: &Shape, path: &str) -> Result<(), String> {
    let fits = match shape {
        Shape::Text => value.is_string(),
        Shape::Bool => value.is_boolean(),
        Shape::Number(least) => value.as_u64().is_some_and(|number| number >= *least),
        Shape::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Shape::Reference => value.as_str().is_some_and(is_reference),
        Shape::Version => value.as_str().is_some_and(|text| {
            let numbers: Vec<_> = text.split(['-', '+']).next().unwrap_or_default().split('.').collect();
            numbers.len() == 3 && numbers.iter().all(|number| number.parse::<u64>().is_ok())
        }),
        Shape::Map => value.as_object().is_some_and(|fields| fields.values().all(Value::is_string)),
        Shape::List(least, is_set, shape) => {
            let Some(items) = value.as_array() else { return Err(format!("{path}: no list")) };
            for (number, item) in items.iter().enumerate() {
                check(item, shape, &format!("{path}[{number}]"))?;
            }
            items.len() >= *least && !(*is_set && (1..items.len()).any(|number| items[..number].contains(&items[number])))
        }
        Shape::Fields(fields) => {
            let Some(object) = value.as_object() else { return Err(format!("{path}: no object")) };
            for (name, is_required, shape) in *fields {
                match object.get(*name) {
                    Some(value) => check(value, shape, &format!("{path}.{name}"))?,
                    None if *is_required => return Err(format!("{path}.{name} is missing")),
                    None => {}
                }
            }
            object.keys().all(|name| fields.iter().any(|(known, ..)| known == name))
        }
    };
    if fits { Ok(()) } else { Err(format!("{path} does not fit")) }
}

/// The characters of RFC 3986, with complete percents.
fn is_reference(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let percents = text.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    text.bytes().all(allowed) && percents
}

fn finding(rule: Rule, path: &str, entry: &str) -> Finding {
    Finding {
        rule,
        severity: rule.severity(),
        file: path.to_owned(),
        line: 3,
        column: 1,
        object: String::new(),
        entry: entry.to_owned(),
        problem: "it is wrong".to_owned(),
        advice: "put it right".to_owned(),
        path: path.to_owned(),
    }
}

fn outcome() -> Outcome {
    let mut findings: Vec<_> = Rule::ALL.into_iter().map(|rule| finding(rule, "a/b c#%ä.yaml", "KEY")).collect();
    findings.push(finding(Rule::Unreadable, "a/b c#%ä.yaml", "KEY"));
    findings.push(Finding { severity: Severity::Note, ..finding(Rule::Schema, "x.yaml", "") });
    Outcome { findings, failures: vec!["x cannot be read; check it".to_owned()], ..Outcome::default() }
}

#[test]
fn the_log_fits_the_schema() {
    for outcome in [outcome(), Outcome::default()] {
        assert_eq!(check(&log(&outcome), &LOG, "log"), Ok(()));
    }
}

#[test]
fn the_checker_refuses_what_the_schema_refuses() {
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut value = log(&outcome());
        change(&mut value);
        check(&value, &LOG, "log").is_err()
    };
    assert!(broken(&|log| log["runs"][0]["results"][0]["message"] = json!({})));
    assert!(broken(&|log| log["runs"][0]["results"][0]["level"] = json!("critical")));
    assert!(broken(&|log| log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = json!(0)));
    assert!(broken(&|log| log["runs"][0]["results"][0]["file"] = json!("a.yaml")));
    assert!(broken(
        &|log| log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = json!("a b")
    ));
    assert!(broken(&|log| log["runs"][0]["tool"] = json!({})));
    assert!(broken(&|log| log["runs"][0]["tool"]["driver"]["rules"] = json!([{"id": "a"}, {"id": "a"}])));
    assert!(broken(&|log| log["version"] = json!("2.2.0")));
}

#[test]
fn every_result_names_its_rule_and_has_a_fingerprint_of_its_own() {
    let log = log(&outcome());
    let results = log["runs"][0]["results"].as_array().expect("results");
    let mut prints: Vec<_> =
        results.iter().map(|result| result["partialFingerprints"]["primaryLocationLineHash"].as_str()).collect();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), results.len());
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a/b%20c%23%25%C3%A4.yaml");
}
