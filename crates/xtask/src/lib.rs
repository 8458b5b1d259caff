//! The library behind `cargo xtask`: real programs that tests and the demo run on, and names that both sides of
//! a command use.
//! It provides files and nothing else: it starts no server and talks to no cluster.
//!
//! ```text
//! tests/parts/*  ─▶ parts::provide ─▶ cache/<part>-<key>/ ─▶ Provided::path(Part)
//!  (what is pinned)   (go, python3)     (one folder a part)     (tests/, demo)
//! ```

pub mod bench;
pub mod fuzz;
pub mod parts;
