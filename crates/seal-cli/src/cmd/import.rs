//! `seal import`: values that lie in the clear become a BridgedSecret, or join a SOPS document.
//!
//! Must never: delete or change an input.

pub(crate) mod manifest;
mod sops;

use std::path::{Path, PathBuf};

use clap::Args;
use sealbridge_manifest::document::{self, Place};
use sealbridge_seal::{Scope, Target};
use zeroize::Zeroizing;

use crate::cli::ConfigArgs;
use crate::config::{self, Config};
use crate::count::counted;
use crate::error::Error;
use crate::file::{self, Snapshot};
use crate::identities::IdentityArgs;
use crate::import::{Imported, env_file, secret, tls};
use crate::output;
use crate::recipients::Recipients;
use crate::sealing::{self, SealArgs};
use crate::size::{self, Judgement};
use crate::sops::SopsFile;
use crate::target::{NamespaceSources, ensure_object_name};
use crate::workers;

/// Seal what lies in the clear: Secret manifests, .env files, TLS pairs.
///
/// Writes BridgedSecrets. Into a SOPS document that is there, named by --to, the values are added under their names; none
/// is replaced. The input is never changed and never deleted; what to delete is said.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal import secret.yaml --to checkout.yaml
  kubectl get secret checkout-env -o yaml | seal import - > checkout.yaml
  seal import --env-file .env --name checkout-env -n shop --to checkout.yaml
  seal import --env-file .env --to secrets.enc.yaml -i key.txt
  seal import --type kubernetes.io/tls --cert server.crt --key server.key --name web-tls -n shop")]
pub(crate) struct ImportArgs {
    /// Secret manifests; - is stdin.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A .env file, whose entries become one Secret.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["files", "cert", "key"])]
    env_file: Option<PathBuf>,
    /// The Secret's type, for --env-file and TLS pairs.
    #[arg(long = "type", value_name = "TYPE", conflicts_with = "files")]
    type_: Option<String>,
    /// The certificate of a TLS pair.
    #[arg(long, value_name = "PATH", requires = "key", conflicts_with = "files")]
    cert: Option<PathBuf>,
    /// The private key of a TLS pair.
    #[arg(long, value_name = "PATH", requires = "cert", conflicts_with = "files")]
    key: Option<PathBuf>,
    /// The manifest to write, which must not exist, or a SOPS document that the values join; by default stdout.
    #[arg(long, value_name = "PATH")]
    to: Option<PathBuf>,
    /// The name, where the input has none.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Write a manifest that client-side apply cannot carry.
    #[arg(long)]
    allow_large: bool,
    /// Say nothing but errors.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: &ImportArgs) -> Result<(), Error> {
    let to = match args.to.as_deref().map(Snapshot::read).transpose()?.map(SopsFile::of).transpose()? {
        Some(Ok(document)) => {
            let (secrets, inputs) = read(args)?;
            return sops::run(args, document, &secrets, &inputs);
        }
        Some(Err(to)) if to.text().is_some() => return Err(Error::Exists { path: to.shown.clone() }),
        to => to.and_then(Result::err),
    };
    let (secrets, inputs) = read(args)?;
    let destination = args.to.as_ref().or(inputs.first()).cloned().unwrap_or_default();
    let folder = config::folder_of(&destination);
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&destination));
    if let (Some(to), None, []) = (&args.to, rule, args.seal.recipients.as_slice()) {
        sops::ensure_is_none(to)?;
    }
    let recipients = Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &destination)?;
    let scope = args.seal.scope(rule)?;
    let mut documents = Vec::new();
    let mut words = Vec::new();
    for secret in &secrets {
        let flag = args.seal.namespace.as_deref();
        let namespace = NamespaceSources { flag, manifest: secret.namespace.as_deref(), rule, folder: &folder }.resolve()?;
        let name = name(args, secret)?;
        let place = Target { namespace: &namespace, name: &name, key: "" };
        documents.push(sealed(secret, &place, scope, &recipients)?);
        words.push(format!("sealed {} {}", counted(secret.values.len(), "entry"), sealing::described(&place, scope, &recipients)));
    }
    let text = documents.join("---\n");
    for document in 0..documents.len() {
        if let Judgement::Warning(text) = size::judge(&destination, &text, Place { document, item: None }, args.allow_large)? {
            output::note(&text);
        }
    }
    match &to {
        Some(to) => to.replace(&text)?,
        None => output::write_stdout(text.as_bytes())?,
    }
    if !args.quiet {
        words.iter().for_each(|line| output::note(line));
        inputs.iter().for_each(|input| farewell(input));
    }
    Ok(())
}

fn farewell(input: &Path) {
    if input.as_os_str() != "-" {
        output::note(&format!(
            "{} still holds the values in the clear; delete it, and if it was ever committed, replace the values at their source",
            input.display()
        ));
    }
}

/// The Secrets, and the files that they came from.
fn read(args: &ImportArgs) -> Result<(Vec<Imported>, Vec<PathBuf>), Error> {
    if let (Some(cert), Some(key)) = (&args.cert, &args.key) {
        if args.type_.as_deref().is_some_and(|type_| type_ != tls::TYPE) {
            return Err(Error::Arguments("--cert and --key are for --type kubernetes.io/tls"));
        }
        return Ok((vec![tls::read(cert, key)?], vec![key.clone()]));
    }
    if let Some(path) = &args.env_file {
        let text = read_text(path)?;
        let values = env_file::read(&text).map_err(|problem| Error::Import { path: path.clone(), problem })?;
        return Ok((vec![Imported { type_: args.type_.clone(), values, ..Imported::default() }], vec![path.clone()]));
    }
    if args.files.is_empty() {
        return Err(Error::Arguments("there is nothing to import; name a Secret manifest, --env-file, or --cert and --key"));
    }
    let mut secrets = Vec::new();
    for path in &args.files {
        let text = read_text(path)?;
        let documents = document::parse(&text).map_err(|problem| Error::Document { path: path.clone(), problem })?;
        secrets.extend(secret::read(documents).map_err(|problem| Error::Import { path: path.clone(), problem })?);
    }
    Ok((secrets, args.files.clone()))
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, Error> {
    let bytes = if path.as_os_str() == "-" { file::bounded(std::io::stdin().lock(), path)? } else { file::read(path, path)? };
    let text = String::from_utf8(bytes).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        Error::NotText { path: path.to_owned() }
    })?;
    Ok(Zeroizing::new(text))
}

fn name(args: &ImportArgs, secret: &Imported) -> Result<String, Error> {
    let name = match (&secret.name, &args.name) {
        (Some(_), Some(_)) => return Err(Error::Arguments("--name is for inputs without a name; the Secret manifest has one")),
        (Some(name), None) | (None, Some(name)) => name.clone(),
        (None, None) => return Err(Error::Arguments("the input has no name; give the Secret's with --name")),
    };
    ensure_object_name(&name)?;
    Ok(name)
}

fn sealed(secret: &Imported, place: &Target<'_>, scope: Scope, recipients: &Recipients) -> Result<String, Error> {
    let values: Vec<_> = secret.values.iter().collect();
    let entries = workers::each(&values, |(key, value)| {
        let sealed = sealing::seal_value(value, &Target { key, ..*place }, scope, recipients)?;
        Ok(((*key).to_owned(), sealed))
    });
    Ok(manifest::text(secret, place, entries.into_iter().collect::<Result<_, Error>>()?))
}
