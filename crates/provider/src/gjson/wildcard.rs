//! `*` and `?` in names and queries.
//!
//! Must never: take more steps than pattern times text, whatever the pattern.

/// A pattern of literal characters, `*` for any run and `?` for any one character.
#[derive(Default)]
pub(super) struct Pattern(Vec<Element>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Run,
    One,
    Literal(char),
}

impl Pattern {
    /// Reads a pattern in which `\` takes the next character literally.
    pub(super) fn parse(text: &str) -> Self {
        let mut pattern = Self::default();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => chars.next().into_iter().for_each(|escaped| pattern.push_literal(escaped)),
                _ => pattern.push(c),
            }
        }
        pattern
    }

    /// Appends a character that may be a wildcard.
    pub(super) fn push(&mut self, c: char) {
        self.0.push(match c {
            '*' => Element::Run,
            '?' => Element::One,
            _ => Element::Literal(c),
        });
    }

    /// Appends a character that stands for itself.
    pub(super) fn push_literal(&mut self, c: char) {
        self.0.push(Element::Literal(c));
    }

    /// Whether the whole of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        // Only the last run can need another try: what an earlier one took does not matter once a later one began.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        let mut at = 0;
        let mut rest = text.chars();
        loop {
            if self.0.get(at) == Some(&Element::Run) {
                at += 1;
                retry = Some((at, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            match (self.0.get(at), ahead.next()) {
                (None, None) => return true,
                (Some(element), Some(c)) if *element == Element::One || *element == Element::Literal(c) => {
                    at += 1;
                    rest = ahead;
                }
                _ => {
                    let Some((after_run, mut from)) = retry.take() else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    at = after_run;
                    rest = from.clone();
                    retry = Some((after_run, from));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("*", "", true)]
    #[case("a*", "abc", true)]
    #[case("*c", "abc", true)]
    #[case("a*b*c", "aXbYbc", true)]
    #[case("a?c", "aéc", true)]
    #[case("a?c", "ac", false)]
    #[case(r"a\*", "a*", true)]
    #[case(r"a\*", "ab", false)]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case("a*b", "aXbX", false)]
    fn table(#[case] pattern: &str, #[case] text: &str, #[case] matches: bool) {
        assert_eq!(Pattern::parse(pattern).matches(text), matches);
    }

    #[test]
    fn a_hostile_pattern_is_answered_too() {
        let pattern = Pattern::parse(&"*a".repeat(500));
        assert!(!pattern.matches(&"a".repeat(499)));
        assert!(pattern.matches(&"a".repeat(500)));
    }
}
