//! `seal unset` in a SOPS document. Removing a value changes the MAC, which takes the data key.

use super::UnsetArgs;
use crate::config::{self, Config};
use crate::error::Error;
use crate::output::Output;
use crate::sops::{self, SopsFile, SopsPath};

/// Removes entries and writes the document.
pub(super) fn run(args: &UnsetArgs, document: SopsFile, output: Output) -> Result<(), Error> {
    if args.name.is_some() {
        return Err(Error::Arguments("a SOPS document is for no Secret; leave out --name"));
    }
    let paths: Vec<String> = args.keys.iter().chain(&args.path).cloned().collect();
    for (position, path) in paths.iter().enumerate() {
        sops::ensure_path(path)?;
        if paths.iter().take(position).any(|earlier| earlier == path) {
            return Err(Error::KeyTwice { key: path.clone() });
        }
    }
    let config = Config::find(None, &config::folder_of(&args.file))?;
    let keys = sops::keys(&args.identities, config.as_ref())?;
    let mut file = document.open(&keys)?;
    for path in &paths {
        let place = SopsPath::find(&file.opened, path)?;
        file.opened.unset(place.document, &place.steps).map_err(|problem| file.error(problem))?;
    }
    let text = file.sealed()?;
    if !args.dry_run {
        file.replace(&text)?;
    }
    super::tell(args, &paths, output)
}
