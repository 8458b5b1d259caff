//! Stand-in until the seal crate lands.
use sealbridge_secret::SecretBytes;
/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);
/// x
#[derive(Debug)]
pub struct Target<'a> {
    /// x
    pub namespace: &'a str,
    /// x
    pub name: &'a str,
    /// x
    pub key: &'a str,
}
/// x
#[derive(Debug)]
pub struct Opened {
    /// x
    pub value: SecretBytes,
    /// x
    pub key_id: KeyId,
}
/// x
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("x")]
pub struct OpenError;
impl OpenError {
    /// x
    #[must_use]
    pub fn reason(&self) -> sealbridge_api::Reason {
        sealbridge_api::Reason::NoKey
    }
}
