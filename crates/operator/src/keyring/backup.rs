//! The wish for a backup of a key that the operator made itself.
//!
//! A key that a person brought is known to that person; one that the operator made is in this cluster only,
//! and everything that is sealed to it is lost with the cluster.

use std::collections::BTreeMap;

/// Annotation on a SealingKey that the operator made: its value is [`CREATED_VALUE`].
pub const CREATED: &str = "sealbridge.dev/created-by-operator";
/// The value of [`CREATED`].
pub const CREATED_VALUE: &str = "true";
/// Annotation on a SealingKey by which a person says that the private half was put in a safe place. Any value
/// that is not empty will do; the day is a good one.
pub const BACKED_UP: &str = "sealbridge.dev/backed-up";

/// Whether a SealingKey with these annotations asks for a backup.
pub(super) fn is_due(annotations: &BTreeMap<String, String>) -> bool {
    let says = |key, expected: fn(&str) -> bool| annotations.get(key).is_some_and(|value| expected(value));
    says(CREATED, |value| value == CREATED_VALUE) && !says(BACKED_UP, |value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::brought_by_a_person(&[], false)]
    #[case::made_by_the_operator(&[(CREATED, "true")], true)]
    #[case::said_without_saying(&[(CREATED, "true"), (BACKED_UP, "")], true)]
    #[case::put_in_a_safe_place(&[(CREATED, "true"), (BACKED_UP, "2026-11-21")], false)]
    fn due(#[case] annotations: &[(&str, &str)], #[case] expected: bool) {
        let annotations = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(is_due(&annotations), expected);
    }
}
