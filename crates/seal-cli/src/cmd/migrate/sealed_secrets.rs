//! `seal migrate sealed-secrets`: SealedSecrets become BridgedSecrets.
//!
//! ```text
//!   object ─▶ rendered (opened with the controller's keys) ─▶ rewrite with a key of the moment ─▶ compare
//!                                                       └──▶ rewrite with the real recipients ─▶ file (atomic)
//! ```
//!
//! Must never: write a plain value, or a file whose Secrets were not rendered and found to be the old ones.

mod rewrite;

use std::path::{Path, PathBuf};

use clap::Args;
use sealbridge_engine::{DEFAULT_TYPE, DesiredSecret};
use sealbridge_manifest::document;
use sealbridge_seal::{KeyRing, Scope};

use self::rewrite::{Old, rewritten};
use super::compare::{DIFFERS, rendered, rendered_plan, sealed, values_of};
use super::report::{Migrated, Report, Sealing};
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::error::Error;
use crate::inventory::Inventory;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::recipients::Recipients;
use crate::recovery_keys::{self, RecoveryArgs};
use crate::render::keys::PersonalKeys;
use crate::render::plans;
use crate::sealed_secret::{SealedSecretAt, scope_of_ours};
use crate::size::{self, Judgement};
use crate::target::NamespaceSources;

/// Turn SealedSecrets into BridgedSecrets, in place.
///
/// Each value is opened with the controller's private keys and sealed to the recipients that the rules name, in the
/// scope that it had. Before a file is written, its new manifests are rendered and compared with the old Secrets:
/// data, type, labels and annotations (but for marks of the controller), byte for byte. The new manifests take over the live Secrets; see docs/adopt.md
/// for the order.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal migrate sealed-secrets overlays/prod --recovery-private-key keys.yaml --dry-run
  seal migrate sealed-secrets overlays/prod --recovery-private-key keys.yaml")]
pub(crate) struct SealedSecretsArgs {
    /// Manifests, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Seal to this recipient (age1…) or set of .sealbridge.yaml, instead of those that its rules name.
    #[arg(short, long = "recipient", value_name = "RECIPIENT")]
    recipients: Vec<String>,
    /// The namespace, if neither the manifest, the nearest kustomization.yaml nor a rule says it.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Write manifests that client-side apply cannot carry.
    #[arg(long)]
    allow_large: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    recovery: RecoveryArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Migrates each file by itself: one that cannot be migrated stays, and is told at the end.
pub(crate) fn run(args: &SealedSecretsArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let keys = PersonalKeys { rsa: recovery_keys::load(&args.recovery)?, ..PersonalKeys::default() };
    if keys.rsa.is_empty() {
        return Err(Error::NoRecoveryKey);
    }
    let inventory = Inventory::read(&args.paths)?;
    let mut report = Report::new(output);
    for file in &inventory.files {
        report.add(file_of(args, file, &keys, output))?;
    }
    report.end("nothing to migrate: no SealedSecret is there; check the path")?;
    inventory.ensure_complete()
}

fn file_of(args: &SealedSecretsArgs, file: &ManifestFile, keys: &PersonalKeys, output: Output) -> Result<Vec<Migrated>, Error> {
    let path = file.path();
    let folder = config::folder_of(&path);
    let objects: Vec<_> = file.objects().into_iter().filter(document::Object::is_sealed_secret).collect();
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&path));
    let mut old = Vec::new();
    for object in &objects {
        let sources = NamespaceSources { flag: args.namespace.as_deref(), manifest: object.namespace(), rule, folder: &folder };
        let plan = plans::sealed_secret(file, object, &sources.resolve()?)?;
        let failed =
            |problem: String| Error::Import { path: path.clone(), problem: format!("{}/{}: {problem}", plan.namespace, plan.name) };
        let secret = rendered_plan(&plan, keys).map_err(failed)?;
        let templates = plan.target.template.entries.clone();
        let values = if templates.is_empty() { None } else { Some(values_of(&plan, keys).map_err(failed)?) };
        let scope = SealedSecretAt::new(*object).scope();
        old.push(Old {
            place: object.place,
            object: object.value,
            secret,
            values,
            templates,
            creation_policy: plan.target.creation_policy,
            scope,
        });
    }
    let recipients = Recipients::resolve(&args.recipients, config.as_ref(), rule, &path)?;
    let write = |recipients: &Recipients| rewritten(file, &old, recipients);
    let new = sealed(&path, &recipients, write, |trial, ring| ensure_same(&path, trial, &old, ring))?;
    for object in &old {
        if let Judgement::Warning(text) = size::judge(&path, &new, object.place, args.allow_large)? {
            output.note(&text);
        }
    }
    if !args.dry_run {
        file.replace(&new)?;
    }
    Ok(old.iter().map(|old| told(args, &path, old, &recipients)).collect())
}

fn told(args: &SealedSecretsArgs, path: &Path, old: &Old<'_>, recipients: &Recipients) -> Migrated {
    let (secret, scope) = (format!("{}/{}", old.secret.namespace, old.secret.name), scope_of_ours(old.scope));
    let wide = if scope == Scope::Strict { "" } else { "; other Secrets can use the values too" };
    let words = format!("{scope}, to {}{wide}", recipients.label);
    Migrated::new(path, secret, old.secret.data.len(), Sealing::Scope(scope.as_str()), &words, !args.dry_run)
}

fn ensure_same(path: &Path, text: &str, old: &[Old<'_>], ring: KeyRing) -> Result<(), Error> {
    let failed = |problem: String| Error::Import { path: path.to_owned(), problem };
    let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem })?;
    let objects = document::objects(&documents);
    let keys = PersonalKeys { ring, ..PersonalKeys::default() };
    for old in old {
        let object = objects.iter().find(|object| object.place == old.place).ok_or_else(|| failed(DIFFERS.to_owned()))?;
        let new = rendered(object, &old.secret.namespace, &keys).map_err(failed)?;
        if let Some(part) = difference(&old.secret, &new) {
            return Err(failed(format!("{DIFFERS}: {}/{} has another {part}", new.namespace, new.name)));
        }
    }
    Ok(())
}

/// The first part that is not the same.
fn difference(old: &DesiredSecret, new: &DesiredSecret) -> Option<&'static str> {
    let type_ = |secret: &DesiredSecret| secret.type_.clone().unwrap_or_else(|| DEFAULT_TYPE.to_owned());
    let parts = [
        ("name", old.name == new.name),
        ("type", type_(old) == type_(new)),
        ("immutable", old.immutable == new.immutable),
        ("labels", old.labels == new.labels),
        ("annotations", rewrite::kept(&old.annotations) == new.annotations),
        ("data", old.data == new.data),
    ];
    parts.into_iter().find(|(_, is_same)| !is_same).map(|(part, _)| part)
}
