//! A text read by a layout, as Go's `time.ParseInLocation` does in UTC.

use super::layout::{Chunk, DAYS, MONTHS, chunks};
use super::{Time, days};

#[derive(Default)]
struct Read {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: i64,
    is_afternoon: bool,
    is_morning: bool,
    offset: Option<i64>,
    zone: Option<String>,
}

/// The time that `text` means under `layout`; none where Go reports an error.
pub(crate) fn parse(layout: &[u8], text: &[u8]) -> Option<Time> {
    let mut read = Read::default();
    let mut rest = text;
    let chunks = chunks(layout);
    for (index, chunk) in chunks.iter().enumerate() {
        rest = read.chunk(*chunk, rest, chunks.get(index + 1).copied())?;
    }
    if rest.is_empty() { read.time() } else { None }
}

fn number(text: &[u8], least: usize, most: usize) -> Option<(i64, &[u8])> {
    let digits = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if digits < least {
        return None;
    }
    let (digits, rest) = text.split_at_checked(digits)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// One of several names, whatever their case.
fn name<'t>(names: &[&str], letters: Option<usize>, text: &'t [u8]) -> Option<(i64, &'t [u8])> {
    for (index, name) in names.iter().enumerate() {
        let name = letters.and_then(|letters| name.get(..letters)).unwrap_or(name);
        if let Some((head, rest)) = text.split_at_checked(name.len())
            && head.eq_ignore_ascii_case(name.as_bytes())
        {
            return Some((i64::try_from(index).ok()?, rest));
        }
    }
    None
}

fn without_blank(text: &[u8]) -> &[u8] {
    text.strip_prefix(b" ").unwrap_or(text)
}

fn within(number: i64, from: i64, to: i64) -> Option<i64> {
    (from..=to).contains(&number).then_some(number)
}

