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
use crate::wiped;

const FILE_VARIABLE: &str = "SEALBRIDGE_IDENTITY_FILE";
const TEXT_VARIABLE: &str = "SEALBRIDGE_IDENTITY";
/// Variables of our own that hold what opens values, or what logs in for it.
pub(crate) const PRIVATE_VARIABLES: [&str; 2] = [TEXT_VARIABLE, "SEALBRIDGE_OIDC_TOKEN"];
const COMMAND_VARIABLE: &str = "SEALBRIDGE_IDENTITY_COMMAND";

/// What SOPS takes for a file of identities.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A place in which private keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of a person.
    File(PathBuf),
    /// A file that the rules of a repository name, and a checkout brings with the mode that it has.
    RuleFile(PathBuf),
    /// An SSH key of a person who may have it for other uses alone.
    SshFile(PathBuf),
    /// The text of an environment variable.
    Text(&'static str),
    /// What the command in an environment variable prints.
    Command(&'static str),
}

impl Place {
    /// The place for people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) | Self::RuleFile(path) | Self::SshFile(path) => path.display().to_string(),
            Self::Text(variable) | Self::Command(variable) => (*variable).to_owned(),
        }
    }

    /// What is there.
    pub(super) fn content(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self {
            Self::File(path) | Self::RuleFile(path) | Self::SshFile(path) => {
                let failed = |error: std::io::Error| Error::Read { path: path.clone(), cause: error.kind() };
                bounded(File::open(path).map_err(failed)?, failed, || self.name())
            }
            Self::Text(variable) => Ok(Zeroizing::new(env::var_os(variable).unwrap_or_default().into_vec())),
            Self::Command(variable) => command::output(variable, &text_of(variable), None),
        }
    }
}

/// Reads to the end, but not more than identities have.
pub(super) fn bounded(
    reader: impl Read,
    failed: impl Fn(std::io::Error) -> Error,
    name: impl Fn() -> String,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = wiped::read_at_most(reader, MAX_BYTES).map_err(failed)?;
    if bytes.len() > MAX_BYTES { Err(Error::Identity { from: name(), problem: IdentityProblem::TooLarge }) } else { Ok(bytes) }
}

/// The text of a variable, which may be a private key or a command line with one; empty if it is no text.
pub(super) fn text_of(variable: &str) -> Zeroizing<String> {
    Zeroizing::new(env::var(variable).unwrap_or_default())
}

/// The first place of a person that is there.
pub(super) fn own() -> Option<Place> {
    own_by(&process)
}

/// All places in which SOPS looks, those that are files only if they are there. It tries them together.
pub(super) fn of_sops() -> Vec<Place> {
    of_sops_by(&process)
}

/// `$XDG_CONFIG_HOME/sealbridge/keys.txt`, or the same under `~/.config`.
pub(crate) fn default_path() -> Result<PathBuf, Error> {
    default_by(&process).ok_or(Error::NoHome)
}

/// The values of environment variables.
type Environment<'a> = &'a dyn Fn(&str) -> Option<PathBuf>;

/// A variable of this process; one that is empty counts as unset.
fn process(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn own_by(set: Environment<'_>) -> Option<Place> {
    if let Some(path) = set(FILE_VARIABLE) {
        return Some(Place::File(path));
    }
    if set(TEXT_VARIABLE).is_some() {
        return Some(Place::Text(TEXT_VARIABLE));
    }
    if set(COMMAND_VARIABLE).is_some() {
        return Some(Place::Command(COMMAND_VARIABLE));
    }
    default_by(set).filter(|path| path.exists()).map(Place::File)
}

fn of_sops_by(set: Environment<'_>) -> Vec<Place> {
    let named_file = |variable| set(variable).map(Place::File);
    let there = |path: Option<PathBuf>| path.filter(|path| path.exists());
    let in_home = |path: &str| there(set("HOME").map(|home| home.join(path))).map(Place::SshFile);
    let text = |variable| set(variable).map(|_| Place::Text(variable));
    let command = |variable| set(variable).map(|_| Place::Command(variable));
    // macOS has a place of its own for the settings of programs.
    let settings = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    let settings = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(settings)));
    [
        named_file("SOPS_AGE_SSH_PRIVATE_KEY_FILE"),
        command("SOPS_AGE_SSH_PRIVATE_KEY_CMD"),
        in_home(".ssh/id_ed25519"),
        in_home(".ssh/id_rsa"),
        text("SOPS_AGE_KEY"),
        named_file("SOPS_AGE_KEY_FILE"),
        command("SOPS_AGE_KEY_CMD"),
        there(settings.map(|folder| folder.join("sops/age/keys.txt"))).map(Place::File),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn default_by(set: Environment<'_>) -> Option<PathBuf> {
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    folder.map(|folder| folder.join("sealbridge").join("keys.txt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(home: &'a std::path::Path, variables: &'a [&str]) -> impl Fn(&str) -> Option<PathBuf> + 'a {
        move |wanted| match wanted {
            "HOME" => Some(home.to_owned()),
            _ => variables.contains(&wanted).then(|| PathBuf::from("set")),
        }
    }

    #[test]
    fn the_first_place_of_a_person_counts() {
        let home = tempfile::tempdir().unwrap();
        let own = |variables: &[&str]| own_by(&environment(home.path(), variables));
        assert_eq!(own(&[]), None, "a file that is not there is no place");
        let keys = home.path().join(".config/sealbridge/keys.txt");
        std::fs::create_dir_all(keys.parent().unwrap()).unwrap();
        std::fs::write(&keys, "").unwrap();
        assert_eq!(own(&[]), Some(Place::File(keys)));
        assert_eq!(own(&[COMMAND_VARIABLE]), Some(Place::Command(COMMAND_VARIABLE)));
        assert_eq!(own(&[COMMAND_VARIABLE, TEXT_VARIABLE]), Some(Place::Text(TEXT_VARIABLE)));
        assert_eq!(own(&[COMMAND_VARIABLE, TEXT_VARIABLE, FILE_VARIABLE]), Some(Place::File("set".into())));
    }

    #[test]
    fn all_places_of_sops_are_tried_those_of_files_only_if_they_are_there() {
        let home = tempfile::tempdir().unwrap();
        let of_sops = |variables: &[&str]| of_sops_by(&environment(home.path(), variables));
        assert_eq!(of_sops(&[]), []);
        let file = |path: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let (ed25519, rsa) = (Place::SshFile(file(".ssh/id_ed25519")), Place::SshFile(file(".ssh/id_rsa")));
        let settings = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
        let keys = Place::File(file(&format!("{settings}/sops/age/keys.txt")));
        assert_eq!(of_sops(&[]), [ed25519, rsa, keys]);
        let named = of_sops(&[
            "SOPS_AGE_KEY",
            "SOPS_AGE_KEY_FILE",
            "SOPS_AGE_KEY_CMD",
            "SOPS_AGE_SSH_PRIVATE_KEY_FILE",
            "SOPS_AGE_SSH_PRIVATE_KEY_CMD",
        ]);
        assert_eq!(named.len(), 8);
        assert!(named.contains(&Place::Text("SOPS_AGE_KEY")) && named.contains(&Place::Command("SOPS_AGE_KEY_CMD")));
        assert!(named.contains(&Place::Command("SOPS_AGE_SSH_PRIVATE_KEY_CMD")));
    }
}
