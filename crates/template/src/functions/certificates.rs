//! A certificate and its key, as sprig's functions hand them around.

use crate::text::Text;
use crate::value::Value;

/// sprig's `certificate`: two PEM texts.
pub(crate) struct CertificatePair {
    pub(crate) certificate: Value,
    pub(crate) key: Value,
}

impl CertificatePair {
    pub(super) fn new(certificate: Text, key: Text) -> Self {
        Self { certificate: Value::Text(certificate), key: Value::Text(key) }
    }

    pub(crate) fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(self.certificate.clone()),
            "Key" => Some(self.key.clone()),
            _ => None,
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let text = |value: &Value| if let Value::Text(text) = value { Some(text.clone()) } else { None };
        text(&self.certificate) == text(&other.certificate) && text(&self.key) == text(&other.key)
    }
}
