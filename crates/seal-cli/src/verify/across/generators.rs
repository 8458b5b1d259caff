//! Generators that are named and that no file declares.

use std::collections::BTreeMap;

use sealbridge_manifest::GeneratorRef;

use super::super::draft::Draft;
use super::super::rule::Rule;
use super::Declared;

/// Names them, unless the tree has no generators at all: then they are kept elsewhere.
pub(super) fn missing(files: &[Declared], drafts: &mut Vec<(usize, Draft)>) {
    let mut declared: BTreeMap<&GeneratorRef, Vec<Option<&str>>> = BTreeMap::new();
    for generator in files.iter().flat_map(|file| &file.generators) {
        declared.entry(&generator.named).or_default().push(generator.namespace.as_deref());
    }
    if declared.is_empty() {
        return;
    }
    for (number, file) in files.iter().enumerate() {
        for used in &file.generator_uses {
            let mut namespaces = declared.get(&used.named).into_iter().flatten();
            let own = used.namespace.as_deref();
            if namespaces.any(|namespace| namespace.is_none() || own.is_none() || *namespace == own) {
                continue;
            }
            let problem = format!("{} {} is not declared by any file that was read", used.named.kind.as_str(), used.named.name);
            let advice = "correct the kind or the name, or pass --skip generator-missing if generators are kept elsewhere";
            drafts.push((number, Draft::new(Rule::GeneratorMissing, used.at.clone(), problem, advice).of(&used.label)));
        }
    }
}
