//! Differences in words, for programs, and for the comments of a review.

use super::DiffFormat;
use super::change::{Change, Kind};
use crate::error::Error;
use crate::output;

/// Writes the differences.
pub(super) fn print(changes: &[Change], format: DiffFormat) -> Result<(), Error> {
    let text = match format {
        DiffFormat::Text => changes.iter().map(line).collect(),
        DiffFormat::Markdown => markdown(changes),
        DiffFormat::Json => {
            let mut text = serde_json::to_string_pretty(changes).map_err(|_| Error::Json)?;
            text.push('\n');
            text
        }
    };
    output::write_stdout(text.as_bytes())
}

fn line(change: &Change) -> String {
    let mark = match change.kind {
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Changed => '~',
    };
    let warning = if change.opens_more { "  OPENS MORE:" } else { "" };
    let object = if change.object.is_empty() { String::new() } else { format!("  {}", change.object) };
    let line = format!("{mark} {}{object}  {}{warning}  {}", change.file, change.key, change.details.join("; "));
    output::harmless(&line) + "\n"
}

fn markdown(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "No entry changed.\n".to_owned();
    }
    let mut text = "| | File | Secret | Entry | Change |\n|---|---|---|---|---|\n".to_owned();
    for change in changes {
        let kind = match change.kind {
            Kind::Added => "added",
            Kind::Removed => "removed",
            Kind::Changed => "changed",
        };
        let kind = if change.opens_more { format!("**{kind}, opens more**") } else { kind.to_owned() };
        let cells = [cell(&change.file), cell(&change.object), cell(&change.key), cell(&change.details.join("; "))];
        text.push_str(&format!("| {kind} | {} |\n", cells.join(" | ")));
    }
    text
}

/// A cell in which nothing of the text is markup: names come from files that anybody may propose.
fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(cell("a|b<img> [x](y)\n@me"), "a\\|b&lt;img&gt; \\[x\\](y) \\@me");
    }
}
