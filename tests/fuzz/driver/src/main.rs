//! libFuzzer's entry point. It must never do more than hand over: what is called lies in the library.
#![no_main]

use std::sync::LazyLock;

use sealbridge_fuzz::{TARGET_VARIABLE, Target, run};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var(TARGET_VARIABLE).expect("a target in the environment; run this by `cargo xtask fuzz`");
    let named = Target::ALL.iter().find(|target| target.name() == name);
    *named.expect("the name of a target")
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| run(*TARGET, input));
