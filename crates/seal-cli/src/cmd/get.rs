//! `seal get`: opens sealed values.
//!
//! Must never: put a value on a terminal without `--reveal`.

mod sealed_secret;
mod sops;

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use sealbridge_manifest::edit::quoted;
use sealbridge_seal::{KeyRing, Target};
use sealbridge_secret::SecretBytes;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::{ConfigArgs, Format};
use crate::config::{self, Config};
use crate::embedded::EmbeddedPath;
use crate::error::Error;
use crate::identities::{self, IdentityArgs};
use crate::manifest_file::{BridgedSecretAt, Entry, ManifestFile};
use crate::output::{self, REDACTED};
use crate::recovery_keys::RecoveryArgs;
use crate::sealed_secret::SealedSecretAt;
use crate::sops::SopsFile;
use crate::target::{NamespaceSources, ensure_key};
use crate::value_path::ValuePath;
use crate::workers;

/// Open sealed values, and SOPS documents, with your own keys.
///
/// On a terminal values are shown only with --reveal; into a pipe or a file they are written. Of a SOPS document KEY
/// is a path like db.password or users[0].token; without one all encrypted values are shown.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal get checkout.yaml STRIPE_KEY --reveal
  seal get checkout.yaml tls.key --raw > server.key
  seal get values.yaml STRIPE_KEY --path app.stripeKey --name checkout-env
  seal get sealed-secret.yaml --recovery-private-key controller.pem
  seal get checkout.yaml -o json | jq -r .STRIPE_KEY
  seal get secrets.enc.yaml db.password --reveal
  seal get secrets.enc.yaml --raw > plain.yaml")]
pub(crate) struct GetArgs {
    /// The manifest or SOPS document.
    file: PathBuf,
    /// The entry, or the path in a SOPS document (of one under dataFrom: dataFrom[0].db.password); by default all that
    /// are sealed.
    key: Option<String>,
    /// Show values on a terminal.
    #[arg(long)]
    reveal: bool,
    /// Write the value's bytes and nothing else; of a SOPS document without KEY the whole plain document.
    #[arg(long, conflicts_with = "output")]
    raw: bool,
    /// Open the sealed text that stands there, in YAML or JSON that is no manifest of ours: like
    /// app.keys[0].stripe.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// The BridgedSecret, where the file has several. With --path, the Secret that the value is for.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The namespace, if neither the manifest, the nearest kustomization.yaml nor a rule says it.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// How to write results: text or json. JSON has text as a string, and other bytes as {"base64": "…"}.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    output: Format,
    #[command(flatten)]
    identities: IdentityArgs,
    #[command(flatten)]
    recovery: RecoveryArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: &GetArgs) -> Result<(), Error> {
    if let Some(document) = SopsFile::read(&args.file)? {
        return sops::run(args, document);
    }
    let file = ManifestFile::read_existing(&args.file)?;
    if args.key.as_deref().or(args.path.as_deref()).is_some_and(EmbeddedPath::is_one) {
        return sops::embedded(args, &file);
    }
    if args.raw && args.key.is_none() {
        return Err(Error::Arguments("--raw is for one value; name its KEY"));
    }
    if let Some(path) = &args.path {
        return at_path(args, path, &file);
    }
    if let Some(secret) = SealedSecretAt::chosen(&file, args.name.as_deref())? {
        return sealed_secret::run(args, &secret);
    }
    let secret = file.bridged_secret(args.name.as_deref())?;
    let sealed = wanted(args, &secret)?;
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let namespace = namespace(args, secret.namespace(), config.as_ref())?;
    show(args, &sealed, &namespace, secret.secret_name(), config.as_ref())
}

/// Opens and writes.
fn show(args: &GetArgs, sealed: &BTreeMap<&str, &str>, namespace: &str, name: &str, config: Option<&Config>) -> Result<(), Error> {
    let ring = identities::load(&args.identities, config.map(|config| config.identities.as_slice()).unwrap_or_default())?;
    if ring.is_empty() && !sealed.is_empty() {
        return Err(Error::NoIdentity);
    }
    write_opened(args, &open(&ring, sealed, namespace, name)?)
}

/// Writes values as the flags say.
fn write_opened(args: &GetArgs, opened: &BTreeMap<&str, SecretBytes>) -> Result<(), Error> {
    let shown = args.reveal || !output::stdout_is_terminal();
    match (args.raw, args.output, &args.key) {
        (true, _, _) => opened.values().try_for_each(|value| if shown { output::write_stdout(value.expose()) } else { redacted() }),
        (false, Format::Json, _) => {
            let values = opened.iter().map(|(key, value)| ((*key).to_owned(), value.expose()));
            write_json(values, shown, json_text)
        }
        (false, Format::Text, Some(key)) => opened.values().try_for_each(|value| write_alone(key, value, shown)),
        (false, Format::Text, None) => opened.iter().try_for_each(|(key, value)| write_line(key, value, shown)),
    }
}

