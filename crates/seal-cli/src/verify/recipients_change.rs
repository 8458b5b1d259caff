//! Who can open a value before a range and after it: of each sealed value, and of each set of the rules.

use std::collections::BTreeMap;
use std::path::Path;

use sealbridge_manifest::edit::Step;
use sealbridge_seal::KeyId;

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

/// The sets of `.sealbridge.yaml`. A text that cannot be read is told by whoever reads the rules.
pub(super) fn of_rules(path: &Path, old: &str, new: &str) -> Vec<Draft> {
    let sets = |text: &str| -> BTreeMap<String, Vec<KeyId>> {
        let sets = Config::parse(path, text).map(|config| config.sets).unwrap_or_default();
        sets.into_iter().map(|(name, set)| (name, set.iter().map(sealbridge_seal::Recipient::id).collect())).collect()
    };
    let (old, new) = (sets(old), sets(new));
    let mut drafts = Vec::new();
    for (name, ids) in &new {
        let change = old.get(name).and_then(|before| change(before, ids, &|ids| recipients::names(None, ids)));
        if let Some(change) = change {
            let at = At::Path(0, vec![Step::key("recipients"), Step::key(name)]);
            let problem = format!("the recipients of the set change: {change}");
            drafts.push(Draft::new(Rule::RecipientsChanged, at, problem, ADVICE).entry(name));
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
