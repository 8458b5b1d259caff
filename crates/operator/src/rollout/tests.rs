//! The loop without a cluster. Times are held by the tests of `batches`.

use super::*;
use error::RolloutFailure;
use sealbridge_api::bridged_secret::WorkloadKind;
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::sync::oneshot;

const SHORT: Duration = Duration::from_millis(1);

/// Answers from a script, then `Told`; keeps what it was asked.
struct Script {
    answers: Mutex<VecDeque<Outcome>>,
    told: Mutex<Vec<String>>,
}

impl Script {
    fn new(answers: &[Outcome]) -> Self {
        Self { answers: Mutex::new(answers.iter().copied().collect()), told: Mutex::default() }
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

impl Tell for Script {
    async fn tell(&self, workload: &Workload) -> Outcome {
        self.told.lock().unwrap().push(workload.workload.name.clone());
        self.answers.lock().unwrap().pop_front().unwrap_or(Outcome::Told)
    }
}

fn request(name: &str, revision: &str) -> RolloutRequest {
    RolloutRequest {
        object: ObjectId { kind: crate::identity::Kind::BridgedSecret, namespace: "shop".into(), name: name.into() },
        secret: name.to_owned(),
        revision: revision.to_owned(),
        workloads: vec![WorkloadRef { kind: WorkloadKind::Deployment, name: "web".to_owned() }],
    }
}

fn names(results: &[RolloutResult]) -> Vec<&str> {
    results.iter().map(|result| &*result.object.name).collect()
}

/// Runs the loop until `count` results have come, then stops it.
async fn served(script: &Script, requests: Vec<RolloutRequest>, count: usize) -> Vec<RolloutResult> {
    let (send_request, receive_request) = mpsc::channel(16);
    let (send_result, mut receive_result) = mpsc::channel(16);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        stopped.await.unwrap();
    };
    let client = async {
        for request in requests {
            send_request.send(request).await.unwrap();
        }
        let mut results = Vec::new();
        while results.len() < count {
            results.push(receive_result.recv().await.unwrap());
        }
        stop.send(()).unwrap();
        results
    };
    let ((), results) = tokio::join!(serve(script, SHORT, receive_request, send_result, shutdown), client);
    results
}

#[tokio::test]
async fn two_secrets_restart_a_workload_once() {
    let script = Script::new(&[]);
    let results = served(&script, vec![request("a", "1"), request("b", "1")], 2).await;
    assert_eq!(names(&results), ["a", "b"]);
    assert_eq!(script.told().len(), 1);
}

#[tokio::test]
async fn an_outage_delays_and_loses_nothing() {
    let script = Script::new(&[Outcome::Unavailable]);
    let results = served(&script, vec![request("a", "1")], 1).await;
    assert_eq!(results[0].outcome, Ok(()));
    assert_eq!(script.told().len(), 2);
}

#[tokio::test]
async fn a_missing_workload_is_reported_and_not_tried_again() {
    let script = Script::new(&[Outcome::Failed(RolloutFailure::NotFound)]);
    let results = served(&script, vec![request("a", "1")], 1).await;
    assert_eq!(results[0].outcome.as_ref().unwrap_err().failure, RolloutFailure::NotFound);
    assert_eq!(script.told().len(), 1);
}

#[tokio::test]
async fn stopping_tells_what_is_pending_without_waiting_for_the_window() {
    let script = Script::new(&[]);
    let (send_request, receive_request) = mpsc::channel(16);
    let (send_result, mut receive_result) = mpsc::channel(16);
    send_request.send(request("a", "1")).await.unwrap();
    let endless = Duration::from_secs(u64::from(u32::MAX));
    serve(&script, endless, receive_request, send_result, std::future::ready(())).await;
    assert_eq!(names(&[receive_result.recv().await.unwrap()]), ["a"]);
    assert_eq!(script.told(), ["web"]);
}

#[tokio::test]
async fn the_end_of_all_requests_ends_the_loop() {
    let script = Script::new(&[]);
    let (send_request, receive_request) = mpsc::channel(16);
    let (send_result, mut receive_result) = mpsc::channel(16);
    send_request.send(request("a", "1")).await.unwrap();
    drop(send_request);
    serve(&script, SHORT, receive_request, send_result, std::future::pending()).await;
    assert!(receive_result.recv().await.unwrap().outcome.is_ok());
    assert!(receive_result.recv().await.is_none());
}
