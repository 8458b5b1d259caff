//! YAML and JSON edited in place: entries set and removed, texts replaced, fields moved and renamed.

use std::collections::BTreeMap;

use sealbridge_manifest::document::{self, Place};
use sealbridge_manifest::edit::{
    EditError, EntrySource, Step, gather, hoist, key_items, only_item, remove_entry, rename, replace_texts, set_entries,
    set_sealed_secret_values,
};
use serde_json::Value;

use crate::canary::ensure_absent;

const NEW: &str = "sb1:new+/==";

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    // The first line says what is done to the rest: a verb, a document, an item of a list, a key.
    let (order, text) = text.split_once('\n').unwrap_or(("", text));
    let mut words = order.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let (verb, document, item, key) = (word(), word().parse().unwrap_or(0), word().parse().ok(), word());
    let place = Place { document, item };
    let done = match verb {
        "remove" => removed(text, place, key),
        "replace" => replaced(text),
        "rename" => renamed(text, place, key),
        "gather" => gathered(text, place, key),
        "hoist" => hoisted(text, place, key),
        "only-item" => only_item(text, document, &spec(place), key).map(|edited| is_map(&edited, place, key)),
        "key-items" => key_items(text, document, &spec(place), key, "name").map(|edited| is_map(&edited, place, key)),
        "sealed-secret" => set_sealed_secret_values(text, place, &[(key.to_owned(), NEW.to_owned())])
            .map(|edited| holds(&edited, place, "encryptedData", key)),
        _ => set(text, place, key),
    };
    if let Err(error) = done {
        ensure_absent(input, &error.to_string());
    }
}

fn set(text: &str, place: Place, key: &str) -> Result<(), EditError> {
    let entries = [(key.to_owned(), EntrySource::Sealed(NEW.to_owned()))];
    let edited = set_entries(text, place, &entries)?;
    holds(&edited, place, "data", key);
    let again = set_entries(&edited, place, &entries);
    assert_eq!(again.as_ref(), Ok(&edited), "the same edit once more changes something");
    let before = document::parse(text)?;
    let entries = |documents: &[Value]| data(documents, place, "data").cloned();
    if let Some(Value::Object(old)) = entries(&before)
        && !old.contains_key(key)
        && !old.is_empty()
    {
        let back = remove_entry(&edited, place, key)?;
        assert_eq!(entries(&document::parse(&back)?), Some(Value::Object(old)), "set and removed again");
    }
    Ok(())
}

fn removed(text: &str, place: Place, key: &str) -> Result<(), EditError> {
    let edited = remove_entry(text, place, key)?;
    let documents = document::parse(&edited)?;
    assert!(data(&documents, place, "data").is_none_or(|data| data.get(key).is_none()), "still there");
    Ok(())
}

fn replaced(text: &str) -> Result<(), EditError> {
    let before = document::parse(text)?;
    let mut replacements = BTreeMap::new();
    before.iter().for_each(|value| sealed_texts(value, &mut replacements));
    let (edited, after) = replace_texts(text, &before, &replacements)?;
    assert_eq!(document::parse(&edited).as_ref(), Ok(&after), "read again");
    assert!(!replacements.is_empty() || edited == text, "nothing was to be replaced");
    Ok(())
}

fn renamed(text: &str, place: Place, key: &str) -> Result<(), EditError> {
    let edited = rename(text, place.document, &spec(place), key, "another")?;
    let back = rename(&edited, place.document, &spec(place), "another", key)?;
    assert_eq!(document::parse(&back), document::parse(text), "renamed and back");
    Ok(())
}

fn gathered(text: &str, place: Place, key: &str) -> Result<(), EditError> {
    let edited = gather(text, place.document, &spec(place), "around", &[("metadata", "about"), (key, "of")])?;
    let (before, after) = (document::parse(text)?, document::parse(&edited)?);
    let around = data(&after, place, "around").expect("it is there");
    assert_eq!(around.get("about"), data(&before, place, "metadata"));
    assert_eq!(around.get("of"), data(&before, place, key));
    let back = hoist(&edited, place.document, &spec(place), "around");
    // A field may stand beside it that has one of the new names.
    if let Ok(back) = back {
        assert_eq!(data(&document::parse(&back)?, place, "of"), data(&before, place, key));
    }
    Ok(())
}

fn spec(place: Place) -> Vec<Step> {
    [place.path(), vec![Step::key("spec")]].concat()
}

fn hoisted(text: &str, place: Place, key: &str) -> Result<(), EditError> {
    let edited = hoist(text, place.document, &spec(place), key)?;
    let (before, after) = (document::parse(text)?, document::parse(&edited)?);
    let fields = data(&before, place, key).and_then(Value::as_object).expect("what is hoisted is a mapping");
    for (name, value) in fields {
        assert_eq!(data(&after, place, name), Some(value), "a field of it");
    }
    Ok(())
}

fn is_map(edited: &str, place: Place, key: &str) {
    let documents = document::parse(edited).expect("an edited text is readable");
    assert!(data(&documents, place, key).is_some_and(Value::is_object), "no mapping");
}

fn sealed_texts(value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) if text.starts_with("sb1:") => drop(found.insert(text.clone(), NEW.to_owned())),
        Value::Array(items) => items.iter().for_each(|item| sealed_texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| sealed_texts(field, found)),
        _ => {}
    }
}

fn data<'a>(documents: &'a [Value], place: Place, field: &str) -> Option<&'a Value> {
    let root = documents.get(place.document)?;
    let object = match place.item {
        Some(item) => root.get("items")?.get(item)?,
        None => root,
    };
    object.get("spec")?.get(field)
}

fn holds(edited: &str, place: Place, field: &str, key: &str) {
    let documents = document::parse(edited).expect("an edited text is readable");
    let entry = data(&documents, place, field).and_then(|data| data.get(key)).expect("the entry is there");
    assert_eq!(entry.get("sealed").unwrap_or(entry).as_str(), Some(NEW));
}
