//! Sealing and opening together: what comes back, for whom, and with which key.

use super::*;
use crate::error::{FormatError, OuterField};
use crate::glob::NamespaceGlob;
use crate::identity::KeyPair;
use crate::recipient_set::RecipientSet;
use crate::sealing::seal;
use crate::target::Part;
use proptest::prelude::*;
use rstest::rstest;

mod forged;
mod interop;
mod resealed;

const TARGET: Target<'static> = Target { namespace: "shop", name: "checkout", key: "PASSWORD" };
const DAY: Date = Date::constant(2026, 11, 21);

fn pairs(count: usize) -> Vec<KeyPair> {
    (0..count).map(|_| KeyPair::generate().unwrap()).collect()
}

fn set_of(pairs: &[KeyPair]) -> RecipientSet {
    RecipientSet::new(pairs.iter().map(|pair| pair.recipient().clone())).unwrap()
}

fn ring_of(pairs: Vec<KeyPair>) -> KeyRing {
    KeyRing::new(pairs.into_iter().map(KeyPair::into_identity))
}

fn seal_strict(value: &[u8], recipients: &RecipientSet) -> String {
    seal(value, &TARGET, Scope::Strict, None, recipients, DAY).unwrap()
}

/// One key, and a value sealed to it.
fn ring_and_text(value: &[u8], scope: Scope, glob: Option<&NamespaceGlob>) -> (KeyRing, String) {
    let pairs = pairs(1);
    let text = seal(value, &TARGET, scope, glob, &set_of(&pairs), DAY).unwrap();
    (ring_of(pairs), text)
}

#[rstest]
#[case::empty(b"")]
#[case::newline(b"\n")]
#[case::lines(b"a\nb\n\n")]
#[case::nul(b"\0a\0")]
#[case::not_utf8(b"\xff\xfe")]
#[case::looks_like_a_header(b"{\"v\":1}\n")]
fn values_come_back_byte_for_byte(#[case] value: &[u8]) {
    let (ring, text) = ring_and_text(value, Scope::Strict, None);
    let opened = ring.open(&text, &TARGET).unwrap();
    assert_eq!(opened.value.expose(), value);
    assert_eq!((opened.scope, opened.sealed_on), (Scope::Strict, DAY));
    assert_eq!(Some(opened.key_id), ring.ids().next());
}

#[test]
fn the_largest_value_fits_and_one_byte_more_does_not() {
    let value = vec![0x5a; MAX_VALUE_BYTES];
    let (ring, text) = ring_and_text(&value, Scope::Strict, None);
    assert!(text.len() <= crate::limits::MAX_TEXT_BYTES);
    assert_eq!(ring.open(&text, &TARGET).unwrap().value.expose(), value);
    let more = vec![0; MAX_VALUE_BYTES + 1];
    let refused = seal(&more, &TARGET, Scope::Strict, None, &set_of(&pairs(1)), DAY);
    assert_eq!(refused, Err(crate::error::SealError::TooLarge));
}

#[test]
fn the_most_recipients_fit() {
    let mut pairs = pairs(crate::limits::MAX_RECIPIENTS);
    let text = seal_strict(b"v", &set_of(&pairs));
    let last = ring_of(vec![pairs.pop().unwrap()]);
    assert_eq!(last.open(&text, &TARGET).unwrap().value.expose(), b"v");
}

#[test]
fn two_texts_of_one_value_share_nothing_but_their_claims() {
    let set = set_of(&pairs(1));
    let (one, two) = (seal_strict(b"v", &set), seal_strict(b"v", &set));
    let files = [&one, &two].map(|text| text.rsplit_once(':').unwrap());
    assert_eq!(files[0].0, files[1].0);
    assert_ne!(files[0].1, files[1].1);
}

#[rstest]
#[case::strict_namespace(Scope::Strict, Target { namespace: "other", ..TARGET }, Some(Part::Namespace))]
#[case::strict_name(Scope::Strict, Target { name: "other", ..TARGET }, Some(Part::Name))]
#[case::strict_key(Scope::Strict, Target { key: "OTHER", ..TARGET }, Some(Part::Key))]
#[case::namespace_namespace(Scope::Namespace, Target { namespace: "other", ..TARGET }, Some(Part::Namespace))]
#[case::namespace_name(Scope::Namespace, Target { name: "other", ..TARGET }, None)]
#[case::namespace_key(Scope::Namespace, Target { key: "OTHER", ..TARGET }, Some(Part::Key))]
#[case::cluster_elsewhere(Scope::Cluster, Target { namespace: "other", name: "other", ..TARGET }, None)]
#[case::cluster_key(Scope::Cluster, Target { key: "OTHER", ..TARGET }, Some(Part::Key))]
fn a_copied_value_opens_only_as_far_as_its_scope(
    #[case] scope: Scope,
    #[case] copied_to: Target<'_>,
    #[case] refused_for: Option<Part>,
) {
    let (ring, text) = ring_and_text(b"v", scope, None);
    let part = match ring.open(&text, &copied_to) {
        Ok(_) => None,
        Err(OpenError::SealedForOther { part, sealed_for, used_for }) => {
            assert_eq!((sealed_for.as_str(), used_for.as_str()), (TARGET.part(part), copied_to.part(part)));
            Some(part)
        }
        Err(other) => panic!("{other}"),
    };
    assert_eq!(part, refused_for);
    assert_eq!(SealedValue::parse(&text).unwrap().matches_target(&copied_to), refused_for.is_none());
}

