//! One file per command: arguments, library calls, words.
//! Nothing here may be needed by a test: what tests share lives in the library.

pub(crate) mod bench;
pub(crate) mod parts;
pub(crate) mod test;
