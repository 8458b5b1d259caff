//! `seal set`: seals values, or writes references, into a manifest; encrypts values in a SOPS document.

mod assignment;
mod at_path;
mod embedded;
mod reference;
mod report;
mod sealed_secret;
mod sops;

use std::path::PathBuf;

use clap::Args;
use sealbridge_manifest::edit::EntrySource;
use sealbridge_seal::Scope;

use self::assignment::{Assignment, What};
use self::report::Done;
use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::destination::Destination;
use crate::error::Error;
use crate::identities::IdentityArgs;
use crate::manifest_file::{Entry, ManifestFile};
use crate::output::Output;
use crate::recipients::Recipients;
use crate::recovery_keys::RecoveryArgs;
use crate::sealed_secret::SealedSecretAt;
use crate::sealing::{self, SealArgs};
use crate::sops::SopsFile;
use crate::target::ensure_key;
use crate::unchanged::Opener;
use crate::value::{self, Asking, Source};

/// Seal values, or refer to a store, in a manifest; encrypt values in a SOPS document.
///
/// Values are asked for without echo, twice; without a terminal the value is stdin, without its final line
/// break. The manifest is created if it does not exist, and edited in place otherwise: every other byte stays.
///
/// Only a SOPS document needs an identity, for its data key and MAC; its entries are named by paths like
/// db.password or users[0].token, or dataFrom[0].db.password where the document stands in a BridgedSecret, and keep the
/// type that they have. Elsewhere an identity at hand tells whether a value is the same, and so keeps its ciphertext.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal set checkout.yaml STRIPE_KEY -n shop
  pass stripe | seal set checkout.yaml STRIPE_KEY
  seal set checkout.yaml --from-file tls.key=server.key --from-env API_TOKEN
  seal set checkout.yaml --generate DB_PASSWORD --generate COOKIE_KEY=hex:32
  seal set values.yaml STRIPE_KEY --path app.stripeKey --name checkout-env -n shop
  seal set secrets.enc.yaml db.password -i key.txt
  seal set checkout.yaml --path 'dataFrom[0].db.password' -i key.txt
  seal set checkout.yaml DB_PASSWORD --ref ClusterSecretStore/vault:shop/db#password@7")]
pub(crate) struct SetArgs {
    /// The manifest or SOPS document.
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
    /// Seal a new value that nobody sees: password (the default, 32 letters and digits), password:LENGTH:ALPHABET
    /// (some of lower, upper, digits and symbols, joined by +), hex:BYTES, base64:BYTES, uuid, or a private key in
    /// PEM: rsa:BITS, ecdsa:CURVE, ed25519.
    #[arg(long, value_name = "KEY[=KIND]")]
    generate: Vec<String>,
    /// Instead of a value, refer to a store: [KIND/]STORE:PATH, then #PROPERTY and @VERSION. Without STORE,
    /// the manifest's own default is meant.
    #[arg(long = "ref", value_name = "STORE:PATH")]
    reference: Option<String>,
    /// Keep the final line break of stdin.
    #[arg(long)]
    keep_newline: bool,
    /// Put the sealed text there, in YAML or JSON that is no manifest of ours: keys and positions, like
    /// app.keys[0].stripe. In a SOPS document the place of the value, like db.password or dataFrom[0].db.password.
    #[arg(long, value_name = "PATH", conflicts_with = "reference")]
    path: Option<String>,
    /// The BridgedSecret, where the file has several or is new; by default the file's name. With --path, the
    /// Secret that the value is for.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What values of a SealedSecret are sealed with, by default the rule's `certificate`: a PEM file, as
    /// `kubeseal --fetch-cert` prints it.
    #[arg(long = "cert", value_name = "PATH")]
    certificate: Option<PathBuf>,
    /// Write a manifest that client-side apply cannot carry.
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
    recovery: RecoveryArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Everything that is known before the first value is asked for.
struct Plan<'a> {
    destination: Destination<'a>,
    scope: Scope,
    recipients: Option<Recipients>,
    /// Whoever can tell that a value is the same.
    opener: Option<Opener>,
}

