//! Second half: gathered values into the Secret as it shall be.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use sealbridge_api::labels::permitted;
use sealbridge_manifest::{Plan, TargetKind, is_template};
use sealbridge_secret::{Digest, DigestKey, Purpose, SecretMap};
use sealbridge_template::TemplateError;

use crate::content::{Misfit, Tree};
use crate::gather::Gathered;
use crate::template::{self, Kept, Made};

/// The most bytes that the API server accepts in a Secret's data, names included.
pub const MAX_SECRET_BYTES: usize = 1024 * 1024;

/// The type of a Secret for which none is asked.
pub const DEFAULT_TYPE: &str = "Opaque";

/// A Secret as it shall be, or an object of another kind.
#[derive(Debug)]
pub struct DesiredSecret {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its kind, where that is not a Secret.
    pub manifest: Option<TargetKind>,
    /// Its type; `None` keeps that of a live Secret and is `Opaque` for a new one.
    pub type_: Option<String>,
    /// Whether it is immutable.
    pub immutable: bool,
    /// Labels as asked for.
    pub labels: BTreeMap<String, String>,
    /// Annotations as asked for.
    pub annotations: BTreeMap<String, String>,
    /// Its data; of another kind than a Secret the leaves of its content, see [`crate::Tree::leaves`].
    pub data: SecretMap,
}

impl DesiredSecret {
    /// Names it apart from all others of its namespace, as [`sealbridge_manifest::TargetPlan::id`] does.
    #[must_use]
    pub fn id(&self) -> Cow<'_, str> {
        self.manifest.as_ref().map_or(Cow::Borrowed(&self.name), |kind| Cow::Owned(kind.id(&self.name)))
    }

    /// The content of an object that is no Secret.
    ///
    /// # Errors
    /// [`Misfit`] where items of a list are told without those before them.
    pub fn content(&self) -> Result<Tree, Misfit> {
        let mut content = Tree::default();
        content.put(&self.data)?;
        Ok(content)
    }
}

/// Why gathered values make no Secret that the API server would take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// The data is too large.
    #[error("it would be larger than 1 MiB, and its largest entry is {largest}; split it into several, or store less")]
    TooLarge {
        /// The entry with the longest value.
        largest: String,
    },
    /// An entry cannot be made from the values.
    #[error(transparent)]
    Template(TemplateError),
    /// A template gives other bytes each time.
    #[error(
        "template {template}: {function} gives another result at every run, which only an entry of the Secret can keep; make the value once, with `seal set --generate`, and refer to it"
    )]
    Volatile {
        /// Where it stands.
        template: String,
        /// The function.
        function: &'static str,
    },
    /// A template in a Secret; what is wrong with it would tell of its text.
    #[error("the template in {place} cannot be rendered; try it under template.data, where the message says more")]
    InSecret {
        /// The Secret and its entry.
        place: String,
    },
    /// What a template of several entries makes is no map of texts.
    #[error("a literal of templateFrom does not make a YAML map of texts; make one `key: value` a line")]
    NotPairs,
    /// A name that a template makes is none of an entry.
    #[error(
        "a literal of templateFrom makes an entry that Kubernetes does not accept; use 1 to 253 of letters, digits, '-', '.' and '_'"
    )]
    PairName,
    /// What a template makes cannot be decoded.
    #[error(
        "what a template makes for {key} is not base64 of the alphabet that valuesDecodingStrategy names, with padding; correct one of the two"
    )]
    NotBase64 {
        /// The entry, label or annotation.
        key: String,
    },
    /// What is made for a label or annotation is no text.
    #[error("the label or annotation {key} is made of bytes that are no text; encode them, for example with b64enc")]
    MetadataNotText {
        /// Its name.
        key: String,
    },
    /// A value cannot stand in an object that holds texts.
    #[error("{field} is made of bytes that are no text, which only a Secret can hold; encode them, for example with b64enc")]
    NotText {
        /// The name of the field.
        field: String,
    },
    /// What a template makes for a path is no YAML.
    #[error("what the template for {field} makes is no YAML; correct it, and quote texts")]
    NotYaml {
        /// The name of the field.
        field: String,
    },
    /// Paths of templates contradict each other.
    #[error("templateFrom: {0}")]
    Misfit(Misfit),
    /// The type asks for entries that are not there.
    #[error("type {type_} needs the entry {entry}; add it under spec.data, or ask for another type")]
    EntryMissing {
        /// The Secret's type.
        type_: String,
        /// The entry.
        entry: &'static str,
    },
}

