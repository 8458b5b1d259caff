//! `seal keys restore`: the private keys of a cluster, written back as they were.
//!
//! Must never: write over a Secret that holds something else, or write some when one of them does.

use std::path::PathBuf;

use clap::Args;
use sealbridge_seal::{PassphraseError, decrypt_with_passphrase, wants_passphrase};
use sealbridge_secret::SecretBytes;
use serde::{Deserialize, Serialize};

use crate::cli::ReportArgs;
use crate::cluster::key_secrets::{self, KeptSecret};
use crate::cluster::{self, Cluster};
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::output::Output;
use crate::passphrase;

/// Write the private keys of `seal keys backup` back to a cluster.
///
/// Secrets that are there with the same content are left; if one holds something else, nothing is written. Restore
/// before the operator starts: one that finds no digest key makes a new one.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys restore prod-keys.age --context prod-eu -i break-glass.txt
  seal keys restore prod-keys.age --cluster --dry-run")]
#[group(id = "which", required = true, multiple = false, args = ["cluster", "context"])]
pub(crate) struct RestoreArgs {
    /// The file of `seal keys backup`.
    file: PathBuf,
    /// Write to the current cluster of the kubeconfig.
    #[arg(long)]
    cluster: bool,
    /// Write to the cluster of this kubeconfig context.
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    /// The operator's namespace, if it is another than it was.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    items: Vec<KeptSecret<'a>>,
}

#[derive(Serialize)]
struct Document {
    restored: Vec<String>,
    present: Vec<String>,
    written: bool,
}

pub(crate) fn run(args: &RestoreArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let plaintext = plaintext(args)?;
    let list: Result<List<'_>, _> = serde_json::from_slice(plaintext.expose());
    let mut list = list.map_err(|_| not_ours(args))?;
    if list.items.iter().any(|item| item.kind != "Secret" || item.api_version != "v1") {
        return Err(not_ours(args));
    }
    if let Some(namespace) = &args.namespace {
        list.items.iter_mut().for_each(|item| item.metadata.namespace.clone_from(namespace));
    }
    let (restored, present) = cluster::wait_for(restore(args, &list.items))?;
    let verb = if args.dry_run { "would restore" } else { "restored" };
    for secret in &restored {
        output.say(&format!("{verb} Secret {secret}"))?;
    }
    for secret in &present {
        output.say(&format!("Secret {secret} is there already, with the same content"))?;
    }
    output.document(&Document { written: !args.dry_run && !restored.is_empty(), restored, present })
}

fn not_ours(args: &RestoreArgs) -> Error {
    Error::Import { path: args.file.clone(), problem: "is not a file of `seal keys backup`; check the path".to_owned() }
}

fn plaintext(args: &RestoreArgs) -> Result<SecretBytes, Error> {
    let failed = |problem: &str| Error::Import { path: args.file.clone(), problem: problem.to_owned() };
    let file = std::fs::read(&args.file).map_err(|error| Error::Read { path: args.file.clone(), cause: error.kind() })?;
    if wants_passphrase(&file) {
        return decrypt_with_passphrase(&file, &passphrase::ask()?).map_err(|problem| match problem {
            PassphraseError::Wrong => failed("is encrypted with another passphrase; try again"),
            PassphraseError::TooMuchWork { .. } | PassphraseError::Damaged => failed("is damaged; take another copy of it"),
        });
    }
    let ring = identities::load(&args.identities, &[])?;
    if ring.is_empty() {
        return Err(Error::NoIdentity);
    }
    let opened = ring.decrypt_file(&file).map_err(|_| failed("is damaged, or no age file; take another copy of it"))?;
    opened
        .map(|(plaintext, _)| plaintext)
        .ok_or_else(|| failed("is opened by none of the keys at hand; name the right one with -i"))
}

/// What was made, and what was there. All are looked at before the first is made.
async fn restore(args: &RestoreArgs, secrets: &[KeptSecret<'_>]) -> Result<(Vec<String>, Vec<String>), Error> {
    let cluster = Cluster::of(args.context.as_deref()).await?;
    let (mut missing, mut present, mut differing) = (Vec::new(), Vec::new(), Vec::new());
    for secret in secrets {
        let (namespace, name) = (&secret.metadata.namespace, &secret.metadata.name);
        let Some(text) = key_secrets::read(&cluster, namespace, name).await? else {
            missing.push(secret);
            continue;
        };
        if key_secrets::parse(&text, namespace, name)?.has_the_data_of(secret) {
            present.push(secret.full_name());
        } else {
            differing.push(format!(
                "the Secret {namespace}/{name} is there and holds something else, so nothing was written; if it is to be \
                 replaced, save it, delete it, and run the command again"
            ));
        }
    }
    if !differing.is_empty() {
        return Err(Error::Several(differing));
    }
    let mut restored = Vec::new();
    for secret in missing {
        if !args.dry_run {
            key_secrets::create(&cluster, secret).await?;
        }
        restored.push(secret.full_name());
    }
    Ok((restored, present))
}
