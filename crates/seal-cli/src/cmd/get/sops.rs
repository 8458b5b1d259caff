//! `seal get` of a SOPS document: a value, those below a path, or all that are encrypted.

use sealbridge_manifest::edit::quoted;
use sealbridge_secret::SecretBytes;
use sealbridge_sops::{Format as SopsFormat, Kind, LeafAt, Scalar};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{GetArgs, write_json};
use crate::cli::Format;
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::{self, REDACTED};
use crate::sops::{self, OpenFile, SopsFile, SopsPath};

/// Opens and writes.
pub(super) fn run(args: &GetArgs, mut file: SopsFile) -> Result<(), Error> {
    if args.name.is_some() || args.namespace.is_some() {
        return Err(Error::Arguments("a SOPS document is for no Secret; leave out --name and --namespace"));
    }
    let wanted = match (&args.key, &args.path) {
        (Some(_), Some(_)) => return Err(Error::Arguments("of a SOPS document one path is read; give KEY or --path, not both")),
        (key, path) => key.as_deref().or(path.as_deref()),
    };
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let keys = sops::keys(&args.identities, config.as_ref())?;
    let is_binary = file.encrypted().format() == SopsFormat::Binary;
    let mut file = file.open(&keys)?;
    let shown = args.reveal || !output::stdout_is_terminal();
    match (wanted, args.raw || is_binary) {
        (None, true) if !shown => super::redacted(),
        (None, true) => output::write_stdout(file.opened.plain().map_err(|problem| file.error(problem))?.expose()),
        (None, false) => several(args, &mut file, None, shown),
        (Some(text), _) => {
            let path = SopsPath::find(&file.opened, text)?;
            match file.opened.get(path.document, &path.steps).map(Scalar::duplicate) {
                Some(value) => one(args, text, &value, shown),
                None => several(args, &mut file, Some(&path), shown),
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
fn several(args: &GetArgs, file: &mut OpenFile, below: Option<&SopsPath>, shown: bool) -> Result<(), Error> {
    let (documents, shown_path) = (file.opened.documents(), file.path());
    let mut leaves = file.opened.all_leaves().map_err(|problem| sops::refused(shown_path.clone(), problem))?;
    leaves.retain(|leaf| match below {
        None => leaf.is_selected,
        Some(below) => leaf.document == below.document && leaf.path.starts_with(&below.steps),
    });
    let (true, Some(below)) = (leaves.is_empty(), below) else {
        let name = |leaf: &LeafAt<'_>| sops::shown_in(documents, leaf.document, &leaf.path);
        if args.raw {
            return Err(Error::Arguments("--raw is for one value; name its path, or leave the path out for the whole document"));
        }
        if args.output == Format::Json {
            return write_json(leaves.iter().map(|leaf| (name(leaf), leaf.value)), shown, json_of);
        }
        return leaves.iter().try_for_each(|leaf| write_line(&name(leaf), &sops::plain_form(leaf.value), shown));
    };
    Err(Error::NoEntry { path: shown_path, key: sops::shown(&below.steps) })
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
