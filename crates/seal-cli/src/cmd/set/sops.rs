//! `seal set` in a SOPS document: the value is encrypted with the document's own data key.
//!
//! Must never: put a value where the document's selector leaves it plain.

use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Format, Kind, Scalar};

use super::SetArgs;
use super::assignment::{self, Assignment, What};
use super::report::{self, Done};
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::Output;
use crate::sops::{self, OpenFile, SopsFile, SopsPath};
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
        let present = file.opened.get(place.document, &place.steps).map(Scalar::kind);
        let value = scalar(&file, &place, value::read(source, &assignment.key, asking)?, present)?;
        file.opened.set(place.document, &place.steps, value).map_err(|problem| file.error(problem))?;
        ensure_encrypted(&mut file, &place)?;
        let what = report::What::Encrypted { words: format!("in {}{}", args.file.display(), super::made(source)) };
        done.push(Done::in_sops(&sops::shown(&place.steps), what, present.is_some()));
    }
    let text = file.sealed()?;
    if !args.dry_run {
        file.replace(&text)?;
    }
    report::tell(output, &done, args.dry_run, &args.file)
}

/// The paths and what they get. With `--path` it is the place of the one value.
fn assignments(args: &SetArgs) -> Result<Vec<Assignment>, Error> {
    let is_bare = args.keys.is_empty() && args.from_file.is_empty() && args.from_env.is_empty() && args.generate.is_empty();
    if let (true, Some(path)) = (is_bare, &args.path) {
        sops::ensure_path(path)?;
        return Ok(vec![Assignment { key: path.clone(), what: What::Value(Source::Asked) }]);
    }
    let read = assignment::read(&args.keys, &args.from_file, &args.from_env, &args.generate, None, sops::ensure_path)?;
    match (&args.path, read.len()) {
        (Some(_), 2..) => {
            Err(Error::Arguments("--path is the place of exactly one value; leave it out, and name the places as KEY"))
        }
        _ => Ok(read),
    }
}

/// The value with the type of the one that it replaces; text where there was none.
fn scalar(file: &OpenFile, place: &SopsPath, value: SecretBytes, present: Option<Kind>) -> Result<Scalar, Error> {
    let key = || sops::shown(&place.steps);
    if file.opened.format() == Format::Binary {
        return Ok(Scalar::raw(value));
    }
    let Ok(text) = std::str::from_utf8(value.expose()) else {
        return Err(Error::NotTextDocument { path: file.path(), key: key() });
    };
    let kind = match present {
        None | Some(Kind::Str | Kind::Bytes) => return Ok(Scalar::text(text)),
        Some(kind) => kind,
    };
    Scalar::of_plain(kind, value).ok_or_else(|| Error::SopsOtherType { path: file.path(), key: key(), kind: words(kind) })
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "whole number",
        Kind::Float => "number",
        Kind::Bool => "truth value",
        Kind::Time => "point in time",
        Kind::Str | Kind::Bytes => "text",
    }
}

fn ensure_encrypted(file: &mut OpenFile, place: &SopsPath) -> Result<(), Error> {
    let path = file.path();
    let leaves = file.opened.all_leaves().map_err(|problem| sops::refused(path.clone(), problem))?;
    let leaf = leaves.iter().find(|leaf| leaf.document == place.document && leaf.path == place.steps);
    if leaf.is_some_and(|leaf| leaf.is_selected) {
        Ok(())
    } else {
        Err(Error::SopsPlainPlace { path, key: sops::shown(&place.steps) })
    }
}
