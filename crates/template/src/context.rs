//! What one rendering may use: its budgets, its clock and its randomness.
//!
//! Must never: let a function go on once a budget is used up, or reach for the machine's clock by itself.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use jiff::Timestamp;
use regex::Regex;

use crate::fault::{Fault, Limit};
use crate::number::wide;
use crate::value::{Entries, Map};

/// What a template may use up in one rendering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Actions, rounds of loops, elements that functions go through.
    pub steps: u64,
    /// Bytes that functions read and make, all together.
    pub work: u64,
    /// Bytes of output.
    pub output: usize,
    /// Units of costly functions: a regular expression takes 1, a derivation of a key 16, an RSA key 16 or 64.
    pub costly: u32,
}

impl Default for Limits {
    /// 1 000 000 steps, 32 MiB of work, 4 MiB of output, 256 units.
    fn default() -> Self {
        Self { steps: 1_000_000, work: 32 << 20, output: 4 << 20, costly: 256 }
    }
}

/// There is no randomness at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness; try again")]
pub struct NoRandomness;

/// Where templates take the time and randomness from.
pub trait Ports {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Fills `bytes` with randomness that nobody can predict.
    ///
    /// # Errors
    /// [`NoRandomness`]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The clock and the randomness of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Ports for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}

/// One rendering.
pub(crate) struct Context<'r> {
    pub(crate) ports: &'r dyn Ports,
    steps: Cell<u64>,
    work: Cell<u64>,
    costly: Cell<u32>,
    patterns: RefCell<HashMap<Vec<u8>, Regex>>,
    maps: RefCell<Vec<Rc<RefCell<Entries>>>>,
}

impl<'r> Context<'r> {
    pub(crate) fn new(limits: &Limits, ports: &'r dyn Ports) -> Self {
        Self {
            ports,
            steps: Cell::new(limits.steps),
            work: Cell::new(limits.work),
            costly: Cell::new(limits.costly),
            patterns: RefCell::default(),
            maps: RefCell::default(),
        }
    }

    /// Takes steps from the budget.
    pub(crate) fn steps(&self, count: usize) -> Result<(), Fault> {
        let left = self.steps.get().checked_sub(wide(count)).ok_or(Fault::Limit(Limit::Steps))?;
        self.steps.set(left);
        Ok(())
    }

    /// Takes bytes from the budget.
    pub(crate) fn work(&self, bytes: usize) -> Result<(), Fault> {
        let left = self.work.get().checked_sub(wide(bytes)).ok_or(Fault::Limit(Limit::Work))?;
        self.work.set(left);
        Ok(())
    }

    /// Takes units of costly functions from the budget.
    pub(crate) fn costly(&self, units: u32) -> Result<(), Fault> {
        let left = self.costly.get().checked_sub(units).ok_or(Fault::Limit(Limit::Costly))?;
        self.costly.set(left);
        Ok(())
    }

    /// A buffer that cannot outgrow the budget.
    pub(crate) fn out(&self) -> Out {
        Out::new(usize::try_from(self.work.get()).unwrap_or(usize::MAX), Limit::Work)
    }

    /// A new map. All maps of a rendering end with it, even those that hold each other.
    pub(crate) fn map(&self, entries: Entries) -> Map {
        let entries = Rc::new(RefCell::new(entries));
        self.maps.borrow_mut().push(Rc::clone(&entries));
        Map { is_of_texts: false, entries }
    }

    /// A new map whose values are strings by type.
    pub(crate) fn map_of_texts(&self, entries: Entries) -> Map {
        Map { is_of_texts: true, ..self.map(entries) }
    }

    /// Random bytes.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.ports.fill(&mut bytes).map_err(|_| Fault::Because("the system gives no randomness"))?;
        Ok(bytes)
    }

    /// A regular expression, compiled once.
    pub(crate) fn pattern(&self, pattern: &[u8], compile: impl FnOnce() -> Option<Regex>) -> Result<Option<Regex>, Fault> {
        if let Some(known) = self.patterns.borrow().get(pattern) {
            return Ok(Some(known.clone()));
        }
        self.costly(1)?;
        let compiled = compile();
        if let Some(compiled) = &compiled {
            self.patterns.borrow_mut().insert(pattern.to_vec(), compiled.clone());
        }
        Ok(compiled)
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // While each map is emptied, all others are still held here: none is dropped within another one.
        for map in self.maps.borrow().iter() {
            let entries = std::mem::take(&mut *map.borrow_mut());
            drop(entries);
        }
    }
}

/// Bytes in the making, bounded.
pub(crate) struct Out {
    bytes: zeroize::Zeroizing<Vec<u8>>,
    room: usize,
    limit: Limit,
}

impl Out {
    pub(crate) fn new(room: usize, limit: Limit) -> Self {
        Self { bytes: zeroize::Zeroizing::default(), room, limit }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if bytes.len() > self.room.saturating_sub(self.bytes.len()) {
            return Err(Fault::Limit(self.limit));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), Fault> {
        self.push(text.as_bytes())
    }

    /// The same byte many times.
    pub(crate) fn fill(&mut self, byte: u8, count: usize) -> Result<(), Fault> {
        if count > self.room.saturating_sub(self.bytes.len()) {
            return Err(Fault::Limit(self.limit));
        }
        let length = self.bytes.len() + count;
        self.bytes.resize(length, byte);
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes)
    }
}
