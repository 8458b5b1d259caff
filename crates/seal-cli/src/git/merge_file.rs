//! Git's own merge of three texts.

use std::io::Write;

use super::{git, started};
use crate::error::Error;

/// A merged text.
#[derive(Debug)]
pub(crate) struct Merged {
    /// The text, with markers where both sides changed the same lines.
    pub(crate) text: Vec<u8>,
    /// Whether there is no marker.
    pub(crate) is_clean: bool,
}

const FAILED: Error = Error::Git { what: "the three texts cannot be merged" };
/// More conflicts than this are not counted; what lies beyond is a failure.
const MOST_CONFLICTS: i32 = 127;

/// Merges what `ours` and `theirs` have made of `base`, with markers of `marker_size` characters.
pub(crate) fn merge_file(base: &[u8], ours: &[u8], theirs: &[u8], marker_size: u32) -> Result<Merged, Error> {
    let file = |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new().map_err(|_| FAILED)?;
        file.write_all(bytes).map_err(|_| FAILED)?;
        Ok::<_, Error>(file)
    };
    let (base, ours, theirs) = (file(base)?, file(ours)?, file(theirs)?);
    let mut command = git(std::path::Path::new("."));
    command.args(["merge-file", "-p", "--quiet", &format!("--marker-size={marker_size}")]);
    command.args(["-L", "ours", "-L", "base", "-L", "theirs"]).args([ours.path(), base.path(), theirs.path()]);
    let output = started(&mut command)?;
    match output.status.code() {
        Some(0) => Ok(Merged { text: output.stdout, is_clean: true }),
        Some(1..=MOST_CONFLICTS) => Ok(Merged { text: output.stdout, is_clean: false }),
        _ => Err(FAILED),
    }
}
