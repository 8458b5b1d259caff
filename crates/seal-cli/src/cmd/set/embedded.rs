//! `seal set` in a SOPS document under `dataFrom`: the value is encrypted with the document's own data key.

use super::assignment::{self, Assignment, What};
use super::report::{self, Done};
use super::{SetArgs, sops};
use crate::config::{self, Config};
use crate::embedded::{EmbeddedDocument, EmbeddedPath};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::size::{self, Judgement};
use crate::value::{self, Asking, Source};

/// Whether the arguments name values of such a document.
pub(super) fn is_meant(args: &SetArgs) -> bool {
    let named = args.keys.iter().chain(&args.from_file).chain(&args.from_env).chain(&args.generate).chain(&args.path);
    named.into_iter().any(|text| EmbeddedPath::is_one(text))
}

/// Encrypts the values and writes the manifest.
pub(super) fn run(args: &SetArgs, output: Output) -> Result<(), Error> {
    let seal = &args.seal;
    if args.reference.is_some() || seal.scope.is_some() || seal.namespace.is_some() || !seal.recipients.is_empty() {
        return Err(Error::Arguments(
            "a SOPS document has its own recipients and is for no Secret; leave out --ref, --namespace, --scope and -r",
        ));
    }
    let assignments = assignments(args)?;
    let names = assignments.iter().map(|assignment| args.path.as_deref().unwrap_or(&assignment.key));
    let (path, values) = EmbeddedPath::of_values(names)?;
    let file = ManifestFile::read_existing(&args.file)?;
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let keys = crate::sops::keys(&args.identities, config.as_ref())?;
    let mut document = EmbeddedDocument::open(&file, args.name.as_deref(), &path, &keys)?;
    let shown = document.shown();
    let asking = Asking { keep_newline: args.keep_newline, output };
    let mut done = Vec::new();
    for (assignment, inside) in assignments.iter().zip(&values) {
        let What::Value(source) = &assignment.what else { return Err(Error::Arguments("a SOPS document holds no references")) };
        let place = document.find(inside)?;
        let value = value::read(source, &assignment.key, asking)?;
        let replaces = sops::put(&mut document.opened, &shown, &place, value)?;
        let what = report::What::Encrypted { words: format!("in {}{}", args.file.display(), super::made(source)) };
        done.push(Done::in_sops(&document.name(&place.steps), what, replaces));
    }
    let text = document.written()?;
    if let Judgement::Warning(words) = size::judge(&args.file, &text, document.place(), args.allow_large)? {
        output.note(&words);
    }
    if !args.dry_run {
        document.replace(&text)?;
    }
    report::tell(output, &done, args.dry_run, &args.file)
}

/// The paths and what they get. With `--path` alone it is the place of the one value.
fn assignments(args: &SetArgs) -> Result<Vec<Assignment>, Error> {
    if let (Some(path), true) = (&args.path, sops::names_nothing(args)) {
        return Ok(vec![Assignment { key: path.clone(), what: What::Value(Source::Asked) }]);
    }
    let ensure = |key: &str| if args.path.is_some() { Ok(()) } else { EmbeddedPath::parse(key).map(drop) };
    let read = assignment::read(&args.keys, &args.from_file, &args.from_env, &args.generate, None, ensure)?;
    sops::ensure_one_place(args, read)
}
