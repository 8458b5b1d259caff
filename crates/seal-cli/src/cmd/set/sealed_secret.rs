//! `seal set` in a SealedSecret: values are sealed with the certificate of its controller; no private key is needed.
//! With one, a value that is the same keeps its ciphertext.

use sealbridge_manifest::edit;

use super::assignment::{Assignment, What};
use super::report::{self, Done};
use super::{SetArgs, made};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::recovery_keys;
use crate::sealed_secret::{SealedSecretAt, Sealing};
use crate::size::{self, Judgement};
use crate::value::{self, Asking};

pub(super) fn run(
    args: &SetArgs,
    file: &ManifestFile,
    secret: &SealedSecretAt<'_>,
    assignments: &[Assignment],
    output: Output,
) -> Result<(), Error> {
    let sealing = Sealing::of(secret, &args.file, &args.seal, args.certificate.as_deref(), &args.config)?;
    let keys = recovery_keys::load(&args.recovery)?;
    let asking = Asking { keep_newline: args.keep_newline, output };
    let mut values = Vec::new();
    let mut done = Vec::new();
    for assignment in assignments {
        let What::Value(source) = &assignment.what else {
            return Err(Error::Arguments("a SealedSecret holds no references; use a BridgedSecret"));
        };
        let value = value::read(source, &assignment.key, asking)?;
        let key = &assignment.key;
        if secret.entry(key).is_some_and(|text| sealing.holds(&keys, text, &value)) {
            done.push(Done::unchanged(key));
            continue;
        }
        values.push((key.clone(), sealing.seal(key, &value)?));
        let words = format!("{}{}", sealing.described(secret.name()), made(source));
        done.push(Done::in_sealed_secret(key, words, secret.entry(key).is_some()));
    }
    let text = edit::set_sealed_secret_values(file.text(), secret.place(), &values).map_err(|problem| file.edit_error(problem))?;
    if let Judgement::Warning(text) = size::judge(&args.file, &text, secret.place(), args.allow_large)? {
        output.note(&text);
    }
    if !args.dry_run && text != file.text() {
        file.replace(&text)?;
    }
    report::tell(output, &done, args.dry_run, &args.file)
}
