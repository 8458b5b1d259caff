//! Sealed values: secrets that may lie in Git, opened only for the place that they were sealed for.
//!
//! ```text
//!   sb1:k=3f9c21ab90c1d2e4;s=strict;t=2026-11-21;b=5d1e0a9c33b07f12:YWdlLWVuY3J5cHRpb24ub3JnL3Yx…
//!   │   │                  │        │            │                 │
//!   │   │                  │        │            │                 └ base64 of one standard age file
//!   │   │                  │        │            └ digest of what the scope binds
//!   │   │                  │        └ day of sealing           its plaintext:
//!   │   │                  └ scope                               {"v":1,"scope":"strict",…}  header
//!   │   └ ids of the keys that it is sealed to                   the raw bytes               value
//!   └ format and version
//!
//!   scope      binds                          glob (`;n=shop-*` after b=) instead of the namespace
//!   strict     namespace, Secret name, key    yes
//!   namespace  namespace, key                 yes
//!   cluster    key                            no
//! ```
//!
//! The header inside is authenticated by age and decides. What stands outside repeats it, so that it can be
//! judged without a key: it is called *claimed*, and a value whose outside differs from its header is refused.
//! An age file has no other binding to a purpose, and anyone can seal to a public recipient: who may change
//! a sealed value is decided where it is kept.
//!
//! Without this crate a value is opened by
//! `cut -d: -f3 | base64 -d | age -d -i key.txt | tail -n +2`.
//!
//! ```
//! use sealbridge_seal::{Date, KeyPair, KeyRing, RecipientSet, Scope, Target, seal};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pair = KeyPair::generate()?;
//! let recipients = RecipientSet::new([pair.recipient().clone()])?;
//! let target = Target { namespace: "shop", name: "checkout-env", key: "STRIPE_KEY" };
//! let text = seal(b"sk_live", &target, Scope::Strict, None, &recipients, Date::constant(2026, 11, 21))?;
//!
//! let ring = KeyRing::new([pair.into_identity()]);
//! assert_eq!(ring.open(&text, &target)?.value.expose(), b"sk_live");
//! assert!(ring.open(&text, &Target { namespace: "other", ..target }).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! Owns: the format, its keys, opening and sealing. Must never: know Kubernetes, do I/O, or put a byte of a
//! value or of a private key into an error.

mod age_file;
mod armor;
mod binding;
mod error;
mod format;
mod glob;
mod header;
mod identity;
mod identity_file;
mod key_id;
mod key_ring;
mod key_text;
mod limits;
mod passphrase;
mod plain_file;
mod recipient;
mod recipient_set;
mod scope;
mod sealing;
mod short_hash;
mod stanza;
mod target;

pub use age_file::Stanzas;
pub use armor::{ArmorError, dearmor, is_armored};
pub use error::{
    FormatError, IdentityError, IdentityFileError, OpenError, OuterField, PassphraseError, RecipientError, RecipientSetError,
    ResealError, SealError,
};
pub use format::{PREFIX, SealedValue};
pub use glob::{GlobError, NamespaceGlob};
pub use identity::{Identity, KeyPair};
pub use identity_file::parse_identity_file;
pub use jiff::civil::Date;
pub use key_id::{KeyId, KeyIdError};
pub use key_ring::{KeyRing, Opened};
pub use limits::{MAX_RECIPIENTS, MAX_TEXT_BYTES, MAX_VALUE_BYTES};
pub use passphrase::{MAX_WORK_FACTOR, decrypt_with_passphrase, encrypt_with_passphrase, wants_passphrase};
pub use plain_file::{decrypt_file, encrypt_file};
pub use recipient::Recipient;
pub use recipient_set::RecipientSet;
pub use scope::{Scope, ScopeError};
pub use sealing::seal;
pub use target::{KnownPlace, Part, Target};
