//! `seal keys exposure`: every value that was ever sealed to a key, from the history.
//!
//! Must never: leave out a value because its entry, its file or its branch is gone.

mod sealed_secrets;
mod walk;

use std::path::Path;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use self::sealed_secrets::Opened;
use self::walk::Exposed;
use crate::cmd::keys::blobs::Blobs;
use crate::cmd::keys::key_id;
use crate::cmd::keys::trial::Trial;
use crate::config::{self, Config};
use crate::error::Error;
use crate::git::{Commit, Repository};
use crate::output;
use crate::recovery_keys::{self, RecoveryArgs};

/// How much of an id of a commit is shown to people.
const SHOWN: usize = 10;

/// List every value that was ever sealed to a key: what has to be changed at its source when the key is leaked.
///
/// Reads the history of all branches and tags. Whoever has the key and a clone can read all of these values, those
/// that were sealed again for other keys since and did not change included.
///
/// A SealedSecret does not name its key. For a leaked key of a sealed-secrets controller give that private key itself with
/// --recovery-private-key: it is tried on every value of every SealedSecret in the history, and those that it opens are
/// listed. Without the private key nobody can tell.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal keys exposure 3f9c21ab90c1d2e4
  seal keys exposure 3f9c21ab90c1d2e4 -o csv > rotate.csv
  seal keys exposure 3f9c21ab90c1d2e4 --ref main -o json
  seal keys exposure --recovery-private-key leaked.pem")]
pub(crate) struct ExposureArgs {
    /// The key, 16 hex digits.
    #[arg(value_name = "ID", required_unless_present = "recovery_private_keys", conflicts_with = "recovery_private_keys")]
    id: Option<String>,
    #[command(flatten)]
    recovery: RecoveryArgs,
    /// The namespace of SealedSecrets that say none, where neither a kustomization nor a rule says it now.
    #[arg(short, long, value_name = "NAMESPACE", conflicts_with = "id")]
    namespace: Option<String>,
    /// Only commits that these revisions lead to.
    #[arg(long = "ref", value_name = "REV")]
    revisions: Vec<String>,
    /// How to write results: text, json or csv.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    output: ExposureFormat,
    /// Say nothing but results and errors.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExposureFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    file: String,
    secret: String,
    key: String,
    first_commit: String,
    first_day: String,
    last_commit: String,
    last_day: String,
    versions: usize,
    current: bool,
}

pub(crate) fn run(args: &ExposureArgs) -> Result<(), Error> {
    let id = args.id.as_deref().map(key_id).transpose()?;
    let repository = Repository::here()?;
    let mut commits = Vec::new();
    for name in &args.revisions {
        commits.push(repository.commit(name)?.ok_or_else(|| Error::NoRevision { name: name.clone() })?);
    }
    let head = repository.commit("HEAD")?.ok_or(Error::NoCommit)?;
    if !args.quiet && repository.is_shallow()? {
        output::note(
            "this clone has not the whole history, and values of older commits are not found; run `git fetch --unshallow`",
        );
    }
    let exposed = match id {
        Some(id) => walk::exposed(&repository, &mut Blobs::of(&repository, Some(id))?, &commits, &head)?,
        None => opened(args, &repository, &commits, &head)?,
    };
    let rows: Vec<Row> = exposed.into_iter().map(row).collect();
    let text = match args.output {
        ExposureFormat::Text => rows.iter().map(line).collect(),
        ExposureFormat::Csv => csv(&rows),
        ExposureFormat::Json => serde_json::to_string_pretty(&rows).map_err(|_| Error::Json)? + "\n",
    };
    output::write_stdout(text.as_bytes())?;
    if !args.quiet {
        output::note(&match rows.len() {
            0 => format!("no value was ever sealed to {} in this history", id.map_or("these keys".to_owned(), |id| id.to_string())),
            count => format!("entries to be changed at their source, since the key opens what the history holds: {count}"),
        });
    }
    Ok(())
}

/// What the private keys that are named open.
fn opened(args: &ExposureArgs, repository: &Repository, commits: &[String], head: &str) -> Result<Vec<Exposed>, Error> {
    let ring = recovery_keys::load(&args.recovery)?;
    let config = Config::find(None, &config::folder_of(Path::new(config::FILE_NAME)))?;
    let trial = Trial::new(&ring, config.as_ref(), args.namespace.as_deref());
    let mut find = Opened::of(repository, trial)?;
    let exposed = walk::exposed(repository, &mut find, commits, head)?;
    for object in &find.trial.untried {
        // Not told as fine: nobody looked.
        output::note(&format!("{object}: the namespace is not known, so its values were not tried; give it with -n"));
    }
    Ok(exposed)
}

fn row(exposed: Exposed) -> Row {
    Row {
        file: exposed.file.display().to_string(),
        secret: exposed.secret,
        key: exposed.key,
        first_day: day(&exposed.first),
        first_commit: exposed.first.id,
        last_day: day(&exposed.last),
        last_commit: exposed.last.id,
        versions: exposed.versions,
        current: exposed.current,
    }
}

pub(super) fn day(commit: &Commit) -> String {
    let moment = Timestamp::from_second(commit.seconds).unwrap_or_default();
    moment.to_zoned(TimeZone::UTC).date().to_string()
}

fn line(row: &Row) -> String {
    let short = |id: &str| id.get(..SHOWN).unwrap_or(id).to_owned();
    let secret = if row.secret.is_empty() { String::new() } else { format!("{}  ", row.secret) };
    let versions = if row.versions == 1 { String::new() } else { format!(", {} versions", row.versions) };
    let current = if row.current { "current" } else { "no longer there" };
    let span =
        format!("first {} ({}), last {} ({})", short(&row.first_commit), row.first_day, short(&row.last_commit), row.last_day);
    output::harmless(&format!("{}  {secret}{}  {current}, {span}{versions}", row.file, row.key)) + "\n"
}

fn csv(rows: &[Row]) -> String {
    let mut text = "file,secret,entry,first_commit,first_day,last_commit,last_day,versions,current\r\n".to_owned();
    for row in rows {
        let named = [&row.file, &row.secret, &row.key, &row.first_commit, &row.first_day, &row.last_commit, &row.last_day];
        let mut cells: Vec<String> = named.into_iter().map(|text| cell(text)).collect();
        cells.extend([row.versions.to_string(), row.current.to_string()]);
        text.push_str(&format!("{}\r\n", cells.join(",")));
    }
    text
}

/// A cell in quotes. Names come from files that anybody may propose: what a spreadsheet would take for a formula gets
/// an apostrophe before it.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula_and_ends_where_it_ends() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("a\",b\n"), "\"a\"\",b\n\"");
    }
}