pub(crate) fn run(args: &SetArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    if let Some(document) = SopsFile::read(&args.file)? {
        return sops::run(args, document, output);
    }
    if embedded::is_meant(args) {
        return embedded::run(args, output);
    }
    let reference = args.reference.as_deref();
    let assignments = assignment::read(&args.keys, &args.from_file, &args.from_env, &args.generate, reference, ensure_key)?;
    if let Some(path) = &args.path {
        return at_path::run(args, path, &assignments, output);
    }
    let file = ManifestFile::read(&args.file)?;
    if let Some(secret) = SealedSecretAt::chosen(&file, args.name.as_deref())? {
        return sealed_secret::run(args, &file, &secret, &assignments, output);
    }
    let plan = plan(args, &file, &assignments)?;
    let destination = &plan.destination;
    let asking = Asking { keep_newline: args.keep_newline, output };
    let mut sources = Vec::new();
    let mut done = Vec::new();
    for assignment in &assignments {
        let Some((source, what)) = write(&plan, assignment, asking)? else {
            done.push(Done::unchanged(&assignment.key));
            continue;
        };
        let replaced = destination.present.and_then(|present| present.entry(&assignment.key));
        sources.push((assignment.key.clone(), source));
        done.push(Done::new(&assignment.key, what, replaced.as_ref()));
    }
    let text = destination.with(&sources)?;
    destination.judge_size(&text, args.allow_large, output)?;
    if !args.dry_run && text != file.text() {
        file.replace(&text)?;
    }
    report::tell(output, &done, args.dry_run, &args.file)
}

fn plan<'a>(args: &SetArgs, file: &'a ManifestFile, assignments: &[Assignment]) -> Result<Plan<'a>, Error> {
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&args.file));
    let destination = Destination::of(file, args.name.as_deref(), args.seal.namespace.as_deref(), rule)?;
    let seals = assignments.iter().any(|assignment| matches!(assignment.what, What::Value(_)));
    let recipients =
        if seals { Some(Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &args.file)?) } else { None };
    let is_sealed = |key: &str| matches!(destination.present.and_then(|present| present.entry(key)), Some(Entry::Sealed(_)));
    let may_be_there = assignments.iter().any(|assignment| assignment.brings_a_value() && is_sealed(&assignment.key));
    let opener = may_be_there.then(|| Opener::at_hand(&args.identities, config.as_ref())).transpose()?;
    Ok(Plan { destination, scope: args.seal.scope(rule)?, recipients, opener })
}

/// What an entry gets; nothing if it has it already.
fn write(plan: &Plan<'_>, assignment: &Assignment, asking: Asking) -> Result<Option<(EntrySource, report::What)>, Error> {
    let target = plan.destination.target(&assignment.key);
    match (&assignment.what, &plan.recipients) {
        (What::Value(source), Some(recipients)) => {
            let value = value::read(source, &assignment.key, asking)?;
            let present = plan.destination.present.and_then(|present| present.entry(&assignment.key));
            if let (Some(Entry::Sealed(text)), Some(opener)) = (present, &plan.opener)
                && opener.holds(text, &value, &target, plan.scope, recipients)
            {
                return Ok(None);
            }
            let text = sealing::seal_value(&value, &target, plan.scope, recipients)?;
            let words = format!("{}{}", sealing::described(&target, plan.scope, recipients), made(source));
            Ok(Some((EntrySource::Sealed(text), report::What::Sealed { words, scope: plan.scope, recipients: recipients.ids() })))
        }
        (What::Reference(reference), _) => {
            let words = format!("of {}/{} to {reference}", target.namespace, target.name);
            let default = plan.destination.present.and_then(|present| present.default_store());
            Ok(Some((reference.source(default.as_ref()), report::What::Referenced { words, reference: reference.to_string() })))
        }
        (What::Value(_), None) => Err(Error::NoConfig),
    }
}

/// What is said of a value that was made here.
fn made(source: &Source) -> String {
    if let Source::Generated(generator) = source { format!(", {generator}") } else { String::new() }
}
