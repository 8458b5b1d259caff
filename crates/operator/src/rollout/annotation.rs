//! The name of the annotation by which a pod template carries a Secret's revision.
//!
//! Owns: the shortening of names that do not fit.
//! Must never: see anything of a Secret but its name.

use sealbridge_api::labels::ROLLOUT_PREFIX;
use sha2::{Digest as _, Sha256};

/// The most characters that Kubernetes takes after the prefix of an annotation's name.
const LONGEST: usize = 63;
/// Hex digits of the hash that stands for the end of a longer name.
const HASH: usize = 16;

/// `revision.sealbridge.dev/<secret>`. Of a name longer than 63 characters the first 46 stand, then `-` and the
/// first 16 hex digits of the SHA-256 of the whole name.
#[must_use]
pub fn annotation_name(secret: &str) -> String {
    if secret.len() <= LONGEST {
        return format!("{ROLLOUT_PREFIX}{secret}");
    }
    let start: String = secret.chars().take(LONGEST - HASH - 1).collect();
    let hash: String = hex::encode(Sha256::digest(secret.as_bytes())).chars().take(HASH).collect();
    format!("{ROLLOUT_PREFIX}{start}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_name_of_a_secret_fits(secret in "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?") {
            let name = annotation_name(&secret);
            let end = name.strip_prefix(ROLLOUT_PREFIX).unwrap();
            prop_assert!((1..=63).contains(&end.len()));
            prop_assert!(end.starts_with(|c: char| c.is_ascii_alphanumeric()) && end.ends_with(|c: char| c.is_ascii_alphanumeric()));
        }

        #[test]
        fn long_names_that_differ_at_the_end_stay_apart(one in "[a-z]{64,80}", two in "[a-z]{64,80}") {
            let prefix = "a".repeat(60);
            let name = |end: &str| annotation_name(&format!("{prefix}{end}"));
            prop_assert_eq!(name(&one) == name(&two), one == two);
        }
    }

    #[test]
    fn a_short_name_stands_as_it_is() {
        assert_eq!(annotation_name("checkout-env"), "revision.sealbridge.dev/checkout-env");
    }
}
