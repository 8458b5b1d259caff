//! `.env` files: `KEY=value` a line, with the quotes and comments that dotenv readers agree on.
//!
//! Values in single quotes stand as they are; in double quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are
//! escapes; both may go over several lines. Bare values end at a blank before `#`, blanks around them are
//! dropped. `$NAME` is not expanded.

use sealbridge_secret::{SecretBytes, SecretMap};
use zeroize::Zeroizing;

use crate::target::ensure_key;

/// Reads the entries of a file.
pub(crate) fn read(text: &str) -> Result<SecretMap, String> {
    let mut values = SecretMap::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = text;
    let mut number = 1;
    let mut before = text;
    while !rest.is_empty() {
        let passed = before.get(..before.len() - rest.len()).unwrap_or_default();
        number += passed.matches('\n').count();
        before = rest;
        let failed = |problem: &str| format!("line {number}: {problem}");
        let (first, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        let first = first.trim();
        if first.is_empty() || first.starts_with('#') {
            rest = behind;
            continue;
        }
        let (key, value) =
            rest.split_once('=').filter(|(key, _)| !key.contains('\n')).ok_or_else(|| failed("has no '='; write KEY=value"))?;
        let key = key.trim();
        let key = key.strip_prefix("export ").unwrap_or(key).trim();
        ensure_key(key).map_err(|_| failed("the name before '=' is not one that Kubernetes accepts; correct it"))?;
        let (value, after) = value_of(value).ok_or_else(|| failed("a quote is not closed, or something follows it; correct it"))?;
        if values.insert(key.to_owned(), value).is_some() {
            return Err(failed("the name was given before; remove one of them"));
        }
        rest = after;
    }
    if values.is_empty() { Err("holds no entry; there is nothing to import".to_owned()) } else { Ok(values) }
}

/// A value and what follows its line.
fn value_of(text: &str) -> Option<(SecretBytes, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    if let Some(quoted) = text.strip_prefix('\'') {
        let (value, behind) = quoted.split_once('\'')?;
        return Some((SecretBytes::new(value.as_bytes().to_vec()), end_of_line(behind)?));
    }
    if let Some(quoted) = text.strip_prefix('"') {
        return double_quoted(quoted);
    }
    let (line, behind) = text.split_once('\n').unwrap_or((text, ""));
    let comment = line
        .char_indices()
        .zip(std::iter::once(' ').chain(line.chars()))
        .find(|((_, c), before)| *c == '#' && before.is_whitespace());
    let value = comment.map_or(line, |((position, _), _)| line.get(..position).unwrap_or(line));
    Some((SecretBytes::new(value.trim().as_bytes().to_vec()), behind))
}

fn double_quoted(text: &str) -> Option<(SecretBytes, &str)> {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })?;
    let (quoted, behind) = (text.get(..end)?, text.get(end + 1..)?);
    let mut value = Zeroizing::new(String::with_capacity(quoted.len()));
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match characters.next()? {
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            c @ ('"' | '\\' | '$') => value.push(c),
            other => {
                value.push('\\');
                value.push(other);
            }
        }
    }
    Some((SecretBytes::new(value.as_bytes().to_vec()), end_of_line(behind)?))
}

/// What follows the line, of which only blanks and a comment may be left.
fn end_of_line(text: &str) -> Option<&str> {
    let (line, behind) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim();
    (line.is_empty() || line.starts_with('#')).then_some(behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn entries(text: &str) -> Vec<(String, String)> {
        let values = read(text).expect("entries");
        values.iter().map(|(key, value)| (key.to_owned(), String::from_utf8(value.expose().to_vec()).expect("text"))).collect()
    }

    #[rstest]
    #[case("A=b\n", "b")]
    #[case("A=b", "b")]
    #[case("export A=b\r\n", "b")]
    #[case("# c\n\n A = b c  \n", "b c")]
    #[case("A=b # c\n", "b")]
    #[case("A=b#c\n", "b#c")]
    #[case("A=# c\n", "")]
    #[case("A=a=b==\n", "a=b==")]
    #[case("A='b \"# $X\\n'  # c\n", "b \"# $X\\n")]
    #[case("A=\"b\\n\\\"c\\\" \\$X \\d\"\n", "b\n\"c\" $X \\d")]
    #[case("A=\"\\\\\"\n", "\\")]
    #[case("A=\"ä\\\\\\\"ö\"\n", "ä\\\"ö")]
    #[case("A=\"-----BEGIN\nx\n-----END\"\n", "-----BEGIN\nx\n-----END")]
    #[case("A=$HOME\n", "$HOME")]
    #[case("\u{feff}A=b\n", "b")]
    fn values_as_dotenv_readers_see_them(#[case] text: &str, #[case] value: &str) {
        assert_eq!(entries(text), [("A".to_owned(), value.to_owned())]);
    }

    #[rstest]
    #[case("A=b\nhunter2\n", "line 2: has no '='")]
    #[case("A=b\nA=hunter2\n", "line 2: the name was given before")]
    #[case("A=\"hunter2\n", "line 1: a quote is not closed")]
    #[case("A=\"hunter2\\\"\n", "line 1: a quote is not closed")]
    #[case("# c\n\nA=\"b\n\n\"\nB='c\n'\nhunter2\n", "line 8: has no '='")]
    #[case("A='b' hunter2\n", "line 1: a quote is not closed, or something follows it")]
    #[case("hunter2 x=b\n", "line 1: the name before '='")]
    #[case("# nothing\n", "holds no entry")]
    fn refusals_name_the_line_and_quote_nothing(#[case] text: &str, #[case] begins: &str) {
        let problem = read(text).expect_err("refused");
        assert!(problem.starts_with(begins) && !problem.contains("hunter2"), "{problem}");
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "[A-C= \n\"'#\\\\$x]{0,60}") {
            drop(read(&text));
        }
    }
}
