//! The size that a manifest may have: `kubectl apply` repeats it in an annotation of at most 256 KiB.

use std::path::Path;

use sealbridge_manifest::document::{self, Place};
use serde_json::Value;

use crate::error::Error;

const WARN_BYTES: usize = 128 * 1024;
const REFUSE_BYTES: usize = 240 * 1024;
const NAMED: usize = 3;

/// What is to be said of a size.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Nothing.
    Fine,
    /// It comes near to what can be applied.
    Warning(String),
}

/// Judges the size of one object of a text as JSON.
pub(crate) fn judge(path: &Path, text: &str, place: Place, allow_large: bool) -> Result<Judgement, Error> {
    if text.len() < WARN_BYTES {
        return Ok(Judgement::Fine);
    }
    let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem })?;
    let objects = document::objects(&documents);
    let Some(object) = objects.iter().find(|object| object.place == place) else { return Ok(Judgement::Fine) };
    judge_object(path, object.value, allow_large)
}

/// Judges the size of an object that was there before. One that could not be applied before is not refused for it
/// now.
pub(crate) fn judge_change(path: &Path, before: &Value, after: &Value, allow_large: bool) -> Result<Judgement, Error> {
    let was_large = || length(before) >= REFUSE_BYTES;
    judge_object(path, after, allow_large || length(after) >= REFUSE_BYTES && was_large())
}

fn judge_object(path: &Path, object: &Value, allow_large: bool) -> Result<Judgement, Error> {
    let bytes = length(object);
    if bytes < WARN_BYTES {
        return Ok(Judgement::Fine);
    }
    let largest = largest_entries(object);
    if bytes >= REFUSE_BYTES && !allow_large {
        return Err(Error::ManifestTooLarge { path: path.to_owned(), bytes, largest });
    }
    Ok(Judgement::Warning(format!(
        "{} has {bytes} bytes as JSON, and `kubectl apply` carries at most 262144; largest entries: {largest}",
        path.display()
    )))
}

fn length(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(0, |text| text.len())
}

fn largest_entries(object: &Value) -> String {
    let data = object.pointer("/spec/data").and_then(Value::as_object);
    let mut entries: Vec<_> = data.into_iter().flatten().map(|(key, value)| (length(value), key)).collect();
    entries.sort_by(|one, other| other.cmp(one));
    let named: Vec<_> = entries.iter().take(NAMED).map(|(bytes, key)| format!("{key} ({bytes} bytes)")).collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(bytes: usize) -> String {
        format!("kind: X\nspec:\n  data:\n    SMALL: {{plain: a}}\n    LARGE: {{plain: {}}}\n", "x".repeat(bytes))
    }

    fn judged(bytes: usize, allow_large: bool) -> Result<Judgement, String> {
        let place = Place { document: 0, item: None };
        judge(Path::new("a.yaml"), &manifest(bytes), place, allow_large).map_err(|error| error.to_string())
    }

    #[test]
    fn the_largest_entries_are_named() {
        assert_eq!(judged(100 * 1024, false), Ok(Judgement::Fine));
        assert!(matches!(judged(130 * 1024, false), Ok(Judgement::Warning(text)) if text.contains("LARGE (133132 bytes), SMALL")));
        assert!(judged(240 * 1024, false).expect_err("refused").contains("LARGE (245772 bytes)"));
        assert!(matches!(judged(240 * 1024, true), Ok(Judgement::Warning(_))));
    }
}
