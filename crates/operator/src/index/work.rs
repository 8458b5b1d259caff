//! What an object can need.

use std::ops::{BitOr, BitOrAssign};

/// A set of kinds of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work(u8);

impl Work {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Its sources have to be read and compared.
    pub const READ: Self = Self(1);
    /// Its Secret has to be made as desired, whether or not the sources changed.
    pub const RENDER: Self = Self(1 << 1);
    /// Its Secret has another resourceVersion than the proven one and has to be looked at.
    pub const INSPECT: Self = Self(1 << 2);
    /// Its workloads have to be told of its Secret's revision.
    pub const ROLL_OUT: Self = Self(1 << 3);
    /// What its generators had made has to live longer.
    pub const RENEW: Self = Self(1 << 4);

    /// Whether nothing is needed.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is needed.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Work {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Work {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
