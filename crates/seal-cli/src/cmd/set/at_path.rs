//! `seal set --path`: a sealed text inside a file that is no manifest of ours, such as Helm values.

use sealbridge_manifest::edit;
use sealbridge_seal::{PREFIX, Target};
use serde_json::Value;

use super::SetArgs;
use super::assignment::{Assignment, What};
use super::report::{self, Done};
use crate::config::{self, Config};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::recipients::Recipients;
use crate::sealing;
use crate::target::{NamespaceSources, ensure_object_name};
use crate::unchanged::Opener;
use crate::value::{self, Asking};
use crate::value_path::ValuePath;

/// Seals one value into the path.
pub(super) fn run(args: &SetArgs, path: &str, assignments: &[Assignment], output: Output) -> Result<(), Error> {
    let [Assignment { key, what: What::Value(source) }] = assignments else {
        return Err(Error::Arguments("--path is for the value of exactly one entry; name one KEY"));
    };
    let name = args.name.as_deref().ok_or(Error::Arguments(NAME))?;
    ensure_object_name(name)?;
    let file = ManifestFile::read_existing(&args.file)?;
    let place = ValuePath::find(&file, path)?;
    let folder = config::folder_of(&args.file);
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&args.file));
    let namespace = NamespaceSources { flag: args.seal.namespace.as_deref(), manifest: None, rule, folder: &folder }.resolve()?;
    let recipients = Recipients::resolve(&args.seal.recipients, config.as_ref(), rule, &args.file)?;
    let scope = args.seal.scope(rule)?;
    let value = value::read(source, key, Asking { keep_newline: args.keep_newline, output })?;
    let target = Target { namespace: &namespace, name, key };
    let present = place.value(&file).and_then(Value::as_str).filter(|text| text.starts_with(PREFIX));
    if let Some(text) = present
        && Opener::at_hand(&args.identities, config.as_ref())?.holds(text, &value, &target, scope, &recipients)
    {
        return report::tell(output, &[Done::unchanged(key)], args.dry_run, &args.file);
    }
    let sealed = sealing::seal_value(&value, &target, scope, &recipients)?;
    let (document, edit) = place.set(&file, sealed).ok_or(Error::Arguments(POSITION))?;
    let text = edit::apply(file.text(), document, &[edit]).map_err(|problem| file.edit_error(problem))?;
    if !args.dry_run {
        file.replace(&text)?;
    }
    let words = format!("at {path}, {}{}", sealing::described(&target, scope, &recipients), super::made(source));
    let what = report::What::Sealed { words, scope, recipients: recipients.ids() };
    report::tell(output, &[Done::at_path(key, what, place.value(&file))], args.dry_run, &args.file)
}

const NAME: &str = "--path needs --name: the Secret that the value is for, as the chart names it";
const POSITION: &str =
    "--path ends in a key of a mapping that is there or can be made; what is listed by position can be gone through";
