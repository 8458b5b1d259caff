//! How the binaries are linked.
//!
//! Must never: change how they are built for debugging, or where another linker is used.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        // A position-independent executable has its tables of pointers, most of them the AWS client's, written anew at
        // every start: a hundred pages, half a millisecond of every command. The operator stays position-independent.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
