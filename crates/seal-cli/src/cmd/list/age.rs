//! How long ago a value was sealed, against a limit.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::error::Error;

const FORM: &str = "--older-than takes a number of days, like 90d, or a date, like 2026-01-31";

/// The first day that is not old.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Limit(Date);

impl Limit {
    /// Reads `90d`, counted back from `today`, or `2026-01-31`.
    pub(super) fn parse(text: &str, today: Date) -> Result<Self, Error> {
        let refused = || Error::Arguments(FORM);
        match text.strip_suffix('d') {
            Some(days) => {
                let days: u16 = days.parse().map_err(|_| refused())?;
                today.checked_sub(i64::from(days).days()).map(Self).map_err(|_| refused())
            }
            None => text.parse().map(Self).map_err(|_| refused()),
        }
    }

    /// Whether a day lies before the limit.
    pub(super) fn is_older(&self, date: Date) -> bool {
        date < self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("90d", "2026-08-23")]
    #[case("0d", "2026-11-21")]
    #[case("2026-01-31", "2026-01-31")]
    fn limits(#[case] text: &str, #[case] first_young: &str) {
        let limit = Limit::parse(text, Date::constant(2026, 11, 21)).expect("a limit");
        let first_young: Date = first_young.parse().expect("a date");
        assert!(!limit.is_older(first_young));
        assert!(limit.is_older(first_young.yesterday().expect("a day before")));
    }

    #[rstest]
    fn refused(#[values("", "d", "90", "90days", "-1d", "2026-13-01")] text: &str) {
        assert!(Limit::parse(text, Date::constant(2026, 11, 21)).is_err());
    }
}
