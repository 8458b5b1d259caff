//! Which calls a batch of keys takes.
//!
//! Must never: lose a key, or ask for one twice.

use super::batch::{Call, calls};
use super::name;
use crate::{ReadError, RemoteKey, Search, What};

/// The most names that one call takes.
const BATCH: usize = 20;

/// What is done for keys.
pub(super) enum Job {
    Read(Call),
    Describe(String, RemoteKey),
    Search(Search, RemoteKey),
    Refused(RemoteKey, ReadError),
}

/// What is done for `keys`.
pub(super) fn jobs(prefix: &str, may_batch: bool, keys: Vec<RemoteKey>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut newest_ones = Vec::new();
    for key in keys {
        jobs.push(match (&key.what, name::secret_id(prefix, &key.key)) {
            (What::Search(search), _) => Job::Search(search.clone(), key),
            (What::Value | What::Metadata, Err(error)) => Job::Refused(key, error),
            (What::Metadata, Ok(id)) => Job::Describe(id, key),
            (What::Value, Ok(id)) if key.version.is_some() => Job::Read(Call::Single(id, key)),
            (What::Value, Ok(id)) => {
                newest_ones.push((id, key));
                continue;
            }
        });
    }
    jobs.extend(newest(may_batch, newest_ones).into_iter().map(Job::Read));
    jobs
}

/// The calls that read newest versions by id.
pub(super) fn newest(may_batch: bool, keys: Vec<(String, RemoteKey)>) -> Vec<Call> {
    calls(BATCH, may_batch, keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(jobs: &[Job]) -> (Vec<usize>, usize, usize) {
        let batch = |job: &Job| if let Job::Read(Call::Batch(keys)) = job { Some(keys.len()) } else { None };
        let mut batches: Vec<_> = jobs.iter().filter_map(batch).collect();
        batches.sort_unstable();
        let singles = jobs.iter().filter(|job| matches!(job, Job::Read(Call::Single(..)))).count();
        let refused = jobs.iter().filter(|job| matches!(job, Job::Refused(..))).count();
        (batches, singles, refused)
    }

    #[test]
    fn newest_versions_go_in_batches_and_the_rest_alone() {
        let mut keys: Vec<_> = (0..45).map(|index| RemoteKey::value(format!("k{index}"), None)).collect();
        keys.push(RemoteKey::value("pinned", Some("AWSPREVIOUS".to_owned())));
        keys.push(RemoteKey::value("no such name*", None));
        assert_eq!(sizes(&jobs("prod/", true, keys.clone())), (vec![5, 20, 20], 1, 1));
        assert_eq!(sizes(&jobs("prod/", true, keys.clone().drain(..21).collect())), (vec![20], 1, 0));
        assert_eq!(sizes(&jobs("prod/", false, keys)), (vec![], 46, 1));
    }

    #[test]
    fn metadata_and_searches_are_calls_of_their_own() {
        let search = || RemoteKey::search("", Search::default());
        let keys = vec![RemoteKey::metadata("a", Some("7".to_owned())), search(), RemoteKey::metadata("*", None)];
        let jobs = jobs("prod/", true, keys);
        assert!(matches!(jobs.as_slice(), [Job::Describe(id, _), Job::Search(..), Job::Refused(..)] if id == "prod/a"));
    }
}
