//! `seal keys backup`: what a cluster cannot be rebuilt without, in one encrypted file.
//!
//! Must never: put a private key on a disk in the clear, or write a file that lacks one without saying so.

use std::path::{Path, PathBuf};

use clap::Args;
use sealbridge_seal::{encrypt_file, encrypt_with_passphrase};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::cli::{ConfigArgs, ReportArgs};
use crate::cluster::key_secrets::{self, DIGEST_KEY};
use crate::cluster::{self, Cluster};
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::Output;
use crate::recipients::Recipients;
use crate::{file, passphrase};

/// Save the private keys of a cluster to one age file.
///
/// Takes the Secrets that SealingKeys name and the operator's digest key. The file is encrypted to recipients, or to a
/// passphrase that is typed. Without Sealbridge, `age -d FILE | kubectl create -f -` restores it.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys backup prod-keys.age --context prod-eu -r break-glass
  seal keys backup prod-keys.age --cluster --passphrase")]
#[group(id = "which", required = true, multiple = false, args = ["cluster", "context"])]
pub(crate) struct BackupArgs {
    /// The file to write, which must not exist.
    file: PathBuf,
    /// Ask the current cluster of the kubeconfig.
    #[arg(long)]
    cluster: bool,
    /// Ask the cluster of this kubeconfig context.
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    /// Encrypt to this recipient (age1…) or set of .sealbridge.yaml: keys that do not live in the cluster.
    #[arg(short, long = "recipient", value_name = "RECIPIENT", required_unless_present = "passphrase")]
    recipients: Vec<String>,
    /// Encrypt to a passphrase, which is asked for.
    #[arg(long, conflicts_with = "recipients")]
    passphrase: bool,
    /// The operator's namespace.
    #[arg(short, long, value_name = "NAMESPACE", default_value = cluster::OPERATOR_NAMESPACE)]
    namespace: String,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    file: String,
    secrets: Vec<String>,
    /// SealingKeys whose private half lives in a store, and is not in the file.
    in_stores: Vec<String>,
}

/// What goes into the file.
struct Content {
    plaintext: Zeroizing<Vec<u8>>,
    secrets: Vec<String>,
    in_stores: Vec<String>,
}

pub(crate) fn run(args: &BackupArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(Path::new(config::FILE_NAME)))?;
    let resolve = || Recipients::resolve(&args.recipients, config.as_ref(), None, &args.file);
    let recipients = if args.passphrase { None } else { Some(resolve()?) };
    if args.file.exists() {
        return Err(Error::Exists { path: args.file.clone() });
    }
    let content = cluster::wait_for(content(args, output))?;
    let encrypted = match &recipients {
        Some(recipients) => encrypt_file(&content.plaintext, &recipients.set),
        None => encrypt_with_passphrase(&content.plaintext, &passphrase::ask_for_new()?),
    };
    let encrypted = encrypted.map_err(|_| Error::NoRandomness)?;
    file::create_private(&args.file, &[&encrypted])?;
    for secret in &content.secrets {
        output.say(&format!("saved Secret {secret}"))?;
    }
    for key in &content.in_stores {
        output.note(&format!("SealingKey {key} has its private half in a store, and it is not in the file; save it there"));
    }
    let Content { secrets, in_stores, .. } = content;
    output.document(&Document { file: args.file.display().to_string(), secrets, in_stores })
}

async fn content(args: &BackupArgs, output: Output) -> Result<Content, Error> {
    let cluster = Cluster::of(args.context.as_deref()).await?;
    let places = key_secrets::places(&cluster).await?;
    let namespace = args.namespace.as_str();
    let mut texts = Vec::new();
    let mut missing = Vec::new();
    for (secret, keys) in &places.secrets {
        match key_secrets::read(&cluster, namespace, secret).await? {
            Some(text) => texts.push((secret.clone(), text)),
            None => missing.push(format!(
                "the Secret {namespace}/{secret} of SealingKey {} is not there, so nothing was written; restore it, name the \
                 operator's namespace with -n, or delete the SealingKey",
                keys.join(", ")
            )),
        }
    }
    if !missing.is_empty() {
        return Err(Error::Several(missing));
    }
    match key_secrets::read(&cluster, namespace, DIGEST_KEY).await? {
        Some(text) => texts.push((DIGEST_KEY.to_owned(), text)),
        None => {
            output.note(&format!("there is no Secret {namespace}/{DIGEST_KEY} yet; save the keys again when the operator has run"));
        }
    }
    if texts.is_empty() {
        return Err(Error::Cluster(format!("there is no key in namespace {namespace}; name the operator's namespace with -n")));
    }
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let room = texts.iter().map(|(_, text)| text.len() + 512).sum();
    let mut plaintext = Zeroizing::new(Vec::with_capacity(room));
    plaintext.extend_from_slice(b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    let mut secrets = Vec::new();
    for (name, text) in &texts {
        if !secrets.is_empty() {
            plaintext.extend_from_slice(b",\n");
        }
        let secret = key_secrets::parse(text, namespace, name)?;
        serde_json::to_writer(&mut *plaintext, &secret).map_err(|_| Error::Json)?;
        secrets.push(secret.full_name());
    }
    plaintext.extend_from_slice(b"]}\n");
    Ok(Content { plaintext, secrets, in_stores: places.in_stores })
}
