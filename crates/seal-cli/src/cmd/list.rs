//! `seal list`: which entries there are and where their values come from; no values.

mod age;
mod row;
mod sops;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sealbridge_manifest::document::Object;
use sealbridge_seal::Date;

use self::age::Limit;
use self::row::{Row, Rules};
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::error::Error;
use crate::inventory::Inventory;
use crate::manifest_file::{BridgedSecretAt, ManifestFile};
use crate::output::Output;
use crate::sealed_secret::SealedSecretAt;
use crate::sealed_texts;
use crate::target::NamespaceSources;

/// List entries and where their values come from. Needs no key and shows no value.
///
/// Sealed texts outside of manifests, as in Helm values, are listed by their path; for which Secret they are
/// is not known there. SOPS documents are listed with the path of each encrypted value; when one was encrypted is
/// not known, so that --older-than leaves them out.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal list
  seal list overlays/prod --older-than 90d
  seal list --key-id 3f9c21ab90c1d2e4 -o json")]
pub(crate) struct ListArgs {
    /// Manifests and SOPS documents, or folders of them.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only values that are sealed to this key.
    #[arg(long, value_name = "ID")]
    key_id: Option<String>,
    /// Only values that were sealed longer ago: a number of days (90d) or before a date (2026-01-31).
    #[arg(long, value_name = "DAYS|DATE")]
    older_than: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

pub(crate) fn run(args: &ListArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let limit = args.older_than.as_deref().map(|text| Limit::parse(text, today)).transpose()?;
    let mut inventory = Inventory::with_all_documents(&args.paths)?;
    let mut rows = Vec::new();
    for file in &inventory.files {
        rows.extend(rows_of(args, file, today)?);
    }
    for document in &mut inventory.documents {
        rows.extend(sops::rows(document, args.config.config.as_deref())?);
    }
    rows.retain(|row| {
        args.key_id.as_ref().is_none_or(|id| row.key_ids.contains(id))
            && limit.as_ref().is_none_or(|limit| row.sealed_on.is_some_and(|date| limit.is_older(date)))
    });
    let mut last = None;
    for row in &rows {
        let object = (&row.file, &row.secret);
        if last != Some(object) {
            output.say(format!("{}  {}", row.file, row.secret).trim_end())?;
            last = Some(object);
        }
        output.say(&format!("  {}  {}", row.key, row.described()))?;
    }
    output.document(&rows)?;
    inventory.ensure_complete()
}

fn rows_of(args: &ListArgs, file: &ManifestFile, today: Date) -> Result<Vec<Row>, Error> {
    let objects: Vec<_> = file.objects().into_iter().filter(|object| object.is_native("BridgedSecret")).collect();
    let texts = sealed_texts::outside_of(&objects, file.documents());
    let secrets: Vec<_> = objects.into_iter().map(BridgedSecretAt::new).collect();
    let sealed_secrets: Vec<_> = file.objects().into_iter().filter(Object::is_sealed_secret).map(SealedSecretAt::new).collect();
    if secrets.is_empty() && texts.is_empty() && sealed_secrets.is_empty() {
        return Ok(Vec::new());
    }
    let folder = config::folder_of(&file.path());
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&file.path()));
    let rules = Rules { config: config.as_ref(), policy: rule.map(|rule| &rule.policy), today };
    let rows = secrets.iter().flat_map(|secret| {
        let sources = NamespaceSources { flag: None, manifest: secret.namespace(), rule, folder: &folder };
        let namespace = sources.resolve().ok();
        let place = (file.path().display().to_string(), namespace, secret.secret_name());
        let entries = secret.entries().map(|(key, entry)| Row::new(&place, key, &entry, &rules));
        entries
            .chain(secret.documents().flat_map(|(key, text)| sops::embedded(&place, &key, text, config.as_ref())))
            .collect::<Vec<_>>()
    });
    let shown = file.path().display().to_string();
    let elsewhere = texts.into_iter().map(|(path, text)| Row::elsewhere(&shown, &path, text, &rules));
    let of_controllers = sealed_secrets.iter().flat_map(|secret| {
        let namespace = NamespaceSources { flag: None, manifest: secret.namespace(), rule, folder: &folder }.resolve().ok();
        let row = |(key, text): (&str, &str)| Row::of_sealed_secret(&shown, namespace.as_deref(), secret, key, text);
        secret.entries().map(row).collect::<Vec<_>>()
    });
    Ok(rows.chain(of_controllers).chain(elsewhere).collect())
}
