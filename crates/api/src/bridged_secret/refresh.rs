//! When the sources of a BridgedSecret are read.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{DURATION_PATTERN, MAX_SYNC_WINDOWS};
use crate::schema::undescribed;

/// When the sources are read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[schemars(inline, transform = undescribed)]
pub enum RefreshPolicy {
    /// At every interval, and after an edit.
    #[default]
    Periodic,
    /// Until the Secret was made; after that an edit of the object reads nothing.
    CreatedOnce,
    /// After an edit.
    OnChange,
}

/// Times at which the clock may, or may not, have the sources read.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncWindows {
    /// `allow`: only in the windows; `deny`: only outside of them.
    pub kind: WindowKind,
    /// The windows; one that is open is enough.
    #[schemars(length(min = 1, max = MAX_SYNC_WINDOWS))]
    pub windows: Vec<SyncWindow>,
}

/// What windows are.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = undescribed)]
pub enum WindowKind {
    /// Sources are read in them alone.
    Allow,
    /// Sources are not read in them.
    Deny,
}

/// A window that opens again and again.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncWindow {
    /// When it opens, in UTC: five fields as in a crontab (`0 2 * * *`), `@daily` and its like, or `@every 1h`.
    #[schemars(length(min = 1, max = 256))]
    pub schedule: String,
    /// How long it stays open, for example `2h`; at most 366 days.
    #[schemars(length(max = 32), extend("pattern" = DURATION_PATTERN))]
    pub duration: String,
}