/// A sealed text in a file that is no manifest of ours.
fn at_path(args: &GetArgs, path: &str, file: &ManifestFile) -> Result<(), Error> {
    let (Some(key), Some(name)) = (args.key.as_deref(), args.name.as_deref()) else {
        return Err(Error::Arguments("--path needs KEY and --name: the entry and the Secret that the value is for"));
    };
    ensure_key(key)?;
    let place = ValuePath::find(file, path)?;
    let text = place.value(file).and_then(Value::as_str).ok_or_else(|| Error::NoSealedText { path: args.file.clone() })?;
    let config = Config::find(args.config.config.as_deref(), &config::folder_of(&args.file))?;
    let namespace = namespace(args, None, config.as_ref())?;
    show(args, &BTreeMap::from([(key, text)]), &namespace, name, config.as_ref())
}

fn redacted() -> Result<(), Error> {
    output::write_stdout(format!("{REDACTED}\n").as_bytes())
}

fn wanted<'a>(args: &'a GetArgs, secret: &BridgedSecretAt<'a>) -> Result<BTreeMap<&'a str, &'a str>, Error> {
    let Some(key) = &args.key else {
        let sealed: BTreeMap<_, _> = secret
            .entries()
            .filter_map(|(key, entry)| match entry {
                Entry::Sealed(text) => Some((key, text)),
                Entry::Remote(_) | Entry::Plain | Entry::Unclear => None,
            })
            .collect();
        if sealed.is_empty() && secret.documents().next().is_some() {
            return Err(Error::Arguments(
                "the values are in SOPS documents under dataFrom; name one, like dataFrom[0], or one of its values as `seal list` does",
            ));
        }
        return Ok(sealed);
    };
    ensure_key(key)?;
    let source_text = match secret.entry(key) {
        Some(Entry::Sealed(text)) => return Ok(BTreeMap::from([(key.as_str(), text)])),
        None => return Err(Error::NoEntry { path: args.file.clone(), key: key.clone() }),
        Some(Entry::Remote(reference)) => format!("a reference to {reference}"),
        Some(Entry::Plain) => "a plain value".to_owned(),
        Some(Entry::Unclear) => "without a clear source".to_owned(),
    };
    Err(Error::NotSealed { key: key.clone(), source_text })
}

fn namespace(args: &GetArgs, manifest: Option<&str>, config: Option<&Config>) -> Result<String, Error> {
    let folder = config::folder_of(&args.file);
    let rule = config.and_then(|config| config.rule_for(&args.file));
    NamespaceSources { flag: args.namespace.as_deref(), manifest, rule, folder: &folder }.resolve()
}

fn open<'a>(
    ring: &KeyRing,
    sealed: &BTreeMap<&'a str, &'a str>,
    namespace: &str,
    name: &str,
) -> Result<BTreeMap<&'a str, SecretBytes>, Error> {
    let sealed: Vec<_> = sealed.iter().map(|(key, text)| (*key, *text)).collect();
    let answers = workers::each(&sealed, |(key, text)| ring.open(text, &Target { namespace, name, key }));
    let mut opened = BTreeMap::new();
    let mut failed = Vec::new();
    for ((key, _), answer) in sealed.into_iter().zip(answers) {
        match answer {
            Ok(value) => drop(opened.insert(key, value.value)),
            Err(problem) => failed.push(format!("{namespace}/{name}, entry {key}: {problem}")),
        }
    }
    if failed.is_empty() { Ok(opened) } else { Err(Error::Several(failed)) }
}

fn text_of<'a>(key: &str, value: &'a SecretBytes) -> Result<&'a str, Error> {
    std::str::from_utf8(value.expose()).map_err(|_| Error::NotTextValue { key: key.to_owned() })
}

fn write_alone(key: &str, value: &SecretBytes, shown: bool) -> Result<(), Error> {
    if !shown {
        return redacted();
    }
    let text = text_of(key, value)?;
    output::write_stdout(text.as_bytes())?;
    if text.ends_with('\n') { Ok(()) } else { output::write_stdout(b"\n") }
}

fn write_line(key: &str, value: &SecretBytes, shown: bool) -> Result<(), Error> {
    if !shown {
        return output::write_stdout(format!("{key}: {REDACTED}\n").as_bytes());
    }
    let line = Zeroizing::new(format!("{key}: {}\n", Zeroizing::new(quoted(text_of(key, value)?)).as_str()));
    output::write_stdout(line.as_bytes())
}

/// One JSON document of values by their names; `json` is what a value is there, unless it is hidden.
fn write_json<V>(values: impl IntoIterator<Item = (String, V)>, shown: bool, json: impl Fn(V) -> Value) -> Result<(), Error> {
    let value = |value| if shown { json(value) } else { Value::String(REDACTED.to_owned()) };
    let document: serde_json::Map<String, Value> = values.into_iter().map(|(name, content)| (name, value(content))).collect();
    let mut text = Zeroizing::new(serde_json::to_vec_pretty(&document).map_err(|_| Error::Json)?);
    text.push(b'\n');
    output::write_stdout(&text)
}

/// Text as a string, and other bytes as `{"base64": "…"}`.
fn json_text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(text.to_owned()),
        Err(_) => json!({ "base64": BASE64_STANDARD.encode(bytes) }),
    }
}
