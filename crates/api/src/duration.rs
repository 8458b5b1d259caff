//! Durations as Kubernetes users write them: Go's syntax, `1h30m`, `90s`, `500ms`, `0`.

use std::time::Duration;

/// Why a duration could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration; write for example 90s, 5m or 1h30m, or 0")]
pub struct DurationError;

const UNITS: [(&str, u64); 6] =
    [("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)];
const HOUR: u64 = 3_600_000_000_000;

/// Reads a non-negative duration in the syntax of Go's `time.ParseDuration`, to the nanosecond.
///
/// # Errors
/// [`DurationError`] for any other text, a negative duration or one past 2⁶³ nanoseconds.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(DurationError);
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (nanos, after) = component(rest)?;
        total = total.checked_add(nanos).ok_or(DurationError)?;
        rest = after;
    }
    i64::try_from(total).map_err(|_| DurationError)?;
    Ok(Duration::from_nanos(total))
}

fn component(text: &str) -> Result<(u64, &str), DurationError> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(DurationError)?;
    let (number, rest) = text.split_at_checked(number_end).ok_or(DurationError)?;
    let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, after) = rest.split_at_checked(unit_end).ok_or(DurationError)?;
    let scale = match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, scale)) => *scale,
        None if unit == "h" => HOUR,
        None => return Err(DurationError),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationError);
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| DurationError)? };
    let nanos = whole.checked_mul(scale).ok_or(DurationError)?;
    Ok((nanos.checked_add(fraction_nanos(fraction, scale)?).ok_or(DurationError)?, after))
}

fn fraction_nanos(fraction: &str, scale: u64) -> Result<u64, DurationError> {
    let mut nanos = 0_u64;
    let mut place = scale;
    for digit in fraction.chars() {
        place /= 10;
        nanos += u64::from(digit.to_digit(10).ok_or(DurationError)?) * place;
    }
    Ok(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0", 0)]
    #[case("5m", 300_000)]
    #[case("1h0m0s", 3_600_000)]
    #[case("1.5s", 1_500)]
    #[case(".5s", 500)]
    #[case("250ms", 250)]
    fn accepted(#[case] text: &str, #[case] millis: u64) {
        assert_eq!(parse(text), Ok(Duration::from_millis(millis)));
    }

    #[rstest]
    #[case("")]
    #[case("5")]
    #[case("-1s")]
    #[case("1d")]
    #[case(".s")]
    #[case("1..5s")]
    #[case("9999999999h")]
    fn refused(#[case] text: &str) {
        assert_eq!(parse(text), Err(DurationError));
    }
}
