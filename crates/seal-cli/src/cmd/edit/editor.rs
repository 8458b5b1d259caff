//! The person's editor.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::error::Error;

const DEFAULT: &str = "vi";

/// Opens the file in the editor and waits until it is closed. As git does, the shell reads the variable, so
/// that it may hold arguments.
pub(super) fn run(path: &Path) -> Result<(), Error> {
    let set = |name: &str| env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| DEFAULT.to_owned());
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg("sh").arg(path).status();
    if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err(Error::Editor) }
}
