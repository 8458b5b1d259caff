//! Why an identity cannot be used, told after the name of the place that it is in.
//!
//! Must never: hold a byte of a key or passphrase, or what a program said.

use std::io;

use sealbridge_seal::{ArmorError, IdentityFileError, PassphraseError};

use crate::error::Cause;

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityProblem {
    /// The lines are not identities.
    #[error(": {0}")]
    Lines(IdentityFileError),
    /// A line of a plugin with a typing error.
    #[error(": line {line} is not an identity of an age plugin: it has the start of one and a wrong checksum; copy it again")]
    PluginLine { line: usize },
    /// There is more than any identities have.
    #[error(" holds more than 16 MiB, which no identities have; check that it is the right one")]
    TooLarge,
    /// The armor is damaged.
    #[error(": {0}")]
    Armor(ArmorError),
    /// The file opens with none of the other identities.
    #[error(" is encrypted to a key that is not at hand; name a file with that key too, with -i")]
    Locked,
    /// An encrypted file holds another one.
    #[error(" holds an encrypted file inside an encrypted file; decrypt it once with `age -d`")]
    LockedTwice,
    /// Nobody can be asked for the passphrase.
    #[error(" is protected by a passphrase, which cannot be asked for ({}); run the command at a terminal", Cause(*.0))]
    NoTerminal(io::ErrorKind),
    /// The passphrase does not open it.
    #[error(" stays locked: {0}")]
    Passphrase(PassphraseError),
    /// An SSH key in an old form.
    #[error(" is an SSH key in an old form; `ssh-keygen -p -f` and its path writes it in the present one")]
    OldSshKey,
    /// No SSH key that can be read.
    #[error(" is not an SSH private key that can be read; check it with `ssh-keygen -y -f` and its path")]
    SshKey,
    /// An SSH key of a type without a use here.
    #[error(" is an SSH key of a type that opens nothing; ssh-ed25519 and ssh-rsa keys of 2048 to 8192 bits do")]
    SshKeyType,
    /// An SSH key that asks for too much work.
    #[error(
        " asks for {rounds} rounds to try a passphrase, and at most {most} are done; `ssh-keygen -p -a 100 -f` and its path changes that"
    )]
    SshRounds { rounds: u32, most: u32 },
    /// The command is not one.
    #[error(" is not a command line: it is empty, or a quote is not closed; correct it")]
    CommandWords,
    /// The command cannot be run.
    #[error(" names a program that cannot be run ({}); check its path. It is run without a shell", Cause(*.0))]
    CommandStart(io::ErrorKind),
    /// The command failed.
    #[error(" names a program that ended with a failure; run it by hand to see why")]
    CommandFailed,
}
