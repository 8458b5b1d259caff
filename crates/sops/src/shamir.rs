//! Shamir's secret sharing over GF(2^8), polynomial x^8+x^4+x^3+x+1, byte by byte, as SOPS lays out shares:
//! the y-bytes of the secret, then one x-byte.
//!
//! Owns splitting and joining. Must never take a table look-up that depends on a secret byte.

use zeroize::Zeroizing;

/// Product in the field, without branches on the factors.
fn multiply(a: u8, b: u8) -> u8 {
    let mut product = 0;
    let (mut a, mut b) = (a, b);
    for _ in 0..8 {
        product ^= a & (b & 1).wrapping_neg();
        let carry = (a >> 7).wrapping_neg();
        a = (a << 1) ^ (carry & 0x1b);
        b >>= 1;
    }
    product
}

/// The inverse in the field, a^254; 0 for 0.
fn invert(a: u8) -> u8 {
    let mut power = a;
    let mut result = 1;
    for _ in 0..7 {
        power = multiply(power, power);
        result = multiply(result, power);
    }
    result
}

/// Splits `secret` into `count` shares of which `threshold` together give it back. `None` without random
/// bytes or for numbers that do not fit.
pub(crate) fn split(secret: &[u8], count: usize, threshold: usize) -> Option<Vec<Zeroizing<Vec<u8>>>> {
    let count = u8::try_from(count).ok().filter(|count| *count >= 1)?;
    if threshold == 0 || threshold > usize::from(count) {
        return None;
    }
    let mut random = Zeroizing::new(vec![0; secret.len() * (threshold - 1)]);
    getrandom::fill(&mut random).ok()?;
    let share_of = |x: u8| {
        let mut share = Zeroizing::new(Vec::with_capacity(secret.len() + 1));
        for (position, constant) in secret.iter().enumerate() {
            let coefficients = random.iter().skip(position * (threshold - 1)).take(threshold - 1);
            let y = coefficients.fold(0, |sum, coefficient| multiply(sum ^ coefficient, x));
            share.push(y ^ constant);
        }
        share.push(x);
        share
    };
    Some((1..=count).map(share_of).collect())
}

/// Joins shares. `None` if two have one x, an x is 0, or lengths differ.
pub(crate) fn combine(shares: &[Zeroizing<Vec<u8>>]) -> Option<Zeroizing<Vec<u8>>> {
    let points: Vec<(u8, &[u8])> = shares.iter().map(|share| share.split_last().map(|(x, ys)| (*x, ys))).collect::<Option<_>>()?;
    let length = points.first()?.1.len();
    let is_distinct = |position: usize, x: u8| points.iter().skip(position + 1).all(|(other, _)| *other != x);
    if points.iter().enumerate().any(|(position, (x, ys))| *x == 0 || ys.len() != length || !is_distinct(position, *x)) {
        return None;
    }
    let mut secret = Zeroizing::new(vec![0; length]);
    for (x, ys) in &points {
        // Lagrange's basis polynomial at 0; subtraction is addition in this field.
        let others = points.iter().filter(|(other, _)| other != x);
        let basis = others.fold(1, |basis, (other, _)| multiply(basis, multiply(*other, invert(*other ^ *x))));
        secret.iter_mut().zip(*ys).for_each(|(sum, y)| *sum ^= multiply(*y, basis));
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, section 4.2: {57} times {83} is {c1}, and the inverse of {53} is {ca}.
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(invert(0x53), 0xca);
        assert!((1..=255).all(|a| multiply(a, invert(a)) == 1));
    }

    #[test]
    fn equal_shares_are_refused() {
        let shares = split(&[7; 32], 3, 2).unwrap();
        assert!(combine(&[shares[0].clone(), shares[0].clone()]).is_none());
        assert!(combine(&[]).is_none());
    }

    proptest! {
        #[test]
        fn any_threshold_of_shares_gives_the_secret(secret: [u8; 32], count in 1..8usize, less in 0..8usize, skip in 0..8usize) {
            let threshold = count.saturating_sub(less).max(1);
            let shares = split(&secret, count, threshold).unwrap();
            let some: Vec<_> = shares.iter().cycle().skip(skip).take(threshold).cloned().collect();
            let joined = combine(&some).unwrap();
            prop_assert_eq!(joined.as_slice(), &secret);
        }
    }
}
