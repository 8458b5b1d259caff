//! Named sets of recipients, which may name each other.
//!
//! Must never: repeat a text that could be a private key.

use std::collections::BTreeMap;

use sealbridge_manifest::document::shown_name;
use sealbridge_seal::{KeyId, Recipient, RecipientSet};

/// Sets with all that they stand for.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) members: BTreeMap<String, Vec<Recipient>>,
    pub(super) key_names: BTreeMap<KeyId, String>,
}

type Written = BTreeMap<String, Vec<String>>;

/// Reads the sets. A key that several list is best known by the smallest of them.
pub(super) fn resolve(written: &Written) -> Result<Sets, String> {
    let mut members = BTreeMap::new();
    for name in written.keys() {
        let mut found = Vec::new();
        collect(name, written, &mut Vec::new(), &mut found)?;
        RecipientSet::new(found.iter().cloned()).map_err(|problem| format!("recipients.{}: {problem}", shown_name(name)))?;
        members.insert(name.clone(), found);
    }
    let mut by_size: Vec<_> = members.iter().collect();
    by_size.sort_by_key(|(_, set)| set.len());
    let mut key_names = BTreeMap::new();
    for (name, set) in by_size {
        for recipient in set {
            key_names.entry(recipient.id()).or_insert_with(|| name.clone());
        }
    }
    Ok(Sets { members, key_names })
}

/// The recipients that names of sets, and recipients as they stand, stand for.
pub(super) fn members(names: &[String], sets: &BTreeMap<String, Vec<Recipient>>) -> Result<Vec<Recipient>, String> {
    let mut found = Vec::new();
    for name in names {
        match sets.get(name) {
            Some(set) => add(&mut found, set.iter().cloned()),
            None => add(&mut found, [recipient(name)?]),
        }
    }
    Ok(found)
}

fn collect<'a>(name: &'a str, written: &'a Written, above: &mut Vec<&'a str>, found: &mut Vec<Recipient>) -> Result<(), String> {
    let listed = written.get(name).map(Vec::as_slice).unwrap_or_default();
    if listed.is_empty() || name.to_ascii_lowercase().starts_with("age") && name.contains('1') {
        return Err(format!("recipients.{}: a set has at least one recipient and no name like one; correct it", shown_name(name)));
    }
    if above.contains(&name) {
        let way = above.iter().skip_while(|step| **step != name).copied().chain([name]).map(shown_name);
        let (name, way) = (shown_name(name), way.collect::<Vec<_>>().join(" > "));
        return Err(format!("recipients.{name}: the set contains itself ({way}); remove one of these"));
    }
    above.push(name);
    for member in listed {
        if written.contains_key(member) {
            collect(member, written, above, found)?;
        } else {
            add(found, [recipient(member).map_err(|problem| format!("recipients.{}: {problem}", shown_name(name)))?]);
        }
    }
    above.pop();
    Ok(())
}

fn add(found: &mut Vec<Recipient>, more: impl IntoIterator<Item = Recipient>) {
    for recipient in more {
        if !found.contains(&recipient) {
            found.push(recipient);
        }
    }
}

fn recipient(text: &str) -> Result<Recipient, String> {
    text.parse().map_err(|problem| {
        let is_name = is_plainly_a_name(text);
        if is_name { format!("{text:?} is not a set under `recipients`, and {problem}") } else { format!("{problem}") }
    })
}

/// Whether a text was meant as the name of a set. Only then is it repeated: a private key may stand there by mistake.
pub(crate) fn is_plainly_a_name(text: &str) -> bool {
    text.len() <= 40 && !text.to_ascii_lowercase().starts_with("age") && shown_name(text) == text
}
