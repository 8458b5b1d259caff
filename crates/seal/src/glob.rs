//! A pattern of namespaces, for environments that come and go (`shop-*` for previews).
//!
//! Owns its grammar and its matching. Must never match everything: that is the cluster scope's word.

use std::fmt;
use std::str::FromStr;

/// The longest namespace name, RFC 1123 label, in bytes.
const MAX_BYTES: usize = 63;

/// A namespace with exactly one `*`, which stands for any run of characters, the empty one included.
///
/// The other characters are those of namespace names (`a-z`, `0-9`, `-`), at least one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespaceGlob {
    prefix: String,
    suffix: String,
}

impl NamespaceGlob {
    /// Whether the namespace fits the pattern.
    #[must_use]
    pub fn matches(&self, namespace: &str) -> bool {
        namespace.strip_prefix(self.prefix.as_str()).is_some_and(|rest| rest.ends_with(self.suffix.as_str()))
    }
}

impl fmt::Display for NamespaceGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*{}", self.prefix, self.suffix)
    }
}

/// The text is not a namespace pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a namespace pattern; write exactly one `*` beside at least one of a-z, 0-9 or `-`, as in `shop-*`, at most 63 characters"
)]
pub struct GlobError;

impl FromStr for NamespaceGlob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (prefix, suffix) = text.split_once('*').ok_or(GlobError)?;
        let literal = |part: &str| part.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let fits = (2..=MAX_BYTES).contains(&text.len());
        if !fits || !literal(prefix) || !literal(suffix) {
            return Err(GlobError);
        }
        Ok(Self { prefix: prefix.to_owned(), suffix: suffix.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("shop-*", "shop-pr-7", true)]
    #[case("shop-*", "shop-", true)]
    #[case("shop-*", "shop", false)]
    #[case("shop-*", "workshop-1", false)]
    #[case("*-prod", "eu-prod", true)]
    #[case("*-prod", "eu-prod-2", false)]
    #[case("a*a", "aa", true)]
    #[case::prefix_and_suffix_do_not_overlap("a*a", "a", false)]
    fn matching(#[case] glob: NamespaceGlob, #[case] namespace: &str, #[case] expected: bool) {
        assert_eq!(glob.matches(namespace), expected);
    }

    #[rstest]
    #[case::empty("")]
    #[case::no_star("shop")]
    #[case::everything("*")]
    #[case::two_stars("a*b*")]
    #[case::upper_case("Shop-*")]
    #[case::separator("shop;*")]
    #[case::question_mark("sh?p-*")]
    #[case::too_long("a123456789012345678901234567890123456789012345678901234567890123*")]
    fn other_patterns_are_refused(#[case] text: &str) {
        assert_eq!(text.parse::<NamespaceGlob>(), Err(GlobError));
    }

    proptest! {
        #[test]
        fn text_round_trips(text in "[a-z0-9-]{0,5}\\*[a-z0-9-]{1,5}") {
            prop_assert_eq!(text.parse::<NamespaceGlob>().unwrap().to_string(), text);
        }
    }
}
