//! `seal git install` and `uninstall`: the drivers and the files that they are for.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::ReportArgs;
use crate::error::Error;
use crate::file::Snapshot;
use crate::git::Repository;
use crate::output::Output;

const DIFF: &str = "diff.sealbridge";
const MERGE: &str = "merge.sealbridge";
const BEGIN: &str = "# sealbridge: begin, removed by `seal git uninstall`\n";
const END: &str = "# sealbridge: end\n";
const LINES: &str = "*.yaml diff=sealbridge merge=sealbridge\n*.yml diff=sealbridge merge=sealbridge\n";

/// Set up a diff that shows sealed values in words, and a merge by entry, in this repository.
///
/// `git diff`, `log -p` and `show` then have scope, date and recipients where the ciphertext is. A merge takes an entry
/// from the side that changed it, and leaves ordinary conflict markers where both did. Both are for YAML files, call the
/// `seal` of your PATH, and are set for this clone only. The attributes go to .git/info/attributes, which is asked before
/// .gitattributes.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal git install
  seal git install --shared")]
pub(crate) struct InstallArgs {
    /// Write the attributes to .gitattributes, to be committed. Whoever has not run `install` is shown and merged plain text.
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// Take away what `install` has set up.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  seal git uninstall")]
pub(crate) struct UninstallArgs {
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Serialize)]
struct Document {
    installed: bool,
    attributes: Vec<String>,
}

pub(super) fn install(args: &InstallArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let repository = Repository::here()?;
    repository.set(&format!("{DIFF}.textconv"), "seal git textconv")?;
    repository.set(&format!("{MERGE}.name"), "sealed values, entry by entry")?;
    repository.set(&format!("{MERGE}.driver"), "seal git merge %O %A %B %L")?;
    let path = if args.shared { repository.shared_attributes() } else { repository.own_attributes()? };
    let snapshot = read(&path)?;
    let old = snapshot.text().unwrap_or_default();
    let rest = without_block(old);
    let gap = if rest.is_empty() || rest.ends_with('\n') { "" } else { "\n" };
    let new = format!("{rest}{gap}{BEGIN}{LINES}{END}");
    if new != old {
        snapshot.replace(&new)?;
    }
    output.say(&format!("git shows and merges *.yaml and *.yml with seal, by {}", path.display()))?;
    output.document(&Document { installed: true, attributes: vec![path.display().to_string()] })
}

pub(super) fn uninstall(args: &UninstallArgs) -> Result<(), Error> {
    let output = Output::new(&args.report);
    let repository = Repository::here()?;
    let had_drivers = [repository.remove_section(DIFF)?, repository.remove_section(MERGE)?].contains(&true);
    let mut changed = Vec::new();
    for path in [repository.own_attributes()?, repository.shared_attributes()] {
        let snapshot = read(&path)?;
        let Some(old) = snapshot.text() else { continue };
        let new = without_block(old);
        if new != old {
            snapshot.replace(&new)?;
            changed.push(path.display().to_string());
        }
    }
    if had_drivers || !changed.is_empty() {
        output.say("git shows and merges plain text again")?;
    } else {
        output.say("nothing was set up here")?;
    }
    output.document(&Document { installed: false, attributes: changed })
}

/// The folder of attributes that are not committed may be missing.
fn read(path: &Path) -> Result<Snapshot, Error> {
    let failed = |error: std::io::Error| Error::Write { path: PathBuf::from(path), cause: error.kind() };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    Snapshot::read(path)
}

fn without_block(text: &str) -> String {
    match text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1))) {
        Some((before, behind)) => format!("{before}{behind}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("")]
    #[case("*.lock -diff\n")]
    fn the_block_goes_without_a_trace(#[case] text: &str) {
        assert_eq!(without_block(&format!("{text}{BEGIN}{LINES}{END}*.x text\n")), format!("{text}*.x text\n"));
        assert_eq!(without_block(text), text);
    }
}
