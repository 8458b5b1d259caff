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
    Bench(cmd::bench::Args),
    Crds(cmd::crds::Args),
    Demo(cmd::demo::Args),
    Fuzz(cmd::fuzz::Args),
    Parts(cmd::parts::Args),
    Test(cmd::test::Args),
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    match Cli::parse().command {
        Command::Bench(args) => cmd::bench::run(&args),
        Command::Crds(args) => cmd::crds::run(&args),
        Command::Demo(args) => cmd::demo::run(&args),
        Command::Fuzz(args) => cmd::fuzz::run(&args),
        Command::Parts(args) => cmd::parts::run(&args),
        Command::Test(args) => cmd::test::run(&args),
    }
}
