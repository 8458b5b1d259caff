//! The stanza compared with the age crate's own implementation, in both directions.

use super::*;
use crate::key_text::{Form, encode};
use age::Recipient as _;
use proptest::prelude::*;
use rstest::rstest;

fn theirs(bytes: &[u8; KEY_BYTES]) -> age::x25519::Identity {
    encode(Form::Identity, bytes).parse().unwrap()
}

fn ours(bytes: &[u8; KEY_BYTES]) -> SecretKey {
    SecretKey::from_bytes(bytes).unwrap()
}

fn file_key(byte: u8) -> FileKey {
    FileKey::new(Box::new([byte; FILE_KEY_BYTES]))
}

/// What an implementation says about a stanza, reduced to what callers act on.
#[derive(Debug, PartialEq)]
enum Answer {
    Key([u8; FILE_KEY_BYTES]),
    NotForMe,
    InvalidHeader,
}

fn answer(identity: &dyn age::Identity, stanza: &Stanza) -> Answer {
    match identity.unwrap_stanza(stanza) {
        Some(Ok(key)) => Answer::Key(*key.expose_secret()),
        None => Answer::NotForMe,
        Some(Err(DecryptError::InvalidHeader)) => Answer::InvalidHeader,
        Some(Err(other)) => panic!("unexpected {other:?}"),
    }
}

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

fn stanza_for_key() -> Stanza {
    let (mut stanzas, _) = ours(&KEY).public().wrap_file_key(&file_key(9)).unwrap();
    stanzas.remove(0)
}

/// Points of low order, with the bit that says nothing and without.
fn low_order_points() -> Vec<[u8; KEY_BYTES]> {
    let with_bit = |mut point: [u8; KEY_BYTES]| {
        point[KEY_BYTES - 1] |= 0x80;
        point
    };
    low_order::POINTS.iter().flat_map(|point| [*point, with_bit(*point)]).collect()
}

/// Scalars are multiples of the cofactor 8, so that any one of them shows a low order.
fn agrees_with(point: &[u8; KEY_BYTES]) -> bool {
    ours(&KEY).agree(point, |_| ()).is_some()
}

#[test]
fn points_of_low_order_are_known_without_a_key_agreement() {
    for point in low_order_points() {
        assert!(!agrees_with(&point) && PublicKey::from_bytes(point).is_none(), "{point:x?}");
    }
}

proptest! {
    #[test]
    fn every_other_point_agrees(random: [u8; KEY_BYTES], which in 0..14_usize, byte in 0..KEY_BYTES, change in 1..=0x7f_u8) {
        let mut near = low_order_points()[which];
        near[byte] ^= change;
        for point in [random, near] {
            prop_assert_eq!(PublicKey::from_bytes(point).is_some(), agrees_with(&point), "{:x?}", point);
        }
    }
}

#[rstest]
#[case::intact(|_: &mut Stanza| (), Answer::Key([9; FILE_KEY_BYTES]))]
#[case::other_type(|s: &mut Stanza| s.tag = "scrypt".to_owned(), Answer::NotForMe)]
#[case::lower_case_type(|s: &mut Stanza| s.tag = "x25519".to_owned(), Answer::NotForMe)]
#[case::no_argument(|s: &mut Stanza| s.args.clear(), Answer::InvalidHeader)]
#[case::extra_argument(|s: &mut Stanza| s.args.push("1234".to_owned()), Answer::InvalidHeader)]
#[case::short_share(|s: &mut Stanza| s.args = vec![BASE64_STANDARD_NO_PAD.encode([1; 31])], Answer::InvalidHeader)]
#[case::long_share(|s: &mut Stanza| s.args = vec![BASE64_STANDARD_NO_PAD.encode([1; 33])], Answer::InvalidHeader)]
#[case::hybrid_share(|s: &mut Stanza| s.args = vec![BASE64_STANDARD_NO_PAD.encode([1; 1120])], Answer::InvalidHeader)]
#[case::padded_share(|s: &mut Stanza| s.args[0].push('='), Answer::InvalidHeader)]
#[case::trailing_bits(|s: &mut Stanza| s.args = vec![format!("{}B", "A".repeat(42))], Answer::InvalidHeader)]
#[case::not_base64(|s: &mut Stanza| s.args[0].replace_range(..1, "!"), Answer::InvalidHeader)]
#[case::another_share(|s: &mut Stanza| s.args = vec![BASE64_STANDARD_NO_PAD.encode([9; 32])], Answer::NotForMe)]
#[case::short_body(|s: &mut Stanza| s.body.truncate(31), Answer::InvalidHeader)]
#[case::long_body(|s: &mut Stanza| s.body.push(0), Answer::InvalidHeader)]
#[case::empty_body(|s: &mut Stanza| s.body.clear(), Answer::InvalidHeader)]
#[case::damaged_body(|s: &mut Stanza| s.body[0] ^= 1, Answer::NotForMe)]
fn a_stanza_is_judged_as_by_the_age_crate(#[case] damage: fn(&mut Stanza), #[case] expected: Answer) {
    let mut stanza = stanza_for_key();
    damage(&mut stanza);
    assert_eq!(answer(&ours(&KEY), &stanza), expected);
    assert_eq!(answer(&theirs(&KEY), &stanza), expected);
}

#[test]
fn a_share_of_low_order_is_an_error_of_the_file() {
    for point in low_order_points() {
        let mut stanza = stanza_for_key();
        stanza.args = vec![BASE64_STANDARD_NO_PAD.encode(point)];
        assert_eq!(answer(&ours(&KEY), &stanza), Answer::InvalidHeader, "{point:?}");
        assert_eq!(answer(&theirs(&KEY), &stanza), Answer::InvalidHeader, "{point:?}");
    }
}

#[test]
fn a_recipient_of_low_order_is_refused() {
    for point in low_order_points() {
        assert!(PublicKey::from_bytes(point).is_none(), "{point:?}");
    }
    assert!(PublicKey::from_bytes([9; KEY_BYTES]).is_some());
}

#[test]
fn a_stanza_is_not_for_another_key() {
    assert_eq!(answer(&ours(&[8; KEY_BYTES]), &stanza_for_key()), Answer::NotForMe);
}

proptest! {
    #[test]
    fn public_halves_are_equal(key: [u8; KEY_BYTES]) {
        let text = encode(Form::Recipient, ours(&key).public().as_bytes());
        prop_assert_eq!(text.as_str(), theirs(&key).to_public().to_string());
    }

    #[test]
    fn ours_opens_with_theirs_and_theirs_with_ours(key: [u8; KEY_BYTES], byte: u8) {
        let (ours, theirs) = (ours(&key), theirs(&key));
        let (by_us, _) = ours.public().wrap_file_key(&file_key(byte)).unwrap();
        prop_assert_eq!(answer(&theirs, &by_us[0]), Answer::Key([byte; FILE_KEY_BYTES]));
        let (by_them, _) = theirs.to_public().wrap_file_key(&file_key(byte)).unwrap();
        prop_assert_eq!(answer(&ours, &by_them[0]), Answer::Key([byte; FILE_KEY_BYTES]));
    }
}
