//! How often a store is asked again.

use std::time::Duration;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::duration;
use crate::limits::DURATION_PATTERN;

/// How often a request is made again that failed because the store was not reachable, not ready or busy. Vault and
/// OpenBao, by default never: the next round asks again. AWS, by default twice.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetrySettings {
    /// How often at the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub max_retries: Option<i32>,
    /// How long to wait before each time, at most 10s; by default 1s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), extend("pattern" = DURATION_PATTERN))]
    #[x_kube(validation = ("duration(self) <= duration('10s')", "wait at most 10s; a round waits for its slowest store"))]
    pub retry_interval: Option<String>,
}

impl RetrySettings {
    /// How long is waited where nothing is said.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);
    const LONGEST_INTERVAL: Duration = Duration::from_secs(10);
    const MOST: u32 = 10;

    /// How often at the most, if that is said.
    #[must_use]
    pub fn retries(&self) -> Option<u32> {
        self.max_retries.map(|retries| u32::try_from(retries).unwrap_or(0).min(Self::MOST))
    }

    /// How long to wait before each time. What is no duration is the default: the schema refuses it.
    #[must_use]
    pub fn interval(&self) -> Duration {
        let given = self.retry_interval.as_deref().and_then(|text| duration::parse(text).ok());
        given.unwrap_or(Self::DEFAULT_INTERVAL).min(Self::LONGEST_INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, None, None, 1000)]
    #[case(Some(3), Some("250ms"), Some(3), 250)]
    #[case(Some(-1), Some("nonsense"), Some(0), 1000)]
    #[case(Some(1000), Some("1h"), Some(10), 10_000)]
    fn bounds(#[case] retries: Option<i32>, #[case] interval: Option<&str>, #[case] wanted: Option<u32>, #[case] millis: u128) {
        let settings = RetrySettings { max_retries: retries, retry_interval: interval.map(str::to_owned) };
        assert_eq!((settings.retries(), settings.interval().as_millis()), (wanted, millis));
    }
}
