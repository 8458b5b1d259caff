//! The BridgedSecret that entries are written to, in a file that may not exist yet.
//!
//! Must never: write the file itself, or touch another object in it.

use sealbridge_manifest::document::Place;
use sealbridge_manifest::edit::{self, EntrySource};
use sealbridge_seal::Target;

use crate::config::{self, Rule};
use crate::error::Error;
use crate::manifest_file::{BridgedSecretAt, ManifestFile};
use crate::new_manifest;
use crate::output::Output;
use crate::size::{self, Judgement};
use crate::target::{NamespaceSources, ensure_object_name};

/// Where entries go.
#[derive(Debug)]
pub(crate) struct Destination<'a> {
    file: &'a ManifestFile,
    /// The object, where the file exists.
    pub(crate) present: Option<BridgedSecretAt<'a>>,
    /// The name of the Secret.
    pub(crate) name: String,
    /// The namespace of the Secret.
    pub(crate) namespace: String,
}

impl<'a> Destination<'a> {
    /// The object of this name, or the only one, or a new one that is called like its file.
    pub(crate) fn of(
        file: &'a ManifestFile,
        name: Option<&str>,
        namespace: Option<&str>,
        rule: Option<&Rule>,
    ) -> Result<Self, Error> {
        let present = if file.exists() { Some(file.bridged_secret(name)?) } else { None };
        let folder = config::folder_of(&file.path());
        let manifest = present.and_then(|present| present.namespace());
        let namespace = NamespaceSources { flag: namespace, manifest, rule, folder: &folder }.resolve()?;
        let name = match present {
            Some(present) => present.secret_name().to_owned(),
            None => new_name(file, name)?,
        };
        Ok(Self { file, present, name, namespace })
    }

    /// An entry of the Secret.
    pub(crate) fn target<'t>(&'t self, key: &'t str) -> Target<'t> {
        Target { namespace: &self.namespace, name: &self.name, key }
    }

    /// The text of the file with these entries.
    pub(crate) fn with(&self, entries: &[(String, EntrySource)]) -> Result<String, Error> {
        let Some(present) = self.present else {
            let nodes = entries.iter().map(|(key, source)| (key.as_str(), source.node()));
            return Ok(new_manifest::new(&self.name, &self.namespace, nodes));
        };
        edit::set_entries(self.file.text(), present.place(), entries).map_err(|problem| self.file.edit_error(problem))
    }

    /// Refuses a text that cannot be applied, and warns when it comes near to that.
    pub(crate) fn judge_size(&self, text: &str, allow_large: bool, output: Output) -> Result<(), Error> {
        let place: Place = self.present.map_or(new_manifest::FIRST, |present| present.place());
        if let Judgement::Warning(text) = size::judge(&self.file.path(), text, place, allow_large)? {
            output.note(&text);
        }
        Ok(())
    }
}

fn new_name(file: &ManifestFile, name: Option<&str>) -> Result<String, Error> {
    let path = file.path();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.map_or(stem, str::to_owned);
    ensure_object_name(&name)?;
    if path.extension().is_some_and(|extension| extension == "json") {
        return Err(Error::Arguments("a new manifest is written as YAML; give the file a name that ends in .yaml"));
    }
    Ok(name)
}
