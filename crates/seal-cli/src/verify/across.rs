//! What only several files together show: stores and generators that nothing declares, keys that two objects write, reads that a store's
//! limits refuse.

mod generators;
mod limits;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use sealbridge_manifest::{GeneratorRef, SourceRef, StoreGroup};
use sealbridge_seal::KeyId;

use super::draft::{At, Draft};
use super::rule::Rule;
use crate::namespaces;

/// Where a sealed value stands: the object, and the entry or path.
pub(crate) type SealedPlace = (String, String);

/// What one file declares and names.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(super) stores: Vec<Store>,
    pub(super) uses: Vec<StoreUse>,
    pub(super) generators: Vec<Generator>,
    pub(super) generator_uses: Vec<GeneratorUse>,
    pub(super) written: Vec<Written>,
    pub(super) readings: Vec<Reading>,
    /// Namespaces that are declared, with their labels.
    pub(super) namespaces: Vec<namespaces::Declared>,
    /// To which keys each value claims to be sealed.
    pub(super) sealed: BTreeMap<SealedPlace, (At, Vec<KeyId>)>,
}

/// A store that is declared. A SecretStore whose namespace is not known counts in every one.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) group: StoreGroup,
    pub(super) is_cluster: bool,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    /// To whom it gives what; `None` if that cannot be told.
    pub(super) given: Option<crate::render::stores::Store>,
}

/// A store that is named.
#[derive(Debug)]
pub(super) struct StoreUse {
    pub(super) group: StoreGroup,
    pub(super) is_cluster: bool,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) at: At,
    pub(super) label: String,
}

/// A generator that is declared. One whose namespace is not known counts in every one.
#[derive(Debug)]
pub(super) struct Generator {
    pub(super) named: GeneratorRef,
    pub(super) namespace: Option<String>,
}

/// A generator that is named.
#[derive(Debug)]
pub(super) struct GeneratorUse {
    pub(super) named: GeneratorRef,
    pub(super) namespace: Option<String>,
    pub(super) at: At,
    pub(super) label: String,
}

/// The keys of a Secret that an object writes.
#[derive(Debug)]
pub(super) struct Written {
    /// Objects of different folders may be for different clusters.
    pub(super) folder: PathBuf,
    pub(super) namespace: String,
    pub(super) secret: String,
    /// Kind and name.
    pub(super) object: String,
    /// Kind and name of the object from which it takes the Secret over.
    pub(super) adopts: Option<String>,
    pub(super) label: String,
    /// Each with where it is said.
    pub(super) keys: BTreeMap<String, At>,
}

/// What is read from a ClusterSecretStore.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) namespace: String,
    pub(super) source: SourceRef,
    pub(super) at: At,
    pub(super) label: String,
    /// The entry; empty for a source of several.
    pub(super) entry: String,
}

impl Written {
    fn is_taken_over_by(&self, other: &Self) -> bool {
        other.adopts.as_ref() == Some(&self.object)
    }
}

/// Judges all files together; a finding belongs to the file of its number.
pub(crate) fn judge(files: &[Declared]) -> Vec<(usize, Draft)> {
    let mut drafts = Vec::new();
    missing_stores(files, &mut drafts);
    generators::missing(files, &mut drafts);
    keys_twice(files, &mut drafts);
    limits::judge(files, &mut drafts);
    drafts
}

fn missing_stores(files: &[Declared], drafts: &mut Vec<(usize, Draft)>) {
    let mut declared: BTreeMap<(StoreGroup, bool, &str), Vec<Option<&str>>> = BTreeMap::new();
    for store in files.iter().flat_map(|file| &file.stores) {
        declared.entry((store.group, store.is_cluster, &store.name)).or_default().push(store.namespace.as_deref());
    }
    let groups: BTreeSet<_> = declared.keys().map(|(group, ..)| *group).collect();
    for (number, file) in files.iter().enumerate() {
        for used in &file.uses {
            // Whose stores a tree has none of are kept elsewhere; the operator of these objects is perhaps not ours.
            if used.group == StoreGroup::ExternalSecrets && !groups.contains(&used.group) {
                continue;
            }
            let namespaces =
                declared.get(&(used.group, used.is_cluster, used.name.as_str())).map(Vec::as_slice).unwrap_or_default();
            let fits =
                |namespace: Option<&str>| namespace.is_none() || used.namespace.is_none() || namespace == used.namespace.as_deref();
            if namespaces.iter().copied().any(fits) {
                continue;
            }
            let kind = if used.is_cluster { "ClusterSecretStore" } else { "SecretStore" };
            let problem = format!("{kind} {} is not declared by any file that was read", used.name);
            let advice = "correct the name, or pass --skip store-missing if stores are kept elsewhere";
            drafts.push((number, Draft::new(Rule::StoreMissing, used.at.clone(), problem, advice).of(&used.label)));
        }
    }
}

fn keys_twice(files: &[Declared], drafts: &mut Vec<(usize, Draft)>) {
    let mut first: BTreeMap<(&PathBuf, &str, &str, &str), (usize, &Written)> = BTreeMap::new();
    for (number, written) in
        files.iter().enumerate().flat_map(|(number, file)| file.written.iter().map(move |written| (number, written)))
    {
        for (key, at) in &written.keys {
            let place = (&written.folder, written.namespace.as_str(), written.secret.as_str(), key.as_str());
            let Some((file, earlier)) = first.get(&place) else {
                first.insert(place, (number, written));
                continue;
            };
            // The same object in two files is one of them for another cluster, or a patch.
            if earlier.object == written.object && *file != number
                || earlier.is_taken_over_by(written)
                || written.is_taken_over_by(earlier)
            {
                continue;
            }
            let problem = format!("{} writes the same key of Secret {}/{}", earlier.label, written.namespace, written.secret);
            let advice = "remove one of the two entries";
            drafts.push((number, Draft::new(Rule::KeyTwice, at.clone(), problem, advice).of(&written.label).entry(key)));
        }
    }
}
