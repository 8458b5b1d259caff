//! `seal edit` of a SealedSecret: opened with a private key of its controller, sealed with its certificate.
//!
//! Must never: write a value to a disk, or seal again what did not change.

use sealbridge_manifest::edit;

use super::changes::{Changes, Present};
use super::{EditArgs, edited, is_agreed};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::recovery_keys;
use crate::sealed_secret::{SealedSecretAt, Sealing};
use crate::size::{self, Judgement};

/// Opens, lets a person edit, and writes what was agreed to.
pub(super) fn run(args: &EditArgs, file: &ManifestFile, secret: &SealedSecretAt<'_>, output: Output) -> Result<(), Error> {
    let sealing = Sealing::of(secret, &args.file, &args.seal, args.certificate.as_deref(), &args.config)?;
    let present = open(args, secret, &sealing)?;
    let Some(changes) = edited(args, &format!("{}/{}", sealing.namespace, secret.name()), &present)? else {
        return output.say("nothing changed");
    };
    if !is_agreed(args, &changes.described(&present), output)? {
        return Ok(());
    }
    let text = written(file, secret, &changes, &sealing)?;
    if let Judgement::Warning(text) = size::judge(&args.file, &text, secret.place(), args.allow_large)? {
        output.note(&text);
    }
    file.replace(&text)?;
    output.say(&format!("wrote {}", args.file.display()))?;
    output.document(&changes.document(&args.file, &present))
}

/// All values; an editor that misses some would remove them.
fn open(args: &EditArgs, secret: &SealedSecretAt<'_>, sealing: &Sealing) -> Result<Present, Error> {
    let keys = recovery_keys::load(&args.recovery)?;
    let mut present = Present::default();
    let mut failed = Vec::new();
    for (key, text) in secret.entries() {
        if keys.is_empty() {
            return Err(Error::NoRecoveryKey);
        }
        match keys.open(text, &sealing.label) {
            Ok(opened) => present.add_of_object(key, opened.value),
            Err(problem) => failed.push(format!("{}/{}, entry {key}: {problem}", sealing.namespace, secret.name())),
        }
    }
    if failed.is_empty() { Ok(present) } else { Err(Error::Several(failed)) }
}

fn written(file: &ManifestFile, secret: &SealedSecretAt<'_>, changes: &Changes, sealing: &Sealing) -> Result<String, Error> {
    let sealed = |(key, value)| Ok((String::from(key), sealing.seal(key, value)?));
    let values = changes.set().map(sealed).collect::<Result<Vec<_>, Error>>()?;
    let failed = |problem| file.edit_error(problem);
    let mut text = edit::set_sealed_secret_values(file.text(), secret.place(), &values).map_err(failed)?;
    for key in changes.removed() {
        text = edit::remove_sealed_secret_value(&text, secret.place(), key).map_err(failed)?;
    }
    Ok(text)
}
