//! How the key of an age file is wrapped for one recipient, one module per type of stanza.
//!
//! Owns the cryptography of stanzas; the file around them is the `age` crate's. Must never: log, or let a
//! file choose how much work is done.

pub(crate) mod mlkem768x25519;
pub(crate) mod x25519;
