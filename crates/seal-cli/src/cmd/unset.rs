//! `seal unset`: removes entries from a manifest or a SOPS document.

mod sops;

use std::path::PathBuf;

use clap::Args;
use sealbridge_manifest::edit::{self, EditError};
use sealbridge_seal::PREFIX;
use serde::Serialize;
use serde_json::Value;

use crate::cli::ReportArgs;
use crate::embedded::EmbeddedPath;
use crate::error::Error;
use crate::identities::IdentityArgs;
use crate::manifest_file::{BridgedSecretAt, ManifestFile};
use crate::output::Output;
use crate::sealed_secret::SealedSecretAt;
use crate::sops::SopsFile;
use crate::target::ensure_key;
use crate::value_path::ValuePath;

/// Remove entries from a manifest or a SOPS document. Every other byte of the file stays.
///
/// Only a SOPS document needs an identity, since its MAC changes; its entries are named by paths like db.password, or
/// dataFrom[0].db.password where the document stands in a BridgedSecret.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal unset checkout.yaml OLD_TOKEN
  seal unset checkout.yaml OLD_TOKEN OLDER_TOKEN --dry-run
  seal unset values.yaml --path app.stripeKey
  seal unset secrets.enc.yaml db.password -i key.txt")]
pub(crate) struct UnsetArgs {
    /// The manifest or SOPS document.
    file: PathBuf,
    /// The entries to remove.
    #[arg(value_name = "KEY", required_unless_present = "path")]
    keys: Vec<String>,
    /// Remove what stands there instead, in YAML or JSON that is no manifest of ours: like app.keys[0].stripe. In a SOPS
    /// document the value there, like dataFrom[0].db.password.
    #[arg(long, value_name = "PATH", conflicts_with = "keys")]
    path: Option<String>,
    /// The BridgedSecret, where the file has several.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
struct Document<'a> {
    file: String,
    written: bool,
    removed: &'a [String],
}

pub(crate) fn run(args: &UnsetArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    if let Some(document) = SopsFile::read(&args.file)? {
        return sops::run(args, document, output);
    }
    let file = ManifestFile::read_existing(&args.file)?;
    if args.keys.iter().chain(&args.path).any(|key| EmbeddedPath::is_one(key)) {
        return sops::embedded(args, &file, output);
    }
    if let Some(path) = &args.path {
        return at_path(args, path, &file, output);
    }
    let sealed_secret = SealedSecretAt::chosen(&file, args.name.as_deref())?;
    let secret = sealed_secret
        .map_or_else(|| file.bridged_secret(args.name.as_deref()).map(Holder::Bridged), |secret| Ok(Holder::Sealed(secret)))?;
    let mut text = file.text().to_owned();
    for (position, key) in args.keys.iter().enumerate() {
        ensure_key(key)?;
        if args.keys.iter().take(position).any(|earlier| earlier == key) {
            return Err(Error::KeyTwice { key: key.clone() });
        }
        if !secret.has(key) {
            return Err(Error::NoEntry { path: args.file.clone(), key: key.clone() });
        }
        text = secret.without(&text, key).map_err(|problem| file.edit_error(problem))?;
    }
    if !args.dry_run {
        file.replace(&text)?;
    }
    tell(args, &args.keys, output)
}

/// An object that holds entries.
enum Holder<'a> {
    Bridged(BridgedSecretAt<'a>),
    Sealed(SealedSecretAt<'a>),
}

impl Holder<'_> {
    fn has(&self, key: &str) -> bool {
        match self {
            Self::Bridged(secret) => secret.entry(key).is_some(),
            Self::Sealed(secret) => secret.entry(key).is_some(),
        }
    }

    fn without(&self, text: &str, key: &str) -> Result<String, EditError> {
        match self {
            Self::Bridged(secret) => edit::remove_entry(text, secret.place(), key),
            Self::Sealed(secret) => edit::remove_sealed_secret_value(text, secret.place(), key),
        }
    }
}

fn tell(args: &UnsetArgs, removed: &[String], output: Output) -> Result<(), Error> {
    let verb = if args.dry_run { "would remove" } else { "removed" };
    for key in removed {
        output.say(&format!("{verb} {key} from {}", args.file.display()))?;
    }
    output.document(&Document { file: args.file.display().to_string(), written: !args.dry_run, removed })
}

fn at_path(args: &UnsetArgs, path: &str, file: &ManifestFile, output: Output) -> Result<(), Error> {
    if args.name.is_some() {
        return Err(Error::Arguments("--path names the place in the whole file; leave out --name"));
    }
    let place = ValuePath::find(file, path)?;
    let is_sealed = place.value(file).and_then(Value::as_str).is_some_and(|text| text.starts_with(PREFIX));
    if !is_sealed {
        return Err(Error::NoSealedText { path: args.file.clone() });
    }
    let (document, edit) = place.remove().ok_or(Error::Arguments("--path ends in a position; edit the list by hand"))?;
    let text = edit::apply(file.text(), document, &[edit]).map_err(|problem| file.edit_error(problem))?;
    if !args.dry_run {
        file.replace(&text)?;
    }
    tell(args, &[path.to_owned()], output)
}