/// Whether the same values give other entries at every run, so that those that were made before have to be kept.
#[must_use]
pub fn is_volatile(plan: &Plan, gathered: &Gathered) -> bool {
    template::is_volatile(&plan.target, &gathered.templates)
}

/// Makes the Secret of `plan` from what was gathered, and of what was kept of the same values.
///
/// # Errors
/// [`AssembleError`] where the API server would refuse it.
pub fn assemble(plan: &Plan, gathered: Gathered, kept: Kept<'_>) -> Result<DesiredSecret, AssembleError> {
    let Made { data, labels, annotations } = template::render(&plan.target, gathered.values, &gathered.templates, kept)?;
    if data.byte_len() > MAX_SECRET_BYTES {
        return Err(AssembleError::TooLarge { largest: largest_entry(&data) });
    }
    if let Some(type_) = &plan.target.type_
        && gathered.absent.is_empty()
        && let Some(entry) = required_entries(type_).iter().find(|entry| data.get(entry).is_none())
    {
        return Err(AssembleError::EntryMissing { type_: type_.clone(), entry });
    }
    Ok(DesiredSecret {
        namespace: plan.namespace.clone(),
        name: plan.target.name.clone(),
        manifest: plan.target.manifest.clone(),
        type_: plan.target.type_.clone(),
        immutable: plan.target.immutable,
        labels,
        annotations,
        data,
    })
}

/// Whether the Secret of `plan`, or the object in its place, can be told from its data alone: neither labels nor annotations
/// are made of values.
#[must_use]
pub fn is_told_by_its_data(plan: &Plan) -> bool {
    let target = &plan.target;
    let mut texts = target.labels.values().chain(target.annotations.values());
    let makes_texts = target.has_metadata_templates && texts.any(|text| is_template(text));
    !makes_texts && target.template.further.iter().all(|further| further.target.is_content())
}

/// The Secret of `plan` with the data that it has, which was made of the same values; see [`is_told_by_its_data`].
#[must_use]
pub fn assemble_kept(plan: &Plan, data: SecretMap) -> DesiredSecret {
    let target = &plan.target;
    DesiredSecret {
        namespace: plan.namespace.clone(),
        name: target.name.clone(),
        manifest: target.manifest.clone(),
        type_: target.type_.clone(),
        immutable: target.immutable,
        labels: permitted(target.labels.clone()),
        annotations: permitted(target.annotations.clone()),
        data,
    }
}

/// The entry with the longest value; of several the first by name.
fn largest_entry(values: &SecretMap) -> String {
    let largest = values.iter().max_by_key(|(name, value)| (value.len(), Reverse(*name)));
    largest.map(|(name, _)| name.to_owned()).unwrap_or_default()
}

/// Entries that the API server demands for a type, `kubernetes/kubernetes` validation of core/v1 Secret.
fn required_entries(type_: &str) -> &'static [&'static str] {
    match type_ {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    }
}

/// The digest of a Secret's data, by which a foreign edit is told from our own write.
pub fn written_digest<'a>(
    key: &DigestKey,
    owner_uid: &str,
    target: &str,
    data: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Digest {
    let mut digester = key.digester(Purpose::Written, owner_uid, target);
    for (name, value) in data {
        digester.field(name.as_bytes()).field(value);
    }
    digester.finish()
}

#[cfg(test)]
mod tests {
    use sealbridge_secret::SecretBytes;

    use super::*;

    #[test]
    fn the_largest_entry_is_named() {
        let values = |lengths: &[(&str, usize)]| {
            lengths.iter().map(|(name, length)| ((*name).to_owned(), SecretBytes::new(vec![0; *length]))).collect::<SecretMap>()
        };
        assert_eq!(largest_entry(&values(&[("A", 1), ("B", 3), ("C", 2)])), "B");
        assert_eq!(largest_entry(&values(&[("A", 1), ("C", 3), ("B", 3)])), "B");
    }
}
