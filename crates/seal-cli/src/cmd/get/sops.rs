//! `seal get` of a SOPS document: a value, those below a path, or all that are encrypted.

use std::path::PathBuf;

use sealbridge_manifest::edit::quoted;
use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Format as SopsFormat, Kind, LeafAt, Opened, Scalar};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{GetArgs, write_json};
use crate::cli::Format;
use crate::config::{self, Config};
use crate::embedded::{EmbeddedDocument, EmbeddedPath};
use crate::error::Error;
use crate::identities::SopsKeys;
use crate::manifest_file::ManifestFile;
use crate::output::{self, REDACTED};
use crate::sops::{self, SopsFile, SopsPath};

/// A document that is open, and how it and its values are called.
struct View<'a> {
    opened: &'a mut Opened,
    path: PathBuf,
    /// What stands before the path of each value.
    prefix: String,
}

/// Opens and writes.
pub(super) fn run(args: &GetArgs, file: SopsFile) -> Result<(), Error> {
    if args.name.is_some() || args.namespace.is_some() {
        return Err(Error::Arguments("a SOPS document is for no Secret; leave out --name and --namespace"));
    }
    let wanted = wanted(args)?;
    let mut file = file.open(&keys(args)?)?;
    let view = View { path: file.path(), prefix: String::new(), opened: &mut file.opened };
    show(args, view, wanted)
}

/// The same for a document that stands in a manifest.
pub(super) fn embedded(args: &GetArgs, file: &ManifestFile) -> Result<(), Error> {
    if args.namespace.is_some() {
        return Err(Error::Arguments("a SOPS document is for no Secret; leave out --namespace"));
    }
    let path = EmbeddedPath::parse(wanted(args)?.unwrap_or_default())?;
    let mut document = EmbeddedDocument::open(file, args.name.as_deref(), &path, &keys(args)?)?;
    let view = View { path: document.shown(), prefix: document.prefix(), opened: &mut document.opened };
    show(args, view, path.inside.as_deref())
}

fn wanted(args: &GetArgs) -> Result<Option<&str>, Error> {
    match (&args.key, &args.path) {
        (Some(_), Some(_)) => Err(Error::Arguments("of a SOPS document one path is read; give KEY or --path, not both")),
        (key, path) => Ok(key.as_deref().or(path.as_deref())),
    }
}

fn keys(args: &GetArgs) -> Result<SopsKeys, Error> {
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    sops::keys(&args.identities, config.as_ref())
}

fn show(args: &GetArgs, mut view: View<'_>, wanted: Option<&str>) -> Result<(), Error> {
    let is_binary = view.opened.format() == SopsFormat::Binary;
    let shown = args.reveal || !output::stdout_is_terminal();
    match (wanted, args.raw || is_binary) {
        (None, true) if !shown => super::redacted(),
        (None, true) => {
            let plain = view.opened.plain().map_err(|problem| sops::refused(view.path, problem))?;
            output::write_stdout(plain.expose())
        }
        (None, false) => several(args, &mut view, None, shown),
        (Some(text), _) => {
            let path = SopsPath::find(view.opened, text)?;
            match view.opened.get(path.document, &path.steps).map(Scalar::duplicate) {
                Some(value) => one(args, &format!("{}{text}", view.prefix), &value, shown),
                None => several(args, &mut view, Some(&path), shown),
            }
        }
    }
}

fn one(args: &GetArgs, path: &str, value: &Scalar, shown: bool) -> Result<(), Error> {
    match (args.raw, args.output) {
        (true, _) if shown => output::write_stdout(sops::plain_form(value).expose()),
        (true, _) => super::redacted(),
        (false, Format::Text) => super::write_alone(path, &sops::plain_form(value), shown),
        (false, Format::Json) => write_json([(path.to_owned(), value)], shown, json_of),
    }
}

/// All encrypted values, or all values below a path.
fn several(args: &GetArgs, view: &mut View<'_>, below: Option<&SopsPath>, shown: bool) -> Result<(), Error> {
    let View { opened, path, prefix } = view;
    let documents = opened.documents();
    let mut leaves = opened.all_leaves().map_err(|problem| sops::refused(path.clone(), problem))?;
    leaves.retain(|leaf| match below {
        None => leaf.is_selected,
        Some(below) => leaf.document == below.document && leaf.path.starts_with(&below.steps),
    });
    let (true, Some(below)) = (leaves.is_empty(), below) else {
        let name = |leaf: &LeafAt<'_>| format!("{prefix}{}", sops::shown_in(documents, leaf.document, &leaf.path));
        if args.raw {
            return Err(Error::Arguments("--raw is for one value; name its path, or leave the path out for the whole document"));
        }
        if args.output == Format::Json {
            return write_json(leaves.iter().map(|leaf| (name(leaf), leaf.value)), shown, json_of);
        }
        return leaves.iter().try_for_each(|leaf| write_line(&name(leaf), &sops::plain_form(leaf.value), shown));
    };
    Err(Error::NoEntry { path: path.clone(), key: sops::shown(&below.steps) })
}

/// A path needs quotes less often than a key of YAML, and is written as [`sops::parse`] reads it.
fn write_line(path: &str, value: &SecretBytes, shown: bool) -> Result<(), Error> {
    if !shown {
        return output::write_stdout(format!("{}: {REDACTED}\n", output::harmless(path)).as_bytes());
    }
    let text = super::text_of(path, value)?;
    let line = Zeroizing::new(format!("{}: {}\n", output::harmless(path), Zeroizing::new(quoted(text)).as_str()));
    output::write_stdout(line.as_bytes())
}

/// Numbers and truth values as such, where JSON has them.
fn json_of(value: &Scalar) -> Value {
    let bytes = sops::plain_form(value);
    let typed = matches!(value.kind(), Kind::Int | Kind::Float | Kind::Bool).then(|| serde_json::from_slice(bytes.expose()).ok());
    typed.flatten().unwrap_or_else(|| super::json_text(bytes.expose()))
}
