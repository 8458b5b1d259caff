//! Sharing and the circuit, over a provider that does as it is told.

use std::collections::BTreeMap;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use sealbridge_secret::SecretBytes;
use tokio::sync::{Notify, watch};

use super::*;
use crate::{Absence, Admission, CircuitState, PushKey, Pusher, Selection, Writer};

/// Answers by key; holds every read back until `go` is true.
struct Scripted {
    failures: StdMutex<BTreeMap<String, ReadError>>,
    down: StdMutex<Option<ReadError>>,
    go: watch::Sender<bool>,
    reads: AtomicU64,
    checks: AtomicU64,
    checked: Notify,
    forgetful: bool,
}

impl Scripted {
    fn new() -> Self {
        Self {
            failures: StdMutex::default(),
            down: StdMutex::default(),
            go: watch::Sender::new(true),
            reads: AtomicU64::new(0),
            checks: AtomicU64::new(0),
            checked: Notify::new(),
            forgetful: false,
        }
    }

    fn fail(self, key: &str, error: ReadError) -> Self {
        self.failures.lock().unwrap().insert(key.to_owned(), error);
        self
    }

    fn set_down(&self, error: Option<ReadError>) {
        *self.down.lock().unwrap() = error;
    }

    async fn answer(&self, key: &RemoteKey) -> Result<Payload, ReadError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.go.subscribe().wait_for(|go| *go).await.unwrap();
        if let Some(error) = self.down.lock().unwrap().clone() {
            return Err(error);
        }
        match self.failures.lock().unwrap().get(&key.key) {
            Some(error) => Err(error.clone()),
            None => Ok(Payload::new(SecretBytes::new(key.key.clone().into_bytes()), Selection::FakeGjson, None)),
        }
    }
}

