//! What can be wrong with values, keys and certificates, in words for people; never with a byte of either.

/// Why a value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The text is no sealed value.
    #[error("this is not a value that kubeseal made; seal it again")]
    Malformed,
    /// No key unwraps the value's own key. A value for another place looks the same.
    #[error(
        "none of the {tried} RSA keys at hand opens it: it was sealed with another certificate, or for another namespace, name or \
         scope; bring the key, or seal it again"
    )]
    NoKey {
        /// How many keys are at hand.
        tried: usize,
    },
    /// A key unwraps the value's own key, and what that one seals was changed.
    #[error("it was changed after it was sealed; seal it again")]
    Damaged,
    /// The value is larger than a Secret can be.
    #[error("it is larger than a Secret can be; store less")]
    TooLarge,
}

/// Why a value cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The value is larger than a Secret can be.
    #[error("the value is larger than 1 MiB, which is all that a Secret holds; store less")]
    TooLarge,
    /// The system gave no random bytes, or the certificate's key cannot encrypt.
    #[error("the certificate's key cannot be used for sealing; fetch the certificate again")]
    Unusable,
}

/// Why a private key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no PEM block of a private key.
    #[error("there is no private key in PEM; take tls.key of the controller's key Secret")]
    Absent,
    /// The block is no RSA private key of 2048 to 8192 bits.
    #[error("the private key is not RSA of 2048 to 8192 bits; take tls.key of the controller's key Secret")]
    NotRsa,
}

/// Why a certificate cannot be used for sealing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no PEM block of a certificate, or it cannot be read.
    #[error("there is no certificate in PEM; get it with `kubeseal --fetch-cert`")]
    Absent,
    /// The certificate's key is not RSA of 2048 to 8192 bits.
    #[error("the certificate's key is not RSA of 2048 to 8192 bits; get the controller's own with `kubeseal --fetch-cert`")]
    NotRsa,
    /// The certificate is no longer valid.
    #[error("the certificate expired on {expired_on}; get the present one with `kubeseal --fetch-cert`")]
    Expired {
        /// The last day of its validity, UTC.
        expired_on: jiff::civil::Date,
    },
}
