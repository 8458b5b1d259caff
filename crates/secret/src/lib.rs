//! Values that must not leak, and the keyed digest that stands for them.
//!
//! ```text
//!   provider ─┐
//!             ├─▶ SecretBytes ─▶ SecretMap ─▶ one request to the API server
//!   key ring ─┘        └───────────┴──────▶ Digest (HMAC, may be written down)
//! ```
//!
//! Owns: the only types that hold secret bytes, and the only way to compare them without keeping them.
//! Must never: do I/O, print a value, or implement `Serialize` for one.

mod bytes;
mod digest;
mod map;

pub use bytes::SecretBytes;
pub use digest::{Digest, DigestKey, DigestKeyError, DigestKeyId, Digester, Purpose};
pub use map::SecretMap;
