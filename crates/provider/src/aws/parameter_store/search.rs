//! A search: pages through the names of the region, keeps those that are wanted, reads them in full batches.
//!
//! Must never: hand out a part as if it were all.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssm::types::ParameterStringFilter;

use super::super::search::found;
use super::{ParameterStore, classify, plan};
use crate::finder::{Finder, LISTS_TOO_MUCH, MOST_LISTED, ensure_few};
use crate::{Payload, ReadError, RemoteKey, Search};

/// The most names that one page holds.
const PAGE: i32 = 50;
/// The most pages that one search asks for; some may be empty though others follow.
const MOST_PAGES: usize = 400;

const NOT_A_FOLDER: ReadError = ReadError::InvalidKey(
    "the search's path, behind the store's prefix, is no folder of parameters; write one such as /prod/shop, in letters, digits and /_.-",
);
const NO_NAME_CAN_BEGIN_SO: ReadError =
    ReadError::InvalidKey("the store's prefix holds characters that no parameter's name can have; use letters, digits and /_.-");
const TOO_MANY_PAGES: ReadError =
    ReadError::Misconfigured("the endpoint goes on listing without naming parameters; check that it is that of Systems Manager");

impl ParameterStore {
    /// Every parameter below the store's prefix and `path` that is searched for, by its whole name.
    pub(super) async fn search(&self, path: &str, search: &Search) -> Result<Payload, ReadError> {
        let finder = Finder::new(search)?;
        let below = Below::new(&self.prefix, path)?;
        let names = self.names(&below, &finder).await?;
        self.read_all(names).await
    }

    async fn names(&self, below: &Below, finder: &Finder) -> Result<BTreeSet<String>, ReadError> {
        let filters = filters(below, finder.tags())?;
        let mut names = BTreeSet::new();
        let (mut listed, mut next) = (0, None);
        for _ in 0..MOST_PAGES {
            self.traffic.request();
            let request = self.client.describe_parameters().max_results(PAGE).set_next_token(next);
            let page = request.set_parameter_filters(filters.clone()).send().await;
            let page = page.map_err(|error| classify::failure(&error))?;
            let parameters = page.parameters.unwrap_or_default();
            listed += parameters.len();
            if listed > MOST_LISTED {
                return Err(LISTS_TOO_MUCH);
            }
            for parameter in parameters {
                names.extend(wanted(parameter.name, below, finder)?);
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                ensure_few(names.len())?;
                return Ok(names);
            }
        }
        Err(TOO_MANY_PAGES)
    }

    async fn read_all(&self, names: BTreeSet<String>) -> Result<Payload, ReadError> {
        let named = names.into_iter().map(|name| (name.clone(), RemoteKey::value(name, None))).collect();
        found(plan::by_name(self.may_batch(), named), |call| self.call(call)).await
    }
}

/// Where names are looked for.
#[derive(Debug, PartialEq, Eq)]
enum Below {
    /// In names that begin so; the store's prefix need not end at a `/`.
    Prefix(String),
    /// In a folder and the folders below it, named without the last `/`.
    Folder(String),
}

impl Below {
    fn new(prefix: &str, path: &str) -> Result<Self, ReadError> {
        let whole = format!("{prefix}{path}");
        let is_written_well = whole.chars().all(plan::allowed) && !whole.contains("//");
        if path.is_empty() {
            return if is_written_well { Ok(Self::Prefix(whole)) } else { Err(NO_NAME_CAN_BEGIN_SO) };
        }
        let folder = whole.strip_suffix('/').unwrap_or(&whole);
        let is_folder = is_written_well && (folder.is_empty() || (folder.starts_with('/') && folder.len() > 1));
        if is_folder { Ok(Self::Folder(folder.to_owned())) } else { Err(NOT_A_FOLDER) }
    }

    fn holds(&self, name: &str) -> bool {
        match self {
            Self::Prefix(prefix) => name.starts_with(prefix),
            Self::Folder(folder) => name.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')),
        }
    }
}

/// The name of a listed parameter, if it is one that is searched for. Tags were compared by the service, pair by pair.
///
/// # Errors
/// [`ReadError::BadAnswer`] for what is no name: it would be read, and its name be shown.
fn wanted(name: Option<String>, below: &Below, finder: &Finder) -> Result<Option<String>, ReadError> {
    let name = name.filter(|name| !name.is_empty() && name.chars().all(plan::allowed)).ok_or(ReadError::BadAnswer)?;
    Ok(Some(name).filter(|name| below.holds(name) && finder.wants_name(name)))
}

fn filters(below: &Below, tags: &BTreeMap<String, String>) -> Result<Option<Vec<ParameterStringFilter>>, ReadError> {
    let filter = |key: String, option: &str, value: &str| {
        let filter = ParameterStringFilter::builder().key(key).option(option).values(value).build();
        filter.map_err(|_| ReadError::BadAnswer)
    };
    let place = match below {
        Below::Prefix(prefix) if prefix.is_empty() => None,
        Below::Prefix(prefix) => Some(filter("Name".to_owned(), "BeginsWith", prefix)),
        Below::Folder(folder) if folder.is_empty() => Some(filter("Path".to_owned(), "Recursive", "/")),
        Below::Folder(folder) => Some(filter("Path".to_owned(), "Recursive", folder)),
    };
    let by_tag = tags.iter().map(|(name, value)| filter(format!("tag:{name}"), "Equals", value));
    let filters: Vec<_> = place.into_iter().chain(by_tag).collect::<Result<_, _>>()?;
    Ok(Some(filters).filter(|filters| !filters.is_empty()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "", Some(Below::Prefix(String::new())))]
    #[case("prod-", "", Some(Below::Prefix("prod-".to_owned())))]
    #[case("", "/", Some(Below::Folder(String::new())))]
    #[case("", "/prod/shop", Some(Below::Folder("/prod/shop".to_owned())))]
    #[case("/prod/", "shop/", Some(Below::Folder("/prod/shop".to_owned())))]
    #[case("", "prod", None)]
    #[case("", "//prod", None)]
    #[case("", "/a b", None)]
    #[case("a b", "", None)]
    fn places(#[case] prefix: &str, #[case] path: &str, #[case] wanted: Option<Below>) {
        assert_eq!(Below::new(prefix, path).ok(), wanted);
    }

    #[rstest]
    #[case("/prod", "/prod/db", true)]
    #[case("/prod", "/prod/a/b", true)]
    #[case("/prod", "/prod-2/db", false)]
    #[case("/prod", "/prod", false)]
    #[case("/", "/a", true)]
    #[case("/", "a", false)]
    fn a_folder_ends_at_a_slash(#[case] path: &str, #[case] name: &str, #[case] holds: bool) {
        let everything = Finder::new(&Search::default()).ok().unwrap();
        let found = wanted(Some(name.to_owned()), &Below::new("", path).unwrap(), &everything).unwrap();
        assert_eq!(found.is_some(), holds);
    }

    #[test]
    fn the_service_is_asked_for_little() {
        let tags = [("team".to_owned(), "shop".to_owned())].into();
        let filters = filters(&Below::Folder("/prod".to_owned()), &tags).unwrap().unwrap();
        let said: Vec<_> =
            filters.iter().map(|filter| format!("{} {:?} {:?}", filter.key(), filter.option(), filter.values())).collect();
        assert_eq!(said, [r#"Path Some("Recursive") ["/prod"]"#, r#"tag:team Some("Equals") ["shop"]"#]);
        assert!(super::filters(&Below::Prefix(String::new()), &BTreeMap::new()).unwrap().is_none());
    }
}
