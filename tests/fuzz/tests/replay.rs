//! Every input of every corpus, once. A finding stays found.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test fails by panicking, with the reason in the message"
)]

use std::fs;

use sealbridge_fuzz::{Target, run};

#[test]
fn every_input_holds() {
    for target in Target::ALL {
        let mut count = 0;
        for file in fs::read_dir(target.corpus()).unwrap() {
            let path = file.unwrap().path();
            let input = fs::read(&path).unwrap();
            if let Err(reason) = std::panic::catch_unwind(|| run(*target, &input)) {
                eprintln!("{target} does not hold for {}", path.display());
                std::panic::resume_unwind(reason);
            }
            count += 1;
        }
        assert!(count > 3, "the corpus of {target} holds {count} inputs");
    }
}
