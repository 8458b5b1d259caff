//! Values as a text for people, and back.
//!
//! Must never: let a value come back as another one, or keep an unwiped copy of its own.

use std::collections::BTreeMap;

use sealbridge_manifest::document;
use sealbridge_manifest::edit::quoted;
use sealbridge_secret::{SecretBytes, SecretMap};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Error;

const PROBLEM: &str = "#! ";

/// The text that the editor opens.
pub(super) fn render(secret: &str, values: &BTreeMap<&str, &str>) -> Zeroizing<String> {
    let room = values.iter().map(|(key, value)| key.len() + 2 * value.len() + 64).sum::<usize>() + 512;
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(&format!(
        "# The sealed values of {secret}. Change, add or remove entries; what does not change keeps its ciphertext.\n\
         # Save and close to go on. An empty file changes nothing.\n"
    ));
    for (key, value) in values {
        text.push_str(&quoted(key));
        text.push_str(": ");
        match lines(value) {
            Some(lines) => text.push_str(&lines),
            None => text.push_str(&Zeroizing::new(quoted(value))),
        }
        text.push('\n');
    }
    text
}

/// A text of several lines as a block, where YAML gives back the same.
fn lines(value: &str) -> Option<Zeroizing<String>> {
    let body = value.strip_suffix('\n').unwrap_or(value);
    let plain =
        |c: char| c == '\n' || c == '\t' || (!c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{85}'));
    let is_simple = body.contains('\n') && body.chars().all(plain) && !body.starts_with([' ', '\n', '\t']) && !body.ends_with('\n');
    if !is_simple {
        return None;
    }
    let chomp = if value.ends_with('\n') { "|" } else { "|-" };
    let mut block = Zeroizing::new(String::with_capacity(value.len() * 3 + 8));
    block.push_str(chomp);
    for line in body.split('\n') {
        block.push('\n');
        if !line.is_empty() {
            block.push_str("  ");
            block.push_str(line);
        }
    }
    Some(block)
}

/// The values of an edited text; none when it is empty.
pub(super) fn parse(text: &str) -> Result<SecretMap, Error> {
    let mut documents = document::parse(text).map_err(|problem| Error::Document { path: "the edited text".into(), problem })?;
    let value = match (documents.pop(), documents.is_empty()) {
        (None, _) => return Ok(SecretMap::new()),
        (Some(Value::Object(fields)), true) => fields,
        _ => return Err(Error::Arguments("the edited text is one YAML mapping of entries and their values; correct it")),
    };
    let mut values = SecretMap::new();
    for (key, value) in value {
        match value {
            Value::String(text) => drop(values.insert(key, SecretBytes::new(text.into_bytes()))),
            _ => return Err(Error::NotTextInEditor { key }),
        }
    }
    Ok(values)
}

/// The text with what is wrong about it on top, in place of what was wrong before.
pub(super) fn with_problem(text: &str, problem: &str) -> Zeroizing<String> {
    let mut new = Zeroizing::new(String::with_capacity(text.len() + problem.len() + 16));
    for line in problem.lines() {
        new.push_str(PROBLEM);
        new.push_str(line);
        new.push('\n');
    }
    for line in text.split_inclusive('\n').skip_while(|line| line.starts_with(PROBLEM)) {
        new.push_str(line);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_shown_as_lines() {
        let text = render("shop/a", &BTreeMap::from([("CERT", "one\n\n  two\n"), ("KEY", "a: b")]));
        assert!(text.ends_with("\"CERT\": |\n  one\n\n    two\n\"KEY\": \"a: b\"\n"), "{}", *text);
    }

    #[test]
    fn a_problem_takes_the_place_of_the_last_one() {
        let once = with_problem("a: 1\n", "wrong");
        assert_eq!(*with_problem(&once, "still\nwrong"), "#! still\n#! wrong\na: 1\n");
    }

    #[test]
    fn a_number_is_refused_without_its_value() {
        let message = parse("PIN: 4711\n").expect_err("refused").to_string();
        assert!(message.contains("PIN") && !message.contains("4711"), "{message}");
    }

    proptest! {
        #[test]
        fn values_come_back_as_they_were(values in proptest::collection::btree_map("[A-Za-z0-9._-]{1,8}", "(\\PC|[ \\n\\t\\r#:|'\"-]){0,40}", 0..4)) {
            let shown = values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            let back = parse(&render("a/b", &shown)).expect("readable");
            let back: BTreeMap<_, _> = back.iter().map(|(key, value)| (key.to_owned(), value.expose().to_vec())).collect();
            let expected: BTreeMap<_, _> = values.iter().map(|(key, value)| (key.clone(), value.as_bytes().to_vec())).collect();
            prop_assert_eq!(back, expected);
        }
    }
}
