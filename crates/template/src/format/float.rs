//! A float64 as Go's strconv.FormatFloat writes it.

/// The digits of a positive number without point, and where the point stands from the first one.
fn digits(number: f64, count: Option<usize>) -> (String, i32) {
    let written = match count {
        Some(count) => format!("{:.*e}", count.saturating_sub(1), number),
        None => format!("{number:e}"),
    };
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    if number == 0.0 { (digits, 1) } else { (digits, point) }
}

fn scientific(digits: &str, point: i32, letter: char) -> String {
    let (first, rest) = digits.split_at_checked(1).unwrap_or(("0", ""));
    let point_text = if rest.is_empty() { "" } else { "." };
    let exponent = point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point_text}{rest}{letter}{sign}{:02}", exponent.unsigned_abs())
}

/// The number with its sign; `precision` is none for the shortest text that reads back as the same number.
pub(crate) fn format(number: f64, verb: char, precision: Option<usize>) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return if sign.is_empty() { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let number = number.abs();
    let text = match verb {
        'f' => precision.map_or_else(|| format!("{number}"), |precision| format!("{number:.precision$}")),
        'e' | 'E' => {
            let (digits, point) = digits(number, precision.map(|precision| precision + 1));
            scientific(&digits, point, verb)
        }
        _ => general(number, if verb == 'G' { 'E' } else { 'e' }, precision),
    };
    format!("{sign}{text}")
}

fn general(number: f64, letter: char, precision: Option<usize>) -> String {
    let wanted = precision.map(|precision| precision.max(1));
    let (all, point) = digits(number, wanted);
    let kept = all.trim_end_matches('0');
    let kept = if kept.is_empty() { "0" } else { kept };
    let count = i32::try_from(kept.len()).unwrap_or(i32::MAX);
    let limit = match wanted.map(|wanted| i32::try_from(wanted).unwrap_or(i32::MAX)) {
        None => 6,
        Some(wanted) if wanted > count && count >= point => count,
        Some(wanted) => wanted,
    };
    let exponent = point - 1;
    if exponent < -4 || exponent >= limit {
        return scientific(kept, point, letter);
    }
    let decimals = usize::try_from(count - point).unwrap_or_default();
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(1.5, 'g', None, "1.5")]
    #[case(0.000_012_3, 'g', None, "1.23e-05")]
    #[case(1e22, 'e', Some(2), "1.00e+22")]
    #[case(-2.5, 'f', Some(0), "-2")]
    #[case(100.0, 'g', Some(2), "1e+02")]
    fn floats(#[case] number: f64, #[case] verb: char, #[case] precision: Option<usize>, #[case] expected: &str) {
        assert_eq!(format(number, verb, precision), expected);
    }
}
