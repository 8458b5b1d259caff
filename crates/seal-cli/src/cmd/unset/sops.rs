//! `seal unset` in a SOPS document. Removing a value changes the MAC, which takes the data key.

use super::UnsetArgs;
use crate::config::{self, Config};
use crate::embedded::{EmbeddedDocument, EmbeddedPath};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::output::Output;
use crate::sops::{self, SopsFile, SopsPath};

/// Removes entries and writes the document.
pub(super) fn run(args: &UnsetArgs, document: SopsFile, output: Output) -> Result<(), Error> {
    if args.name.is_some() {
        return Err(Error::Arguments("a SOPS document is for no Secret; leave out --name"));
    }
    let paths: Vec<String> = args.keys.iter().chain(&args.path).cloned().collect();
    paths.iter().try_for_each(|path| sops::ensure_path(path))?;
    ensure_each_once(&paths)?;
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

/// The same in a document under `dataFrom`.
pub(super) fn embedded(args: &UnsetArgs, file: &ManifestFile, output: Output) -> Result<(), Error> {
    let names: Vec<String> = args.keys.iter().chain(&args.path).cloned().collect();
    let (path, values) = EmbeddedPath::of_values(names.iter().map(String::as_str))?;
    ensure_each_once(&names)?;
    let config = Config::find(None, &config::folder_of(&args.file))?;
    let keys = sops::keys(&args.identities, config.as_ref())?;
    let mut document = EmbeddedDocument::open(file, args.name.as_deref(), &path, &keys)?;
    for inside in &values {
        let place = document.find(inside)?;
        let unset = document.opened.unset(place.document, &place.steps);
        unset.map_err(|problem| sops::refused(document.shown(), problem))?;
    }
    let text = document.written()?;
    if !args.dry_run {
        document.replace(&text)?;
    }
    super::tell(args, &names, output)
}

fn ensure_each_once(paths: &[String]) -> Result<(), Error> {
    let twice = paths.iter().enumerate().find(|(position, path)| paths.iter().take(*position).any(|earlier| earlier == *path));
    twice.map_or(Ok(()), |(_, path)| Err(Error::KeyTwice { key: path.clone() }))
}