#[test]
fn a_glob_opens_in_its_namespaces_and_is_shown_outside() {
    let glob = "shop*".parse().unwrap();
    let (ring, text) = ring_and_text(b"v", Scope::Strict, Some(&glob));
    let sealed = SealedValue::parse(&text).unwrap();
    assert_eq!(sealed.namespace_glob(), Some(&glob));
    for (namespace, fits) in [("shop", true), ("shop-pr-7", true), ("other", false)] {
        let target = Target { namespace, ..TARGET };
        assert_eq!(sealed.matches_target(&target), fits);
        assert_eq!(ring.open(&text, &target).is_ok(), fits);
    }
}

#[test]
fn every_recipient_opens_and_is_named() {
    let pairs = pairs(4);
    let text = seal_strict(b"v", &set_of(&pairs));
    let ids: Vec<_> = set_of(&pairs).ids().collect();
    assert_eq!(SealedValue::parse(&text).unwrap().key_ids(), ids);
    for pair in pairs {
        let ring = ring_of(vec![pair]);
        let opened = ring.open(&text, &TARGET).unwrap();
        assert_eq!(Some(opened.key_id), ring.ids().next());
    }
}

#[test]
fn without_a_key_the_wanted_and_the_held_are_told() {
    let (sealed_to, held) = (pairs(2), pairs(3));
    let text = seal_strict(b"v", &set_of(&sealed_to));
    let expected = OpenError::NoKey { wanted: set_of(&sealed_to).ids().collect(), held: set_of(&held).ids().collect() };
    assert_eq!(ring_of(held).open(&text, &TARGET), Err(expected));
}

#[test]
fn a_key_that_is_not_allowed_for_the_namespace_does_not_open() {
    let pairs = pairs(2);
    let text = seal_strict(b"v", &set_of(&pairs[..1]));
    let wanted = pairs[0].recipient().id();
    let other = pairs[1].recipient().id();
    let ring = ring_of(pairs);
    assert!(ring.for_namespace(|id| *id == wanted).open(&text, &TARGET).is_ok());
    let refused = ring.for_namespace(|id| *id != wanted).open(&text, &TARGET);
    assert_eq!(refused, Err(OpenError::NoKey { wanted: vec![wanted], held: vec![other] }));
}

#[test]
fn named_keys_are_tried_first_at_the_position_of_their_name() {
    let pairs = pairs(20);
    let mut hints: Vec<_> = pairs[..3].iter().map(|pair| pair.recipient().id()).collect();
    hints.sort();
    let ring = ring_of(pairs);
    let attempt = Attempt { ring: &ring, hints: &hints, opened_by: Cell::new(None) };
    let tried: Vec<_> = attempt.candidates().map(|(identity, position)| (identity.id(), position)).collect();
    assert_eq!(tried[..3], [(hints[0], 0), (hints[1], 1), (hints[2], 2)]);
    assert_eq!(tried.iter().map(|(id, _)| *id).collect::<std::collections::BTreeSet<_>>().len(), 20);
    assert_eq!(tried.len(), 20);
}

#[test]
fn debug_of_a_ring_shows_ids_only() {
    let pairs = pairs(1);
    let expected = format!("{{{}}}", pairs[0].recipient().id());
    assert_eq!(format!("{:?}", ring_of(pairs)), expected);
}

fn any_scope() -> impl Strategy<Value = Scope> {
    prop_oneof![Just(Scope::Strict), Just(Scope::Namespace), Just(Scope::Cluster)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_value_round_trips(
        value: Vec<u8>,
        scope in any_scope(),
        (namespace, name, key) in ("[a-z0-9-]{1,63}", "[a-z0-9.-]{1,253}", "[-._a-zA-Z0-9]{1,253}"),
    ) {
        let target = Target { namespace: &namespace, name: &name, key: &key };
        let pairs = pairs(1);
        let text = seal(&value, &target, scope, None, &set_of(&pairs), DAY).unwrap();
        let sealed = SealedValue::parse(&text).unwrap();
        prop_assert!(sealed.matches_target(&target));
        prop_assert_eq!(sealed.to_string(), text.clone());
        let opened = ring_of(pairs).open(&text, &target).unwrap();
        prop_assert_eq!(opened.value.expose(), value);
    }

    #[test]
    fn a_text_with_a_flipped_bit_is_refused(
        value in proptest::collection::vec(any::<u8>(), 0..40),
        scope in any_scope(),
        position: prop::sample::Index,
        bit in 0..7_u32,
    ) {
        let (ring, text) = ring_and_text(&value, scope, None);
        let mut bytes = text.clone().into_bytes();
        let at = position.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let edited = String::from_utf8(bytes).unwrap();
        let refused = ring.open(&edited, &TARGET).unwrap_err();
        prop_assert_ne!(refused.reason(), "SealedForOther", "{}", refused);
    }

    #[test]
    fn a_cut_text_is_refused(position: prop::sample::Index) {
        let (ring, text) = ring_and_text(b"0123456789", Scope::Strict, None);
        let (kept, _) = text.split_at(position.index(text.len()));
        prop_assert!(ring.open(kept, &TARGET).is_err());
    }
}
