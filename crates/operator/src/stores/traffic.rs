//! Counts of a session, brought into the metrics as differences.
//!
//! Must never: count the same read twice.

use sealbridge_api::Reason;
use sealbridge_provider::{Session, Traffic};

use super::key::StoreKey;
use crate::metrics::Metrics;

/// What the metrics were told of one session so far.
#[derive(Default)]
pub(super) struct Reported {
    traffic: Traffic,
    served: u64,
    failed: Vec<(Reason, u64)>,
}

impl Reported {
    pub(super) fn bring_up_to_date(&mut self, store: &StoreKey, session: &Session, metrics: &Metrics) {
        let traffic = session.traffic();
        metrics.logged_in(store, traffic.logins.saturating_sub(self.traffic.logins));
        metrics.requested(store, traffic.requests.saturating_sub(self.traffic.requests));
        self.traffic = traffic;
        let served = session.results().served();
        metrics.read(store, None, served.saturating_sub(self.served));
        self.served = served;
        let failed: Vec<(Reason, u64)> = session.results().failed().collect();
        for (reason, count) in &failed {
            let before = self.failed.iter().find(|(class, _)| class == reason).map_or(0, |(_, count)| *count);
            if *count > before {
                metrics.read(store, Some(*reason), count.saturating_sub(before));
            }
        }
        self.failed = failed;
    }
}
