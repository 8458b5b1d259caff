//! Values of Bitnami `SealedSecret` manifests, `bitnami.com/v1alpha1`: opened and sealed.
//!
//! ```text
//!   base64( u16be(n) ‖ RSA-OAEP ciphertext, n bytes ‖ AES-256-GCM ciphertext and 16-byte tag )
//!                      │ SHA-256 for hash and MGF1         │ nonce of 12 zero bytes, no additional data
//!                      │ label: what the value is bound to │ key: the 32 bytes that RSA wraps, fresh for each value
//!
//!   scope           label
//!   strict          <namespace>/<name>
//!   namespace-wide  <namespace>
//!   cluster-wide    empty
//! ```
//!
//! The name of the entry, the type of the Secret and its template are not bound, no key is named inside, and
//! anyone who has the certificate can seal: who may change a value is decided where the manifest is kept. The
//! format is that of the sealed-secrets controller, `pkg/crypto` there.
//!
//! Owns: that format and its keys. Must never: do I/O, know an object of Kubernetes, or put a byte of a value or
//! of a private key into an error.

mod certificate;
mod error;
mod fingerprint;
mod key_ring;
mod private_key;
mod scope;
mod value;

pub use certificate::Certificate;
pub use error::{CertificateError, KeyError, OpenError, SealError};
pub use fingerprint::Fingerprint;
pub use key_ring::{KeyRing, Opened};
pub use private_key::PrivateKey;
pub use scope::{CLUSTER_WIDE, NAMESPACE_WIDE, Scope};
pub use value::{MAX_VALUE_BYTES, ensure_is_sealed, seal};

#[cfg(test)]
mod tests;
