//! A key taken out of its mapping, with its value and the rest of its line.

use super::EditError;
use super::splice::{self, Splice};
use crate::syntax::{Present, Site};

/// Removes the entry. A mapping that is left without entries becomes `{}`.
pub(super) fn remove(text: &str, site: &Site<'_>, present: &Present) -> Result<Vec<Splice>, EditError> {
    site.refuse_shared(present)?;
    let unsupported = || EditError::Unsupported { path: site.path_of(&present.key) };
    if site.is_flow() { flow(text, site, present) } else { block(text, site, present) }.ok_or_else(unsupported)
}

fn block(text: &str, site: &Site<'_>, present: &Present) -> Option<Vec<Splice>> {
    let start = splice::line_start(text, present.start);
    let stands_alone = text.get(start..present.start)?.chars().all(|c| c == ' ');
    if !stands_alone {
        return None;
    }
    let ended = text.get(..present.end)?.ends_with('\n');
    let end = if ended { present.end } else { splice::next_line(text, present.end) };
    let mut splices = vec![if end == text.len() && !text.ends_with('\n') {
        Splice::delete(before_line_break(text, start)..end)
    } else {
        Splice::delete(start..end)
    }];
    if site.entries().len() == 1 {
        splices.push(Splice::insert(site.holder.as_deref()?.colon_end, " {}"));
    }
    Some(splices)
}

/// Where the line before `line_start` ends, before its line break.
fn before_line_break(text: &str, line_start: usize) -> usize {
    let before = text.get(..line_start).unwrap_or_default();
    let before = before.strip_suffix('\n').unwrap_or(before);
    before.strip_suffix('\r').unwrap_or(before).len()
}

fn flow(text: &str, site: &Site<'_>, present: &Present) -> Option<Vec<Splice>> {
    let entries = site.entries();
    let position = entries.iter().position(|entry| entry.start == present.start)?;
    let previous = position.checked_sub(1).and_then(|position| entries.get(position));
    let range = match (previous, entries.get(position + 1)) {
        (_, Some(next)) => {
            let gap = text.get(present.end..next.start)?;
            if gap.trim() == "," { present.start..next.start } else { present.start..present.end + gap.find(',')? + 1 }
        }
        (Some(previous), None) => previous.end..present.end,
        (None, None) => site.range().start + 1..site.range().end.checked_sub(1)?,
    };
    Some(vec![Splice::delete(range)])
}
