//! `seal set`: seals values, or writes references, into a manifest.

mod assignment;
mod manifest;
mod reference;
mod report;

use std::path::PathBuf;

use clap::Args;
use sealbridge_manifest::edit::{self, EntrySource};
use sealbridge_seal::{Scope, Target};

use self::assignment::{Assignment, What};
use self::report::Done;
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::error::Error;
use crate::manifest_file::{BridgedSecretAt, ManifestFile};
use crate::output::Output;
use crate::recipients::Recipients;
use crate::sealing::{self, SealArgs};
use crate::size::{self, Judgement};
use crate::target::{NamespaceSources, ensure_object_name};
use crate::value::{self, Asking};

/// Seal values, or refer to a store, in a manifest.
///
/// Values are asked for without echo, twice; without a terminal the value is stdin, without its final line
/// break. The manifest is created if it does not exist, and edited in place otherwise: every other byte stays.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal set checkout.yaml STRIPE_KEY -n shop
  pass stripe | seal set checkout.yaml STRIPE_KEY
  seal set checkout.yaml --from-file tls.key=server.key --from-env API_TOKEN
  seal set checkout.yaml DB_PASSWORD --ref ClusterSecretStore/vault:shop/db#password@7")]
pub(crate) struct SetArgs {
    /// The manifest.
    file: PathBuf,
    /// The entries to set; never a value.
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Take the value of an entry from a file, byte for byte.
    #[arg(long, value_name = "KEY=PATH")]
    from_file: Vec<String>,
    /// Take the value of an entry from the environment variable of its name, or of another one.
    #[arg(long, value_name = "KEY[=VARIABLE]")]
    from_env: Vec<String>,
    /// Instead of a value, refer to a store: [KIND/]STORE:PATH, then #PROPERTY and @VERSION. Without STORE,
    /// the manifest's own default is meant.
    #[arg(long = "ref", value_name = "STORE:PATH")]
    reference: Option<String>,
    /// Keep the final line break of stdin.
    #[arg(long)]
    keep_newline: bool,
    /// The BridgedSecret, where the file has several or is new; by default the file's name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write a manifest that client-side apply cannot carry.
    #[arg(long)]
    allow_large: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Everything that is known before the first value is asked for.
struct Plan<'a> {
    file: &'a ManifestFile,
    present: Option<BridgedSecretAt<'a>>,
    name: String,
    namespace: String,
    scope: Scope,
    recipients: Option<Recipients>,
}

pub(crate) fn run(args: &SetArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let assignments = assignment::read(&args.keys, &args.from_file, &args.from_env, args.reference.as_deref())?;
    let file = ManifestFile::read(&args.file)?;
    let plan = plan(args, &file, &assignments)?;
    let asking = Asking { keep_newline: args.keep_newline, output };
    let mut sources = Vec::new();
    let mut done = Vec::new();
    for assignment in &assignments {
        let (source, what) = write(&plan, assignment, asking)?;
        let replaced = plan.present.and_then(|present| present.entry(&assignment.key));
        sources.push((assignment.key.as_str(), source));
        done.push(Done::new(&assignment.key, what, replaced.as_ref()));
    }
    let text = edited(&plan, &sources)?;
    let place = plan.present.map_or(manifest::FIRST, |present| present.place());
    if let Judgement::Warning(text) = size::judge(&args.file, &text, place, args.allow_large)? {
        output.note(&text);
    }
    if !args.dry_run {
        file.replace(&text)?;
    }
    report::tell(output, &done, args.dry_run, &args.file)
}

fn plan<'a>(args: &SetArgs, file: &'a ManifestFile, assignments: &[Assignment]) -> Result<Plan<'a>, Error> {
    let present = if file.exists() { Some(file.bridged_secret(args.name.as_deref())?) } else { None };
    let folder = config::folder_of(&args.file);
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&args.file));
    let sources = NamespaceSources {
        flag: args.seal.namespace.as_deref(),
        manifest: present.and_then(|present| present.namespace()),
        rule,
        folder: &folder,
    };
    let namespace = sources.resolve()?;
    let name = match present {
        Some(present) => present.secret_name().to_owned(),
        None => new_name(args)?,
    };
    let seals = assignments.iter().any(|assignment| matches!(assignment.what, What::Value(_)));
    let recipients =
        if seals { Some(Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &args.file)?) } else { None };
    Ok(Plan { file, present, name, namespace, scope: args.seal.scope(rule)?, recipients })
}

/// The name of a new BridgedSecret.
fn new_name(args: &SetArgs) -> Result<String, Error> {
    let stem = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = args.name.clone().unwrap_or(stem);
    ensure_object_name(&name)?;
    if args.file.extension().is_some_and(|extension| extension == "json") {
        return Err(Error::Arguments("a new manifest is written as YAML; give the file a name that ends in .yaml"));
    }
    Ok(name)
}

fn write(plan: &Plan<'_>, assignment: &Assignment, asking: Asking) -> Result<(EntrySource, report::What), Error> {
    let target = Target { namespace: &plan.namespace, name: &plan.name, key: &assignment.key };
    match (&assignment.what, &plan.recipients) {
        (What::Value(source), Some(recipients)) => {
            let value = value::read(source, &assignment.key, asking)?;
            let text = sealing::seal_value(&value, &target, plan.scope, recipients)?;
            let words = sealing::described(&target, plan.scope, recipients);
            Ok((EntrySource::Sealed(text), report::What::Sealed { words, scope: plan.scope, recipients: recipients.ids() }))
        }
        (What::Reference(reference), _) => {
            let words = format!("of {}/{} to {reference}", target.namespace, target.name);
            let default = plan.present.and_then(|present| present.default_store());
            Ok((reference.source(default.as_ref()), report::What::Referenced { words, reference: reference.to_string() }))
        }
        (What::Value(_), None) => Err(Error::NoConfig),
    }
}

fn edited(plan: &Plan<'_>, sources: &[(&str, EntrySource)]) -> Result<String, Error> {
    let Some(present) = plan.present else {
        return Ok(manifest::new(&plan.name, &plan.namespace, sources.iter().map(|(key, source)| (*key, source.node()))));
    };
    let mut text = plan.file.text().to_owned();
    for (key, source) in sources {
        text = edit::set_entry(&text, present.place(), key, source).map_err(|problem| plan.file.edit_error(problem))?;
    }
    Ok(text)
}
