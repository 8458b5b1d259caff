//! Names of a Secret's entries as a push sees them, and as they are in a store.
//!
//! Must never: let one entry take the place of another.

use std::collections::BTreeMap;

use sealbridge_manifest::RewriteStep;
use sealbridge_manifest::push::KeyConversion;

use super::{Prepared, WantedError};
use crate::template::Transform;

/// The entries of a Secret: the names after the conversion, each with the one in the Secret.
pub(super) struct Names<'a>(BTreeMap<String, &'a str>);

impl<'a> Names<'a> {
    pub(super) fn of(source: &'a Prepared, conversion: KeyConversion) -> Result<Self, WantedError> {
        let mut names = BTreeMap::new();
        for original in source.data.keys() {
            let name = match conversion {
                KeyConversion::None => original.to_owned(),
                KeyConversion::ReverseUnicode => reversed(original),
            };
            if let Some(first) = names.insert(name.clone(), original) {
                return Err(collision("conversionStrategy", &source.of, name, first, original));
            }
        }
        Ok(Self(names))
    }

    /// All of them, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, original)| (name.as_str(), *original))
    }

    /// The name in the Secret.
    pub(super) fn original(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }
}

/// The names as all steps leave them, in the order of `names`.
pub(super) fn in_store<'a>(
    path: &str,
    of: &str,
    names: impl Iterator<Item = &'a str>,
    rewrite: &[RewriteStep],
) -> Result<Vec<String>, WantedError> {
    let failed = |problem| WantedError::Rewrite { path: path.to_owned(), problem: Box::new(problem) };
    let mut made = Vec::new();
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for original in names {
        let mut name = original.to_owned();
        for step in rewrite {
            name = match step {
                RewriteStep::Regexp { source, target } => source.replaced(&name, target),
                RewriteStep::Transform(text) => {
                    Transform::new(text).and_then(|transform| transform.name_of(&name)).map_err(failed)?
                }
                // No dialect reads one here.
                RewriteStep::Merge(_) => name,
            };
        }
        if name.is_empty() {
            return Err(WantedError::NoName { path: path.to_owned(), key: original.to_owned() });
        }
        if let Some(first) = taken.insert(name.clone(), original) {
            return Err(collision(path, of, name, first, original));
        }
        made.push(name);
    }
    Ok(made)
}

fn collision(path: &str, of: &str, name: String, first: &str, second: &str) -> WantedError {
    let [path, of, first, second] = [path, of, first, second].map(str::to_owned);
    WantedError::Collision { path, of, name, first, second }
}

/// `_U0041_` back into the character, of 4 or 5 hex digits; what is no character stays.
fn reversed(name: &str) -> String {
    let mut made = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("_U") {
        made.push_str(before);
        if let Some((character, after)) = character(after) {
            made.push(character);
            rest = after;
        } else {
            made.push_str("_U");
            rest = after;
        }
    }
    made.push_str(rest);
    made
}

fn character(text: &str) -> Option<(char, &str)> {
    let (digits, after) = text.split_once('_')?;
    let is_hex = matches!(digits.len(), 4 | 5) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
    Some((char::from_u32(code)?, after))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::reversed;

    #[rstest]
    #[case::nothing("A_B", "A_B")]
    #[case::a_slash("a_U002f_b", "a/b")]
    #[case::upper_digits("a_U002F_b", "a/b")]
    #[case::five_digits("_U1f600_", "😀")]
    #[case::several("_U0041__U0042_", "AB")]
    #[case::too_short("_U41_", "_U41_")]
    #[case::too_long("_U000041_", "_U000041_")]
    #[case::no_digits("_U00zz_", "_U00zz_")]
    #[case::a_sign("_U+041_", "_U+041_")]
    #[case::half_a_pair("_Ud800_", "_Ud800_")]
    #[case::open("a_U0041", "a_U0041")]
    #[case::after_a_false_start("_U_U0041_", "_UA")]
    fn code_points_back(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(reversed(name), expected);
    }
}
