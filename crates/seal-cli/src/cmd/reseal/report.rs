//! What was done, in words and in JSON.

use serde::Serialize;

use super::file::Done;
use super::row::Row;
use crate::count::counted;
use crate::error::Error;
use crate::output::Output;

#[derive(Serialize)]
struct Document<'a> {
    written: bool,
    values: &'a [Row],
    failures: &'a [String],
}

/// Tells of all files. What failed decides over the exit status, then what differs.
pub(super) fn tell(output: Output, done: Vec<Done>, mut failures: Vec<String>, writes: bool, check: bool) -> Result<(), Error> {
    let mut rows = Vec::new();
    for done in done {
        done.notes.iter().for_each(|note| output.note(note));
        rows.extend(done.rows);
        failures.extend(done.failures);
    }
    let verb = if writes { "resealed" } else { "would reseal" };
    for row in &rows {
        let secret = if row.secret.is_empty() { String::new() } else { format!("{}  ", row.secret) };
        output.say(&format!("{verb} {}  {secret}{}  {}", row.file, row.key, row.change))?;
    }
    if rows.is_empty() && failures.is_empty() {
        output.say("every sealed value has the recipients that the rules name")?;
    } else if rows.len() > 1 {
        let mut files: Vec<_> = rows.iter().map(|row| &row.file).collect();
        files.dedup();
        output.say(&format!("{verb} {} in {}", counted(rows.len(), "value"), counted(files.len(), "file")))?;
    }
    output.document(&Document { written: writes && !rows.is_empty(), values: &rows, failures: &failures })?;
    match (failures.is_empty(), check && !rows.is_empty()) {
        (false, _) => Err(Error::Several(failures)),
        (true, true) => Err(Error::Differences),
        (true, false) => Ok(()),
    }
}
