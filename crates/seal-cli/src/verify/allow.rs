//! `# sealbridge:allow <rule> <reason>`: a finding that somebody has looked at, said where it stands.
//!
//! Must never: allow without a reason, or allow more than the one rule on the one line.

use sealbridge_manifest::position::Spot;

use super::draft::{At, Draft};
use super::rule::Rule;

const MARK: &str = "sealbridge:allow";

/// The allow comments of a text.
pub(super) struct Allowed(Vec<(usize, Rule)>);

impl Allowed {
    /// Reads the comments. A comment behind something is about its own line, one that stands alone about the next line
    /// that is no comment. Those that cannot be understood are findings themselves.
    pub(super) fn read(text: &str, drafts: &mut Vec<Draft>) -> Self {
        let mut allowed = Vec::new();
        if !text.contains(MARK) {
            return Self(allowed);
        }
        let mut pending = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let stands_alone = is_comment(line);
            if let Some((column, comment)) = comment(line) {
                match understood(comment) {
                    Some(rule) if stands_alone => pending.push(rule),
                    Some(rule) => allowed.push((number, rule)),
                    None => drafts.push(Draft::new(
                        Rule::AllowComment,
                        At::Spot(Spot { line: number, column }),
                        "the allow comment names no rule, or gives no reason",
                        "write `sealbridge:allow <rule> <reason>` with a rule of docs/verify.md",
                    )),
                }
            }
            if !stands_alone {
                allowed.extend(pending.drain(..).map(|rule| (number, rule)));
            }
        }
        Self(allowed)
    }

    /// Whether a rule is allowed on a line.
    pub(super) fn has(&self, line: usize, rule: Rule) -> bool {
        self.0.contains(&(line, rule))
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//") || line.starts_with(';')
}

/// What follows the mark in a comment, and where the mark stands.
fn comment(line: &str) -> Option<(usize, &str)> {
    let (before, behind) = line.split_once(MARK)?;
    let before_mark = before.trim_end();
    let begins = before_mark.ends_with('#') || before_mark.ends_with("//") || before_mark.ends_with(';');
    begins.then(|| (before.chars().count() + 1, behind))
}

fn understood(comment: &str) -> Option<Rule> {
    let mut words = comment.split_whitespace();
    let rule = Rule::named(words.next()?).filter(|rule| *rule != Rule::AllowComment)?;
    words.next().map(|_| rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_about_its_line_or_the_next_that_is_none() {
        let text = "\
a: 1  # sealbridge:allow plain-entry a port
# sealbridge:allow plain-secret made up for tests
# sealbridge:allow schema as agreed
b: 2
c: 3
// sealbridge:allow plain-variable not the real one
d: 'sealbridge:allow plain-entry no comment'
";
        let mut drafts = Vec::new();
        let allowed = Allowed::read(text, &mut drafts);
        assert!(drafts.is_empty());
        let expected = [(1, Rule::PlainEntry), (4, Rule::PlainSecret), (4, Rule::Schema), (7, Rule::PlainVariable)];
        assert_eq!(allowed.0, expected);
        assert!(allowed.has(4, Rule::Schema) && !allowed.has(5, Rule::Schema) && !allowed.has(4, Rule::PlainEntry));
    }

    #[test]
    fn without_a_rule_or_a_reason_it_is_a_finding() {
        let text = "# sealbridge:allow\n# sealbridge:allow plain-secret\na: 1 # sealbridge:allow all because\n# sealbridge:allow allow-comment x\n";
        let mut drafts = Vec::new();
        let allowed = Allowed::read(text, &mut drafts);
        assert!(allowed.0.is_empty());
        assert_eq!(drafts.len(), 4);
        assert!(drafts.iter().all(|draft| draft.rule == Rule::AllowComment));
    }
}