#[async_trait]
impl Provider for Scripted {
    fn read(&self, mut keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        keys.sort();
        if self.forgetful {
            keys.pop();
        }
        stream::iter(keys)
            .then(async |key| {
                let answer = self.answer(&key).await;
                (key, answer)
            })
            .boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        self.checks.fetch_add(1, Ordering::SeqCst);
        self.checked.notify_one();
        self.down.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    async fn confirm_absence(&self, _key: &RemoteKey) -> Result<(), ReadError> {
        Ok(())
    }

    async fn store_id(&self) -> Option<String> {
        None
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    async fn close(&self) {}

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

#[async_trait]
impl Writer for Scripted {
    async fn push(&self, push: &Push) -> Result<Pushed, PushError> {
        Ok(self.answer(&key(&push.at.as_key().key)).await.map(|_| Pushed::Written)?)
    }

    async fn remove(&self, at: &AdmittedPush) -> Result<Removed, PushError> {
        Ok(self.answer(&key(&at.as_key().key)).await.map(|_| Removed::Gone)?)
    }
}

fn session_over(provider: &Arc<Scripted>) -> Arc<Session> {
    let provider: Arc<dyn Provider> = provider.clone();
    Session::new(provider)
}

fn key(name: &str) -> RemoteKey {
    RemoteKey::value(name, None)
}

fn keys(names: &[&str]) -> Vec<RemoteKey> {
    names.iter().map(|name| key(name)).collect()
}

async fn outcomes(session: &Arc<Session>, names: &[&str]) -> BTreeMap<String, Result<Vec<u8>, ReadError>> {
    let results: Vec<_> = session.read(keys(names)).collect().await;
    let distinct = results.len();
    let by_name: BTreeMap<_, _> = results
        .into_iter()
        .map(|(key, outcome)| (key.key, outcome.map(|payload| payload.select(None).unwrap().expose().to_vec())))
        .collect();
    assert_eq!(by_name.len(), distinct, "one result a key");
    by_name
}

#[tokio::test]
async fn two_who_want_the_same_key_share_one_read() {
    let provider = Arc::new(Scripted::new());
    provider.go.send_replace(false);
    let session = session_over(&provider);
    let first = session.read(keys(&["a", "b"]));
    let second = session.read(keys(&["a", "a"]));
    provider.go.send_replace(true);
    let (first, second): (Vec<_>, Vec<_>) = tokio::join!(first.collect(), second.collect());
    assert_eq!((first.len(), second.len()), (2, 1));
    assert_eq!(provider.reads.load(Ordering::SeqCst), 2);
    let of = |results: &[ReadResult<Arc<Payload>>]| {
        results.iter().find(|(found, _)| *found == key("a")).and_then(|(_, outcome)| outcome.clone().ok()).unwrap()
    };
    assert!(Arc::ptr_eq(&of(&first), &of(&second)));
    assert_eq!(session.results().shared(), 1);
}

#[tokio::test]
async fn an_answer_is_not_kept() {
    let provider = Arc::new(Scripted::new());
    let session = session_over(&provider);
    outcomes(&session, &["a"]).await;
    outcomes(&session, &["a"]).await;
    assert_eq!(provider.reads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_the_others_their_answer() {
    let provider = Arc::new(Scripted::new());
    provider.go.send_replace(false);
    let session = session_over(&provider);
    let first = session.read(keys(&["a"]));
    let second = session.read(keys(&["a"]));
    drop(first);
    provider.go.send_replace(true);
    let results: Vec<_> = second.collect().await;
    assert!(results.iter().all(|(_, outcome)| outcome.is_ok()));
}

#[tokio::test]
async fn a_key_that_the_provider_forgets_is_a_bad_answer() {
    let mut provider = Scripted::new();
    provider.forgetful = true;
    let session = Session::new(Arc::new(provider));
    let outcomes = outcomes(&session, &["a", "b"]).await;
    assert!(outcomes["a"].is_ok());
    assert_eq!(outcomes["b"], Err(ReadError::BadAnswer));
}

#[tokio::test]
async fn a_failing_key_leaves_the_others_alone() {
    let provider = Arc::new(Scripted::new().fail("b", ReadError::Denied).fail("c", ReadError::Unavailable));
    let session = session_over(&provider);
    for _ in 0..3 {
        let outcomes = outcomes(&session, &["a", "b", "c", "d"]).await;
        assert_eq!(outcomes["b"], Err(ReadError::Denied));
        assert_eq!(outcomes["c"], Err(ReadError::Unavailable));
        assert!(outcomes["a"].is_ok() && outcomes["d"].is_ok());
        assert_eq!(session.circuit().failure(), None);
    }
    assert_eq!(provider.checks.load(Ordering::SeqCst), 1, "a store that was vouched for is not probed again at once");
    let failed: BTreeMap<_, _> = session.results().failed().collect();
    assert_eq!((session.results().served(), failed[&sealbridge_api::Reason::SourceDenied]), (6, 3));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_asked_by_one_probe_until_it_is_back() {
    let provider = Arc::new(Scripted::new());
    provider.set_down(Some(ReadError::Unavailable));
    let session = session_over(&provider);
    let names: Vec<String> = (0..50).map(|index| format!("k{index:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let failed = outcomes(&session, &names).await;
    assert!(failed.values().all(|outcome| *outcome == Err(ReadError::Unavailable)));
    assert_eq!(provider.reads.load(Ordering::SeqCst), 1, "the first failure ends the batch");
    assert_eq!(provider.checks.load(Ordering::SeqCst), 1);

    outcomes(&session, &names).await;
    assert_eq!(provider.reads.load(Ordering::SeqCst), 1, "open, nothing is asked");
    assert_eq!(session.check().await, Err(ReadError::Unavailable));

    let began = Instant::now();
    while began.elapsed() < Duration::from_mins(2) {
        provider.checked.notified().await;
    }
    let probes = provider.checks.load(Ordering::SeqCst);
    assert!((7..=14).contains(&probes), "{probes} probes in two minutes");

    let mut told = session.circuit().subscribe();
    provider.set_down(None);
    told.wait_for(|state| *state == CircuitState::Closed).await.unwrap();
    session.circuit().closed().await;
    assert!(outcomes(&session, &["a"]).await["a"].is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_opens_the_circuit_without_another_try() {
    let provider = Arc::new(Scripted::new().fail("a", ReadError::LoginRefused));
    let session = session_over(&provider);
    let outcomes = outcomes(&session, &["a", "b"]).await;
    assert_eq!(outcomes["b"], Err(ReadError::LoginRefused));
    assert_eq!(provider.checks.load(Ordering::SeqCst), 0);
    assert_eq!(session.circuit().failure(), Some(ReadError::LoginRefused));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_asks_for_patience_is_left_alone_that_long() {
    let after = Some(Duration::from_secs(40));
    let provider = Arc::new(Scripted::new().fail("a", ReadError::RateLimited { after }));
    let session = session_over(&provider);
    let began = Instant::now();
    outcomes(&session, &["a"]).await;
    provider.checked.notified().await;
    assert!(began.elapsed() >= Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn the_probe_ends_with_the_session() {
    let provider = Arc::new(Scripted::new().fail("a", ReadError::LoginRefused));
    let session = session_over(&provider);
    outcomes(&session, &["a"]).await;
    drop(session);
    sleep(Duration::from_mins(5)).await;
    assert_eq!(provider.checks.load(Ordering::SeqCst), 0);
    assert_eq!(Arc::strong_count(&provider), 1);
}

#[tokio::test]
async fn an_absence_is_no_failure_of_the_store() {
    let provider = Scripted::new().fail("a", ReadError::Absent(Absence::NotFound));
    let session = Session::new(Arc::new(provider));
    outcomes(&session, &["a"]).await;
    assert_eq!(session.circuit().failure(), None);
}

fn place(name: &str) -> AdmittedPush {
    Admission::to_everything().admit_push(&PushKey { key: name.to_owned(), property: None }).unwrap()
}

fn value(name: &str) -> Push {
    let (metadata, only_if_absent) = (None, false);
    Push { at: place(name), value: SecretBytes::new(b"v".to_vec()), metadata, only_if_absent, pusher: Pusher::Native }
}

#[tokio::test]
async fn a_write_that_fails_stops_the_others_only_if_the_store_is_down() {
    let failing = Scripted::new().fail("b", ReadError::Denied).fail("c", ReadError::Unavailable);
    let provider = Arc::new(failing);
    let session = session_over(&provider);
    assert_eq!(session.push(&value("a")).await, Ok(Pushed::Written));
    for (name, error) in [("b", ReadError::Denied), ("c", ReadError::Unavailable)] {
        assert_eq!(session.push(&value(name)).await, Err(PushError::Store(error.clone())));
        assert_eq!(session.remove(&place(name)).await, Err(PushError::Store(error)));
        assert_eq!(session.circuit().failure(), None);
    }
    assert_eq!(session.remove(&place("a")).await, Ok(Removed::Gone));

    provider.set_down(Some(ReadError::LoginRefused));
    assert_eq!(session.push(&value("a")).await, Err(PushError::Store(ReadError::LoginRefused)));
    let asked = provider.reads.load(Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(session.push(&value("b")).await, Err(PushError::Store(ReadError::LoginRefused)));
        assert_eq!(session.remove(&place("b")).await, Err(PushError::Store(ReadError::LoginRefused)));
    }
    assert_eq!(provider.reads.load(Ordering::SeqCst), asked, "a store that is known to be down is not asked");
}
