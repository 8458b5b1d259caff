//! How far a long run is, on a terminal only.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts values.
#[derive(Debug)]
pub(super) struct Progress {
    total: usize,
    done: AtomicUsize,
    shown: bool,
}

impl Progress {
    /// Nothing is done yet.
    pub(super) fn new(total: usize, shown: bool) -> Self {
        Self { total, done: AtomicUsize::new(0), shown }
    }

    /// One more is done. Shown a hundred times at most: a terminal can be slower than the work.
    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.shown && done.is_multiple_of(self.total.div_ceil(100).max(1)) {
            drop(write!(io::stderr(), "\r{done} of {} values", self.total));
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.shown && self.done.load(Ordering::Relaxed) > 0 {
            drop(write!(io::stderr(), "\r\u{1b}[K"));
        }
    }
}
