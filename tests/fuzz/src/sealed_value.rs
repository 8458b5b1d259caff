//! Sealed values: any text, any header inside an authentic file, any damage to a value.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_seal::{Date, KeyPair, KeyRing, RecipientSet, Scope, SealedValue, Target, encrypt_file, seal};

use crate::canary::ensure_absent;
use crate::damage::{damaged, split};

const TARGET: Target<'static> = Target { namespace: "shop", name: "checkout", key: "password" };
const DAY: Date = Date::constant(2026, 11, 21);

struct Keys {
    ring: KeyRing,
    recipients: RecipientSet,
    /// What stands outside of a value that is sealed for the target.
    claims: String,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let pair = KeyPair::generate().expect("randomness");
    let recipients = RecipientSet::new([pair.recipient().clone()]).expect("one recipient");
    let text = seal(b"", &TARGET, Scope::Strict, None, &recipients, DAY).expect("sealed");
    let claims = text.rsplit_once(':').expect("a file behind the claims").0.to_owned();
    Keys { ring: KeyRing::new([pair.into_identity()]), recipients, claims }
});

pub(crate) fn run(input: &[u8]) {
    match input.split_first() {
        Some((b'h', plaintext)) => header(plaintext),
        Some((b'd', rest)) => damage(rest),
        _ => text(input),
    }
}

fn text(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match SealedValue::parse(text) {
        Ok(sealed) => {
            assert_eq!(sealed.to_string(), text, "one spelling");
            std::hint::black_box(sealed.matches_target(&TARGET));
            if let Err(error) = sealed.stanzas() {
                ensure_absent(input, &error.to_string());
            }
            assert!(KEYS.ring.open(text, &TARGET).is_err(), "opened without its key");
        }
        Err(error) => ensure_absent(input, &error.to_string()),
    }
}

fn header(plaintext: &[u8]) {
    let file = encrypt_file(plaintext, &KEYS.recipients).expect("encrypted");
    let text = format!("{}:{}", KEYS.claims, BASE64_STANDARD.encode(file));
    match KEYS.ring.open(&text, &TARGET) {
        Ok(opened) => assert!(plaintext.ends_with(opened.value.expose()), "the value is what stands behind the header"),
        Err(error) => ensure_absent(plaintext, &error.to_string()),
    }
}

fn damage(input: &[u8]) {
    let (script, value) = split(input, 9);
    let text = seal(value, &TARGET, Scope::Strict, None, &KEYS.recipients, DAY).expect("sealed");
    let changed = damaged(&text, script);
    match KEYS.ring.open(&changed, &TARGET) {
        Ok(opened) => assert!(changed == text && opened.value.expose() == value, "a damaged value was opened"),
        Err(_) => assert!(changed != text, "an intact value was refused"),
    }
}
