//! Which leaves of a document are encrypted: one of six selectors, judged along a path and the comments above.
//!
//! Owns the rules. Must never look at a value.

use regex::Regex;

use crate::error::SopsError;

/// Keys with this ending stay plain when a document names no selector.
pub const DEFAULT_UNENCRYPTED_SUFFIX: &str = "_unencrypted";

/// The selector of a document. Expressions are RE2 and not anchored; a match of a key covers all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// All but what is below a key with this ending.
    UnencryptedSuffix(String),
    /// Only what is below a key with this ending.
    EncryptedSuffix(String),
    /// All but what is below a key that matches.
    UnencryptedRegex(String),
    /// Only what is below a key that matches.
    EncryptedRegex(String),
    /// All but what a matching comment stands above or beside.
    UnencryptedCommentRegex(String),
    /// Only what a matching comment stands above or beside.
    EncryptedCommentRegex(String),
}

impl Default for Selector {
    fn default() -> Self {
        Self::UnencryptedSuffix(DEFAULT_UNENCRYPTED_SUFFIX.to_owned())
    }
}

impl Selector {
    /// The metadata key that holds it, and its text.
    #[must_use]
    pub fn field(&self) -> (&'static str, &str) {
        match self {
            Self::UnencryptedSuffix(text) => ("unencrypted_suffix", text),
            Self::EncryptedSuffix(text) => ("encrypted_suffix", text),
            Self::UnencryptedRegex(text) => ("unencrypted_regex", text),
            Self::EncryptedRegex(text) => ("encrypted_regex", text),
            Self::UnencryptedCommentRegex(text) => ("unencrypted_comment_regex", text),
            Self::EncryptedCommentRegex(text) => ("encrypted_comment_regex", text),
        }
    }

    /// The selector of a metadata key; `None` for a key that is none.
    #[must_use]
    pub fn of_field(field: &str, text: &str) -> Option<Self> {
        let make = match field {
            "unencrypted_suffix" => Self::UnencryptedSuffix,
            "encrypted_suffix" => Self::EncryptedSuffix,
            "unencrypted_regex" => Self::UnencryptedRegex,
            "encrypted_regex" => Self::EncryptedRegex,
            "unencrypted_comment_regex" => Self::UnencryptedCommentRegex,
            "encrypted_comment_regex" => Self::EncryptedCommentRegex,
            _ => return None,
        };
        Some(make(text.to_owned()))
    }

    pub(crate) fn compile(&self) -> Result<Rule, SopsError> {
        let regex =
            |text: &str| Regex::new(text).map_err(|_| SopsError::Selector { problem: "the selector is no valid expression" });
        Ok(match self {
            Self::UnencryptedSuffix(suffix) => Rule::Key { test: KeyTest::Suffix(suffix.clone()), hit_encrypts: false },
            Self::EncryptedSuffix(suffix) => Rule::Key { test: KeyTest::Suffix(suffix.clone()), hit_encrypts: true },
            Self::UnencryptedRegex(text) => Rule::Key { test: KeyTest::Regex(regex(text)?), hit_encrypts: false },
            Self::EncryptedRegex(text) => Rule::Key { test: KeyTest::Regex(regex(text)?), hit_encrypts: true },
            Self::UnencryptedCommentRegex(text) => Rule::Comment { regex: regex(text)?, hit_encrypts: false },
            Self::EncryptedCommentRegex(text) => Rule::Comment { regex: regex(text)?, hit_encrypts: true },
        })
    }
}

/// A selector ready to judge.
pub(crate) enum Rule {
    Key { test: KeyTest, hit_encrypts: bool },
    Comment { regex: Regex, hit_encrypts: bool },
}

pub(crate) enum KeyTest {
    Suffix(String),
    Regex(Regex),
}

impl Rule {
    pub(crate) fn hits_key(&self, key: &str) -> bool {
        match self {
            Self::Key { test: KeyTest::Suffix(suffix), .. } => key.ends_with(suffix.as_str()),
            Self::Key { test: KeyTest::Regex(regex), .. } => regex.is_match(key),
            Self::Comment { .. } => false,
        }
    }

    pub(crate) fn hits_comment(&self, comment: &str) -> bool {
        matches!(self, Self::Comment { regex, .. } if regex.is_match(comment))
    }

    pub(crate) fn looks_at_comments(&self) -> bool {
        matches!(self, Self::Comment { .. })
    }

    /// Whether what was hit, or was not, is encrypted.
    pub(crate) fn encrypts(&self, hit: bool) -> bool {
        match self {
            Self::Key { hit_encrypts, .. } | Self::Comment { hit_encrypts, .. } => *hit_encrypts == hit,
        }
    }

    /// Whether a comment is encrypted: one that itself says "encrypt" stays plain, one that says "leave plain"
    /// does too.
    pub(crate) fn encrypts_comment(&self, hit_before: bool, hits_itself: bool) -> bool {
        match self {
            Self::Comment { hit_encrypts: true, .. } | Self::Key { .. } => self.encrypts(hit_before),
            Self::Comment { hit_encrypts: false, .. } => self.encrypts(hit_before || hits_itself),
        }
    }
}
