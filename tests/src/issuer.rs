//! An issuer of JSON Web Tokens (RFC 7519, ES256), such as a CI system is, for the JWT logins of stores.
//! It signs what a test asks for, wrong claims included; it must never be trusted outside a test.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

/// A signing key with the public half that verifiers are told.
pub struct Issuer {
    key: KeyPair,
}

impl Default for Issuer {
    fn default() -> Self {
        Self::new()
    }
}

impl Issuer {
    /// An issuer with a new P-256 key.
    pub fn new() -> Self {
        Self { key: KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key") }
    }

    /// An RSA key, as service accounts of clouds have; it signs nothing here.
    pub fn rsa() -> Self {
        Self { key: KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key") }
    }

    /// The public key, PEM, as `jwt_validation_pubkeys` takes it.
    pub fn public_key_pem(&self) -> String {
        self.key.public_key_pem()
    }

    /// The private key, PKCS#8 PEM.
    pub fn private_key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// A signed token with exactly these claims; `iat`, `nbf` and `exp` are the caller's too.
    pub fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "ES256", "typ": "JWT"})), part(claims));
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key.serialize_der()).expect("the key is PKCS#8");
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token for a subject and audience, valid for the hour around the present.
    pub fn token(&self, issuer: &str, subject: &str, audience: &str) -> String {
        let second = jiff::Timestamp::now().as_second();
        self.sign(&json!({
            "iss": issuer, "sub": subject, "aud": audience,
            "iat": second - 60, "nbf": second - 60, "exp": second + 3600,
        }))
    }
}
