//! `seal unset`: removes entries from a manifest.

use std::path::PathBuf;

use clap::Args;
use sealbridge_manifest::edit;
use serde::Serialize;

use crate::cli::ReportArgs;
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::target::ensure_key;

/// Remove entries from a manifest. Every other byte of the file stays.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal unset checkout.yaml OLD_TOKEN
  seal unset checkout.yaml OLD_TOKEN OLDER_TOKEN --dry-run")]
pub(crate) struct UnsetArgs {
    /// The manifest.
    file: PathBuf,
    /// The entries to remove.
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    /// The BridgedSecret, where the file has several.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
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
    let file = ManifestFile::read_existing(&args.file)?;
    let secret = file.bridged_secret(args.name.as_deref())?;
    let mut text = file.text().to_owned();
    for (position, key) in args.keys.iter().enumerate() {
        ensure_key(key)?;
        if args.keys.iter().take(position).any(|earlier| earlier == key) {
            return Err(Error::KeyTwice { key: key.clone() });
        }
        secret.entry(key).ok_or_else(|| Error::NoEntry { path: args.file.clone(), key: key.clone() })?;
        text = edit::remove_entry(&text, secret.place(), key).map_err(|problem| file.edit_error(problem))?;
    }
    if !args.dry_run {
        file.replace(&text)?;
    }
    let verb = if args.dry_run { "would remove" } else { "removed" };
    for key in &args.keys {
        output.say(&format!("{verb} {key} from {}", args.file.display()))?;
    }
    output.document(&Document { file: args.file.display().to_string(), written: !args.dry_run, removed: &args.keys })
}
