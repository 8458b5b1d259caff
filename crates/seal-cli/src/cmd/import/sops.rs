//! `seal import` into a SOPS document that is there: the values join it, nothing that it has is replaced.
//!
//! Must never: make a document, which sops does with keys and rules that are not known here.

use std::path::{Path, PathBuf};

use sealbridge_sops::Step;

use super::{ImportArgs, farewell};
use crate::config::{self, Config};
use crate::count::counted;
use crate::error::Error;
use crate::import::Imported;
use crate::output;
use crate::sops::{self, CreationRules, OpenFile, SopsFile, SopsPath};

/// Puts the values into the document.
pub(super) fn run(args: &ImportArgs, document: SopsFile, secrets: &[Imported], inputs: &[PathBuf]) -> Result<(), Error> {
    let seal = &args.seal;
    let is_for_a_secret = args.name.is_some() || args.type_.is_some() || seal.namespace.is_some() || seal.scope.is_some();
    if is_for_a_secret || !seal.recipients.is_empty() {
        return Err(Error::Arguments(
            "a SOPS document has its own recipients and is for no Secret; leave out --name, --type, --namespace, --scope and -r",
        ));
    }
    let [secret] = secrets else {
        return Err(Error::Arguments("the entries of one Secret at a time go into a SOPS document; split the input"));
    };
    let path = document.path();
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&path))?;
    let keys = sops::keys(&args.identities, config.as_ref())?;
    let mut file = document.open(&keys)?;
    let above = above(&file);
    for (key, value) in secret.values.iter() {
        let place = SopsPath { document: 0, steps: above.iter().cloned().chain([Step::key(key)]).collect() };
        let shown = sops::shown(&place.steps);
        if file.opened.get(place.document, &place.steps).is_some() {
            return Err(Error::ImportThere { path, key: shown });
        }
        sops::put(&mut file.opened, &path, &place, value.duplicate(), None)?;
    }
    let text = file.sealed()?;
    file.replace(&text)?;
    if !args.quiet {
        output::note(&format!("encrypted {} in {}", counted(secret.values.len(), "entry"), path.display()));
        if secret.has_more_than_values() {
            output::note("the type, labels and annotations of the Secret have no place in a SOPS document and were left out");
        }
        inputs.iter().for_each(|input| farewell(input));
    }
    Ok(())
}

/// In an encrypted Secret manifest values stand under `stringData`, elsewhere on top.
fn above(file: &OpenFile) -> Vec<Step> {
    let kind = file.opened.get(0, &[Step::key("kind")]);
    let is_secret = kind.is_some_and(|kind| kind.bytes().expose() == b"Secret");
    if is_secret { vec![Step::key("stringData")] } else { Vec::new() }
}

/// Refuses a new file that only `.sops.yaml` has a rule for.
pub(super) fn ensure_is_none(path: &Path) -> Result<(), Error> {
    let wanted = CreationRules::find(path)?.map(|rules| rules.wanted_for(path)).transpose()?.flatten();
    if wanted.is_some() { Err(Error::NewSopsDocument { path: path.to_owned() }) } else { Ok(()) }
}
