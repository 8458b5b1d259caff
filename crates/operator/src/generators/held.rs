//! What generators of one object left at servers, and what is due of it.
//!
//! ```text
//!   made ──▶ Unwritten ──written──▶ now ──a newer one is written──▶ before ──another one is written──▶ left to end, or given back
//!                 └─ never written, and dropped ──────────────────────────────────────────────────────────────────────▲
//! ```
//!
//! Owns: which credentials are the Secret's, which one was so before, and which are nobody's any more. Must never: name one
//! to be given back that the Secret has, or had before its present one; nor ask anybody anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sealbridge_engine::Generated;
use sealbridge_manifest::TargetKind;
use sealbridge_provider::generator::{Lease, Renewal};
use sealbridge_secret::Digest;

use crate::schedule::wall_clock;

/// Nothing is renewed or made anew more often than this.
const SHORTEST_LIFE: Duration = Duration::from_secs(10);
/// A server that did not answer is asked again after this long at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// When what lives so long is made anew for an object with this refresh interval, in seconds since the Unix epoch: early enough
/// for the next ones to be there before these end. With an interval of zero it never is.
#[must_use]
pub fn made_anew_at(life: Option<Duration>, refresh_interval: Duration) -> Option<u64> {
    let life = life.filter(|_| !refresh_interval.is_zero())?;
    Some((wall_clock() + (life * 2 / 3).max(SHORTEST_LIFE)).as_secs())
}

/// What was made in a run just now.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The values.
    pub made: Arc<Generated>,
    /// When they have to be renewed or made anew, in seconds since the Unix epoch.
    pub ends: Option<u64>,
    /// What they left at whoever made them.
    pub lease: Option<Arc<dyn Lease>>,
    /// The source that brings them, for which there was another one before.
    pub source: Arc<str>,
}

/// What generators made and could not be written yet, by the digest of their run: it is written by the next try in place
/// of something new. Wiped when it is written, or when its object goes.
#[derive(Clone, Debug, Default)]
pub struct Unwritten(BTreeMap<String, (Fresh, Writing)>);

/// What is known of the write of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// It is under way.
    UnderWay,
    /// It was refused.
    Refused,
    /// Nobody can tell whether it happened.
    Unknown,
}

impl Unwritten {
    /// What was made in a run.
    #[must_use]
    pub fn get(&self, run: Digest) -> Option<Fresh> {
        self.0.get(&run.to_string()).map(|(fresh, _)| fresh.clone())
    }

    /// Holds what was made in these runs, which is to be written now, and nothing of any other. Returns what is dropped and
    /// was certainly never written.
    pub fn hold(&mut self, made: impl IntoIterator<Item = (Digest, Fresh)>) -> Vec<Arc<dyn Lease>> {
        let mut before = std::mem::take(&mut self.0);
        for (run, fresh) in made {
            let run = run.to_string();
            let writing = match before.remove(&run) {
                Some((_, Writing::UnderWay | Writing::Unknown)) => Writing::Unknown,
                Some((_, Writing::Refused)) | None => Writing::UnderWay,
            };
            self.0.insert(run, (fresh, writing));
        }
        before.into_values().filter(|(_, writing)| *writing == Writing::Refused).filter_map(|(fresh, _)| fresh.lease).collect()
    }

    /// Notes that the write that was under way did not happen.
    pub fn was_refused(&mut self) {
        self.note(Writing::Refused);
    }

    /// Notes that the write that was under way may have happened.
    pub fn is_unknown(&mut self) {
        self.note(Writing::Unknown);
    }

    fn note(&mut self, now: Writing) {
        for (_, writing) in self.0.values_mut().filter(|(_, writing)| *writing == Writing::UnderWay) {
            *writing = now;
        }
    }

    fn leases(&self) -> impl Iterator<Item = &Arc<dyn Lease>> {
        self.0.values().filter_map(|(fresh, _)| fresh.lease.as_ref())
    }
}

/// What is held of one object. Never kept anywhere but in memory: without it everything ends by itself.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// What the Secret has, by the digest of its run.
    now: BTreeMap<String, Kept>,
    /// What it had before that, by source.
    before: BTreeMap<Arc<str>, Arc<dyn Lease>>,
    /// The Secret, where it goes with its object.
    stands_in: Option<StandsIn>,
}

#[derive(Clone, Debug)]
struct Kept {
    source: Arc<str>,
    lease: Option<Arc<dyn Lease>>,
    ends: Option<u64>,
    /// Whether it is renewed then, and not made anew.
    renews: bool,
}

