//! Where private keys are looked for.
//!
//! Owns the order. Must never judge what is there.

use std::env;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::command;
use super::problem::IdentityProblem;
use crate::error::Error;

const FILE_VARIABLE: &str = "SEALBRIDGE_IDENTITY_FILE";
const TEXT_VARIABLE: &str = "SEALBRIDGE_IDENTITY";
const COMMAND_VARIABLE: &str = "SEALBRIDGE_IDENTITY_COMMAND";

/// What SOPS takes for a file of identities.
pub(super) const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A place in which private keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of a person.
    File(PathBuf),
    /// A file that the rules of a repository name, and a checkout brings with the mode that it has.
    RuleFile(PathBuf),
    /// The text of an environment variable.
    Text(&'static str),
    /// What the command in an environment variable prints.
    Command(&'static str),
}

impl Place {
    /// The place for people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) | Self::RuleFile(path) => path.display().to_string(),
            Self::Text(variable) | Self::Command(variable) => (*variable).to_owned(),
        }
    }

    /// What is there.
    pub(super) fn content(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self {
            Self::File(path) | Self::RuleFile(path) => {
                let failed = |error: std::io::Error| Error::Read { path: path.clone(), cause: error.kind() };
                bounded(File::open(path).map_err(failed)?, failed, || self.name())
            }
            Self::Text(variable) => Ok(Zeroizing::new(env::var_os(variable).unwrap_or_default().into_vec())),
            Self::Command(variable) => command::output(variable, None),
        }
    }
}

/// Reads to the end, but not more than identities have.
pub(super) fn bounded(
    reader: impl Read,
    failed: impl Fn(std::io::Error) -> Error,
    name: impl Fn() -> String,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let read = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(read).is_ok_and(|read| read <= MAX_BYTES) {
        Ok(bytes)
    } else {
        Err(Error::Identity { from: name(), problem: IdentityProblem::TooLarge })
    }
}

/// The first place of a person that is there.
pub(super) fn own() -> Option<Place> {
    if let Some(path) = set(FILE_VARIABLE) {
        return Some(Place::File(path));
    }
    if set(TEXT_VARIABLE).is_some() {
        return Some(Place::Text(TEXT_VARIABLE));
    }
    if set(COMMAND_VARIABLE).is_some() {
        return Some(Place::Command(COMMAND_VARIABLE));
    }
    default_path().ok().filter(|path| path.exists()).map(Place::File)
}

/// All places in which SOPS looks, those that are files only if they are there. It tries them together.
pub(super) fn of_sops() -> Vec<Place> {
    let home = set("HOME");
    let named_file = |variable| set(variable).map(Place::File);
    let there = |path: Option<PathBuf>| path.filter(|path| path.exists()).map(Place::File);
    let in_home = |path: &str| there(home.as_ref().map(|home| home.join(path)));
    let text = |variable| set(variable).map(|_| Place::Text(variable));
    let command = |variable| set(variable).map(|_| Place::Command(variable));
    [
        named_file("SOPS_AGE_SSH_PRIVATE_KEY_FILE"),
        command("SOPS_AGE_SSH_PRIVATE_KEY_CMD"),
        in_home(".ssh/id_ed25519"),
        in_home(".ssh/id_rsa"),
        text("SOPS_AGE_KEY"),
        named_file("SOPS_AGE_KEY_FILE"),
        command("SOPS_AGE_KEY_CMD"),
        there(sops_folder().map(|folder| folder.join("sops").join("age").join("keys.txt"))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Where SOPS has its settings: macOS has a place of its own for those.
fn sops_folder() -> Option<PathBuf> {
    let in_home = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(in_home)))
}

/// `$XDG_CONFIG_HOME/sealbridge/keys.txt`, or the same under `~/.config`.
pub(crate) fn default_path() -> Result<PathBuf, Error> {
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    folder.map(|folder| folder.join("sealbridge").join("keys.txt")).ok_or(Error::NoHome)
}

fn set(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}
