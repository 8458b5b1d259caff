//! How the binaries are linked.
//!
//! Must never: change how they are built for debugging, or where another linker is used.

use std::env::var;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        // A position-independent executable has its tables of pointers, most of them the AWS client's, written anew at
        // every start: a hundred pages, half a millisecond of every command. The operator stays position-independent.
        println!("cargo:rustc-link-arg-bins=-no-pie");
        // Of GCC's runtime only the unwinder is needed. As a shared library it is found, mapped and relocated at every
        // start, and asks for the processor's features, which traps in a virtual machine: a tenth of a short command.
        if has_static_unwinder() {
            println!("cargo:rustc-link-lib=dylib:+verbatim={UNWINDER}");
        }
    }
}

/// GCC's unwinder as an archive. It stands before the shared library, which then is not needed by anything.
const UNWINDER: &str = "libgcc_eh.a";

/// Whether the linker's driver finds the archive: it prints a path of it, else the name as it was asked for.
fn has_static_unwinder() -> bool {
    let driver = var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let found = Command::new(driver).arg(format!("-print-file-name={UNWINDER}")).output();
    found.is_ok_and(|output| String::from_utf8(output.stdout).is_ok_and(|path| Path::new(path.trim()).is_absolute()))
}
