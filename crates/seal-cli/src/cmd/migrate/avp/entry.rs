//! What each entry of a Secret with placeholders is in a BridgedSecret.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_manifest::document::Object;
use serde_json::Value;

use super::placeholder::{Defaults, Part, Placeholder, is_in, parts};

/// An entry of the new object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A value of a store.
    Remote {
        path: String,
        key: String,
        version: Option<String>,
        /// Whether it is base64 there and not here.
        is_decoded: bool,
        is_optional: bool,
    },
    /// A text that is no secret, since it lies in Git.
    Plain(String),
}

/// All entries.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// What is read, by entry.
    pub(super) data: BTreeMap<String, Source>,
    /// What is made of that, by entry; where this is empty, the entries are what is read.
    pub(super) templates: BTreeMap<String, String>,
}

/// The text of an entry under `data` that is base64 of a text with placeholders, which the plugin looks into.
pub(super) fn decoded(text: &str, defaults: &Defaults) -> Option<String> {
    let decoded = String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()?;
    is_in(&decoded, defaults).then_some(decoded)
}

impl Entries {
    /// Those of a Secret.
    pub(super) fn of(object: &Object<'_>, defaults: &Defaults) -> Result<Self, String> {
        let mut entries = Self::default();
        let texts = |field: &str| object.value.get(field).and_then(Value::as_object).into_iter().flatten();
        let names: BTreeSet<String> = texts("data").chain(texts("stringData")).map(|(key, _)| key.clone()).collect();
        let mut made = BTreeMap::new();
        for (field, is_base64) in [("data", true), ("stringData", false)] {
            for (key, value) in texts(field) {
                let text = value.as_str().ok_or_else(|| format!("{field}.{key} is not text; put it in quotes"))?;
                crate::target::ensure_key(key).map_err(|_| format!("{field}: Kubernetes does not accept an entry's name"))?;
                let one =
                    entries.one(key, text, is_base64, defaults, &names).map_err(|problem| format!("{field}.{key}: {problem}"))?;
                // The later field counts.
                made.insert(key.clone(), one);
            }
        }
        if made.values().any(Option::is_some) {
            if entries.data.values().any(|source| matches!(source, Source::Remote { is_optional: true, .. })) {
                return Err("remove-missing does not go with text around placeholders or base64encode in stringData; take the \
                            annotation off"
                    .to_owned());
            }
            entries.templates = made
                .into_iter()
                .map(|(key, text)| {
                    let value = text.unwrap_or_else(|| value_of(&key, ""));
                    (key, value)
                })
                .collect();
        }
        Ok(entries)
    }

    /// How many values are read or stand there.
    pub(super) fn sources(&self) -> usize {
        self.data.len()
    }

    /// Adds one entry. The answer is its template, where it needs one.
    fn one(
        &mut self,
        key: &str,
        text: &str,
        is_base64: bool,
        defaults: &Defaults,
        names: &BTreeSet<String>,
    ) -> Result<Option<String>, String> {
        let inner = if is_base64 { decoded(text, defaults) } else { None };
        let (text, is_base64) = inner.as_deref().map_or((text, is_base64), |inner| (inner, false));
        let parts = parts(text, defaults);
        match parts.as_slice() {
            [Part::Placeholder(whole)] => {
                let steps: Vec<&str> = whole.modifiers.iter().map(String::as_str).collect();
                let (is_decoded, is_encoded) = match (is_base64, steps.as_slice()) {
                    (true, ["base64encode"]) | (false, []) => (false, false),
                    (true, [] | ["base64decode", "base64encode"]) | (false, ["base64decode"]) => (true, false),
                    (false, ["base64encode"]) => (false, true),
                    _ => return Err(modifiers_refused()),
                };
                let is_optional = whole.is_generic && defaults.removes_missing;
                self.data.insert(key.to_owned(), remote(whole, is_decoded, is_optional));
                Ok(is_encoded.then(|| value_of(key, " | b64enc")))
            }
            parts if parts.iter().all(|part| matches!(part, Part::Text(_))) => {
                let text = if is_base64 { plain(text)? } else { text.to_owned() };
                self.data.insert(key.to_owned(), Source::Plain(text));
                Ok(None)
            }
            _ if is_base64 => Err("text around a placeholder is base64 here; put the entry under stringData".to_owned()),
            parts => self.template(key, parts, defaults, names).map(Some),
        }
    }

    /// The template of a text with placeholders in it, each of which is an entry of its own that the Secret does not get.
    fn template(&mut self, key: &str, parts: &[Part], defaults: &Defaults, names: &BTreeSet<String>) -> Result<String, String> {
        let stem: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut template = String::new();
        let mut number = 0_usize;
        for part in parts {
            let placeholder = match part {
                Part::Text(text) => {
                    template.push_str(&text.replace("{{", "{{ \"{{\" }}"));
                    continue;
                }
                Part::Placeholder(placeholder) => placeholder,
            };
            let steps: Vec<&str> = placeholder.modifiers.iter().map(String::as_str).collect();
            let (is_decoded, pipe) = match steps.as_slice() {
                [] => (false, ""),
                ["base64encode"] => (false, " | b64enc"),
                ["base64decode"] => (true, ""),
                _ => return Err(modifiers_refused()),
            };
            let name = loop {
                number += 1;
                let name = format!("{stem}_{number}");
                if !names.contains(&name) && !self.data.contains_key(&name) {
                    break name;
                }
            };
            template.push_str(&value_of(&name, pipe));
            let is_optional = placeholder.is_generic && defaults.removes_missing;
            self.data.insert(name, remote(placeholder, is_decoded, is_optional));
        }
        Ok(template)
    }
}

fn modifiers_refused() -> String {
    "only base64encode and base64decode have a counterpart; keep the value in the store as it is needed, or write a template \
     under target.template.data by hand"
        .to_owned()
}

fn remote(placeholder: &Placeholder, is_decoded: bool, is_optional: bool) -> Source {
    let Placeholder { path, key, version, .. } = placeholder.clone();
    Source::Remote { path, key, version, is_decoded, is_optional }
}

fn plain(text: &str) -> Result<String, String> {
    let bytes = BASE64_STANDARD.decode(text.split_whitespace().collect::<String>());
    let bytes = bytes.map_err(|_| "it is not base64; correct it, or put it under stringData".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "it is not text; seal it with `seal set`, and take it out here".to_owned())
}

/// The template that is a value.
fn value_of(name: &str, pipe: &str) -> String {
    let mut chars = name.chars();
    let is_name = chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name { format!("{{{{ .{name}{pipe} }}}}") } else { format!("{{{{ index . \"{name}\"{pipe} }}}}") }
}
