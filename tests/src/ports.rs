//! Free ports on the loopback address. It must never hand out one port twice in a process.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::sync::{LazyLock, Mutex};

static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// Ports below the range from which systems take those of outgoing connections: one that is free when looked
/// at stays free until the part binds it, unless another test process draws the same.
const FIRST: u16 = 12_000;
const COUNT: u16 = 18_000;

/// A port on which nothing listens.
pub fn free() -> u16 {
    let random = RandomState::new();
    let mut given = GIVEN.lock().expect("no test panicked here");
    (0_u16..1000)
        .map(|attempt| {
            let draw = random.hash_one(attempt) % u64::from(COUNT);
            FIRST + u16::try_from(draw).expect("below the count")
        })
        .find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok() && given.insert(port))
        .expect("a free port on 127.0.0.1")
}
