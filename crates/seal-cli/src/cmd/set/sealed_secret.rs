//! `seal set` in a SealedSecret: values are sealed with the certificate of its controller; no private key is needed.

use sealbridge_manifest::edit;
use sealbridge_sealed_secrets::seal;

use super::assignment::{Assignment, What};
use super::report::{self, Done};
use super::{SetArgs, made};
use crate::config::{self, Config};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::sealed_secret::{SealedSecretAt, certificate};
use crate::size::{self, Judgement};
use crate::target::NamespaceSources;
use crate::value::{self, Asking};

pub(super) fn run(
    args: &SetArgs,
    file: &ManifestFile,
    secret: &SealedSecretAt<'_>,
    assignments: &[Assignment],
    output: Output,
) -> Result<(), Error> {
    if !args.seal.recipients.is_empty() || args.seal.scope.is_some() {
        return Err(Error::Arguments(
            "a SealedSecret is sealed with a certificate, in the scope of its annotations; leave -r and --scope out",
        ));
    }
    let folder = config::folder_of(&args.file);
    let config = Config::find(args.config.config.as_deref(), &folder)?;
    let rule = config.as_ref().and_then(|config| config.rule_for(&args.file));
    let certificate = certificate(args.certificate.as_deref(), config.as_ref(), rule)?;
    let sources = NamespaceSources { flag: args.seal.namespace.as_deref(), manifest: secret.namespace(), rule, folder: &folder };
    let (namespace, scope) = (sources.resolve()?, secret.scope());
    let label = scope.label(&namespace, secret.name());
    let asking = Asking { keep_newline: args.keep_newline, output };
    let mut values = Vec::new();
    let mut done = Vec::new();
    for assignment in assignments {
        let What::Value(source) = &assignment.what else {
            return Err(Error::Arguments("a SealedSecret holds no references; use a BridgedSecret"));
        };
        let value = value::read(source, &assignment.key, asking)?;
        let key = &assignment.key;
        let sealed =
            seal(value.expose(), &label, &certificate).map_err(|problem| Error::SealedSecretValue { key: key.clone(), problem })?;
        values.push((key.clone(), sealed));
        let words = format!("for {namespace}/{}, {scope}, with {}{}", secret.name(), certificate.fingerprint(), made(source));
        done.push(Done::in_sealed_secret(key, words, secret.entry(key).is_some()));
    }
    let text = edit::set_sealed_secret_values(file.text(), secret.place(), &values).map_err(|problem| file.edit_error(problem))?;
    if let Judgement::Warning(text) = size::judge(&args.file, &text, secret.place(), args.allow_large)? {
        output.note(&text);
    }
    if !args.dry_run {
        file.replace(&text)?;
    }
    report::tell(output, &done, args.dry_run, &args.file)
}
