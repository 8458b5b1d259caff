use super::*;
use rstest::rstest;
use sealbridge_api::bridged_secret::WorkloadKind;

const WINDOW: Duration = Duration::from_secs(2);

fn object(name: &str) -> ObjectId {
    ObjectId { kind: crate::identity::Kind::BridgedSecret, namespace: "shop".into(), name: name.into() }
}

fn deployment(name: &str) -> WorkloadRef {
    WorkloadRef { kind: WorkloadKind::Deployment, name: name.to_owned() }
}

fn request(name: &str, revision: &str, workloads: &[&str]) -> RolloutRequest {
    RolloutRequest {
        object: object(name),
        secret: name.to_owned(),
        revision: revision.to_owned(),
        workloads: workloads.iter().map(|name| deployment(name)).collect(),
    }
}

fn done(name: &str, revision: &str) -> RolloutResult {
    RolloutResult { object: object(name), revision: revision.to_owned(), outcome: Ok(()) }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn several_secrets_of_one_workload_are_one_batch() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    assert!(batches.add(request("a", "1", &["web"]), start).is_empty());
    assert!(batches.add(request("b", "1", &["web"]), start + seconds(1)).is_empty());
    assert_eq!(batches.next_due(), Some(start + WINDOW), "the window starts with the first request");
    assert!(batches.take_due(start + seconds(1)).is_none());
    let batch = batches.take_due(start + WINDOW).unwrap();
    assert!(batches.take_due(start + WINDOW).is_none());
    assert_eq!(batches.finish(batch, Outcome::Told, start + WINDOW), [done("a", "1"), done("b", "1")]);
    assert_eq!(batches.next_due(), None);
}

#[test]
fn an_object_is_done_when_all_its_workloads_were_told() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["web", "worker"]), start);
    let [one, two] = batches.take_all().try_into().unwrap();
    assert!(batches.finish(one, Outcome::Told, start).is_empty());
    assert_eq!(batches.finish(two, Outcome::Told, start), [done("a", "1")]);
}

#[test]
fn one_missing_workload_does_not_keep_the_others_waiting() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["gone", "web"]), start);
    let [gone, web] = batches.take_all().try_into().unwrap();
    assert!(batches.finish(gone, Outcome::Failed(RolloutFailure::NotFound), start).is_empty());
    let error = RolloutError { workload: deployment("gone"), failure: RolloutFailure::NotFound };
    let expected = RolloutResult { object: object("a"), revision: "1".to_owned(), outcome: Err(error) };
    assert_eq!(batches.finish(web, Outcome::Told, start), [expected]);
}

#[test]
fn a_request_without_workloads_is_done_at_once() {
    assert_eq!(Batches::new(WINDOW).add(request("a", "1", &[]), Instant::now()), [done("a", "1")]);
}

#[test]
fn a_newer_request_replaces_the_older() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["old", "web"]), start);
    batches.add(request("a", "2", &["web"]), start);
    let [web] = batches.take_all().try_into().unwrap();
    assert_eq!(web.workload.workload, deployment("web"));
    assert_eq!(batches.finish(web, Outcome::Told, start), [done("a", "2")]);
}

#[test]
fn a_request_during_the_patch_is_told_after_it() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["web"]), start);
    let first = batches.take_due(start + WINDOW).unwrap();
    batches.add(request("a", "2", &["web"]), start + WINDOW);
    assert_eq!(batches.next_due(), None, "never two patches of one workload at once");
    assert!(batches.finish(first, Outcome::Told, start + WINDOW).is_empty(), "revision 1 is of no interest any more");
    let second = batches.take_due(start + WINDOW * 2).unwrap();
    assert_eq!(batches.finish(second, Outcome::Told, start + WINDOW * 2), [done("a", "2")]);
}

#[test]
fn the_same_request_during_the_patch_needs_no_second_patch() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["web"]), start);
    let batch = batches.take_due(start + WINDOW).unwrap();
    batches.add(request("a", "1", &["web"]), start + WINDOW);
    assert_eq!(batches.finish(batch, Outcome::Told, start + WINDOW), [done("a", "1")]);
    assert_eq!(batches.next_due(), None);
}

#[rstest]
#[case(0, 1)]
#[case(1, 2)]
#[case(3, 8)]
#[case(6, 60)]
#[case(u32::MAX, 60)]
fn pauses_grow_to_a_minute(#[case] failures: u32, #[case] pause: u64) {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["web"]), start);
    let mut batch = batches.take_due(start + WINDOW).unwrap();
    batch.failures = failures;
    assert!(batches.finish(batch, Outcome::Unavailable, start).is_empty());
    assert_eq!(batches.next_due(), Some(start + seconds(pause)));
    let again = batches.take_due(start + seconds(pause)).unwrap();
    assert_eq!(again.failures, failures.saturating_add(1));
    assert_eq!(batches.finish(again, Outcome::Told, start), [done("a", "1")]);
}

#[test]
fn a_newer_request_joins_a_workload_that_waits_for_its_next_try() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["web"]), start);
    let batch = batches.take_due(start + WINDOW).unwrap();
    batches.finish(batch, Outcome::Unavailable, start);
    batches.add(request("b", "1", &["web"]), start);
    let [batch] = batches.take_all().try_into().unwrap();
    assert_eq!(batches.finish(batch, Outcome::Told, start), [done("a", "1"), done("b", "1")]);
}

#[test]
fn equal_names_in_two_namespaces_are_two_workloads() {
    let start = Instant::now();
    let mut batches = Batches::new(WINDOW);
    batches.add(request("a", "1", &["web"]), start);
    let elsewhere = ObjectId { kind: crate::identity::Kind::BridgedSecret, namespace: "other".into(), name: "a".into() };
    batches.add(RolloutRequest { object: elsewhere, ..request("a", "1", &["web"]) }, start);
    assert_eq!(batches.take_all().len(), 2);
}
