//! What a document may cost; every limit is judged before the work that it bounds.
//!
//! Owns the numbers. Must never be read from input.

use crate::error::SopsError;

/// The largest document, in bytes: 32 MiB.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The deepest nesting of maps and lists.
pub const MAX_DEPTH: usize = 64;

/// The most leaves, comments included and aliases written out.
pub const MAX_LEAVES: usize = 200_000;

/// The most entries of key types in the metadata, over all groups.
pub const MAX_KEYS: usize = 256;

/// The most bytes of metadata, scalars counted; a post-quantum recipient has about 4 400.
pub const MAX_METADATA_BYTES: usize = 2 * 1024 * 1024;

/// Refuses an input that is too large to be looked at.
pub(crate) fn ensure_size(bytes: &[u8]) -> Result<(), SopsError> {
    if bytes.len() > MAX_BYTES { Err(SopsError::TooLarge { what: "bytes", limit: MAX_BYTES }) } else { Ok(()) }
}

/// Counts what a reader makes, so that an alias cannot multiply it without end.
#[derive(Default)]
pub(crate) struct Budget {
    leaves: usize,
}

impl Budget {
    pub(crate) fn leaf(&mut self) -> Result<(), SopsError> {
        self.leaves += 1;
        if self.leaves > MAX_LEAVES { Err(SopsError::TooLarge { what: "values", limit: MAX_LEAVES }) } else { Ok(()) }
    }

    pub(crate) fn depth(depth: usize) -> Result<(), SopsError> {
        if depth > MAX_DEPTH { Err(SopsError::TooLarge { what: "levels", limit: MAX_DEPTH }) } else { Ok(()) }
    }
}
