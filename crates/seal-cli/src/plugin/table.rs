//! Rows for people: columns with a heading on a terminal, fields two spaces apart in a pipe. No tabs in either, since
//! no field has one.

use jiff::Timestamp;

use crate::error::Error;
use crate::moment::relative;
use crate::output::{self, Output};

/// What stands where there is nothing to say.
const NOTHING: &str = "-";
const BETWEEN: &str = "  ";

/// One field.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Text(String),
    /// A moment: on a terminal by how far away it is.
    Moment(Option<Timestamp>),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Several words in one field.
    pub(super) fn list(words: &[String]) -> Self {
        Self::Text(words.join(","))
    }

    fn shown(&self, now: Option<Timestamp>) -> String {
        let shown = match (self, now) {
            (Self::Text(text), _) => text.clone(),
            (Self::Moment(None), _) => String::new(),
            (Self::Moment(Some(moment)), Some(now)) => relative(*moment, now),
            (Self::Moment(Some(moment)), None) => moment.to_string(),
        };
        if shown.is_empty() { NOTHING.to_owned() } else { shown }
    }
}

/// Says rows in the way of the place that they go to.
pub(super) fn say<const N: usize>(output: Output, heading: [&str; N], rows: &[[Cell; N]]) -> Result<(), Error> {
    let lines = if output::stdout_is_terminal() { aligned(heading, rows, Timestamp::now()) } else { plain(rows) };
    lines.iter().try_for_each(|line| output.say(line))
}

fn plain<const N: usize>(rows: &[[Cell; N]]) -> Vec<String> {
    rows.iter().map(|row| row.each_ref().map(|cell| cell.shown(None)).join(BETWEEN)).collect()
}

fn aligned<const N: usize>(heading: [&str; N], rows: &[[Cell; N]], now: Timestamp) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let shown = rows.iter().map(|row| row.each_ref().map(|cell| cell.shown(Some(now))));
    let lines: Vec<[String; N]> = std::iter::once(heading.map(str::to_owned)).chain(shown).collect();
    let mut widths = [0; N];
    for line in &lines {
        for (width, field) in widths.iter_mut().zip(line) {
            *width = field.chars().count().max(*width);
        }
    }
    let line = |fields: &[String; N]| {
        let padded: Vec<String> = fields.iter().zip(widths).map(|(field, width)| format!("{field:<width$}")).collect();
        padded.join(BETWEEN).trim_end().to_owned()
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [[Cell; 3]; 2] {
        let moment = Timestamp::from_second(1_000).expect("a moment");
        [
            [Cell::text("shop/checkout"), Cell::Moment(Some(moment)), Cell::text("Synced")],
            [Cell::text("a"), Cell::Moment(None), Cell::list(&["x".into(), "y".into()])],
        ]
    }

    #[test]
    fn a_terminal_gets_columns_and_a_pipe_gets_fields() {
        let now = Timestamp::from_second(1_400).expect("a moment");
        let expected = ["NAME           CHANGED  REASON", "shop/checkout  6m ago   Synced", "a              -        x,y"];
        assert_eq!(aligned(["NAME", "CHANGED", "REASON"], &rows(), now), expected);
        assert_eq!(plain(&rows()), ["shop/checkout  1970-01-01T00:16:40Z  Synced", "a  -  x,y"]);
        assert!(aligned::<1>(["NAME"], &[], now).is_empty(), "no heading above nothing");
    }
}
