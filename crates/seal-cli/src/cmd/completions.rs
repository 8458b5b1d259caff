//! `seal completions`: what a shell needs to complete the command line.

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use crate::error::Error;
use crate::{cli, output};

/// Print completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal completions bash > ~/.local/share/bash-completion/completions/seal
  seal completions zsh > ~/.zfunc/_seal
  seal completions fish > ~/.config/fish/completions/seal.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: SupportedShell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SupportedShell {
    Bash,
    Zsh,
    Fish,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Error> {
    let shell = match args.shell {
        SupportedShell::Bash => Shell::Bash,
        SupportedShell::Zsh => Shell::Zsh,
        SupportedShell::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "seal", &mut script);
    output::write_stdout(&script)
}
