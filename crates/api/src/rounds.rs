//! When the objects of a store are read again: at the same moments for all of them, whoever reckons them.
//!
//! Both results are an interface: others would move every round at an upgrade. Must never: ask a clock.

use std::time::Duration;

use crate::bridged_secret::StoreKind;

/// A number that depends on a store's kind, namespace and name only: it survives restarts and edits, so that the
/// moment of a store's rounds does too. The namespace is that of a `SecretStore`. FNV-1a, 64 bits.
#[must_use]
pub fn phase(kind: StoreKind, namespace: Option<&str>, name: &str) -> u64 {
    phase_of([kind.as_str(), namespace.unwrap_or_default(), name])
}

/// The same for an object that reads from no store: its kind, namespace and name.
#[must_use]
pub fn phase_of(fields: [&str; 3]) -> u64 {
    let bytes = fields.iter().flat_map(|field| field.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// When the next round begins after `at`, both since the Unix epoch.
#[must_use]
pub fn next_start(phase: u64, interval: Duration, at: Duration) -> Duration {
    let interval = millis(interval).max(1);
    let into = (millis(at) + phase % interval) % interval;
    at + Duration::from_millis(interval - into)
}

/// The number of the round that is served at a moment since the Unix epoch.
#[must_use]
pub fn slot(phase: u64, interval: Duration, at: Duration) -> u64 {
    let interval = millis(interval).max(1);
    (millis(at) + phase % interval) / interval
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_of_a_store_never_move() {
        let vault = phase(StoreKind::ClusterSecretStore, None, "vault");
        assert_eq!(vault, 0xa86e_ada3_5226_3dca);
        assert_ne!(vault, phase(StoreKind::SecretStore, Some("shop"), "vault"));
        let interval = Duration::from_mins(5);
        let next = next_start(vault, interval, Duration::from_secs(1_795_000_000));
        assert_eq!(slot(vault, interval, next), slot(vault, interval, Duration::from_secs(1_795_000_000)) + 1);
    }
}
