//! Go's layouts, written by example: `2006-01-02 15:04:05`.

use super::Time;

pub(super) const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// One part of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    Literal(u8),
    LongMonth,
    Month,
    LongWeekday,
    Weekday,
    ZoneName,
    /// 1 to 6 as in `01` … `06`: month, day, 12-hour, minute, second, year.
    Zero(u8),
    ZeroYearDay,
    Hour,
    NumberMonth,
    LongYear,
    Day,
    UnderDay,
    UnderYearDay,
    Hour12,
    Minute,
    Second,
    UpperHalf,
    LowerHalf,
    /// `-07…`, or with `Z` for UTC; with colons or not; how many of hours, minutes, seconds.
    Offset {
        z: bool,
        colons: bool,
        parts: u8,
    },
    /// Digits of a second behind a point or comma; `trims` where zeros at the end go.
    Fraction {
        mark: u8,
        digits: usize,
        trims: bool,
    },
}

/// The parts of a layout in order.
pub(super) fn chunks(layout: &[u8]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut rest = layout;
    while let Some((first, behind)) = rest.split_first() {
        let (chunk, length) = chunk(rest).unwrap_or((Chunk::Literal(*first), 1));
        // `_2006` is an underscore before a year.
        rest = rest.get(length..).unwrap_or(behind);
        chunks.push(chunk);
    }
    chunks
}

fn chunk(rest: &[u8]) -> Option<(Chunk, usize)> {
    let is = |prefix: &[u8]| rest.starts_with(prefix);
    let no_lower_case_behind = |at: usize| !rest.get(at).is_some_and(u8::is_ascii_lowercase);
    let found = match rest.first()? {
        b'J' if is(b"January") => (Chunk::LongMonth, 7),
        b'J' if is(b"Jan") && no_lower_case_behind(3) => (Chunk::Month, 3),
        b'M' if is(b"Monday") => (Chunk::LongWeekday, 6),
        b'M' if is(b"Mon") && no_lower_case_behind(3) => (Chunk::Weekday, 3),
        b'M' if is(b"MST") => (Chunk::ZoneName, 3),
        b'0' if is(b"002") => (Chunk::ZeroYearDay, 3),
        b'0' => match rest.get(1)? {
            digit @ b'1'..=b'6' => (Chunk::Zero(digit - b'0'), 2),
            _ => return None,
        },
        b'1' if is(b"15") => (Chunk::Hour, 2),
        b'1' => (Chunk::NumberMonth, 1),
        b'2' if is(b"2006") => (Chunk::LongYear, 4),
        b'2' => (Chunk::Day, 1),
        b'_' if is(b"_2006") => return None,
        b'_' if is(b"_2") => (Chunk::UnderDay, 2),
        b'_' if is(b"__2") => (Chunk::UnderYearDay, 3),
        b'3' => (Chunk::Hour12, 1),
        b'4' => (Chunk::Minute, 1),
        b'5' => (Chunk::Second, 1),
        b'P' if is(b"PM") => (Chunk::UpperHalf, 2),
        b'p' if is(b"pm") => (Chunk::LowerHalf, 2),
        sign @ (b'-' | b'Z') => return offset(rest.get(1..)?, *sign == b'Z'),
        mark @ (b'.' | b',') => {
            let digit = rest.get(1).copied().filter(|digit| matches!(digit, b'0' | b'9'))?;
            let digits = rest.get(1..)?.iter().take_while(|byte| **byte == digit).count();
            if rest.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            (Chunk::Fraction { mark: *mark, digits, trims: digit == b'9' }, 1 + digits)
        }
        _ => return None,
    };
    Some(found)
}

fn offset(rest: &[u8], z: bool) -> Option<(Chunk, usize)> {
    let forms: [(&[u8], bool, u8); 5] =
        [(b"070000", false, 3), (b"07:00:00", true, 3), (b"0700", false, 2), (b"07:00", true, 2), (b"07", false, 1)];
    let (form, colons, parts) = forms.into_iter().find(|(form, _, _)| rest.starts_with(form))?;
    Some((Chunk::Offset { z, colons, parts }, form.len() + 1))
}

fn name(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or_default()
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

pub(super) fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let civil = time.civil();
    let hour12 = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
    let year = |digits: usize| {
        let sign = if civil.year < 0 { "-" } else { "" };
        format!("{sign}{:0digits$}", civil.year.abs())
    };
    let mut out = Vec::new();
    for chunk in chunks(layout) {
        let text = match chunk {
            Chunk::Literal(byte) => {
                out.push(byte);
                continue;
            }
            Chunk::LongMonth => name(&MONTHS, civil.month - 1).to_owned(),
            Chunk::Month => short(name(&MONTHS, civil.month - 1)).to_owned(),
            Chunk::LongWeekday => name(&DAYS, civil.weekday).to_owned(),
            Chunk::Weekday => short(name(&DAYS, civil.weekday)).to_owned(),
            Chunk::ZoneName if time.zone.is_empty() => numeric_zone(time.offset),
            Chunk::ZoneName => time.zone.clone(),
            Chunk::Zero(1) => format!("{:02}", civil.month),
            Chunk::Zero(2) => format!("{:02}", civil.day),
            Chunk::Zero(3) => format!("{hour12:02}"),
            Chunk::Zero(4) => format!("{:02}", civil.minute),
            Chunk::Zero(5) => format!("{:02}", civil.second),
            Chunk::Zero(_) => format!("{:02}", civil.year.max(0) % 100),
            Chunk::ZeroYearDay => format!("{:03}", civil.year_day),
            Chunk::Hour => format!("{:02}", civil.hour),
            Chunk::NumberMonth => civil.month.to_string(),
            Chunk::LongYear => year(4),
            Chunk::Day => civil.day.to_string(),
            Chunk::UnderDay => format!("{:2}", civil.day),
            Chunk::UnderYearDay => format!("{:3}", civil.year_day),
            Chunk::Hour12 => hour12.to_string(),
            Chunk::Minute => civil.minute.to_string(),
            Chunk::Second => civil.second.to_string(),
            Chunk::UpperHalf => (if civil.hour >= 12 { "PM" } else { "AM" }).to_owned(),
            Chunk::LowerHalf => (if civil.hour >= 12 { "pm" } else { "am" }).to_owned(),
            Chunk::Offset { z: true, .. } if time.offset == 0 => "Z".to_owned(),
            Chunk::Offset { colons, parts, .. } => offset_text(time.offset, colons, parts),
            Chunk::Fraction { mark, digits, trims } => fraction(time.nanoseconds, mark, digits, trims),
        };
        out.extend_from_slice(text.as_bytes());
    }
    out
}

fn numeric_zone(offset: i64) -> String {
    let minutes = offset.abs() / 60;
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

fn offset_text(offset: i64, colons: bool, parts: u8) -> String {
    let (sign, all) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    let colon = if colons { ":" } else { "" };
    let mut text = format!("{sign}{:02}", all / 3600);
    if parts > 1 {
        text.push_str(&format!("{colon}{:02}", all / 60 % 60));
    }
    if parts > 2 {
        text.push_str(&format!("{colon}{:02}", all % 60));
    }
    text
}

fn fraction(nanoseconds: i64, mark: u8, digits: usize, trims: bool) -> String {
    let all = format!("{nanoseconds:09}");
    let kept = all.get(..digits.min(9)).unwrap_or(&all);
    let kept = if trims { kept.trim_end_matches('0') } else { kept };
    if kept.is_empty() {
        return String::new();
    }
    format!("{}{kept}", char::from(mark))
}
