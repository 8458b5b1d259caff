//! `seal exec`: a command with the values of Secrets in its environment.
//!
//! Must never: write a value anywhere but into the environment of that one process, or run the command with a part of
//! what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::shown_target;

use crate::error::Error;
use crate::identities;
use crate::inventory::Inventory;
use crate::output;
use crate::render::reading::{Asked, ReadingArgs};
use crate::render::rendered::Rendered;

/// Run a command with the values of Secrets as environment variables.
///
/// Each entry of the Secrets that the manifests stand for is one variable. Nothing is written to a disk. The command takes
/// the place of this process, so that signals reach it and its exit status is what the caller sees. What opened the
/// values (`SEALBRIDGE_IDENTITY`, `SEALBRIDGE_OIDC_TOKEN`) is not handed on. Whoever may look at the process sees its
/// environment.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal exec shop/checkout.yaml -- ./migrate-database
  seal exec shop --stores live --only DB_USER,DB_PASSWORD -- psql
  seal exec shop/checkout.yaml --prefix TF_VAR_ -- terraform plan

Exit status: the command's; 2 if a value could not be had, and nothing was run;
126 if the command cannot be run, 127 if there is none.")]
pub(crate) struct ExecArgs {
    /// Manifests, or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
    /// Only these entries.
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    only: Vec<String>,
    /// What stands before the key in the name of each variable.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    prefix: String,
    #[command(flatten)]
    reading: ReadingArgs,
}

pub(crate) fn run(args: &ExecArgs) -> Result<(), Error> {
    let Some((program, arguments)) = args.command.split_first() else { return Ok(()) };
    let secrets = secrets(args)?;
    let variables = variables(&secrets, &args.only, &args.prefix).map_err(Error::Several)?;
    let mut command = Command::new(program);
    command.args(arguments);
    for own in identities::PRIVATE_VARIABLES {
        command.env_remove(own);
    }
    command.envs(variables);
    // It returns only when nothing was run.
    let cause = command.exec().kind();
    Err(Error::NotRun { program: PathBuf::from(program), cause })
}

fn secrets(args: &ExecArgs) -> Result<Vec<DesiredSecret>, Error> {
    let inventory = Inventory::read(&args.paths)?;
    let mut reading = args.reading.declared(inventory.files.iter(), &Asked::default())?;
    inventory.ensure_complete()?;
    if reading.declarations.secrets.is_empty() {
        return Err(Error::Arguments("there are no values: no BridgedSecret or ExternalSecret is there; check the path"));
    }
    let mut secrets = Vec::new();
    let mut failures = Vec::new();
    for result in reading.rendered()? {
        match result {
            Ok(Rendered { secret, .. }) if secret.manifest.is_some() => {
                if !args.reading.quiet {
                    output::note(&format!("{} gives no variables; those of Secrets do", shown_target(&secret.id())));
                }
            }
            Ok(Rendered { secret, is_volatile }) => {
                if is_volatile && !args.reading.quiet {
                    let DesiredSecret { namespace, name, .. } = &secret;
                    output::note(&format!(
                        "templates or generators of {namespace}/{name} give other bytes at every run than in the cluster"
                    ));
                }
                secrets.push(secret);
            }
            Err(problem) => failures.push(problem),
        }
    }
    if failures.is_empty() { Ok(secrets) } else { Err(Error::Several(failures)) }
}

/// The variables, or everything that is wrong with them.
fn variables<'s>(secrets: &'s [DesiredSecret], only: &[String], prefix: &str) -> Result<Vec<(String, &'s OsStr)>, Vec<String>> {
    let mut problems = Vec::new();
    let mut found: BTreeMap<&str, (String, &OsStr)> = BTreeMap::new();
    for secret in secrets {
        let place = format!("{}/{}", secret.namespace, secret.name);
        for (key, value) in secret.data.iter().filter(|(key, _)| only.is_empty() || only.iter().any(|wanted| wanted == key)) {
            if !is_variable(&format!("{prefix}{key}")) {
                problems.push(format!(
                    "{place}: entry {key} cannot name an environment variable; leave it out, with --only and the others"
                ));
            } else if value.expose().contains(&0) {
                problems.push(format!(
                    "{place}: entry {key} holds the byte 0, which no environment variable can; leave it out, with --only and the others"
                ));
            } else if let Some((first, _)) = found.get(key) {
                problems.push(format!("{place}: entry {key} is one of {first} too; name the manifest of one of them alone"));
            } else {
                found.insert(key, (place.clone(), OsStr::from_bytes(value.expose())));
            }
        }
    }
    let there: BTreeSet<&str> = secrets.iter().flat_map(|secret| secret.data.keys()).collect();
    for absent in only.iter().filter(|key| !there.contains(key.as_str())) {
        problems.push(format!("no Secret has the entry {absent}, which --only names; correct it"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(found.into_iter().map(|(key, (_, value))| (format!("{prefix}{key}"), value)).collect())
}

/// POSIX.1-2024, XBD 8.1, and lower case, which many programs use.
fn is_variable(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_secret::SecretBytes;

    fn secret(name: &str, data: &[(&str, &[u8])]) -> DesiredSecret {
        DesiredSecret {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            manifest: None,
            type_: None,
            immutable: false,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            data: data.iter().map(|(key, value)| ((*key).to_owned(), SecretBytes::new(value.to_vec()))).collect(),
        }
    }

    #[test]
    fn each_entry_is_a_variable() {
        let secrets = [secret("a", &[("A", b"one"), ("tls.crt", b"x")]), secret("b", &[("B", b"\xff")])];
        let only = ["A".to_owned(), "B".to_owned()];
        let expected = vec![("X_A".to_owned(), OsStr::new("one")), ("X_B".to_owned(), OsStr::from_bytes(b"\xff"))];
        assert_eq!(variables(&secrets, &only, "X_"), Ok(expected));
    }

    #[rstest]
    #[case::no_name(&[("tls.crt", "x")], "", "entry tls.crt cannot name an environment variable")]
    #[case::digit(&[("1", "x")], "", "entry 1 cannot name")]
    #[case::prefix(&[("A", "x")], "a=", "entry A cannot name")]
    #[case::null(&[("A", "hunter2\0")], "", "entry A holds the byte 0")]
    #[case::twice(&[("TWICE", "x")], "", "shop/b: entry TWICE is one of shop/a too")]
    fn what_cannot_be_handed_over_is_told(#[case] data: &[(&str, &str)], #[case] prefix: &str, #[case] expected: &str) {
        let data: Vec<_> = data.iter().map(|(key, value)| (*key, value.as_bytes())).collect();
        let secrets = [secret("a", &[("TWICE", b"y")]), secret("b", &data)];
        let told = variables(&secrets, &[], prefix).expect_err("a problem").join("; ");
        assert!(told.contains(expected) && !told.contains("hunter2"), "{told}");
        let told = variables(&secrets[..1], &["B".to_owned()], "").expect_err("a problem").join("; ");
        assert!(told.contains("no Secret has the entry B"), "{told}");
    }
}
