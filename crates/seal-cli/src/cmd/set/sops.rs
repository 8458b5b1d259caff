//! `seal set` in a SOPS document: the value is encrypted with the document's own data key.
//!
//! Must never: put a value where the document's selector leaves it plain.

use std::path::Path;

use sealbridge_secret::SecretBytes;
use sealbridge_sops::Opened;

use super::SetArgs;
use super::assignment::{self, Assignment, What};
use super::report::{self, Done};
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::Output;
use crate::sops::{self, SopsFile, SopsPath};
use crate::value::{self, Asking, Source};

/// Encrypts the values and writes the document.
pub(super) fn run(args: &SetArgs, document: SopsFile, output: Output) -> Result<(), Error> {
    let seal = &args.seal;
    if args.reference.is_some()
        || args.name.is_some()
        || seal.scope.is_some()
        || seal.namespace.is_some()
        || !seal.recipients.is_empty()
    {
        return Err(Error::Arguments(
            "a SOPS document has its own recipients and is for no Secret; leave out --ref, --name, --namespace, --scope and -r",
        ));
    }
    let assignments = assignments(args)?;
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let keys = sops::keys(&args.identities, config.as_ref())?;
    let mut file = document.open(&keys)?;
    let asking = Asking { keep_newline: args.keep_newline, output };
    let mut done = Vec::new();
    for assignment in &assignments {
        let What::Value(source) = &assignment.what else { return Err(Error::Arguments("a SOPS document holds no references")) };
        let place = SopsPath::find(&file.opened, args.path.as_deref().unwrap_or(&assignment.key))?;
        let value = value::read(source, &assignment.key, asking)?;
        let path = file.path();
        let replaces = put(&mut file.opened, &path, &place, value)?;
        let what = report::What::Encrypted { words: format!("in {}{}", args.file.display(), super::made(source)) };
        done.push(Done::in_sops(&sops::shown(&place.steps), what, replaces));
    }
    let text = file.sealed()?;
    if !args.dry_run {
        file.replace(&text)?;
    }
    report::tell(output, &done, args.dry_run, &args.file)
}

/// The paths and what they get. With `--path` it is the place of the one value.
fn assignments(args: &SetArgs) -> Result<Vec<Assignment>, Error> {
    if let (true, Some(path)) = (names_nothing(args), &args.path) {
        sops::ensure_path(path)?;
        return Ok(vec![Assignment { key: path.clone(), what: What::Value(Source::Asked) }]);
    }
    let read = assignment::read(&args.keys, &args.from_file, &args.from_env, &args.generate, None, sops::ensure_path)?;
    ensure_one_place(args, read)
}

/// Puts a value at a place; whether one was there.
pub(super) fn put(opened: &mut Opened, file: &Path, place: &SopsPath, value: SecretBytes) -> Result<bool, Error> {
    let replaces = opened.get(place.document, &place.steps).is_some();
    sops::put(opened, file, place, value, None)?;
    Ok(replaces)
}

/// Whether no entry is named but with `--path`.
pub(super) fn names_nothing(args: &SetArgs) -> bool {
    args.keys.is_empty() && args.from_file.is_empty() && args.from_env.is_empty() && args.generate.is_empty()
}

/// Refuses several values for one `--path`.
pub(super) fn ensure_one_place(args: &SetArgs, read: Vec<Assignment>) -> Result<Vec<Assignment>, Error> {
    match (&args.path, read.len()) {
        (Some(_), 2..) => {
            Err(Error::Arguments("--path is the place of exactly one value; leave it out, and name the places as KEY"))
        }
        _ => Ok(read),
    }
}
