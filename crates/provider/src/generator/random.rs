//! Randomness of the operating system.

use zeroize::Zeroizing;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no randomness; try again, and look at the machine if that does not help")]
pub struct NoRandomness;

/// So many random bytes.
///
/// # Errors
/// [`NoRandomness`].
pub fn random(length: usize) -> Result<Zeroizing<Vec<u8>>, NoRandomness> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A number below `limit`, each as likely as any other; 0 if there is none.
///
/// # Errors
/// [`NoRandomness`].
pub fn below(limit: usize) -> Result<usize, NoRandomness> {
    let Some(limit) = u64::try_from(limit).ok().filter(|limit| *limit > 0) else { return Ok(0) };
    // A number past the last whole multiple would favour the first ones.
    let even = u64::MAX - u64::MAX % limit;
    loop {
        let mut bytes = Zeroizing::new([0; 8]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| NoRandomness)?;
        let number = u64::from_ne_bytes(*bytes);
        if number < even {
            return usize::try_from(number % limit).map_err(|_| NoRandomness);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_up_and_none_far_more_often() {
        let mut counts = [0_u32; 7];
        for _ in 0..7_000 {
            counts[below(7).unwrap()] += 1;
        }
        // Each about 1000 times; 8 standard deviations are about 235.
        assert!(counts.iter().all(|count| (700..1300).contains(count)), "{counts:?}");
        assert_eq!((below(1), below(0)), (Ok(0), Ok(0)));
    }
}
