//! Metadata of formats that have no nesting: `age__list_0__map_enc` for `age[0].enc`.
//!
//! Owns the flat names. Must never guess a missing position of a list.

use serde_json::{Map, Value};

use crate::error::SopsError;

const MAP: &str = "__map_";
const LIST: &str = "__list_";

/// Flat names and texts, in the order of the names of each level.
pub(crate) fn flatten(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    fields.iter().for_each(|(key, value)| descend(key.clone(), value, &mut flat));
    flat
}

fn descend(name: String, value: &Value, flat: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| descend(format!("{name}{MAP}{key}"), value, flat)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| descend(format!("{name}{LIST}{index}"), value, flat));
        }
        Value::Null => {}
        Value::String(text) => flat.push((name, text.clone())),
        Value::Bool(_) | Value::Number(_) => flat.push((name, value.to_string())),
    }
}

enum Token<'a> {
    Key(&'a str),
    Index(usize),
}

/// The nested form of flat names.
pub(crate) fn unflatten<'a>(flat: impl Iterator<Item = (&'a str, String)>) -> Result<Map<String, Value>, SopsError> {
    let problem = || SopsError::Metadata { problem: "a flat key does not fit the others" };
    let mut root = Value::Object(Map::new());
    for (name, text) in flat {
        let mut place = &mut root;
        for token in tokens(name).ok_or_else(problem)? {
            place = match token {
                Token::Key(key) => {
                    if place.is_null() {
                        *place = Value::Object(Map::new());
                    }
                    place.as_object_mut().ok_or_else(problem)?.entry(key).or_insert(Value::Null)
                }
                Token::Index(index) => {
                    if place.is_null() {
                        *place = Value::Array(Vec::new());
                    }
                    let list = place.as_array_mut().ok_or_else(problem)?;
                    // Writers go upwards; whatever leaves a gap is refused at the end.
                    if index >= list.len() {
                        if index > crate::MAX_KEYS {
                            return Err(problem());
                        }
                        list.resize(index + 1, Value::Null);
                    }
                    list.get_mut(index).ok_or_else(problem)?
                }
            };
        }
        if !place.is_null() {
            return Err(problem());
        }
        *place = Value::String(text);
    }
    match root {
        Value::Object(fields) if !fields.values().any(has_gap) => Ok(fields),
        _ => Err(problem()),
    }
}

fn has_gap(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| value.is_null() || has_gap(value)),
        Value::Object(fields) => fields.values().any(has_gap),
        _ => false,
    }
}

fn tokens(name: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = name;
    let mut is_index = false;
    loop {
        let next = [rest.find(MAP), rest.find(LIST)].into_iter().flatten().min();
        let (token, left) = rest.split_at_checked(next.unwrap_or(rest.len()))?;
        tokens.push(if is_index { Token::Index(token.parse().ok()?) } else { Token::Key(token) });
        if left.is_empty() {
            return Some(tokens);
        }
        is_index = left.starts_with(LIST);
        rest = left.strip_prefix(MAP).or_else(|| left.strip_prefix(LIST))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[test]
    fn nested_metadata_round_trips() {
        let nested =
            json!({"age": [{"enc": "a\nb", "recipient": "r"}, {"enc": "c"}], "kms": [{"context": {"k": "v"}}], "mac": "m"});
        let fields = nested.as_object().unwrap();
        let flat = flatten(fields);
        assert_eq!(flat[0], ("age__list_0__map_enc".to_owned(), "a\nb".to_owned()));
        let pairs = flat.iter().map(|(name, text)| (name.as_str(), text.clone()));
        assert_eq!(&unflatten(pairs).unwrap(), fields);
    }

    #[rstest]
    #[case::gap(&["age__list_1__map_enc"])]
    #[case::huge(&["age__list_99999999__map_enc"])]
    #[case::no_number(&["age__list_x"])]
    #[case::both_shapes(&["a", "a__map_b"])]
    #[case::twice(&["a", "a"])]
    fn what_does_not_fit_is_refused(#[case] names: &[&str]) {
        assert!(unflatten(names.iter().map(|name| (*name, "x".to_owned()))).is_err());
    }
}
