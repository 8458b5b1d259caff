//! Stand-in until the provider crate lands.
use sealbridge_secret::SecretBytes;
/// x
#[derive(Debug)]
pub struct Payload {
    body: SecretBytes,
}
/// x
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("x")]
pub struct SelectError;
impl SelectError {
    /// x
    #[must_use]
    pub fn reason(&self) -> sealbridge_api::Reason {
        sealbridge_api::Reason::PropertyNotFound
    }
}
impl Payload {
    /// x
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        None
    }
    /// x
    /// # Errors
    /// x
    pub fn select(&self, _p: Option<&str>) -> Result<SecretBytes, SelectError> {
        Ok(self.body.duplicate())
    }
}
