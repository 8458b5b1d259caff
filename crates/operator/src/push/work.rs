//! Hands objects out: what was asked for, and what is due by the clock.
//!
//! Must never: hand out before this operator leads, or one object twice at a time.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Pushes;
use super::kind::PushId;
use super::queue::{Look, Queue};
use crate::schedule::slots::Slots;
use crate::schedule::wall_clock;

/// Objects in hand at once.
const AT_ONCE: usize = 16;
/// The clock is looked at this often at least: it may be set, and objects with other intervals appear.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

impl Pushes {
    pub(super) async fn work(self: &Arc<Self>, mut asked: mpsc::UnboundedReceiver<(PushId, Look)>, since: Duration) {
        let (mut queue, mut slots, mut in_hand) = (Queue::default(), Slots::new(since), JoinSet::new());
        let (finish, mut finished) = mpsc::unbounded_channel();
        loop {
            while let Ok((id, look)) = asked.try_recv() {
                queue.ask(id, look);
            }
            let sleep = self.ask_for_due(&mut slots, &mut queue);
            while *self.leader.borrow() && queue.in_hand() < AT_ONCE {
                let Some((id, look)) = queue.next() else { break };
                let in_work = InHand { id, finish: finish.clone() };
                let Some(declared) = self.known().get(&in_work.id).cloned() else { continue };
                let pushes = Arc::clone(self);
                in_hand.spawn(async move {
                    let again = pushes.reconcile(&declared, look).await;
                    let wait = pushes.failures().wait(&in_work.id, again);
                    pushes.ask_later(&in_work.id, wait);
                });
            }
            while in_hand.try_join_next().is_some() {}
            tokio::select! {
                () = self.shutdown.requested() => return,
                () = tokio::time::sleep(sleep) => {}
                Some(id) = finished.recv() => queue.done(&id),
                one = asked.recv() => match one {
                    Some((id, look)) => queue.ask(id, look),
                    None => return,
                },
            }
        }
    }

    /// Asks for those whose slot has begun; answers with the time until the next one.
    fn ask_for_due(&self, slots: &mut Slots, queue: &mut Queue) -> Duration {
        let now = wall_clock();
        let groups: Vec<_> = self.known().values().filter_map(|one| Some((one.id.clone(), one.slots()?))).collect();
        let mut alive = HashSet::with_capacity(groups.len());
        for (id, group) in &groups {
            alive.insert(*group);
            if slots.take_due(*group, now) {
                queue.ask(id.clone(), Look::Push);
            }
        }
        slots.retain(|group| alive.contains(group));
        let next = Slots::next(alive.into_iter(), now);
        next.map_or(LONGEST_SLEEP, |next| next.saturating_sub(now).min(LONGEST_SLEEP))
    }

    /// Asks for an object after a time, or not any more: of each one moment counts, the last that was told.
    pub(super) fn ask_later(&self, id: &PushId, after: Option<Duration>) {
        let mut timers = self.timers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(former) = timers.remove(id) {
            former.abort();
        }
        let Some(after) = after else { return };
        let (ask, of) = (self.ask.clone(), id.clone());
        let timer = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // Without a receiver the process is about to end.
            let _told = ask.send((of, Look::Push)).is_ok();
        });
        timers.insert(id.clone(), timer.abort_handle());
    }
}

/// An object in hand; when this is dropped it is not any more, also after a panic.
struct InHand {
    id: PushId,
    finish: mpsc::UnboundedSender<PushId>,
}

impl Drop for InHand {
    fn drop(&mut self) {
        // Without a receiver the process is about to end.
        let _told = self.finish.send(self.id.clone()).is_ok();
    }
}