impl Read {
    fn chunk<'t>(&mut self, chunk: Chunk, text: &'t [u8], next: Option<Chunk>) -> Option<&'t [u8]> {
        match chunk {
            Chunk::Literal(b' ') => Some(without_blank(text)),
            Chunk::Literal(byte) => text.strip_prefix(&[byte]),
            Chunk::LongMonth | Chunk::Month => {
                let letters = (chunk == Chunk::Month).then_some(3);
                let (index, rest) = name(&MONTHS, letters, text)?;
                self.month = Some(index + 1);
                Some(rest)
            }
            Chunk::LongWeekday => Some(name(&DAYS, None, text)?.1),
            Chunk::Weekday => Some(name(&DAYS, Some(3), text)?.1),
            Chunk::LongYear | Chunk::Zero(6) => {
                let digits = if chunk == Chunk::LongYear { 4 } else { 2 };
                let (year, rest) = number(text, digits, digits)?;
                self.year = match (digits, year) {
                    (2, 69..) => year + 1900,
                    (2, _) => year + 2000,
                    _ => year,
                };
                Some(rest)
            }
            Chunk::NumberMonth | Chunk::Zero(1) => {
                let (month, rest) = number(text, least(chunk), 2)?;
                self.month = Some(within(month, 1, 12)?);
                Some(rest)
            }
            Chunk::Day | Chunk::UnderDay | Chunk::Zero(2) => {
                let text = if chunk == Chunk::UnderDay { without_blank(text) } else { text };
                let (day, rest) = number(text, least(chunk), 2)?;
                self.day = Some(day);
                Some(rest)
            }
            Chunk::ZeroYearDay | Chunk::UnderYearDay => {
                let blanks =
                    if chunk == Chunk::UnderYearDay { text.iter().take(2).take_while(|byte| **byte == b' ').count() } else { 0 };
                let (day, rest) = number(text.get(blanks..)?, 3 - blanks, 3 - blanks)?;
                self.year_day = Some(day);
                Some(rest)
            }
            Chunk::Hour => {
                let (hour, rest) = number(text, 1, 2)?;
                self.hour = within(hour, 0, 23)?;
                Some(rest)
            }
            Chunk::Hour12 | Chunk::Zero(3) => {
                let (hour, rest) = number(text, least(chunk), 2)?;
                self.hour = within(hour, 0, 12)?;
                Some(rest)
            }
            Chunk::Minute | Chunk::Zero(4) => {
                let (minute, rest) = number(text, least(chunk), 2)?;
                self.minute = within(minute, 0, 59)?;
                Some(rest)
            }
            Chunk::Second | Chunk::Zero(_) => {
                let (second, rest) = number(text, least(chunk), 2)?;
                self.second = within(second, 0, 59)?;
                self.unannounced_fraction(rest, next)
            }
            Chunk::UpperHalf => self.half(text, b"PM", b"AM"),
            Chunk::LowerHalf => self.half(text, b"pm", b"am"),
            Chunk::Offset { z, colons, parts } => self.offset(text, z, colons, parts),
            Chunk::ZoneName => self.zone_name(text),
            Chunk::Fraction { trims: true, .. } => self.fraction(text, None),
            Chunk::Fraction { digits, .. } => self.fraction(text, Some(digits)),
        }
    }

    /// A second may have decimals of which the layout says nothing.
    fn unannounced_fraction<'t>(&mut self, text: &'t [u8], next: Option<Chunk>) -> Option<&'t [u8]> {
        let begins = matches!(text, [b'.' | b',', digit, ..] if digit.is_ascii_digit());
        if begins && !matches!(next, Some(Chunk::Fraction { .. })) { self.fraction(text, None) } else { Some(text) }
    }

    fn fraction<'t>(&mut self, text: &'t [u8], wanted: Option<usize>) -> Option<&'t [u8]> {
        let [b'.' | b',', rest @ ..] = text else { return if wanted.is_none() { Some(text) } else { None } };
        let found = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = wanted.unwrap_or(found);
        if found < digits || (found == 0 && wanted.is_none()) {
            return if found == 0 && wanted.is_none() { Some(text) } else { None };
        }
        let (fraction, rest) = rest.split_at_checked(digits)?;
        let fraction = std::str::from_utf8(fraction.get(..digits.min(9))?).ok()?;
        self.nanoseconds = format!("{fraction:0<9}").parse().ok()?;
        Some(rest)
    }

    fn half<'t>(&mut self, text: &'t [u8], afternoon: &[u8], morning: &[u8]) -> Option<&'t [u8]> {
        self.is_afternoon = text.starts_with(afternoon);
        self.is_morning = text.starts_with(morning);
        if self.is_afternoon || self.is_morning { text.get(2..) } else { None }
    }

    fn offset<'t>(&mut self, text: &'t [u8], z: bool, colons: bool, parts: u8) -> Option<&'t [u8]> {
        if let (true, Some(rest)) = (z, text.strip_prefix(b"Z")) {
            self.offset = Some(0);
            self.zone = Some("UTC".to_owned());
            return Some(rest);
        }
        let (sign, mut rest) = text.split_first()?;
        let mut offset = 0;
        for part in 0..parts {
            if part > 0 && colons {
                rest = rest.strip_prefix(b":")?;
            }
            let (number, behind) = number(rest, 2, 2)?;
            offset = offset * 60 + within(number, 0, if part == 0 { 24 } else { 60 })?;
            rest = behind;
        }
        offset *= 60_i64.pow(u32::from(3 - parts));
        self.offset = Some(match sign {
            b'+' => offset,
            b'-' => -offset,
            _ => return None,
        });
        Some(rest)
    }

    fn zone_name<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]> {
        let letters = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let known = match letters {
            3 => true,
            4 => text.get(3) == Some(&b'T') || text.starts_with(b"WITA"),
            5 => text.get(4) == Some(&b'T'),
            _ => false,
        };
        let (name, rest) = text.split_at_checked(if known { letters } else { return None })?;
        self.zone = Some(String::from_utf8_lossy(name).into_owned());
        Some(rest)
    }

    /// Days since 1970, from the day of the year or from month and day.
    fn day_number(&self, is_leap: bool) -> Option<i64> {
        if let Some(day) = self.year_day {
            let number = days(self.year, 1, 1) + within(day, 1, if is_leap { 366 } else { 365 })? - 1;
            let of_month = |month| (days(self.year, month, 1)..=days(self.year, month, 31)).contains(&number);
            return self.month.is_none_or(of_month).then_some(number);
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let longest = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        Some(days(self.year, month, within(day, 1, longest)?))
    }

    fn time(self) -> Option<Time> {
        let hour = match self.hour {
            12 if self.is_morning => 0,
            hour @ 0..12 if self.is_afternoon => hour + 12,
            hour => hour,
        };
        let is_leap = (self.year % 4 == 0 && self.year % 100 != 0) || self.year % 400 == 0;
        let day_number = self.day_number(is_leap)?;
        let seconds = day_number * 86_400 + hour * 3600 + self.minute * 60 + self.second;
        let time = Time::utc(seconds - self.offset.unwrap_or(0), self.nanoseconds);
        Some(match (self.offset, self.zone) {
            (Some(0), _) | (None, None) => time,
            (Some(offset), zone) => time.with_offset(offset, zone.unwrap_or_default()),
            (None, Some(zone)) if zone == "UTC" => time,
            (None, Some(zone)) => time.with_offset(0, zone),
        })
    }
}

/// How many digits a number has at least: two where the layout has a zero in front.
fn least(chunk: Chunk) -> usize {
    if matches!(chunk, Chunk::Zero(_)) { 2 } else { 1 }
}