/// What becomes of a credential that was replaced, once what replaced it is replaced too. The server cannot tell whether a
/// workload still uses it, so only who declares the object can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replaced {
    /// It ends by itself.
    #[default]
    Ends,
    /// It is given back.
    IsGivenBack,
}

/// A Secret that the garbage collector deletes after its object, or an object in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandsIn {
    /// Its kind, if it is no Secret.
    pub kind: Option<TargetKind>,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

impl Held {
    /// Whether it is known how long the values of a run live.
    #[must_use]
    pub fn knows(&self, run: Digest) -> bool {
        self.now.contains_key(&run.to_string())
    }

    /// Notes that the Secret has the values of these runs, those that were made just now among them, and no others. Returns
    /// what is to be given back: what was never written, and, if so `replaced`, what the Secret had before the last ones.
    pub fn written(
        &mut self,
        runs: &BTreeSet<String>,
        made: Unwritten,
        stands_in: Option<StandsIn>,
        replaced: Replaced,
    ) -> Vec<Arc<dyn Lease>> {
        let mut fresh = made.0;
        let mut over = Vec::new();
        for (run, kept) in std::mem::take(&mut self.now) {
            if runs.contains(&run) && !fresh.contains_key(&run) {
                self.now.insert(run, kept);
            } else if let Some(lease) = kept.lease {
                let former = self.before.insert(kept.source, lease);
                over.extend(former.filter(|_| replaced == Replaced::IsGivenBack));
            }
        }
        fresh.retain(|run, (fresh, writing)| {
            let is_written = runs.contains(run);
            if !is_written && *writing == Writing::Refused {
                over.extend(fresh.lease.take());
            }
            is_written
        });
        self.now.extend(fresh.into_iter().map(|(run, (Fresh { ends, lease, source, .. }, _))| {
            let renews = lease.as_ref().is_some_and(|lease| lease.is_renewable());
            (run, Kept { source, lease, ends, renews })
        }));
        self.before.retain(|_, lease| lease.left().is_none_or(|left| !left.is_zero()));
        self.stands_in = stands_in;
        over
    }

    /// When the last of what has to be made anew by a moment ended, in seconds since the Unix epoch.
    #[must_use]
    pub fn ended(&self, now: u64) -> Option<u64> {
        self.now.values().filter(|kept| !kept.renews).filter_map(|kept| kept.ends).filter(|ends| *ends <= now).max()
    }

    /// What is to be renewed by a moment, in seconds since the Unix epoch, with the digest of its run.
    pub fn due(&self, now: u64) -> impl Iterator<Item = (&String, &Arc<dyn Lease>)> {
        let is_due = move |kept: &&Kept| kept.renews && kept.ends.is_some_and(|ends| ends <= now);
        self.now.iter().filter_map(move |(run, kept)| Some((run, Some(kept).filter(is_due)?.lease.as_ref()?)))
    }

    /// Notes when a lease is renewed next, in seconds since the Unix epoch; `None` is never, so that it is made anew.
    pub fn renewed(&mut self, run: &str, lease: &Arc<dyn Lease>, next: Option<u64>) {
        let is_it = |kept: &&mut Kept| kept.lease.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, lease));
        if let Some(kept) = self.now.get_mut(run).filter(is_it) {
            kept.renews = next.is_some();
            kept.ends = next.or(kept.ends);
        }
    }

    /// What is held when the object goes, and the Secret that goes with it; `None` where nothing is, or where the Secret may
    /// stay.
    #[must_use]
    pub fn estate(self, unwritten: &Unwritten) -> Option<(StandsIn, Vec<Arc<dyn Lease>>)> {
        let now = self.now.into_values().filter_map(|kept| kept.lease);
        let leases: Vec<_> = now.chain(self.before.into_values()).chain(unwritten.leases().cloned()).collect();
        (!leases.is_empty()).then_some(self.stands_in?).map(|stands_in| (stands_in, leases))
    }
}

/// After how long a lease is renewed again; `None` if it has to be made anew instead, because it was not renewed, or brought
/// so little that its last end is near.
#[must_use]
pub fn next_renewal(renewal: Renewal, lease: &dyn Lease) -> Option<Duration> {
    let left = lease.left().unwrap_or_default();
    match renewal {
        Renewal::Granted if left * 2 >= lease.first_life().unwrap_or_default() => Some((left * 2 / 3).max(SHORTEST_LIFE)),
        Renewal::Unanswered if left > SHORTEST_LIFE => Some((left / 3).clamp(SHORTEST_LIFE, LONGEST_PAUSE)),
        Renewal::Granted | Renewal::Refused | Renewal::Unanswered => None,
    }
}

#[cfg(test)]
mod tests;
