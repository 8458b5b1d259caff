//! The command line: its verbs and how a mistake in it is told.
//!
//! Must never: repeat an argument that is not a flag, since people paste values where they do not belong.

use std::ffi::OsStr;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::cmd;
use crate::error::Error;

/// Seals secret values for Git, and shows the Secrets that manifests stand for.
#[derive(Debug, Parser)]
#[command(name = "seal", version, max_term_width = MAX_WIDTH, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Columns of a terminal that help uses at most.
const MAX_WIDTH: usize = 100;

const EXAMPLES: &str = "\
EXAMPLES
  seal keys new                                  make a key pair, once
  seal init -r dev=age1…                         say who can open what, once per repository
  seal set shop/checkout.yaml STRIPE_KEY         seal a value that is asked for without echo
  seal list shop                                 what is sealed, for whom; no values
  seal diff main                                 what changed for each entry, what opens more first
  seal why checkout                              where its entries come from, and when they change
  seal get shop/checkout.yaml                    open the values that your keys open
  seal render shop                               the Secrets that the operator will write
  seal verify --staged                           what must not be committed; needs no key

Exit status: 0 done, 1 findings or differences, 2 could not judge or bad use.";

/// One verb each.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Init(cmd::init::InitArgs),
    #[command(subcommand)]
    Keys(cmd::keys::KeysVerb),
    Set(cmd::set::SetArgs),
    Unset(cmd::unset::UnsetArgs),
    Get(cmd::get::GetArgs),
    Edit(cmd::edit::EditArgs),
    List(cmd::list::ListArgs),
    Diff(cmd::diff::DiffArgs),
    Why(cmd::why::WhyArgs),
    Copy(cmd::copy::CopyArgs),
    Value(cmd::value::ValueArgs),
    Import(cmd::import::ImportArgs),
    #[command(subcommand)]
    Migrate(cmd::migrate::MigrateVerb),
    Reseal(cmd::reseal::ResealArgs),
    Render(cmd::render::RenderArgs),
    Exec(cmd::exec::ExecArgs),
    Verify(cmd::verify::VerifyArgs),
    #[command(subcommand)]
    Git(cmd::git::GitVerb),
    Completions(cmd::completions::CompletionsArgs),
    Man(cmd::man::ManArgs),
    /// Print the version.
    Version,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document on stdout.
    Json,
}

/// Flags of verbs that report what they did.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// How to write results.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub(crate) output: Format,
    /// Say nothing but errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Flags of verbs that ask the repository's rules.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The rules; by default the nearest .sealbridge.yaml upwards of the file.
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Option<std::path::PathBuf>,
}

/// Reads the command line. Help and version end the process here.
pub(crate) fn parse() -> Result<Cli, Error> {
    let named = std::env::args_os().nth(1);
    let alone = named.as_deref().and_then(OsStr::to_str).and_then(alone);
    understood(alone.map_or_else(Cli::try_parse, |read| read().map(|verb| Cli { verb })))
}

/// Reads the command line for one verb. The arguments of all verbs are most of what a short command would allocate.
fn alone(name: &str) -> Option<fn() -> Result<Verb, clap::Error>> {
    Some(match name {
        "init" => || only("init", Verb::Init),
        "set" => || only("set", Verb::Set),
        "unset" => || only("unset", Verb::Unset),
        "get" => || only("get", Verb::Get),
        "edit" => || only("edit", Verb::Edit),
        "list" => || only("list", Verb::List),
        "diff" => || only("diff", Verb::Diff),
        "copy" => || only("copy", Verb::Copy),
        "value" => || only("value", Verb::Value),
        "import" => || only("import", Verb::Import),
        "reseal" => || only("reseal", Verb::Reseal),
        "render" => || only("render", Verb::Render),
        "exec" => || only("exec", Verb::Exec),
        "why" => || only("why", Verb::Why),
        "verify" => || only("verify", Verb::Verify),
        "version" => || only("version", |NoArgs {}| Verb::Version),
        _ => return None,
    })
}

/// Arguments of a verb that takes none.
#[derive(Debug, Args)]
struct NoArgs {}

fn only<A: Args>(name: &'static str, verb: fn(A) -> Verb) -> Result<Verb, clap::Error> {
    let command = A::augment_args(clap::Command::new(name).bin_name(format!("seal {name}")).max_term_width(MAX_WIDTH));
    let mut matches = command.try_get_matches_from(std::env::args_os().skip(1))?;
    A::from_arg_matches_mut(&mut matches).map(verb)
}

/// What was understood of a command line. Help and version end the process here.
pub(crate) fn understood<C>(parsed: Result<C, clap::Error>) -> Result<C, Error> {
    parsed.map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        explain(error)
    })
}

/// The whole command, for completions and manual pages.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

fn explain(mut error: clap::Error) -> Error {
    // Its advice would be to pass the flag as a value.
    drop(error.remove(ContextKind::TrailingArg));
    let strays = error.kind() == ErrorKind::UnknownArgument
        && matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(argument)) if !argument.starts_with('-'));
    if strays { Error::StrayArgument } else { Error::Usage(error.render().to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_well_formed() {
        command().debug_assert();
    }

    /// The commands under EXAMPLES of a command and of those below it.
    fn examples(command: &clap::Command) -> Vec<String> {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = text.lines().filter(|line| line.starts_with("  ")).flat_map(|line| line.split('|'));
        let own = lines.map(str::trim).filter(|part| part.starts_with("seal ")).map(|part| {
            let command = part.split(" > ").next().unwrap_or(part);
            command.split("  ").next().unwrap_or(command).to_owned()
        });
        own.chain(command.get_subcommands().flat_map(examples)).collect()
    }

    #[test]
    fn every_verb_has_examples_and_every_example_is_accepted() {
        let command = command();
        for verb in command.get_subcommands().filter(|verb| !matches!(verb.get_name(), "version" | "keys")) {
            assert!(!examples(verb).is_empty(), "{}", verb.get_name());
        }
        for example in examples(&command) {
            let parsed = Cli::try_parse_from(example.split_whitespace());
            assert!(parsed.is_ok(), "{example}: {}", parsed.expect_err("refused"));
        }
    }

    #[test]
    fn every_verb_with_arguments_is_read_alone() {
        let command = command();
        let seldom = ["completions", "man", "version"];
        let verbs = command.get_subcommands().filter(|verb| !verb.has_subcommands() && !seldom.contains(&verb.get_name()));
        let missing: Vec<_> = verbs.map(clap::Command::get_name).filter(|name| alone(name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_stray_argument_is_not_repeated() {
        let error = Cli::try_parse_from(["seal", "version", "hunter2"]).expect_err("refused");
        assert!(!explain(error).to_string().contains("hunter2"));
    }
}
