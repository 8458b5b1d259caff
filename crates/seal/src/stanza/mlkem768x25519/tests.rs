//! What readers of this stanza have to refuse, and how each is classed. That other programs understand it is shown
//! on the age binary and its test vectors.

use super::*;
use age::{Identity as _, Recipient as _};
use age_core::format::FILE_KEY_BYTES;
use rstest::rstest;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; SEED_BYTES]).unwrap()
}

fn stanza_for(key: &SecretKey) -> Stanza {
    let (mut stanzas, labels) = key.public().wrap_file_key(&FileKey::new(Box::new([9; FILE_KEY_BYTES]))).unwrap();
    assert_eq!(labels, HashSet::from([LABEL.to_owned()]));
    stanzas.remove(0)
}

#[derive(Debug, PartialEq)]
enum Answer {
    Key([u8; FILE_KEY_BYTES]),
    NotForMe,
    InvalidHeader,
}

fn answer(key: &SecretKey, stanza: &Stanza) -> Answer {
    match key.unwrap_stanza(stanza) {
        Some(Ok(file_key)) => Answer::Key(*file_key.expose_secret()),
        None => Answer::NotForMe,
        Some(Err(DecryptError::InvalidHeader)) => Answer::InvalidHeader,
        Some(Err(other)) => panic!("unexpected {other:?}"),
    }
}

#[test]
fn the_holder_and_nobody_else_unwraps() {
    let stanza = stanza_for(&key(1));
    assert_eq!(answer(&key(1), &stanza), Answer::Key([9; FILE_KEY_BYTES]));
    assert_eq!(answer(&key(2), &stanza), Answer::NotForMe);
}

#[rstest]
#[case::upper_case(|stanza: &mut Stanza| stanza.tag.make_ascii_uppercase(), Answer::NotForMe)]
#[case::curve_alone(|stanza: &mut Stanza| stanza.tag = crate::stanza::x25519::TAG.to_owned(), Answer::NotForMe)]
#[case::no_argument(|stanza: &mut Stanza| stanza.args.clear(), Answer::InvalidHeader)]
#[case::two_arguments(|stanza: &mut Stanza| stanza.args.push("a".to_owned()), Answer::InvalidHeader)]
#[case::short(|stanza: &mut Stanza| stanza.args[0].truncate(1493), Answer::InvalidHeader)]
#[case::padded(|stanza: &mut Stanza| stanza.args[0].push_str("=="), Answer::InvalidHeader)]
#[case::loose_bits(|stanza: &mut Stanza| { stanza.args[0].pop(); stanza.args[0].push('B'); }, Answer::InvalidHeader)]
#[case::short_body(|stanza: &mut Stanza| stanza.body.truncate(31), Answer::InvalidHeader)]
#[case::long_body(|stanza: &mut Stanza| stanza.body.push(0), Answer::InvalidHeader)]
#[case::changed_body(|stanza: &mut Stanza| stanza.body[0] ^= 1, Answer::NotForMe)]
fn a_stanza_that_is_none(#[case] change: fn(&mut Stanza), #[case] expected: Answer) {
    let mut stanza = stanza_for(&key(1));
    change(&mut stanza);
    assert_eq!(answer(&key(1), &stanza), expected);
}
