//! A search: pages through the names of the region, keeps those that are wanted, reads them in full batches.
//!
//! Must never: believe the service's own filters, which match prefixes and mix up tags, or hand out a part as if it
//! were all.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry, Tag};
use futures::stream::{self, StreamExt};

use super::batch::Call;
use super::{AwsStore, PARALLEL_CALLS, classify, name, plan};
use crate::finder::{Finder, Found, LISTS_TOO_MUCH, MOST_LISTED, ensure_few};
use crate::provider::ReadResult;
use crate::{Payload, ReadError, RemoteKey, Search};

/// The most names that one page holds.
const PAGE: i32 = 100;
/// The most pages that one search asks for; some may be empty though others follow.
const MOST_PAGES: usize = 200;
/// The most filters that one call takes.
const MOST_FILTERS: usize = 10;
/// The longest value that a filter takes.
const LONGEST_FILTER: usize = 512;

const NO_NAME_CAN_BEGIN_SO: ReadError = ReadError::InvalidKey(
    "the search's path or the store's prefix holds characters that no secret's name can have; use letters, digits and /_+=.@-",
);
const WITHOUT_VALUE: ReadError = ReadError::Misconfigured(
    "a secret or parameter that the search finds has no current value, or went while it was read; give it a value, or narrow the search",
);
const TOO_MANY_PAGES: ReadError =
    ReadError::Misconfigured("the endpoint goes on listing without naming secrets; check that it is that of Secrets Manager");

impl AwsStore {
    /// Every secret whose name begins with the store's prefix and `path` and that is searched for, by its whole name.
    pub(super) async fn search(&self, path: &str, search: &Search) -> Result<Payload, ReadError> {
        let finder = Finder::new(search)?;
        let prefix = format!("{}{path}", self.prefix);
        if !prefix.chars().all(name::allowed) {
            return Err(NO_NAME_CAN_BEGIN_SO);
        }
        let names = self.names(&prefix, &finder).await?;
        self.read_all(names).await
    }

    async fn names(&self, prefix: &str, finder: &Finder) -> Result<BTreeSet<String>, ReadError> {
        let filters = filters(prefix, finder.tags());
        let mut names = BTreeSet::new();
        let (mut listed, mut next) = (0, None);
        for _ in 0..MOST_PAGES {
            self.traffic.request();
            let request = self.client.list_secrets().max_results(PAGE).set_next_token(next);
            let page = request.set_filters(Some(filters.clone())).send().await.map_err(|error| classify::failure(&error))?;
            let secrets = page.secret_list.unwrap_or_default();
            listed += secrets.len();
            if listed > MOST_LISTED {
                return Err(LISTS_TOO_MUCH);
            }
            for secret in secrets {
                names.extend(wanted(secret, prefix, finder)?);
            }
            next = page.next_token;
            if next.is_none() {
                ensure_few(names.len())?;
                return Ok(names);
            }
        }
        Err(TOO_MANY_PAGES)
    }

    async fn read_all(&self, names: BTreeSet<String>) -> Result<Payload, ReadError> {
        let named = names.into_iter().map(|name| (name.clone(), RemoteKey::value(name, None))).collect();
        found(plan::newest(self.may_batch(), named), |call| self.call(call)).await
    }
}

/// Makes the calls, some at a time, and puts together what they found.
pub(super) async fn found<A>(calls: Vec<Call>, call: impl Fn(Call) -> A) -> Result<Payload, ReadError>
where
    A: Future<Output = Vec<ReadResult<Payload>>>,
{
    let mut found = Found::default();
    let mut answers = stream::iter(calls).map(call).buffer_unordered(PARALLEL_CALLS);
    while let Some(results) = answers.next().await {
        for (key, outcome) in results {
            found.add(key.key, outcome.map_err(of_one)?)?;
        }
    }
    found.whole()
}

/// What the failure of one secret is for the search. That one of them is gone does not make the search's result gone.
fn of_one(error: ReadError) -> ReadError {
    if matches!(error, ReadError::Absent(_)) { WITHOUT_VALUE } else { error }
}

/// The name of a listed secret, if it is one that is searched for.
///
/// # Errors
/// [`ReadError::BadAnswer`] for what is no name: it would be read, and its name be shown.
fn wanted(secret: SecretListEntry, prefix: &str, finder: &Finder) -> Result<Option<String>, ReadError> {
    let name = secret.name.filter(|name| name.chars().all(name::allowed)).ok_or(ReadError::BadAnswer)?;
    let is_wanted = secret.deleted_date.is_none()
        && name.starts_with(prefix)
        && finder.wants_name(&name)
        && finder.wants_tags(&tag_map(secret.tags.unwrap_or_default()));
    Ok(is_wanted.then_some(name))
}

