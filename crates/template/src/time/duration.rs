//! Go's durations: nanoseconds in an int64, written as `1h2m3.5s`.

/// Reads `-1h2.5m`; none where Go reports an error.
pub(crate) fn parse_duration(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.').len();
        let (number, behind) = rest.split_at_checked(number)?;
        let unit = behind.len() - behind.trim_start_matches(|char: char| !char.is_ascii_digit() && char != '.').len();
        let (unit, behind) = behind.split_at_checked(unit)?;
        rest = behind;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let scale: u64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let whole = whole.checked_mul(scale).filter(|whole| *whole <= 1 << 63)?;
        total = total.checked_add(whole)?.checked_add(part(fraction, scale)?).filter(|total| *total <= 1 << 63)?;
    }
    let magnitude = i128::from(total);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// A decimal fraction of a unit, cut to whole nanoseconds.
fn part(fraction: &str, scale: u64) -> Option<u64> {
    let kept = fraction.get(..fraction.len().min(18)).unwrap_or(fraction);
    if kept.is_empty() {
        return Some(0);
    }
    let digits = u128::from(kept.parse::<u64>().ok()?);
    let ten = 10_u128.checked_pow(u32::try_from(kept.len()).ok()?)?;
    u64::try_from(digits * u128::from(scale) / ten).ok()
}

/// Writes a duration as Go's `String` does.
pub(crate) fn duration_text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs();
    let decimal = |scale: u64, digits: usize| {
        let text = format!("{}.{:0digits$}", all / scale, all % scale);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match all {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{all}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", decimal(1_000, 3)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", decimal(1_000_000, 6)),
        _ => {
            let minutes = all / 60_000_000_000;
            let rest = all % 60_000_000_000;
            let seconds = format!("{}.{:09}", rest / 1_000_000_000, rest % 1_000_000_000);
            let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1h30m", Some("1h30m0s"))]
    #[case("-1.5s", Some("-1.5s"))]
    #[case("1500us", Some("1.5ms"))]
    #[case("0", Some("0s"))]
    #[case("3000000h", None)]
    #[case("1x", None)]
    #[case("", None)]
    fn durations(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(parse_duration(text.as_bytes()).map(duration_text).as_deref(), expected);
    }
}
