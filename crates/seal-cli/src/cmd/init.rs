//! `seal init`: writes `.sealbridge.yaml`.

use std::path::PathBuf;

use clap::Args;
use sealbridge_manifest::edit::{Node, written};
use sealbridge_seal::Recipient;
use serde::Serialize;

use crate::cli::ReportArgs;
use crate::config::FILE_NAME;
use crate::error::Error;
use crate::file::Snapshot;
use crate::output::{self, Output};
use crate::question;

/// Write .sealbridge.yaml: who can open what, once per repository.
///
/// Without flags, a terminal is asked for recipients and the names of their sets.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal init -r dev=age1… -r break-glass=age1…
  seal init --context prod-eu")]
pub(crate) struct InitArgs {
    /// A recipient and the set that it belongs to.
    #[arg(short, long = "recipient", value_name = "SET=RECIPIENT")]
    recipients: Vec<String>,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    from: FromCluster,
    /// The file to write.
    #[arg(long, value_name = "PATH", default_value = FILE_NAME)]
    config: PathBuf,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// Taking recipients from a cluster.
#[cfg(feature = "cluster")]
#[derive(Debug, Args)]
struct FromCluster {
    /// Take the active keys of the current cluster as the set `cluster`.
    #[arg(long)]
    from_cluster: bool,
    /// Take the active keys of this kubeconfig context as a set of its name.
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    /// The operator's namespace.
    #[arg(short, long, value_name = "NAMESPACE", default_value = crate::cluster::OPERATOR_NAMESPACE)]
    namespace: String,
    /// Trust the keys that the cluster names without being asked.
    #[arg(long)]
    yes: bool,
}

type Sets = Vec<(String, Vec<Recipient>)>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    file: String,
    written: bool,
    recipients: serde_json::Map<String, serde_json::Value>,
}

pub(crate) fn run(args: &InitArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let file = Snapshot::read(&args.config)?;
    if file.text().is_some() {
        return Err(Error::Exists { path: args.config.clone() });
    }
    let mut sets = named(&args.recipients)?;
    #[cfg(feature = "cluster")]
    sets.extend(of_cluster(&args.from)?);
    if sets.is_empty() && question::can_ask() {
        sets.extend(asked()?);
    }
    if sets.is_empty() {
        return Err(Error::Arguments(
            "no recipient is named, so nobody could open a value; name one with -r SET=RECIPIENT (`seal keys new` makes one)",
        ));
    }
    if !args.dry_run {
        file.replace(&text(&sets))?;
    }
    let verb = if args.dry_run { "would write" } else { "wrote" };
    let names: Vec<_> = sets.iter().map(|(name, _)| name.as_str()).collect();
    output.say(&format!("{verb} {}; values are sealed to {}", args.config.display(), names.join(" + ")))?;
    let recipients = sets.iter().map(|(name, members)| (name.clone(), members.iter().map(Recipient::as_str).collect())).collect();
    output.document(&Document { file: args.config.display().to_string(), written: !args.dry_run, recipients })
}

/// Recipients that a terminal is asked for.
fn asked() -> Result<Sets, Error> {
    let mut sets: Sets = Vec::new();
    while let Some(text) = question::ask("recipient (age1…), empty when there are no more: ")? {
        match text.parse::<Recipient>() {
            Ok(recipient) => {
                let name = question::ask("name of the set that it belongs to [dev]: ")?.unwrap_or_else(|| "dev".to_owned());
                add(&mut sets, &name, recipient);
            }
            Err(problem) => output::note(&problem.to_string()),
        }
    }
    Ok(sets)
}

fn add(sets: &mut Sets, name: &str, recipient: Recipient) {
    match sets.iter_mut().find(|(known, _)| known == name) {
        Some((_, members)) => members.push(recipient),
        None => sets.push((name.to_owned(), vec![recipient])),
    }
}

fn named(pairs: &[String]) -> Result<Sets, Error> {
    let mut sets: Sets = Vec::new();
    for pair in pairs {
        let (name, text) = pair.split_once('=').ok_or(Error::Arguments("-r takes SET=RECIPIENT, for example dev=age1…"))?;
        let recipient = text.parse().map_err(|problem| Error::Recipient { place: "-r".to_owned(), problem })?;
        add(&mut sets, name, recipient);
    }
    Ok(sets)
}

fn text(sets: &Sets) -> String {
    let text = |text: &str| Node::Text(text.to_owned());
    let recipients =
        sets.iter().map(|(name, members)| (name.clone(), Node::List(members.iter().map(|one| text(one.as_str())).collect())));
    let names = Node::List(sets.iter().map(|(name, _)| text(name)).collect());
    let sets = written(&[("recipients".to_owned(), Node::Block(recipients.collect()))]);
    let names = written(&[("recipients".to_owned(), names)]);
    format!(
        "# Who can open what. The first rule whose path matches a file counts; paths are relative to this file.\n\
         # A rule may also say `namespace:`, `scope:` (strict, namespace or cluster) and `policy:`.\n\
         {sets}rules:\n  - path: \"**\"\n    {names}"
    )
}

#[cfg(feature = "cluster")]
fn of_cluster(from: &FromCluster) -> Result<Option<(String, Vec<Recipient>)>, Error> {
    use std::io::Write;

    use crate::cluster::{self, PublishedKey};

    let context = from.context.as_deref();
    if !from.from_cluster && context.is_none() {
        return Ok(None);
    }
    let keys = cluster::published_keys(context, &from.namespace)?;
    let active: Vec<_> = keys.into_iter().filter(PublishedKey::is_active).collect();
    let recipients = active.iter().map(PublishedKey::recipient).collect::<Result<Vec<_>, _>>()?;
    if recipients.is_empty() {
        return Err(Error::Cluster("the cluster publishes no active key; create a SealingKey first".to_owned()));
    }
    if !from.yes {
        if !question::can_ask() {
            return Err(Error::Arguments("keys of a cluster are trusted only with --yes where nobody can be asked"));
        }
        for recipient in &recipients {
            drop(writeln!(std::io::stderr(), "{}  {recipient}", recipient.id()));
        }
        if !question::confirm("Seal to these keys? Compare them with those of whoever runs the cluster.")? {
            return Err(Error::Arguments("the keys were not accepted, so nothing was written"));
        }
    }
    Ok(Some((context.unwrap_or("cluster").to_owned(), recipients)))
}
