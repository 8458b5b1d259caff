//! Schedules as crontab(5) writes them, in UTC: five fields, names of months and weekdays, steps, and `@daily` and its
//! like. They are read as by the library that External Secrets Operator uses (robfig/cron, its standard parser).
//!
//! Must never: read a schedule as another one than was meant; what is not understood is none.

use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Minutes of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether a day must be both of `days` and of `weekdays`: where one of them is any.
    both: bool,
}

const MINUTES_A_DAY: i64 = 24 * 60;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

impl Cron {
    /// Reads a schedule. `None` for what is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            text => text,
        };
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        let plain = |least, most| Field { least, most, names: &[] };
        let (days, any_day) = plain(1, 31).read(days)?;
        let (weekdays, any_weekday) = Field { least: 0, most: 6, names: &WEEKDAYS }.read(weekdays)?;
        Some(Self {
            minutes: plain(0, 59).read(minutes)?.0,
            hours: plain(0, 23).read(hours)?.0,
            days,
            months: Field { least: 1, most: 12, names: &MONTHS }.read(months)?.0,
            weekdays,
            both: any_day || any_weekday,
        })
    }

    /// Whether one of its minutes began in the time of this length up to `at`, which ends with it.
    #[must_use]
    pub fn was_within(&self, duration: Duration, at: Timestamp) -> bool {
        let now = TimeZone::UTC.to_datetime(at);
        // What began longer ago has ended; a moment before `at` counts as long as the duration has not passed.
        let Some(earliest) = i64::try_from(duration.as_secs()).ok().and_then(|length| now.checked_sub(length.seconds()).ok())
        else {
            return true;
        };
        let mut date = now.date();
        while date >= earliest.date() {
            if self.is_day(date)
                && self
                    .minutes_of_the_day()
                    .any(|minute| started(date, minute).is_some_and(|start| start <= now && start > earliest))
            {
                return true;
            }
            let Ok(before) = date.yesterday() else { return false };
            date = before;
        }
        false
    }

    fn is_day(&self, date: Date) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        has(self.months, date.month()) && if self.both { day && weekday } else { day || weekday }
    }

    fn minutes_of_the_day(&self) -> impl Iterator<Item = i64> + '_ {
        (0..MINUTES_A_DAY).filter(|minute| {
            let of = |bits: u64, number: i64| u32::try_from(number).is_ok_and(|number| bits & (1 << number) != 0);
            of(self.hours, minute / 60) && of(self.minutes, minute % 60)
        })
    }
}

fn has(bits: u64, number: i8) -> bool {
    u32::try_from(number).is_ok_and(|number| bits & (1 << number) != 0)
}

fn started(date: Date, minute: i64) -> Option<DateTime> {
    date.to_datetime(jiff::civil::Time::midnight()).checked_add(minute.minutes()).ok()
}

impl Field {
    /// The numbers as bits, and whether they are any.
    fn read(&self, text: &str) -> Option<(u64, bool)> {
        text.split(',').try_fold((0, false), |(bits, is_any), part| {
            let (more, any) = self.part(part)?;
            Some((bits | more, is_any || any))
        })
    }

    /// `*`, `N`, `N-M`, each with a step behind `/`.
    fn part(&self, text: &str) -> Option<(u64, bool)> {
        let (range, step) = text.split_once('/').map_or((text, None), |(range, step)| (range, Some(step)));
        let step = step.map_or(Some(1), number).filter(|step| *step > 0)?;
        let (first, last, is_any) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.least, self.most, step == 1),
            Some((first, last)) => (self.number(first)?, self.number(last)?, false),
            None if text.contains('/') => (self.number(range)?, self.most, false),
            None => (self.number(range)?, self.number(range)?, false),
        };
        if first < self.least || last > self.most || first > last {
            return None;
        }
        let numbers = (first..=last).step_by(usize::try_from(step).ok()?);
        Some((numbers.fold(0, |bits, number| bits | 1 << number), is_any))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(position) => u32::try_from(position).ok().map(|position| position + self.least),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HOUR: Duration = Duration::from_hours(1);

    #[rstest]
    #[case::at_its_beginning("0 2 * * *", HOUR, "2026-11-22T02:00:00Z", true)]
    #[case::before_its_end("0 2 * * *", HOUR, "2026-11-22T02:59:59Z", true)]
    #[case::at_its_end("0 2 * * *", HOUR, "2026-11-22T03:00:00Z", false)]
    #[case::a_second_before("0 2 * * *", HOUR, "2026-11-22T01:59:59Z", false)]
    #[case::over_midnight("30 23 * * *", HOUR, "2026-11-23T00:29:00Z", true)]
    #[case::over_days("0 0 * * 6", Duration::from_hours(48), "2026-11-22T23:59:00Z", true)]
    #[case::over_days_ended("0 0 * * 6", Duration::from_hours(48), "2026-11-23T00:00:00Z", false)]
    #[case::names("0 9 * NOV sun", HOUR, "2026-11-22T09:30:00Z", true)]
    #[case::other_month("0 9 * DEC sun", HOUR, "2026-11-22T09:30:00Z", false)]
    #[case::steps("*/15 * * * *", Duration::from_mins(5), "2026-11-22T09:49:00Z", true)]
    #[case::steps_between("*/15 * * * *", Duration::from_mins(5), "2026-11-22T09:50:00Z", false)]
    #[case::from_and_step("10/20 * * * *", Duration::from_mins(1), "2026-11-22T09:50:00Z", true)]
    #[case::ranges("0 8-17 * * 1-5", HOUR, "2026-11-20T17:30:00Z", true)]
    #[case::ranges_at_the_weekend("0 8-17 * * 1-5", HOUR, "2026-11-22T12:30:00Z", false)]
    #[case::day_or_weekday("0 0 1 * 0", HOUR, "2026-11-22T00:30:00Z", true)]
    #[case::day_or_weekday_by_day("0 0 24 * 0", HOUR, "2026-11-24T00:30:00Z", true)]
    #[case::day_and_any_weekday("0 0 1 * *", HOUR, "2026-11-22T00:30:00Z", false)]
    // A step is no longer any day, as there.
    #[case::day_or_stepped_weekday("0 0 1 * */2", HOUR, "2026-11-22T00:30:00Z", true)]
    #[case::daily("@daily", HOUR, "2026-11-22T00:30:00Z", true)]
    #[case::weekly("@weekly", HOUR, "2026-11-23T00:30:00Z", false)]
    #[case::leap_day("0 0 29 2 *", HOUR, "2028-02-29T00:10:00Z", true)]
    fn a_window_is_open_from_its_minute_on(#[case] cron: &str, #[case] duration: Duration, #[case] at: &str, #[case] open: bool) {
        assert_eq!(Cron::parse(cron).expect("a schedule").was_within(duration, at.parse().expect("a time")), open);
    }

    #[rstest]
    #[case("")]
    #[case("* * * *")]
    #[case("* * * * * *")]
    #[case("60 * * * *")]
    #[case("* * 0 * *")]
    #[case("* * * * 7")]
    #[case("5-1 * * * *")]
    #[case("*/0 * * * *")]
    #[case("+1 * * * *")]
    #[case("a * * * *")]
    #[case("1,, * * * *")]
    #[case("@noon")]
    #[case("CRON_TZ=UTC 0 2 * * *")]
    fn what_is_no_schedule_is_none(#[case] text: &str) {
        assert_eq!(Cron::parse(text), None);
    }
}
