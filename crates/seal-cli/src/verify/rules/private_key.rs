//! Private halves of age keys, in files of any kind: whoever has one opens everything that is sealed to it.
//!
//! Must never: repeat one.

use sealbridge_manifest::position::Spot;

use super::super::draft::{At, Draft};
use super::super::rule::Rule;

/// What a private half begins with, and how many characters follow.
const FORMS: [(&str, usize); 2] = [("AGE-SECRET-KEY-1", 58), ("AGE-SECRET-KEY-PQ-1", 58)];
const PROBLEM: &str = "the private half of an age key stands here";
const ADVICE: &str = "delete it here; if it was ever pushed, retire the key and change what is sealed to it: \
                      `seal keys exposure` lists that";

/// Judges a text.
pub(in super::super) fn judge(text: &str, drafts: &mut Vec<Draft>) {
    if !text.contains("AGE-SECRET-KEY-") {
        return;
    }
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(start) = FORMS.iter().find_map(|(begin, length)| find(line, begin, *length)) {
            let column = line.get(..start).map_or(1, |before| before.chars().count() + 1);
            drafts.push(Draft::new(Rule::PrivateKey, At::Spot(Spot { line: number, column }), PROBLEM, ADVICE));
        }
    }
}

/// Where a key of this form begins. Bech32 has upper-case letters and digits here; dots and dashes are placeholders.
fn find(line: &str, begin: &str, length: usize) -> Option<usize> {
    line.match_indices(begin).map(|(start, _)| start).find(|start| {
        let rest = line.get(start + begin.len()..).unwrap_or_default();
        rest.bytes().take(length).filter(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count() == length
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sealbridge_seal::KeyPair;

    #[test]
    fn keys_of_both_kinds_are_found_and_not_repeated() {
        for pair in [KeyPair::generate().expect("a pair"), KeyPair::generate_post_quantum().expect("a pair")] {
            let key = std::str::from_utf8(pair.identity_text().expose()).expect("text").to_owned();
            let mut drafts = Vec::new();
            judge(&format!("# created\nkey: {key}\n"), &mut drafts);
            let [draft] = drafts.as_slice() else { panic!("one finding: {drafts:?}") };
            assert!(matches!(draft.at, At::Spot(Spot { line: 2, column: 6 })), "{draft:?}");
            assert!(!format!("{draft:?}").contains(&key));
        }
    }

    #[rstest]
    #[case("AGE-SECRET-KEY-1…")]
    #[case("AGE-SECRET-KEY-1QQQ")]
    #[case("`AGE-SECRET-KEY-` and 74 characters")]
    fn a_mention_is_no_key(#[case] text: &str) {
        let mut drafts = Vec::new();
        judge(text, &mut drafts);
        assert!(drafts.is_empty());
    }
}
