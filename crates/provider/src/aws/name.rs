//! Names and versions of secrets as Secrets Manager takes them.
//!
//! Must never: let a name into a batch that makes AWS refuse its neighbours.

use crate::ReadError;

/// The longest id that the API takes.
const LONGEST: usize = 2048;

/// Whether a name or ARN can hold a character: letters, digits and these, as the API documents them; `:` stands in
/// ARNs, `!` in names that services make.
pub(super) fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/_+=.@-:!".contains(c)
}

/// The id of a secret: the store's prefix and the key.
pub(crate) fn secret_id(prefix: &str, key: &str) -> Result<String, ReadError> {
    if key.is_empty() || key.len() + prefix.len() > LONGEST {
        return Err(ReadError::InvalidKey("the key is empty or too long; name a secret of the region"));
    }
    if !key.chars().chain(prefix.chars()).all(allowed) {
        return Err(ReadError::InvalidKey(
            "the key or the store's prefix holds characters that no secret's name can have; use letters, digits and /_+=.@-",
        ));
    }
    Ok(format!("{prefix}{key}"))
}

/// Refuses an answer about another secret than the one that was asked for by `id`, its name or its ARN. Of an ARN, AWS
/// lets the last seven characters be left out.
pub(super) fn ensure_answers(id: &str, name: Option<&str>, arn: Option<&str>) -> Result<(), ReadError> {
    let has_end = |arn: &str| arn.strip_prefix(id).is_some_and(|end| end.len() == 7 && end.starts_with('-'));
    let is_it = match id.starts_with("arn:") {
        true => arn.is_some_and(|arn| arn == id || has_end(arn)),
        false => name == Some(id),
    };
    if is_it { Ok(()) } else { Err(ReadError::BadAnswer) }
}

/// Which version of a secret is meant; External Secrets Operator's notation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Version<'a> {
    /// `AWSCURRENT`.
    Newest,
    /// `uuid/<id>`.
    Id(&'a str),
    /// The name of a staging label.
    Stage(&'a str),
}

impl<'a> Version<'a> {
    pub(super) fn parse(version: Option<&'a str>) -> Self {
        match version {
            None => Self::Newest,
            Some(version) => version.strip_prefix("uuid/").map_or(Self::Stage(version), Self::Id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "prod/db", Some("prod/db"))]
    #[case("team/", "db", Some("team/db"))]
    #[case("", "rds!db-1", Some("rds!db-1"))]
    #[case(
        "",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf",
        Some("arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf")
    )]
    #[case("team/", "", None)]
    #[case("", "a b", None)]
    #[case("", "a\nb", None)]
    #[case("", "é", None)]
    fn ids(#[case] prefix: &str, #[case] key: &str, #[case] wanted: Option<&str>) {
        assert_eq!(secret_id(prefix, key).ok().as_deref(), wanted);
    }

    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf";

    #[rstest]
    #[case("db", Some("db"), Some(ARN), true)]
    #[case("db", Some("db-2"), Some(ARN), false)]
    #[case("db", None, Some(ARN), false)]
    #[case(ARN, Some("anything"), Some(ARN), true)]
    #[case("arn:aws:secretsmanager:eu-central-1:123456789012:secret:db", Some("db"), Some(ARN), true)]
    #[case("arn:aws:secretsmanager:eu-central-1:123456789012:secret:d", Some("db"), Some(ARN), false)]
    #[case(ARN, Some("db"), None, false)]
    fn an_answer_is_about_what_was_asked(
        #[case] id: &str,
        #[case] name: Option<&str>,
        #[case] arn: Option<&str>,
        #[case] is_it: bool,
    ) {
        assert_eq!(ensure_answers(id, name, arn).is_ok(), is_it);
    }

    #[rstest]
    #[case(None, Version::Newest)]
    #[case(Some("AWSPREVIOUS"), Version::Stage("AWSPREVIOUS"))]
    #[case(Some("uuid/1b2c"), Version::Id("1b2c"))]
    fn versions(#[case] version: Option<&str>, #[case] wanted: Version<'_>) {
        assert_eq!(Version::parse(version), wanted);
    }
}
