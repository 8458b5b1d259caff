//! Looks parts up in the cache, building what is missing. It must never skip a test for want of a part.

use std::path::PathBuf;

use sealbridge_xtask::parts::{self, Part};

/// The executables of some parts, in the order asked.
pub(crate) async fn executables<const N: usize>(wanted: [Part; N]) -> [PathBuf; N] {
    let provided = tokio::task::spawn_blocking(move || parts::provide(&wanted))
        .await
        .expect("the look-up ends")
        .unwrap_or_else(|error| panic!("parts for this test are missing: {error}"));
    wanted.map(|part| provided.path(part).expect("asked for").to_owned())
}
