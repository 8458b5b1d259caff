//! One file for each verb: arguments, calls of the libraries, words.

pub(crate) mod completions;
pub(crate) mod copy;
pub(crate) mod diff;
pub(crate) mod edit;
pub(crate) mod exec;
pub(crate) mod get;
pub(crate) mod git;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod migrate;
pub(crate) mod render;
pub(crate) mod reseal;
pub(crate) mod set;
pub(crate) mod unset;
pub(crate) mod value;
pub(crate) mod verify;
pub(crate) mod why;

use crate::cli::{Cli, Verb};
use crate::error::Error;
use crate::output;

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<(), Error> {
    match cli.verb {
        Verb::Init(args) => init::run(&args),
        Verb::Keys(verb) => keys::run(&verb),
        Verb::Set(args) => set::run(&args),
        Verb::Unset(args) => unset::run(&args),
        Verb::Get(args) => get::run(&args),
        Verb::List(args) => list::run(&args),
        Verb::Copy(args) => copy::run(&args),
        Verb::Diff(args) => diff::run(&args),
        Verb::Edit(args) => edit::run(&args),
        Verb::Value(args) => value::run(&args),
        Verb::Import(args) => import::run(&args),
        Verb::Migrate(verb) => migrate::run(&verb),
        Verb::Render(args) => render::run(&args),
        Verb::Exec(args) => exec::run(&args),
        Verb::Reseal(args) => reseal::run(&args),
        Verb::Verify(args) => verify::run(&args),
        Verb::Why(args) => why::run(&args),
        Verb::Git(verb) => git::run(&verb),
        Verb::Completions(args) => completions::run(&args),
        Verb::Man(args) => man::run(&args),
        Verb::Version => output::write_stdout(concat!("seal ", env!("CARGO_PKG_VERSION"), "\n").as_bytes()),
    }
}
