//! How far away a moment is, for people.

use std::time::Duration;

use jiff::Timestamp;

/// `3m ago` or `in 3m`.
pub(crate) fn relative(moment: Timestamp, now: Timestamp) -> String {
    let far = span(now.duration_since(moment).unsigned_abs());
    if moment > now { format!("in {far}") } else { format!("{far} ago") }
}

/// A moment, and how far away it is.
pub(crate) fn at(moment: Timestamp, now: Timestamp) -> String {
    format!("{moment}, {}", relative(moment, now))
}

/// In the largest unit that still tells something.
pub(crate) fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_away_a_moment_is() {
        let at = |second| Timestamp::from_second(second).expect("a moment");
        assert_eq!(relative(at(100), at(40)), "in 60s");
        assert_eq!(relative(at(0), at(7_199)), "119m ago");
        assert_eq!(relative(at(0), at(200_000)), "2d ago");
    }
}
