//! The private keys of whoever sits here, and the warning when others can read them.
//!
//! Must never: print one, or keep the text of one longer than it takes to read it.

use std::env;
use std::path::{Path, PathBuf};

use clap::Args;
use sealbridge_seal::{Identity, KeyRing, parse_identity_file};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::error::Error;
use crate::{file, output};

const FILE_VARIABLE: &str = "SEALBRIDGE_IDENTITY_FILE";
const TEXT_VARIABLE: &str = "SEALBRIDGE_IDENTITY";

/// Flags of verbs that open values.
#[derive(Debug, Args)]
pub(crate) struct IdentityArgs {
    /// A file of age identities; by default `SEALBRIDGE_IDENTITY_FILE`, the text in `SEALBRIDGE_IDENTITY`, or
    /// sealbridge/keys.txt in the configuration folder, whichever is there first.
    #[arg(short, long = "identity", value_name = "PATH")]
    pub(crate) identities: Vec<PathBuf>,
}

/// The identities at hand; an empty ring when there are none anywhere. `beside` are the files that the
/// rules name: they are read too, unless files are named on the command line.
pub(crate) fn load(args: &IdentityArgs, beside: &[PathBuf]) -> Result<KeyRing, Error> {
    let mut all = Vec::new();
    if args.identities.is_empty() {
        all.extend(own()?);
        for path in beside.iter().filter(|path| path.exists()) {
            all.extend(read(path)?);
        }
    }
    for path in &args.identities {
        warn_if_readable_by_others(path);
        all.extend(read(path)?);
    }
    Ok(KeyRing::new(all))
}

/// The identities for SOPS documents.
pub(crate) fn load_for_sops(args: &IdentityArgs, config: Option<&Config>) -> Result<KeyRing, Error> {
    load(args, config.map(|config| config.identities.as_slice()).unwrap_or_default())
}

fn own() -> Result<Vec<Identity>, Error> {
    if let Some(path) = env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from) {
        warn_if_readable_by_others(&path);
        return read(&path);
    }
    if let Ok(text) = env::var(TEXT_VARIABLE).map(Zeroizing::new)
        && !text.is_empty()
    {
        let parsed = parse_identity_file(text.as_bytes());
        return parsed.map_err(|problem| Error::IdentityFile { from: TEXT_VARIABLE.to_owned(), problem });
    }
    match default_path() {
        Ok(path) if path.exists() => {
            warn_if_readable_by_others(&path);
            read(&path)
        }
        _ => Ok(Vec::new()),
    }
}

fn warn_if_readable_by_others(path: &Path) {
    if file::is_readable_by_others(path) {
        output::note(&format!("{0} can be read by others; run `chmod 600 {0}`", path.display()));
    }
}

fn read(path: &Path) -> Result<Vec<Identity>, Error> {
    let bytes = std::fs::read(path).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| Error::Read { path: path.to_owned(), cause: error.kind() })?;
    parse_identity_file(&bytes).map_err(|problem| Error::IdentityFile { from: path.display().to_string(), problem })
}

/// `$XDG_CONFIG_HOME/sealbridge/keys.txt`, or the same under `~/.config`.
pub(crate) fn default_path() -> Result<PathBuf, Error> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    folder.map(|folder| folder.join("sealbridge").join("keys.txt")).ok_or(Error::NoHome)
}
