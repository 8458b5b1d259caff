//! A wait that fails tells what was waited for and what was seen last.

use std::time::Duration;

use sealbridge_tests::{eventually, try_eventually};

#[tokio::test]
async fn the_deadline_tells_what_was_waited_for_and_seen_last() {
    let mut looks = 0;
    let message = try_eventually(Duration::from_millis(200), "the moon is full", async || -> Result<(), String> {
        looks += 1;
        Err(format!("crescent {looks}"))
    })
    .await
    .unwrap_err();
    assert!(message.contains("the moon is full"), "{message}");
    assert!(message.ends_with(&format!("crescent {looks}")), "{message}");
    assert!(looks > 1, "looked {looks} times");
}

#[tokio::test]
async fn a_look_that_hangs_ends_with_the_deadline() {
    let message = try_eventually(Duration::from_millis(50), "an answer comes", async || -> Result<(), String> {
        std::future::pending().await
    })
    .await
    .unwrap_err();
    assert!(message.contains("did not return"), "{message}");
}

#[tokio::test]
async fn what_the_look_found_is_returned() {
    let mut looks = 0;
    let found = eventually(Duration::from_secs(5), "it is there", async || {
        looks += 1;
        if looks == 3 { Ok(looks) } else { Err("not yet".into()) }
    })
    .await;
    assert_eq!(found, 3);
}
