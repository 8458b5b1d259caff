//! The wish to stop, told to every task at once.
//!
//! Owns the two signals that mean it. Must never end the process by itself: tasks finish what they hold.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Seen by every task. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

/// Held by whoever decides to stop. Dropping it stops as well.
#[derive(Debug)]
pub struct ShutdownTrigger(watch::Sender<bool>);

/// A wish that nobody has yet, and the way to have it.
#[must_use]
pub fn channel() -> (ShutdownTrigger, Shutdown) {
    let (trigger, seen) = watch::channel(false);
    (ShutdownTrigger(trigger), Shutdown(seen))
}

impl Shutdown {
    /// Returns when the process should stop.
    pub async fn requested(&self) {
        // An error means that the trigger is gone, and with it whoever would let tasks go on.
        let _ended = self.0.clone().wait_for(|stop| *stop).await.is_ok();
    }

    /// Whether the process should stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}

impl ShutdownTrigger {
    /// Asks every task to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Returns at the first SIGTERM (from the kubelet) or SIGINT (from a terminal).
///
/// # Errors
/// The operating system's refusal to hand the signals over.
pub async fn signalled() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_sees_the_wish() {
        let (trigger, seen) = channel();
        let other = seen.clone();
        assert!(!other.is_requested());
        trigger.stop();
        seen.requested().await;
        other.requested().await;
        assert!(other.is_requested());
    }

    #[tokio::test]
    async fn a_lost_trigger_stops() {
        let (trigger, seen) = channel();
        drop(trigger);
        seen.requested().await;
        assert!(seen.is_requested());
    }
}
