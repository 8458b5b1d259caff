//! Generators: the objects that say how values are made, and which run of them a Secret is of.
//!
//! ```text
//!   object ──decode──▶ Generator ─┐
//!   slot, request ──▶ Run ────────┴─▶ reconcile: kept, or run once ──▶ Secret, with a Record of it
//! ```
//!
//! Owns: reading generator objects, what is noted of a run, and what is held of what it left at servers. Must never: let a
//! value out of a run in which another one of the same generator was made, or note a value.

mod credentials;
mod held;
mod object;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sealbridge_engine::{Generated, SourceError};
use sealbridge_provider::generator::Lease;
use sealbridge_secret::{Digest, SecretMap};

pub(crate) use credentials::credentials_of;
pub use held::{Fresh, Held, Replaced, StandsIn, Unwritten, made_anew_at, next_renewal};
pub(crate) use object::{Read, input_of, metadata_api, read};
pub use record::{Marks, Record, Run, mark};

/// What is remembered of the generators of one object.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The digest of the runs that its Secret is of, while they need not run again.
    pub digest: Option<Digest>,
    /// Which run it is to have, once it had one.
    pub run: Option<Run>,
    /// When values of that run have to be made anew of which nothing is held, in seconds since the Unix epoch.
    pub ends: Option<u64>,
    /// What is held of others.
    pub held: Held,
    /// When it is tried again, in seconds since the Unix epoch: a generator has no store whose recovery would tell.
    pub retry_at: Option<u64>,
    /// What was made in that run and could not be written yet.
    pub unwritten: Unwritten,
}

impl Progress {
    /// What is to be known of an object at first: the record on its Secret.
    #[must_use]
    pub fn of(record: Option<&Record>) -> Self {
        Self { run: record.map(|record| record.run), ends: record.and_then(|record| record.ends), ..Self::default() }
    }

    /// Has the generators run anew in another slot.
    pub fn begin(&mut self, slot: u64) {
        self.digest = None;
        self.run = Some(Run { slot, asked: self.run.and_then(|run| run.asked), again: 0 });
    }

    /// Whether something is to be done at a moment, in seconds since the Unix epoch: values are about to end, so that the
    /// generators run anew, or what failed is tried again.
    pub fn comes_due(&mut self, now: u64) -> bool {
        let is_retried = self.retry_at.take_if(|at| *at <= now).is_some();
        let ending = self.ends.filter(|ends| *ends <= now).max(self.held.ended(now));
        let ended = match (ending, &mut self.run) {
            (Some(ends), Some(run)) if run.again < ends => {
                run.again = ends;
                true
            }
            _ => false,
        };
        if ended {
            self.digest = None;
        }
        is_retried || ended
    }

    /// Notes that the Secret was found or made to be as the generators say. Returns what is to be given back.
    pub fn written(
        &mut self,
        runs: Option<&Runs>,
        digest: Option<Digest>,
        stands_in: Option<StandsIn>,
        replaced: Replaced,
    ) -> Vec<Arc<dyn Lease>> {
        let digests: BTreeSet<String> = runs.iter().flat_map(|runs| runs.digests.values()).map(ToString::to_string).collect();
        let over = self.held.written(&digests, std::mem::take(&mut self.unwritten), stands_in, replaced);
        let held = std::mem::take(&mut self.held);
        let run = runs.map_or(self.run, |runs| Some(runs.run));
        // A run that came due while this one was written is still to be made.
        let is_another_due = self.run.is_some() && self.run != run;
        let (digest, run) = if is_another_due { (None, self.run) } else { (digest, run) };
        *self = Self { digest, run, ends: runs.and_then(|runs| runs.ends_of_others), held, ..Self::default() };
        over
    }
}

/// What the generators of one object made, or what is there of the same runs.
#[derive(Debug, Default)]
pub struct Runs {
    /// By position among the sources of several entries.
    pub made: BTreeMap<usize, Result<Arc<Generated>, SourceError>>,
    /// The digest of each run whose values are to be found again, by position.
    pub digests: BTreeMap<usize, Digest>,
    /// Which run it is.
    pub run: Run,
    /// When some of the values have to be made anew, in seconds since the Unix epoch: what is noted.
    pub ends: Option<u64>,
    /// The same of values that nothing is held of.
    pub ends_of_others: Option<u64>,
    /// Whether something was made that the Secret does not have.
    pub is_new: bool,
    /// The data of the Secret, where all of it was made of the same runs and the same other values, with its record.
    pub whole: Option<(SecretMap, Option<String>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_end_are_made_anew_once() {
        let mut progress = Progress { ends: Some(100), ..Progress::default() };
        progress.begin(7);
        assert!(!progress.comes_due(99));
        assert!(progress.comes_due(100) && !progress.comes_due(101), "until they have another end nothing more is to be done");
        assert_eq!(progress.run, Some(Run { slot: 7, asked: None, again: 100 }));
        progress.ends = Some(200);
        assert!(progress.comes_due(200));
        progress.begin(8);
        assert_eq!(progress.run, Some(Run { slot: 8, asked: None, again: 0 }));
    }

    #[test]
    fn a_slot_that_began_during_a_write_is_still_to_come() {
        let digest: Digest = "07".repeat(32).parse().unwrap();
        let mut progress = Progress::default();
        progress.begin(7);
        let runs = Runs { run: progress.run.unwrap(), ..Runs::default() };
        drop(progress.written(Some(&runs), Some(digest), None, Replaced::Ends));
        assert_eq!((progress.digest, progress.run), (Some(digest), Some(runs.run)));
        progress.begin(8);
        let next = progress.run;
        drop(progress.written(Some(&runs), Some(digest), None, Replaced::Ends));
        assert_eq!((progress.digest, progress.run), (None, next));
    }

    #[test]
    fn what_failed_is_tried_again_once() {
        let mut progress = Progress { retry_at: Some(60), ..Progress::default() };
        assert!(!progress.comes_due(59) && progress.comes_due(61) && !progress.comes_due(61));
        assert_eq!(progress.run, None, "in the same run");
    }
}
