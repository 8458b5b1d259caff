//! Windows of time outside of which, or in which, sources are not read by the clock.
//!
//! Must never: hold back what a changed object asks for; that is not by the clock.

use std::time::Duration;

use jiff::Timestamp;

use super::cron::Cron;

/// When sources may be read by the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncWindows {
    /// What the windows are.
    pub kind: WindowKind,
    /// The windows; at least one.
    pub windows: Vec<Window>,
}

/// What windows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowKind {
    /// Times at which sources are read.
    Allow,
    /// Times at which they are not.
    Deny,
}

/// A window that opens again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it opens.
    pub opens: Opening,
    /// How long it stays open.
    pub duration: Duration,
}

/// When a window opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// At the minutes of a schedule, in UTC.
    At(Cron),
    /// That long after any moment at which somebody looks, which makes it open always or never.
    Every(Duration),
}

impl SyncWindows {
    /// Whether sources may be read by the clock.
    #[must_use]
    pub fn admit(&self, at: Timestamp) -> bool {
        let is_open = self.windows.iter().any(|window| window.is_open(at));
        match self.kind {
            WindowKind::Allow => is_open,
            WindowKind::Deny => !is_open,
        }
    }
}

impl Window {
    fn is_open(&self, at: Timestamp) -> bool {
        match &self.opens {
            Opening::At(cron) => cron.was_within(self.duration, at),
            Opening::Every(delay) => *delay <= self.duration,
        }
    }
}
