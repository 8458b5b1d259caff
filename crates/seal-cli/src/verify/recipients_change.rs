//! Who can open a value before a range and after it: of each sealed value, and of each set of the rules.

use std::collections::BTreeMap;
use std::path::Path;

use sealbridge_manifest::edit::Step;
use sealbridge_seal::{KeyId, Recipient};

use super::across::Declared;
use super::draft::{At, Draft};
use super::rule::Rule;
use crate::config::Config;
use crate::recipients::{self, without};

const ADVICE: &str = "see that this is meant";

/// The values of one file.
pub(super) fn of_values(old: &Declared, new: &Declared, names: impl Fn(&[KeyId]) -> String) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (place, (at, ids)) in &new.sealed {
        let Some((_, before)) = old.sealed.get(place) else { continue };
        let (object, entry) = place;
        if let Some(change) = change(before, ids, &names) {
            drafts.push(
                Draft::new(Rule::RecipientsChanged, at.clone(), format!("its recipients change: {change}"), ADVICE)
                    .of(object)
                    .entry(entry),
            );
        }
    }
    drafts
}

/// The sets and the rules of `.sealbridge.yaml`: a rule is the one with the same path. A text that cannot be read is told by whoever reads the rules.
pub(super) fn of_rules(path: &Path, old: &str, new: &str) -> Vec<Draft> {
    let (Ok(old), Ok(new)) = (Config::parse(path, old), Config::parse(path, new)) else { return Vec::new() };
    let sets = |config: &Config| -> BTreeMap<String, Vec<KeyId>> {
        config.sets.iter().map(|(name, set)| (name.clone(), set.iter().map(Recipient::id).collect())).collect()
    };
    let told = |before: &[KeyId], after: &[KeyId]| change(before, after, &|ids| recipients::names(None, ids));
    let mut drafts = Vec::new();
    let before = sets(&old);
    for (name, ids) in &sets(&new) {
        if let Some(change) = before.get(name).and_then(|before| told(before, ids)) {
            let at = At::Path(0, vec![Step::key("recipients"), Step::key(name)]);
            let problem = format!("the recipients of the set change: {change}");
            drafts.push(Draft::new(Rule::RecipientsChanged, at, problem, ADVICE).entry(name));
        }
    }
    // What changes within a set is told of the set.
    let before: BTreeMap<&str, &[String]> = old.rules_with_recipients().map(|(_, path, names)| (path, names)).collect();
    for (position, path, names) in new.rules_with_recipients() {
        let Some(before) = before.get(path).filter(|before| **before != names) else { continue };
        if let Some(change) = told(&old.ids_of(before), &new.ids_of(names)) {
            let at = At::Path(0, vec![Step::key("rules"), Step::Index(position), Step::key("recipients")]);
            let problem = format!("the recipients of the rule change: {change}");
            drafts.push(Draft::new(Rule::RecipientsChanged, at, problem, ADVICE).entry(path));
        }
    }
    drafts
}

/// `+ dev, - prod`
fn change(before: &[KeyId], after: &[KeyId], names: &impl Fn(&[KeyId]) -> String) -> Option<String> {
    let parts = [("+", without(after, before)), ("-", without(before, after))];
    let told: Vec<_> =
        parts.into_iter().filter(|(_, ids)| !ids.is_empty()).map(|(mark, ids)| format!("{mark} {}", names(&ids))).collect();
    (!told.is_empty()).then(|| told.join(", "))
}