/// The tags of a secret, by name.
pub(super) fn tag_map(tags: Vec<Tag>) -> BTreeMap<String, String> {
    tags.into_iter().filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

/// Filters that leave out most of what is not searched for, so that it need not be paged through. All have to hold.
fn filters(prefix: &str, tags: &BTreeMap<String, String>) -> Vec<Filter> {
    let filter = |key, value: &str| can_filter(value).then(|| Filter::builder().key(key).values(value).build());
    let by_tag = tags
        .iter()
        .flat_map(|(name, value)| [filter(FilterNameStringType::TagKey, name), filter(FilterNameStringType::TagValue, value)]);
    [filter(FilterNameStringType::Name, prefix)].into_iter().chain(by_tag).flatten().take(MOST_FILTERS).collect()
}

/// Whether the API takes a value for a filter, and as what it says: a `!` at its beginning would mean the opposite.
fn can_filter(value: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " :_@/+=.-!".contains(c);
    !value.is_empty() && value.len() <= LONGEST_FILTER && !value.starts_with('!') && value.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::primitives::DateTime;
    use rstest::rstest;

    use super::*;
    use crate::Absence;

    fn map(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
        tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[rstest]
    #[case("", &[], &[])]
    #[case("prod/", &[], &["Name=prod/"])]
    #[case("prod/", &[("a", "1")], &["Name=prod/", "TagKey=a", "TagValue=1"])]
    #[case("!prod", &[("!a", "")], &[])]
    #[case("", &[("schlüssel", "1")], &["TagValue=1"])]
    #[case("p", &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")],
        &["Name=p", "TagKey=a", "TagValue=1", "TagKey=b", "TagValue=2", "TagKey=c", "TagValue=3", "TagKey=d", "TagValue=4", "TagKey=e"])]
    fn filters_that_the_api_takes(#[case] prefix: &str, #[case] tags: &[(&str, &str)], #[case] wanted: &[&str]) {
        let made = filters(prefix, &map(tags));
        let made: Vec<_> = made.iter().map(|filter| format!("{:?}={}", filter.key().unwrap(), filter.values().join(","))).collect();
        assert_eq!(made, wanted);
    }

    fn listed(name: &str, tags: &[(&str, &str)]) -> SecretListEntry {
        let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
        SecretListEntry::builder().name(name).set_tags(Some(tags)).build()
    }

    #[rstest]
    #[case(listed("prod/db", &[("a", "1"), ("b", "2"), ("c", "3")]), true)]
    #[case(listed("prod/db", &[("a", "2"), ("b", "1")]), false)]
    #[case(listed("prod/db", &[("a", "1")]), false)]
    #[case(listed("prod/db", &[("a", "1"), ("b", "20")]), false)]
    #[case(listed("prod/other", &[("a", "1"), ("b", "2")]), false)]
    #[case(listed("dev/prod/db", &[("a", "1"), ("b", "2")]), false)]
    fn what_comes_back_is_held_against_the_search(#[case] secret: SecretListEntry, #[case] is_wanted: bool) {
        let search = Search { name: Some("db$".to_owned()), tags: map(&[("a", "1"), ("b", "2")]) };
        assert_eq!(wanted(secret, "prod/", &Finder::new(&search).ok().unwrap()).unwrap().is_some(), is_wanted);
    }

    #[rstest]
    #[case(SecretListEntry::builder().build())]
    #[case(listed("a\nb", &[]))]
    #[case(listed("é", &[]))]
    fn what_has_no_name_is_no_list_of_secrets(#[case] secret: SecretListEntry) {
        let everything = Finder::new(&Search::default()).ok().unwrap();
        assert_eq!(wanted(secret, "", &everything), Err(ReadError::BadAnswer));
    }

    #[test]
    fn a_secret_that_waits_for_its_deletion_is_not_found() {
        let mut secret = listed("a", &[]);
        secret.deleted_date = Some(DateTime::from_secs(1));
        assert_eq!(wanted(secret, "", &Finder::new(&Search::default()).ok().unwrap()), Ok(None));
    }

    #[rstest]
    #[case(ReadError::Absent(Absence::NotFound), WITHOUT_VALUE)]
    #[case(ReadError::Absent(Absence::Deleted), WITHOUT_VALUE)]
    #[case(ReadError::Denied, ReadError::Denied)]
    fn one_secret_that_is_gone_is_no_word_on_all(#[case] error: ReadError, #[case] of_all: ReadError) {
        assert_eq!(of_one(error), of_all);
    }
}
