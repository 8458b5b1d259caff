//! `seal value`: one sealed text, for Helm values and the like.

use std::path::{Path, PathBuf};

use clap::Args;
use sealbridge_seal::Target;
use serde::Serialize;

use crate::cli::{ConfigArgs, ReportArgs};
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::{self, Output};
use crate::recipients::Recipients;
use crate::sealing::{self, SealArgs};
use crate::target::{NamespaceSources, ensure_key, ensure_object_name};
use crate::value::{self, Asking, Source};

/// Print one sealed text, for Helm values and the like.
///
/// The value is asked for without echo, twice; without a terminal it is stdin, without its final line break.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal value --name checkout-env --key STRIPE_KEY -n shop -r prod
  pass stripe | seal value --name checkout-env --key STRIPE_KEY -n shop --file charts/shop/values.yaml")]
pub(crate) struct ValueArgs {
    /// The Secret that the value is for.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The entry that the value is for.
    #[arg(long, value_name = "KEY")]
    key: String,
    /// The file that the text goes to, by which the rules of .sealbridge.yaml are chosen. It is not touched.
    #[arg(long, value_name = "PATH", default_value = "values.yaml")]
    file: PathBuf,
    /// Take the value from a file, byte for byte.
    #[arg(long, value_name = "PATH", conflicts_with = "from_env")]
    from_file: Option<PathBuf>,
    /// Take the value from an environment variable, byte for byte.
    #[arg(long, value_name = "VARIABLE")]
    from_env: Option<String>,
    /// Make a new value that nobody sees: password, hex, base64, uuid, rsa, ecdsa or ed25519, as `seal set` has them.
    #[arg(long, value_name = "KIND", conflicts_with_all = ["from_file", "from_env"])]
    generate: Option<String>,
    /// Keep the final line break of stdin.
    #[arg(long)]
    keep_newline: bool,
    #[command(flatten)]
    seal: SealArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    sealed: &'a str,
    namespace: &'a str,
    name: &'a str,
    key: &'a str,
    scope: &'static str,
    key_ids: Vec<String>,
}

pub(crate) fn run(args: &ValueArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    ensure_key(&args.key)?;
    ensure_object_name(&args.name)?;
    let folder = config::folder_of(Path::new(&args.file));
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&args.file));
    let namespace = NamespaceSources { flag: args.seal.namespace.as_deref(), manifest: None, rule, folder: &folder }.resolve()?;
    let recipients = Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &args.file)?;
    let scope = args.seal.scope(rule)?;
    let source = match (&args.from_file, &args.from_env, &args.generate) {
        (Some(path), _, _) => Source::File(path.clone()),
        (None, Some(variable), _) => Source::Variable(variable.clone()),
        (None, None, Some(kind)) => Source::Generated(kind.parse()?),
        (None, None, None) => Source::Asked,
    };
    let value = value::read(&source, &args.key, Asking { keep_newline: args.keep_newline, output })?;
    let target = Target { namespace: &namespace, name: &args.name, key: &args.key };
    let sealed = sealing::seal_value(&value, &target, scope, &recipients)?;
    output.note(&format!("sealed {} {}", args.key, sealing::described(&target, scope, &recipients)));
    if output.is_json() {
        let key_ids = recipients.ids();
        let Target { namespace, name, key } = target;
        return output.document(&Document { sealed: &sealed, namespace, name, key, scope: scope.as_str(), key_ids });
    }
    output::write_stdout(format!("{sealed}\n").as_bytes())
}
