//! Several runs of one measurement and of its reference, made in turn. It must never keep one without the
//! other: only together do they tell a slow program from a busy machine.

/// The runs of a measurement and of its reference, pair by pair.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    /// Makes `runs` pairs after one that is thrown away.
    pub(crate) fn of(runs: usize, mut ours: impl FnMut() -> f64, mut reference: impl FnMut() -> f64) -> Self {
        ours();
        reference();
        Self((0..runs).map(|_| (ours(), reference())).collect())
    }

    pub(crate) fn push(&mut self, ours: f64, reference: f64) {
        self.0.push((ours, reference));
    }

    pub(crate) fn ours(&self) -> f64 {
        median(self.0.iter().map(|(ours, _)| *ours))
    }

    pub(crate) fn reference(&self) -> f64 {
        median(self.0.iter().map(|(_, reference)| *reference))
    }

    /// The median of the ratios, each of two runs that were made right after one another.
    pub(crate) fn ratio(&self) -> f64 {
        median(self.0.iter().map(|(ours, reference)| ours / reference))
    }
}

/// The middle one; of an even number, the upper of the two in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    *values.get(values.len() / 2).expect("at least one run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_moves_no_median() {
        let mut pairs = Pairs::default();
        for (ours, reference) in [(3.0, 2.0), (900.0, 2.0), (3.0, 1.0)] {
            pairs.push(ours, reference);
        }
        assert_eq!((pairs.ours(), pairs.reference(), pairs.ratio()), (3.0, 2.0, 3.0));
    }
}
