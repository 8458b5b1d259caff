use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use rstest::rstest;
use sealbridge_provider::ReadError;
use sealbridge_secret::{DigestKey, Purpose};

use super::*;

/// A lease of ten minutes, shown by its name.
struct Named {
    name: &'static str,
    left: AtomicU64,
    renewable: bool,
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[async_trait]
impl Lease for Named {
    fn first_life(&self) -> Option<Duration> {
        Some(Duration::from_mins(10))
    }

    fn left(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.left.load(Ordering::Relaxed)))
    }

    fn is_renewable(&self) -> bool {
        self.renewable
    }

    async fn renew(&self) -> Renewal {
        Renewal::Granted
    }

    async fn give_back(&self) -> Result<(), ReadError> {
        Ok(())
    }
}

fn lease(name: &'static str) -> Arc<dyn Lease> {
    Arc::new(Named { name, left: AtomicU64::new(600), renewable: true })
}

fn fresh(source: &str, name: &'static str) -> Fresh {
    Fresh { made: Arc::new(Generated::Made(Vec::new())), ends: Some(400), lease: Some(lease(name)), source: source.into() }
}

fn run(text: &str) -> Digest {
    let mut digester = DigestKey::from_bytes(&[7; 32]).unwrap().digester(Purpose::Inputs, "uid", "run");
    digester.field(text.as_bytes());
    digester.finish()
}

fn runs(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| run(text).to_string()).collect()
}

fn stands_in() -> StandsIn {
    StandsIn { kind: None, name: "db".to_owned(), uid: "uid".to_owned() }
}

fn names(leases: &[Arc<dyn Lease>]) -> Vec<String> {
    leases.iter().map(|lease| format!("{lease:?}")).collect()
}

