//! A sealed value is a standard age file: the age crate's own keys open ours, and we open theirs.

use super::*;
use crate::format::print;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

fn their_identity(pair: &KeyPair) -> age::x25519::Identity {
    std::str::from_utf8(pair.identity_text().expose()).unwrap().parse().unwrap()
}

#[test]
fn the_third_field_opens_with_age_alone() {
    let pairs = pairs(2);
    let text = seal_strict(b"line 1\nline 2", &set_of(&pairs));
    let fields: Vec<_> = text.split(':').collect();
    let [_, _, base64] = fields.as_slice() else { panic!("{text}") };
    let file = BASE64_STANDARD.decode(base64).unwrap();
    for pair in &pairs {
        let plaintext = age::decrypt(&their_identity(pair), &file).unwrap();
        let (_, value) = std::str::from_utf8(&plaintext).unwrap().split_once('\n').unwrap();
        assert_eq!(value, "line 1\nline 2");
    }
}

#[test]
fn a_file_that_age_alone_wrote_opens() {
    let pairs = pairs(1);
    let ours = seal_strict(b"v", &set_of(&pairs));
    let sealed = SealedValue::parse(&ours).unwrap();
    let theirs = their_identity(&pairs[0]);
    let plaintext = age::decrypt(&theirs, &sealed.decode_file().unwrap()).unwrap();
    let text = print(sealed.claims(), &age::encrypt(&theirs.to_public(), &plaintext).unwrap());
    assert_eq!(ring_of(pairs).open(&text, &TARGET).unwrap().value.expose(), b"v");
}
