//! When healing stops being useful: somebody else keeps undoing what the operator writes.
//!
//! Owns: the rule for backing off, for one Secret.
//! Must never: look at a clock itself or at a Secret.

use std::time::Duration;

use tokio::time::Instant;

/// Two heals closer than this against one manager are a contest; longer without a foreign write ends it.
const WINDOW: Duration = Duration::from_mins(1);
/// The first wait.
const FIRST_WAIT: Duration = Duration::from_mins(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// Managers that are told apart; beyond it the one that was quiet longest is forgotten.
const MANAGERS: usize = 8;

/// What to do about a foreign write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Write the Secret as it shall be.
    Heal,
    /// Leave the Secret for this long, then ask again. The object is `Contested` meanwhile.
    BackOff(Duration),
}

/// The foreign writes that were healed on one Secret, by field manager.
#[derive(Clone, Debug, Default)]
pub struct Contest(Vec<Rival>);

#[derive(Clone, Debug)]
struct Rival {
    manager: Box<str>,
    last_heal: Instant,
    heals: u8,
    /// Zero while there is no contest.
    wait: Duration,
    not_before: Instant,
}

impl Contest {
    /// Records that a write by `manager` is there to be healed, and answers whether to do so. The first two
    /// heals within a minute are free; each further foreign write that comes within a minute of a heal doubles
    /// the wait, from one minute to ten. A minute of quiet after a heal forgets all.
    pub fn record(&mut self, now: Instant, manager: &str) -> Verdict {
        let Some(rival) = self.0.iter_mut().find(|rival| &*rival.manager == manager) else {
            self.remember(now, manager);
            return Verdict::Heal;
        };
        rival.judge(now)
    }

    fn remember(&mut self, now: Instant, manager: &str) {
        if self.0.len() >= MANAGERS
            && let Some(oldest) = self.0.iter().enumerate().min_by_key(|(_, rival)| rival.last_heal).map(|(at, _)| at)
        {
            self.0.swap_remove(oldest);
        }
        self.0.push(Rival { manager: manager.into(), last_heal: now, heals: 1, wait: Duration::ZERO, not_before: now });
    }
}

impl Rival {
    fn judge(&mut self, now: Instant) -> Verdict {
        if now < self.not_before {
            return Verdict::BackOff(self.not_before - now);
        }
        let waited = self.not_before > self.last_heal;
        let quick = now.saturating_duration_since(self.last_heal) < WINDOW;
        if waited || (quick && self.heals < 2 && self.wait.is_zero()) {
            self.heals = self.heals.saturating_add(1);
        } else if quick {
            self.wait = if self.wait.is_zero() { FIRST_WAIT } else { (self.wait * 2).min(LONGEST_WAIT) };
            self.not_before = now + self.wait;
            return Verdict::BackOff(self.wait);
        } else {
            self.heals = 1;
            self.wait = Duration::ZERO;
        }
        self.last_heal = now;
        self.not_before = now;
        Verdict::Heal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HEAL: Option<u64> = None;

    /// Each step: seconds since the start, manager, expected wait or [`HEAL`].
    #[rstest]
    #[case::one_edit(&[(0, "kubectl", HEAL)])]
    #[case::two_quick_edits_are_healed(&[(0, "kubectl", HEAL), (5, "kubectl", HEAL)])]
    #[case::the_third_quick_edit_backs_off(&[(0, "a", HEAL), (5, "a", HEAL), (6, "a", Some(60))])]
    #[case::edits_far_apart_never_back_off(&[(0, "a", HEAL), (61, "a", HEAL), (122, "a", HEAL), (183, "a", HEAL)])]
    #[case::managers_are_told_apart(&[(0, "a", HEAL), (1, "b", HEAL), (2, "a", HEAL), (3, "b", HEAL), (4, "a", Some(60))])]
    #[case::edits_while_waiting_do_not_lengthen(&[(0, "a", HEAL), (1, "a", HEAL), (2, "a", Some(60)), (32, "a", Some(30)), (62, "a", HEAL)])]
    #[case::waits_double_up_to_ten_minutes(&[
        (0, "a", HEAL), (1, "a", HEAL), (2, "a", Some(60)), (62, "a", HEAL), (63, "a", Some(120)), (183, "a", HEAL),
        (184, "a", Some(240)), (424, "a", HEAL), (425, "a", Some(480)), (905, "a", HEAL), (906, "a", Some(600)),
        (1506, "a", HEAL), (1507, "a", Some(600)),
    ])]
    #[case::quiet_forgets(&[
        (0, "a", HEAL), (1, "a", HEAL), (2, "a", Some(60)), (62, "a", HEAL), (122, "a", HEAL), (123, "a", HEAL), (124, "a", Some(60)),
    ])]
    fn contests(#[case] steps: &[(u64, &str, Option<u64>)]) {
        let start = Instant::now();
        let mut contest = Contest::default();
        for (at, manager, expected) in steps {
            let verdict = contest.record(start + Duration::from_secs(*at), manager);
            let expected = expected.map_or(Verdict::Heal, |seconds| Verdict::BackOff(Duration::from_secs(seconds)));
            assert_eq!(verdict, expected, "at {at} s by {manager}");
        }
    }

    #[test]
    fn a_flood_of_names_takes_no_more_memory() {
        let start = Instant::now();
        let mut contest = Contest::default();
        for number in 0..100 {
            contest.record(start, &format!("manager-{number}"));
        }
        assert_eq!(contest.0.len(), MANAGERS);
    }
}
