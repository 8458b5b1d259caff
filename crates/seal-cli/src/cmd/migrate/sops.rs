//! `seal migrate sops`: encrypted Secret manifests and `SopsSecrets` become BridgedSecrets.
//!
//! ```text
//!   file ─▶ source (opened, MAC checked) ─▶ rewrite with a key of the moment ─▶ compare with the source
//!                                     └───▶ rewrite with the real recipients ─▶ file (atomic)
//! ```
//!
//! Must never: write a plain value, or a file whose Secrets were not rendered and found to be the old ones.

mod compare;
mod rewrite;
mod source;

use std::path::{Path, PathBuf};

use clap::Args;
use sealbridge_manifest::document;
use sealbridge_seal::KeyRing;

use self::rewrite::{How, Rewrite};
use self::source::Source;
use super::compare::sealed;
use super::report::{Migrated, Report, Sealing};
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::error::Error;
use crate::folder;
use crate::identities::IdentityArgs;
use crate::output::Output;
use crate::recipients::Recipients;
use crate::sealing::SealArgs;
use crate::size::{self, Judgement};
use crate::sops::{self, SopsFile};
use crate::target::NamespaceSources;

/// Turn SOPS-encrypted Secrets (Flux, KSOPS) and `SopsSecrets` into BridgedSecrets, in place.
///
/// Each document is opened with your own keys and its MAC is checked. Before a file is written, its new manifests are
/// rendered and compared with the old Secrets: data, type, labels and annotations, byte for byte. Comments that were
/// encrypted are left out. See docs/sops.md for the order in which a live Secret is taken over.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal migrate sops overlays/prod --dry-run
  seal migrate sops overlays/prod/secret.yaml -i key.txt
  seal migrate sops overlays/prod/secret.yaml --keep-sops")]
pub(crate) struct SopsArgs {
    /// Encrypted manifests, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Keep the document as it is, inside of the BridgedSecret: it opens only in namespaces that the `SealingKey`
    /// names. By default each value is sealed by itself, for its own place.
    #[arg(long, conflicts_with_all = ["recipients", "scope"])]
    keep_sops: bool,
    /// Write manifests that client-side apply cannot carry.
    #[arg(long)]
    allow_large: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Migrates each file by itself: one that cannot be migrated stays, and is told at the end.
pub(crate) fn run(args: &SopsArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let mut report = Report::new(output);
    for candidate in folder::candidates(&args.paths)? {
        report.add(match SopsFile::read(&candidate.path) {
            Ok(Some(file)) => file_of(args, file, output),
            Ok(None) if candidate.is_named => Err(Error::Import { path: candidate.path, problem: NO_DOCUMENT.to_owned() }),
            Ok(None) | Err(Error::NotText { .. }) => continue,
            Err(error) => Err(error),
        })?;
    }
    report.end("nothing to migrate: no SOPS document is there; check the path")
}

const NO_DOCUMENT: &str = "is no SOPS document; `seal import` seals a Secret that lies in the clear";

fn file_of(args: &SopsArgs, file: SopsFile, output: Output) -> Result<Vec<Migrated>, Error> {
    let path = file.path();
    let folder = config::folder_of(&path);
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&path));
    let keys = sops::keys(&args.identities, config.as_ref())?;
    let text = file.text().to_owned();
    let mut opened = file.open(&keys)?;
    let source = Source::read(&mut opened)?;
    let namespaces = source.secrets.iter().map(|secret| {
        let flag = args.seal.namespace.as_deref();
        NamespaceSources { flag, manifest: secret.namespace.as_deref(), rule, folder: &folder }.resolve()
    });
    let namespaces = namespaces.collect::<Result<Vec<_>, _>>()?;
    let rewrite = Rewrite { path: &path, text: &text, source: &source, namespaces: &namespaces };
    let (new, words) = if args.keep_sops {
        let new = rewrite.keeping()?;
        compare::ensure_same(&rewrite, &new, &KeyRing::default(), Some(keys))?;
        (new, "as the SOPS document that it was".to_owned())
    } else {
        let recipients = Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &path)?;
        let scope = args.seal.scope(rule)?;
        let write = |recipients: &Recipients| rewrite.sealing(&How { scope, recipients });
        let ensure_same = |trial: &str, ring: KeyRing| compare::ensure_same(&rewrite, trial, &ring, Some(keys));
        (sealed(&path, &recipients, write, ensure_same)?, format!("{scope}, to {}", recipients.label))
    };
    judge_size(args, &path, &new, output)?;
    let (_, comments) = source::without_encrypted_comments(&text);
    if comments > 0 && !args.keep_sops {
        output.note(&format!("{}: encrypted comments are left out, {comments} in number", path.display()));
    }
    if !args.dry_run {
        opened.replace(&new)?;
    }
    let told = source.secrets.iter().zip(&namespaces).map(|(secret, namespace)| {
        let name = format!("{namespace}/{}", secret.name.as_deref().unwrap_or_default());
        Migrated::new(&path, name, secret.values.len(), Sealing::KeepsSops(args.keep_sops), &words, !args.dry_run)
    });
    Ok(told.collect())
}

fn judge_size(args: &SopsArgs, path: &Path, text: &str, output: Output) -> Result<(), Error> {
    let documents = document::parse(text).map_err(|problem| Error::Document { path: path.to_owned(), problem })?;
    for object in document::objects(&documents) {
        if let Judgement::Warning(text) = size::judge(path, text, object.place, args.allow_large)? {
            output.note(&text);
        }
    }
    Ok(())
}
