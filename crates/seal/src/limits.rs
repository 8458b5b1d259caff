//! What a sealed value may cost: every limit is judged before the work that it bounds.
//!
//! Owns the numbers. Must never be read from input.

/// The largest value, in bytes: 1 MiB, what a whole Kubernetes Secret may hold.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// The most recipients of one value.
///
/// One less than [`MAX_STANZAS`], because age writers add one stanza of random content to keep readers
/// tolerant.
pub const MAX_RECIPIENTS: usize = MAX_STANZAS - 1;

/// The most stanzas of an age file that is looked at.
///
/// Each costs a key agreement per key held before anything is authenticated, and the format has no limit.
pub(crate) const MAX_STANZAS: usize = 128;

/// The most lines of an age header: four per stanza, and the first and the last.
pub(crate) const MAX_AGE_HEADER_LINES: usize = MAX_STANZAS * 4 + 2;

/// The largest age header, in bytes: a stanza for a post-quantum recipient has 1557, and [`MAX_STANZAS`] of them fit.
pub(crate) const MAX_AGE_HEADER_BYTES: usize = 200 * 1024;

/// The largest header line before the value, in bytes, without its newline.
pub(crate) const MAX_HEADER_LINE_BYTES: usize = 8 * 1024;

/// The longest part of a target (namespace, name, key), in bytes: the longest name that Kubernetes has.
pub(crate) const MAX_PART_BYTES: usize = 253;

/// The largest text of a sealed value, in bytes, judged before anything is decoded.
pub const MAX_TEXT_BYTES: usize = MAX_OUTER_BYTES + MAX_AGE_FILE_BYTES.div_ceil(3) * 4;

const MAX_OUTER_BYTES: usize = 4 * 1024;
const MAX_PLAINTEXT_BYTES: usize = MAX_HEADER_LINE_BYTES + 1 + MAX_VALUE_BYTES;
const MAX_AGE_FILE_BYTES: usize = MAX_AGE_HEADER_BYTES
    + crate::age_file::NONCE_BYTES
    + MAX_PLAINTEXT_BYTES
    + MAX_PLAINTEXT_BYTES.div_ceil(crate::age_file::CHUNK_BYTES) * crate::age_file::TAG_BYTES;