/// Writes what was made in some runs into a Secret that then has the values of `has`. What is replaced is given back.
fn write(held: &mut Held, made: &[(&str, &str, &'static str)], has: &[&str]) -> Vec<String> {
    write_as(held, made, has, Replaced::IsGivenBack)
}

fn write_as(held: &mut Held, made: &[(&str, &str, &'static str)], has: &[&str], replaced: Replaced) -> Vec<String> {
    let mut unwritten = Unwritten::default();
    let dropped = unwritten.hold(made.iter().map(|(digest, source, name)| (run(digest), fresh(source, name))));
    assert!(dropped.is_empty());
    names(&held.written(&runs(has), unwritten, Some(stands_in()), replaced))
}

#[test]
fn the_one_before_the_last_is_given_back() {
    let mut held = Held::default();
    assert!(write(&mut held, &[("1", "a", "first")], &["1"]).is_empty());
    assert!(write(&mut held, &[], &["1"]).is_empty(), "what was only found again replaces nothing");
    assert!(write(&mut held, &[("2", "a", "second")], &["2"]).is_empty(), "workloads may still have the first");
    assert_eq!(write(&mut held, &[("3", "a", "third")], &["3"]), ["first"]);
    assert_eq!(write(&mut held, &[("3", "a", "fourth")], &["3"]), ["second"], "one that was lost and made anew in its run");
}

#[test]
fn without_being_asked_to_nothing_that_was_written_is_given_back() {
    let mut held = Held::default();
    for (digest, name) in [("1", "first"), ("2", "second"), ("3", "third")] {
        assert!(write_as(&mut held, &[(digest, "a", name)], &[digest], Replaced::Ends).is_empty());
    }
    let (_, leases) = held.estate(&Unwritten::default()).unwrap();
    assert_eq!(names(&leases), ["third", "second"], "with the object");
}

#[test]
fn sources_replace_their_own_alone() {
    let mut held = Held::default();
    assert!(write(&mut held, &[("a1", "a", "a1"), ("b1", "b", "b1")], &["a1", "b1"]).is_empty());
    assert!(write(&mut held, &[("a2", "a", "a2")], &["a2", "b1"]).is_empty());
    assert!(write(&mut held, &[("b2", "b", "b2")], &["a2", "b2"]).is_empty());
    assert_eq!(write(&mut held, &[("a3", "a", "a3")], &["a3", "b2"]), ["a1"]);
    // Source b is taken out: what it brought last stays as long as its object.
    assert_eq!(write(&mut held, &[], &["a3"]), ["b1"]);
    assert_eq!(write(&mut held, &[("a4", "a", "a4")], &["a4"]), ["a2"]);
    let (secret, leases) = held.estate(&Unwritten::default()).unwrap();
    assert_eq!((secret, names(&leases)), (stands_in(), ["a4", "a3", "b2"].map(ToOwned::to_owned).to_vec()));
}

#[test]
fn one_that_ended_is_not_held_any_more() {
    let mut held = Held::default();
    write(&mut held, &[("1", "a", "first")], &["1"]);
    let ended: Arc<dyn Lease> = Arc::new(Named { name: "ended", left: AtomicU64::new(0), renewable: true });
    held.before.insert("b".into(), ended);
    write(&mut held, &[], &["1"]);
    assert_eq!(names(&held.estate(&Unwritten::default()).unwrap().1), ["first"]);
}

#[rstest]
#[case::refused(&[Writing::Refused], &["old"])]
#[case::under_way(&[], &[])]
#[case::unknown(&[Writing::Unknown], &[])]
#[case::unknown_stays_unknown(&[Writing::Unknown, Writing::Refused], &[])]
fn what_may_have_been_written_is_not_given_back(#[case] notes: &[Writing], #[case] given_back: &[&str]) {
    let mut unwritten = Unwritten::default();
    assert!(unwritten.hold([(run("1"), fresh("a", "old"))]).is_empty());
    notes.iter().for_each(|note| unwritten.note(*note));
    let mut others = unwritten.clone();
    // Another run, or no generator any more.
    assert_eq!(names(&unwritten.hold([(run("2"), fresh("a", "new"))])), given_back);
    assert_eq!(names(&Held::default().written(&runs(&[]), std::mem::take(&mut others), None, Replaced::Ends)), given_back);
}

#[test]
fn a_write_that_is_tried_again_after_an_unknown_one_is_unknown_too() {
    let mut unwritten = Unwritten::default();
    let made = fresh("a", "old");
    assert!(unwritten.hold([(run("1"), made.clone())]).is_empty());
    unwritten.is_unknown();
    assert!(unwritten.hold([(run("1"), made)]).is_empty());
    unwritten.was_refused();
    assert!(unwritten.hold([]).is_empty());
}

#[test]
fn what_is_renewed_is_due_again_later_and_what_is_not_has_ended() {
    let mut held = Held::default();
    write(&mut held, &[("1", "a", "first")], &["1"]);
    assert_eq!((held.due(399).count(), held.due(400).count(), held.ended(400)), (0, 1, None));
    let (digest, first) = held.due(400).map(|(digest, lease)| (digest.clone(), Arc::clone(lease))).next().unwrap();
    held.renewed(&digest, &lease("another"), None);
    held.renewed(&digest, &first, Some(800));
    assert_eq!((held.due(799).count(), held.due(800).count(), held.ended(800)), (0, 1, None));
    held.renewed(&digest, &first, None);
    assert_eq!((held.due(900).count(), held.ended(799), held.ended(900)), (0, None, Some(800)));
}

#[test]
fn without_a_lease_that_can_be_renewed_the_end_is_the_end() {
    let mut held = Held::default();
    let once: Arc<dyn Lease> = Arc::new(Named { name: "once", left: AtomicU64::new(600), renewable: false });
    for (digest, lease) in [("1", Some(once)), ("2", None)] {
        let mut unwritten = Unwritten::default();
        drop(unwritten.hold([(run(digest), Fresh { lease, ..fresh("a", "none") })]));
        drop(held.written(&runs(&[digest]), unwritten, None, Replaced::Ends));
        assert_eq!((held.due(500).count(), held.ended(500)), (0, Some(400)), "{digest}");
    }
    assert!(held.estate(&Unwritten::default()).is_none(), "nothing goes with its object");
}

#[rstest]
#[case::whole(Renewal::Granted, 600, Some(400))]
#[case::half(Renewal::Granted, 300, Some(200))]
#[case::the_last_end_is_near(Renewal::Granted, 299, None)]
#[case::refused(Renewal::Refused, 600, None)]
#[case::unanswered(Renewal::Unanswered, 600, Some(60))]
#[case::unanswered_with_little_left(Renewal::Unanswered, 90, Some(30))]
#[case::unanswered_with_less_left(Renewal::Unanswered, 12, Some(10))]
#[case::unanswered_to_the_end(Renewal::Unanswered, 10, None)]
fn the_next_renewal(#[case] renewal: Renewal, #[case] left: u64, #[case] next: Option<u64>) {
    let lease = Named { name: "one", left: AtomicU64::new(left), renewable: true };
    assert_eq!(next_renewal(renewal, &lease).map(|pause| pause.as_secs()), next);
}
