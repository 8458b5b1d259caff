//! Conversions between the number types of Go, with what Go does where a number does not fit.
//!
//! Must never: fail, or round twice.

/// A count as Go's int.
pub(crate) fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An int as a position or a count; none if negative.
pub(crate) fn position(number: i64) -> Option<usize> {
    usize::try_from(number).ok()
}

/// A count of bytes or steps.
pub(crate) fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The nearest float64.
pub(crate) fn float(number: i64) -> f64 {
    let high = i32::try_from(number >> 32).unwrap_or_default();
    let low = u32::try_from(number & 0xffff_ffff).unwrap_or_default();
    // The product is exact, so the sum rounds once.
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// The nearest float64.
pub(crate) fn float_of_unsigned(number: u64) -> f64 {
    let high = u32::try_from(number >> 32).unwrap_or_default();
    let low = u32::try_from(number & 0xffff_ffff).unwrap_or_default();
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// The integer part; the least int64 where there is none that fits, as on amd64.
pub(crate) fn truncated(number: f64) -> i64 {
    let bits = number.to_bits();
    let exponent = i64::try_from((bits >> 52) & 0x7ff).unwrap_or_default() - 1075;
    let mantissa = (bits & 0xf_ffff_ffff_ffff) | 0x10_0000_0000_0000;
    let magnitude = if exponent < -52 {
        0
    } else if exponent <= 0 {
        mantissa >> exponent.unsigned_abs()
    } else if exponent <= 10 {
        mantissa << exponent.unsigned_abs()
    } else {
        return i64::MIN;
    };
    let magnitude = i64::try_from(magnitude).unwrap_or(i64::MIN);
    if number.is_sign_negative() { magnitude.wrapping_neg() } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_those_of_the_processor() {
        for number in [0, 1, -1, 42, i64::MAX, i64::MIN, 1 << 53, (1 << 53) + 1, -(1 << 60) - 1, 0x7fff_ffff_ffff_fc01] {
            #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "what is tested")]
            let expected = number as f64;
            assert_eq!(float(number).to_bits(), expected.to_bits(), "{number}");
        }
        for (number, expected) in [
            (0.0, 0),
            (0.99, 0),
            (-1.5, -1),
            (1e15, 1_000_000_000_000_000),
            (1e300, i64::MIN),
            (f64::NAN, i64::MIN),
            (9.2e18, 9_200_000_000_000_000_000),
        ] {
            assert_eq!(truncated(number), expected, "{number}");
        }
    }
}
