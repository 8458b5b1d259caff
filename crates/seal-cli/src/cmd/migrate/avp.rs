//! `seal migrate avp`: Secrets with placeholders of the argocd-vault-plugin become BridgedSecrets, in place.
//!
//! ```text
//!   Secret ─▶ placeholder (a text cut up) ─▶ entry (what it is here) ─▶ rewrite ─▶ compare, with made-up values ─▶ file
//! ```
//!
//! Must never: change an object that is no Secret, or write one of which a placeholder would be something else.

mod compare;
mod entry;
mod placeholder;
mod rewrite;

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use sealbridge_manifest::document::{self, Object};
use sealbridge_manifest::edit;
use serde_json::Value;

use self::entry::Entries;
use self::placeholder::Defaults;
use super::pieces::Pieces;
use super::report::{Migrated, Report};
use crate::cli::ReportArgs;
use crate::count::counted;
use crate::error::Error;
use crate::inventory::Inventory;
use crate::manifest_file::ManifestFile;
use crate::output::Output;

/// Turn Secrets with placeholders of the argocd-vault-plugin (`<path:secret/data/db#password>`) into BridgedSecrets, in
/// place.
///
/// Before a file is written, each new manifest is rendered with made-up values, and compared with what the plugin would
/// make of the same values: data, type, labels and annotations, byte for byte. Placeholders in other kinds are told and
/// left as they are. See docs/migrate-avp.md.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal migrate avp overlays/prod --store vault --dry-run
  seal migrate avp overlays/prod --store ClusterSecretStore/vault")]
pub(crate) struct AvpArgs {
    /// Manifests, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The store that the paths of placeholders are in: a `SecretStore`, or `ClusterSecretStore/NAME`.
    #[arg(long, value_name = "[KIND/]NAME", required = true)]
    store: StoreArg,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// A store as it is named on the command line.
#[derive(Clone, Debug)]
struct StoreArg {
    kind: Option<&'static str>,
    name: String,
}

impl FromStr for StoreArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = match text.split_once('/') {
            Some(("ClusterSecretStore", name)) => (Some("ClusterSecretStore"), name),
            Some(("SecretStore", name)) => (None, name),
            Some(_) => return Err("the kind is SecretStore or ClusterSecretStore"),
            None => (None, text),
        };
        crate::target::ensure_object_name(name).map_err(|_| "Kubernetes does not accept the name")?;
        Ok(Self { kind, name: name.to_owned() })
    }
}

/// Annotations of the plugin.
const MARKS: &str = "avp.kubernetes.io/";

/// Migrates object by object: one that cannot be migrated stays, and is told at the end.
pub(crate) fn run(args: &AvpArgs) -> Result<(), Error> {
    let inventory = Inventory::read(&args.paths)?;
    let mut report = Report::new(Output::new(&args.report));
    for file in &inventory.files {
        let (text, migrated, refusals) = file_of(args, file);
        let written = if args.dry_run || text == file.text() { Ok(()) } else { file.replace(&text) };
        report.add(written.map(|()| migrated))?;
        for problem in refusals {
            report.add(Err(Error::Import { path: file.path(), problem }))?;
        }
    }
    report.end("nothing to migrate: no placeholder of the argocd-vault-plugin is there; check the path")?;
    inventory.ensure_complete()
}

/// The new text, what was migrated in it, and what was not.
fn file_of(args: &AvpArgs, file: &ManifestFile) -> (String, Vec<Migrated>, Vec<String>) {
    let mut pieces = Pieces::of(file);
    let (mut migrated, mut refusals) = (Vec::new(), Vec::new());
    for object in file.objects() {
        let name = object.namespace().map_or_else(|| object.name().to_owned(), |space| format!("{space}/{}", object.name()));
        let is_ignored = object.metadata_texts("annotations").get("avp.kubernetes.io/ignore").is_some_and(|value| value == "true");
        let defaults = Defaults::of(&object);
        if is_ignored || !holds_placeholder(object.value, &defaults) {
            continue;
        }
        let (piece, place) = pieces.at(object.place);
        match secret(args, pieces.now(piece), &Object { place, ..object }, &defaults) {
            Ok((new, entries)) => {
                pieces.set(piece, new);
                let words = counted(entries, "source");
                migrated.push(Migrated::object(&file.path(), "BridgedSecret", name, Some(entries), &words, !args.dry_run));
            }
            Err(problem) => refusals.push(format!("{} {name}: {problem}", object.kind())),
        }
    }
    (pieces.whole(), migrated, refusals)
}

fn holds_placeholder(value: &Value, defaults: &Defaults) -> bool {
    match value {
        Value::String(text) => placeholder::is_in(text, defaults) || entry::decoded(text, defaults).is_some(),
        Value::Array(items) => items.iter().any(|item| holds_placeholder(item, defaults)),
        Value::Object(fields) => fields.values().any(|field| holds_placeholder(field, defaults)),
        _ => false,
    }
}

/// The file's text with the Secret as a BridgedSecret, and how many sources that has.
fn secret(args: &AvpArgs, text: &str, object: &Object<'_>, defaults: &Defaults) -> Result<(String, usize), String> {
    if object.kind() != "Secret" || object.api_version() != "v1" {
        return Err("it has placeholders and is no Secret; keep its values in a Secret and refer to that, or hold what is no \
                    secret as text"
            .to_owned());
    }
    if object.name().is_empty() {
        return Err("it has no metadata.name; add it".to_owned());
    }
    let values = ["data", "stringData"];
    let fields = object.value.as_object().into_iter().flatten();
    if fields.clone().any(|(field, value)| !values.contains(&field.as_str()) && holds_placeholder(value, defaults)) {
        return Err("a placeholder stands outside of data and stringData; write the text there".to_owned());
    }
    let entries = Entries::of(object, defaults)?;
    let edits = rewrite::edits(object, &entries, args.store.kind, &args.store.name);
    let new = edit::apply(text, object.place.document, edits.all()).map_err(|problem| problem.to_string())?;
    let documents = document::parse(&new).map_err(|problem| problem.to_string())?;
    let objects = document::objects(&documents);
    let made = objects.iter().find(|other| other.place == object.place).ok_or("it is not where it was; migrate it by hand")?;
    compare::ensure_same(object, made, defaults)?;
    Ok((new, entries.sources()))
}
