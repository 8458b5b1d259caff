//! One session per place, made once and given back, over a provider that counts what is done with it.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use sealbridge_provider::{Payload, Provider, ReadError, ReadResult, RemoteKey, Traffic};

use super::super::key::{SessionIdentity, StoreKey};
use super::*;

#[derive(Default)]
struct Counting {
    closed: AtomicU64,
}

#[async_trait]
impl Provider for Counting {
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        futures::stream::iter(keys).map(|key| (key, Err(ReadError::Denied))).boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        Ok(())
    }

    async fn confirm_absence(&self, _key: &RemoteKey) -> Result<(), ReadError> {
        Ok(())
    }

    async fn store_id(&self) -> Option<String> {
        None
    }

    async fn close(&self) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }

    fn traffic(&self) -> Traffic {
        Traffic { logins: 1, requests: 7 }
    }
}

fn key(generation: i64, referent: Option<&str>) -> SessionKey {
    let place = Place { store: StoreKey::cluster("vault"), referent: referent.map(Into::into) };
    SessionKey::new(SessionIdentity { place, uid: "u".into(), generation, inputs: vec![] })
}

fn sessions() -> (Sessions, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new());
    (Sessions::new(Arc::clone(&metrics)), metrics)
}

async fn open(slot: &Slot, provider: &Arc<Counting>) -> Arc<Session> {
    let provider: Arc<dyn Provider> = provider.clone();
    slot.session_or(|| async { Ok(Session::new(provider)) }).await.unwrap().0
}

fn failed(may_pass: bool) -> Failed {
    Failed { failure: StoreFailure::changing(&StoreKey::cluster("vault")), may_pass, is_new: true }
}

/// Lets tasks that were spawned and timers that are due run.
async fn settle(for_so_long: Duration) {
    tokio::time::sleep(for_so_long).await;
}

#[tokio::test(start_paused = true)]
async fn however_many_ask_one_session_is_made() {
    let (sessions, _) = sessions();
    let made = AtomicU64::new(0);
    let ask = || async {
        let slot = sessions.slot(key(1, None));
        let connect = || async {
            made.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_secs(1)).await;
            let provider: Arc<dyn Provider> = Arc::new(Counting::default());
            Ok(Session::new(provider))
        };
        slot.session_or(connect).await.unwrap()
    };
    let answers = futures::future::join_all((0..100).map(|_| ask())).await;
    assert_eq!(made.load(Ordering::SeqCst), 1);
    assert_eq!(answers.iter().filter(|(_, made)| *made).count(), 1);
    assert!(answers.iter().all(|(session, _)| Arc::ptr_eq(session, &answers[0].0)));
}

#[tokio::test(start_paused = true)]
async fn another_identity_takes_the_place_and_reads_in_hand_go_on() {
    let (sessions, _) = sessions();
    let first = Arc::new(Counting::default());
    let in_hand = open(&sessions.slot(key(1, None)), &first).await;
    let other_place = Arc::new(Counting::default());
    drop(open(&sessions.slot(key(1, Some("shop"))), &other_place).await);

    drop(sessions.slot(key(2, None)));
    settle(Duration::from_secs(1)).await;
    assert_eq!(first.closed.load(Ordering::SeqCst), 0, "somebody reads with it");
    drop(in_hand);
    settle(Duration::from_secs(1)).await;
    assert_eq!(first.closed.load(Ordering::SeqCst), 1);
    assert_eq!(other_place.closed.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_never_ends_does_not_keep_a_login_for_ever() {
    let (sessions, _) = sessions();
    let provider = Arc::new(Counting::default());
    let _in_hand = open(&sessions.slot(key(1, None)), &provider).await;
    sessions.retire_where(|_| true);
    settle(DRAIN + Duration::from_secs(1)).await;
    assert_eq!(provider.closed.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_tried_again_by_each_who_asks() {
    let (sessions, _) = sessions();
    let tries = AtomicU64::new(0);
    let slot = sessions.slot(key(1, None));
    let ask = |may_pass| {
        let (slot, tries) = (&slot, &tries);
        async move {
            let connect = || async {
                tries.fetch_add(1, Ordering::SeqCst);
                Err(failed(may_pass))
            };
            match slot.session_or(connect).await {
                Err(NoSession::Failed(failed)) => failed,
                Err(NoSession::Retired) | Ok(_) => panic!("it fails"),
            }
        }
    };
    assert!(ask(true).await.is_new);
    assert!(!ask(true).await.is_new);
    assert_eq!(tries.load(Ordering::SeqCst), 1);
    settle(RETRY_AFTER).await;
    assert!(!ask(false).await.is_new);
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    settle(RETRY_AFTER * 10).await;
    ask(false).await;
    assert_eq!(tries.load(Ordering::SeqCst), 2, "nothing changed that could help");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_given_back_makes_no_session() {
    let (sessions, _) = sessions();
    let slot = sessions.slot(key(1, None));
    sessions.retire_where(|_| true);
    settle(Duration::from_secs(1)).await;
    let provider = Arc::new(Counting::default());
    let made: Arc<dyn Provider> = provider.clone();
    let refused = slot.session_or(|| async { Ok(Session::new(made)) }).await.err();
    assert!(matches!(refused, Some(NoSession::Retired)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn at_the_end_every_session_is_given_back_and_counted_once() {
    let (sessions, metrics) = sessions();
    let provider = Arc::new(Counting::default());
    drop(open(&sessions.slot(key(1, None)), &provider).await);
    sessions.report();
    sessions.report();
    sessions.close_all().await;
    assert_eq!(provider.closed.load(Ordering::SeqCst), 1);
    let text = metrics.text();
    assert!(text.contains(r#"sealbridge_provider_requests_total{store="ClusterSecretStore/vault"} 7"#), "{text}");
}
