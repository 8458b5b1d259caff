//! SOPS documents in five formats, read and written, with the MAC always on.
//!
//! ```text
//!   bytes ─▶ Encrypted ──open──▶ Opened ──set, unset, replace_plain, bring_to──▶ seal ─▶ bytes
//!            (no key)    │          └─▶ get, leaves, plain                       ▲
//!                        │ data key: one age file a recipient,                   │
//!                        │ or a share of it for each key group                   │
//!   bytes ─▶ Plain ──────┴───────────────seal(rules)─────────────────────────────┘
//!
//!   a format's reader gives a tree that knows where each value stands in the text;
//!   one walk over the tree judges selectors, opens or seals leaves, and sums up the MAC;
//!   writing replaces the values in the text, so that every other byte stays.
//! ```
//!
//! What is written is read and opened again before it is handed out. A value that did not change keeps its
//! ciphertext, a document that did not change keeps every byte.
//!
//! The MAC proves the order and the bytes of all values, not the names of plain keys: SOPS binds a document
//! neither to a file nor to a Kubernetes object. Whoever uses a value decides whether it may be used there.
//!
//! ```
//! use sealbridge_seal::{KeyPair, KeyRing};
//! use sealbridge_sops::{Encrypted, Format, Plain, Recipients, Rules, Scalar, Selector, Step};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pair = KeyPair::generate()?;
//! let rules = Rules {
//!     selector: Selector::EncryptedRegex("^data$".to_owned()),
//!     mac_only_encrypted: false,
//!     recipients: Recipients::any_of(vec![pair.recipient().clone()])?,
//! };
//! let now = "2026-11-21T10:00:00Z".parse()?;
//! let plain = "kind: Secret # ours\ndata:\n  password: hunter2\n";
//! let sealed = Plain::read(Format::Yaml, plain.as_bytes())?.seal(&rules, now)?;
//!
//! let ring = KeyRing::new([pair.into_identity()]);
//! let mut opened = Encrypted::read(Format::Yaml, &sealed)?.open(&ring)?;
//! let path = [Step::key("data"), Step::key("password")];
//! assert_eq!(opened.get(0, &path).map(|value| value.bytes().expose()), Some(&b"hunter2"[..]));
//! assert_eq!(opened.plain()?.expose(), plain.as_bytes());
//!
//! opened.set(0, &path, Scalar::text("correct horse"))?;
//! let changed = opened.seal(now)?;
//! assert!(changed.starts_with(b"kind: Secret # ours\ndata:\n  password: ENC["));
//! # Ok(())
//! # }
//! ```
//!
//! Owns: the formats, the ciphertexts, the metadata. Must never: know Kubernetes, do I/O, run a program, read the
//! environment, or put a byte of a value or key into an error.

mod cipher;
mod dotenv;
mod encrypted;
mod entries;
mod error;
mod flatten;
mod format;
mod ini;
mod json;
mod keys;
mod layout;
mod limits;
mod mac;
mod metadata;
mod opened;
mod outline;
mod plain;
mod reseal;
mod scalar;
mod selector;
mod shamir;
mod splice;
mod tree;
mod unseal;
mod walk;
mod yaml;

pub use encrypted::Encrypted;
pub use error::SopsError;
pub use format::Format;
pub use keys::{DataKeyOpener, Recipients};
pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_KEYS, MAX_LEAVES, MAX_METADATA_BYTES};
pub use metadata::{AgeKey, KeyGroup, Metadata};
pub use opened::{Brought, Opened};
pub use outline::LeafAt;
pub use plain::{Plain, Rules};
pub use scalar::{Kind, Scalar};
pub use selector::{DEFAULT_UNENCRYPTED_SUFFIX, Selector};
pub use tree::Step;

#[cfg(test)]
mod tests;
