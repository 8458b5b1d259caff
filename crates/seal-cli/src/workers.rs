//! Work on many things at once, on the cores that there are.
//!
//! Must never: hold more than one thing per core at a time, or give results in another order than the things.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` makes of each thing, in the order of the things.
pub(crate) fn each<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    at_most(usize::MAX, things, work)
}

/// The same on no more than some threads, for work that gains nothing by more.
pub(crate) fn at_most<T: Sync, R: Send>(threads: usize, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(threads).min(things.len());
    if threads <= 1 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(position) else { return done };
            done.push((position, work(thing)));
        }
    };
    let mut results = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut results = worker();
        for other in others {
            match other.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_worked_on_once_and_the_order_stays() {
        let things: Vec<usize> = (0..1_000).collect();
        let doubled: Vec<usize> = things.iter().map(|thing| thing * 2).collect();
        assert_eq!(each(&things, |thing| thing * 2), doubled);
        let nothing: [usize; 0] = [];
        assert!(each(&nothing, |thing| *thing).is_empty());
    }

    #[test]
    fn there_are_no_more_threads_than_are_asked_for() {
        let things: Vec<usize> = (0..1_000).collect();
        let by = at_most(1, &things, |_| {
            thread::yield_now();
            thread::current().id()
        });
        assert!(by.iter().all(|id| *id == thread::current().id()));
        assert_eq!(at_most(2, &things, |thing| *thing), things);
    }
}
