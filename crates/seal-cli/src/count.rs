//! Numbers of things, as people say them.

/// `1 value`, `2 entries`: for words that take an s, or `ies` in place of a y.
pub(crate) fn counted(count: usize, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "file", "0 files")]
    #[case(1, "file", "1 file")]
    #[case(2, "SOPS document", "2 SOPS documents")]
    #[case(1, "entry", "1 entry")]
    #[case(12, "entry", "12 entries")]
    fn one_and_several(#[case] count: usize, #[case] word: &str, #[case] said: &str) {
        assert_eq!(counted(count, word), said);
    }
}
