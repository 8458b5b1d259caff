//! `cargo xtask`: the developer's front door. It parses arguments and hands over to one file per command;
//! it must never do work of its own.

mod cmd;

use clap::{Parser, Subcommand};

/// Developer commands of Sealbridge.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Crds(cmd::crds::Args),
    Parts(cmd::parts::Args),
    Test(cmd::test::Args),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    match Cli::parse().command {
        Command::Crds(args) => cmd::crds::run(&args),
        Command::Parts(args) => cmd::parts::run(&args),
        Command::Test(args) => cmd::test::run(&args),
    }
}
