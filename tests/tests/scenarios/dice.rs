//! Inputs that are drawn anew in each run. It must never draw without a seed that a failure can print.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Draws values from a seed that is part of every message.
pub(crate) struct Dice {
    pub(crate) seed: u64,
    runner: TestRunner,
}

impl Dice {
    /// From the seed in `SEALBRIDGE_SEED`, or a new one.
    pub(crate) fn new() -> Self {
        let seed = match std::env::var("SEALBRIDGE_SEED") {
            Ok(text) => text.parse().expect("a number"),
            Err(_) => u64::try_from(jiff::Timestamp::now().as_nanosecond() & i128::from(u32::MAX)).unwrap(),
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self { seed, runner: TestRunner::new_with_rng(Config::default(), rng) }
    }

    pub(crate) fn draw<S: Strategy>(&mut self, strategy: &S) -> S::Value {
        strategy.new_tree(&mut self.runner).unwrap().current()
    }
}
