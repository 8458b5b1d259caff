//! Turns at writing: few stores take a write only if nothing changed since the read before it, so that two writers in this
//! process would lose each other's members of one object.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{Mutex, MutexGuard};

/// Writes at the same time, of all stores together.
const TURNS: usize = 64;

static WRITERS: [Mutex<()>; TURNS] = [const { Mutex::const_new(()) }; TURNS];

/// Waits until nobody else in this process writes to `place` of `store`, and keeps others waiting until dropped. Whoever has
/// a turn may not wait for another one.
pub(crate) async fn turn(store: &str, place: &(impl Hash + ?Sized)) -> MutexGuard<'static, ()> {
    let mut hash = DefaultHasher::new();
    store.hash(&mut hash);
    place.hash(&mut hash);
    let turns = u64::try_from(TURNS).unwrap_or(1);
    let at = usize::try_from(hash.finish() % turns).unwrap_or(0);
    // The remainder is a position.
    match WRITERS.get(at) {
        Some(turn) => turn.lock().await,
        None => WRITERS[0].lock().await,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_writer_a_place_and_one_place_is_not_all() {
        let first = turn("store", "a").await;
        assert!(tokio::time::timeout(Duration::from_secs(1), turn("store", "a")).await.is_err());
        let free = (0..200).map(|n| format!("b{n}"));
        let mut others = 0;
        for place in free {
            others += usize::from(tokio::time::timeout(Duration::from_millis(1), turn("store", &place)).await.is_ok());
        }
        assert!(others > 150, "{others}");
        drop(first);
        drop(turn("store", "a").await);
    }
}
