//! Waiting for a condition with a deadline; the only place of the harness that sleeps. No test asserts how
//! long something took: a deadline is there to end a test that would hang.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// Pause between two looks.
const INTERVAL: Duration = Duration::from_millis(25);

/// Looks until the condition gives `Ok`, and returns what it gave.
///
/// # Panics
/// At the deadline, with what was waited for and what was seen last.
pub async fn eventually<T>(deadline: Duration, what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    match try_eventually(deadline, what, look).await {
        Ok(seen) => seen,
        Err(message) => panic!("{message}"),
    }
}

/// [`eventually`], for a test that goes on when the deadline has passed.
///
/// # Errors
/// What was waited for and what was seen last.
pub async fn try_eventually<T>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, String> {
    let end = Instant::now() + deadline;
    let mut last = String::from("nothing: the first look did not return");
    loop {
        match timeout_at(end, look()).await {
            Ok(Ok(seen)) => return Ok(seen),
            Ok(Err(seen)) => last = seen,
            Err(_) => {}
        }
        if Instant::now() >= end {
            return Err(format!("after {deadline:?} it still does not hold that {what}; last seen: {last}"));
        }
        pause().await;
    }
}

/// The pause before the next look.
pub(crate) async fn pause() {
    sleep(INTERVAL).await;
}
