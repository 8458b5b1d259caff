//! Names of parameters as the API takes them, and which calls a batch of keys takes.
//!
//! Must never: lose a key, ask for one twice in a call, or let a name be spelt in two ways.

use super::super::batch::{Call, calls};
use crate::{ReadError, RemoteKey, Search, What};

/// The most names that one call takes.
const BATCH: usize = 10;
/// The longest name that the API takes, with what its ARN has before it.
const LONGEST: usize = 2048;

/// What is done for keys.
pub(super) enum Job {
    Read(Call),
    Tags(String, RemoteKey),
    Search(Search, RemoteKey),
    Refused(RemoteKey, ReadError),
}

/// Whether a name can hold a character.
pub(super) fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/_.-".contains(c)
}

/// The name of a parameter: the store's prefix and the key. Only an ARN holds a `:`, since elsewhere it parts the name
/// from its version.
pub(in crate::aws) fn name(prefix: &str, key: &str) -> Result<String, ReadError> {
    if key.is_empty() || key.len() + prefix.len() > LONGEST {
        return Err(ReadError::InvalidKey("the key is empty or too long; name a parameter of the region"));
    }
    let name = format!("{prefix}{key}");
    let is_arn = name.starts_with("arn:");
    if name.chars().all(|c| allowed(c) || (is_arn && c == ':')) {
        return Ok(name);
    }
    Err(ReadError::InvalidKey(
        "the key or the store's prefix holds characters that no parameter's name can have; use letters, digits and /_.-, and \
         write a version or label into version",
    ))
}

/// A name with the number or the label of a version.
fn name_at(prefix: &str, key: &RemoteKey) -> Result<String, ReadError> {
    let name = name(prefix, &key.key)?;
    match key.version.as_deref() {
        None => Ok(name),
        Some(version) if !version.is_empty() && version.len() <= 100 && version.chars().all(|c| allowed(c) && c != '/') => {
            Ok(format!("{name}:{version}"))
        }
        Some(_) => Err(ReadError::InvalidKey("the version is neither a number nor a label that a parameter can have; correct it")),
    }
}

/// What is done for `keys`.
pub(super) fn jobs(prefix: &str, may_batch: bool, keys: Vec<RemoteKey>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut values = Vec::new();
    for key in keys {
        jobs.push(match &key.what {
            What::Search(search) => Job::Search(search.clone(), key),
            What::Metadata => match name(prefix, &key.key) {
                Ok(name) => Job::Tags(name, key),
                Err(error) => Job::Refused(key, error),
            },
            What::Value => match name_at(prefix, &key) {
                Ok(name) => {
                    values.push((name, key));
                    continue;
                }
                Err(error) => Job::Refused(key, error),
            },
        });
    }
    jobs.extend(by_name(may_batch, values).into_iter().map(Job::Read));
    jobs
}

/// The calls that read parameters by name.
pub(super) fn by_name(may_batch: bool, keys: Vec<(String, RemoteKey)>) -> Vec<Call> {
    calls(BATCH, may_batch, keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "/prod/db", None, Some("/prod/db"))]
    #[case("/prod/", "db", None, Some("/prod/db"))]
    #[case("", "db", Some("3"), Some("db:3"))]
    #[case("", "db", Some("stable"), Some("db:stable"))]
    #[case(
        "",
        "arn:aws:ssm:eu-central-1:123456789012:parameter/db",
        Some("1"),
        Some("arn:aws:ssm:eu-central-1:123456789012:parameter/db:1")
    )]
    #[case("", "db:3", None, None)]
    #[case("", "", None, None)]
    #[case("", "a b", None, None)]
    #[case("", "db", Some(""), None)]
    #[case("", "db", Some("3:4"), None)]
    #[case("", "db", Some("a/b"), None)]
    fn names(#[case] prefix: &str, #[case] key: &str, #[case] version: Option<&str>, #[case] wanted: Option<&str>) {
        let key = RemoteKey::value(key, version.map(str::to_owned));
        assert_eq!(name_at(prefix, &key).ok().as_deref(), wanted);
    }

    #[test]
    fn values_go_in_batches_whatever_their_version() {
        let mut keys: Vec<_> = (0..24).map(|index| RemoteKey::value(format!("k{index}"), None)).collect();
        keys.push(RemoteKey::value("k0", Some("1".to_owned())));
        keys.push(RemoteKey::value("no such name*", None));
        keys.push(RemoteKey::metadata("k0", None));
        keys.push(RemoteKey::search("", Search::default()));
        let jobs = jobs("/prod/", true, keys.clone());
        let mut sizes: Vec<_> =
            jobs.iter().filter_map(|job| if let Job::Read(Call::Batch(keys)) = job { Some(keys.len()) } else { None }).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [5, 10, 10]);
        assert_eq!(jobs.len(), 6);
        assert!(super::jobs("", false, keys).iter().all(|job| !matches!(job, Job::Read(Call::Batch(_)))));
    }
}
