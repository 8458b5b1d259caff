//! Which bare keys YAML 1.1 readers take for something other than text.
//!
//! kubectl, kustomize and Helm read YAML 1.1, where a bare `ON` is a boolean, `1.10` the number 1.1 and
//! `0123` the number 83; two such keys can collapse into one.

const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"];

/// Whether a YAML 1.1 reader takes the bare scalar for a boolean, a null, a number or a date.
pub(crate) fn is_retyped_when_bare(key: &str) -> bool {
    key.is_empty()
        || matches!(key, "=" | "<<")
        || WORDS.contains(&key.to_ascii_lowercase().as_str())
        || is_number(key)
        || is_date(key)
}

/// Whether a key has to be written in quotes: all that could be retyped, and with a margin.
pub(crate) fn needs_quotes(key: &str) -> bool {
    let begins_like_text = key.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    let ordinary = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/'));
    !begins_like_text || !ordinary || is_retyped_when_bare(key)
}

fn is_number(key: &str) -> bool {
    let unsigned = key.strip_prefix(['-', '+']).unwrap_or(key);
    if matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return true;
    }
    if unsigned.starts_with('_') {
        return false;
    }
    let digits = unsigned.replace('_', "");
    let in_base = |prefix: &str, base: u32| {
        digits.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.chars().all(|digit| digit.is_digit(base)))
    };
    in_base("0x", 16) || in_base("0o", 8) || in_base("0b", 2) || is_decimal(&digits)
}

fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() || !fraction.is_empty()) && !exponent.is_empty() && [whole, fraction, exponent].into_iter().all(all_digits)
}

fn is_date(key: &str) -> bool {
    let mut parts = key.splitn(3, '-');
    let mut digits = |lengths: std::ops::RangeInclusive<usize>| {
        parts.next().is_some_and(|part| lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    digits(4..=4) && digits(1..=2) && digits(1..=2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn retyped(
        #[values(
            "ON",
            "no",
            "NO",
            "y",
            "Y",
            "true",
            "null",
            "~",
            "1",
            "1.10",
            "0123",
            "0x1F",
            "0b1",
            "1_000",
            "-1",
            "1e3",
            ".5",
            "5.",
            ".inf",
            "2026-11-21",
            "",
            "<<"
        )]
        key: &str,
    ) {
        assert!(is_retyped_when_bare(key) && needs_quotes(key));
    }

    #[rstest]
    fn text(#[values("tls.crt", ".dockerconfigjson", "ONE", "1.2.3", "1a", "_1", "-a", "e3", "0x", "2026-11", "NOPE")] key: &str) {
        assert!(!is_retyped_when_bare(key));
    }

    #[rstest]
    fn quoted_with_a_margin(#[values(".dockerconfigjson", "1a", "-a", "a b", "a:b")] key: &str) {
        assert!(needs_quotes(key));
    }

    #[rstest]
    fn written_bare(#[values("STRIPE_KEY", "tls.crt", "_x", "shop/db")] key: &str) {
        assert!(!needs_quotes(key));
    }
}
