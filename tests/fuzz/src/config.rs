//! `.sealbridge.yaml`: any text as rules. A private key in the place of a recipient is a mistake that people make.

use sealbridge_seal_cli::texts::problem_of_rules;

const PRIVATE_KEY: &str = "AGE-SECRET-KEY-1C4N4RY";

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(problem) = problem_of_rules(text) {
        assert!(problem.contains("; "), "a problem has two parts: {problem}");
        assert!(!problem.contains(PRIVATE_KEY), "a private key is in a message: {problem}");
    }
}
