//! Values sealed and opened per second on one thread, beside the plain age crate with the same plaintext.
//! It must never count the making of keys or of what is opened.

use std::hint::black_box;
use std::io::{Read, Write};
use std::iter::once;
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_seal::{Date, KeyPair, KeyRing, RecipientSet, Scope, Target, seal};

use crate::figure::{Figure, Goal, Unit};
use crate::pairs::Pairs;
use crate::report::Report;

/// Values in one run.
const VALUES: u32 = 2000;
const RUNS: usize = 11;
const VALUE: &[u8; 32] = b"a value of as many bytes as keys";
const TARGET: Target<'static> = Target { namespace: "shop", name: "checkout-env", key: "STRIPE_KEY" };
const REFERENCE: &str = "plain age";

pub(crate) fn measure(report: &mut Report) {
    let pair = KeyPair::generate().expect("randomness");
    let text = std::str::from_utf8(pair.identity_text().expose()).expect("an identity is text");
    let plain: age::x25519::Identity = text.parse().expect("age reads the same identities");
    let recipients = RecipientSet::new([pair.recipient().clone()]).expect("one recipient");
    let texts: Vec<String> = (0..VALUES).map(|_| sealed(&recipients)).collect();
    let files: Vec<Vec<u8>> = texts.iter().map(|text| age_file(text)).collect();
    let plaintext = plain_open(&files[0], &plain);
    let one_key = KeyRing::new([pair.into_identity()]);
    let others = KeyRing::new((1..100).map(|_| KeyPair::generate().expect("randomness").into_identity()));
    let hundred_keys = KeyRing::joined([&one_key, &others]);

    let plain_recipient = plain.to_public();
    let sealing = Pairs::of(
        RUNS,
        || rate(|| drop(black_box(sealed(&recipients)))),
        || rate(|| drop(black_box(plain_seal(&plaintext, &plain_recipient)))),
    );
    let opening = |ring: &KeyRing| {
        Pairs::of(
            RUNS,
            || rate_over(&texts, |text| drop(black_box(ring.open(text, &TARGET).expect("opens")))),
            || rate_over(&files, |file| drop(black_box(plain_open(file, &plain)))),
        )
    };
    report.conditions(&format!(
        "one thread, one recipient, values of {} bytes with {} of header, {VALUES} a run, median of {RUNS}",
        VALUE.len(),
        plaintext.len() - VALUE.len(),
    ));
    let open_one = opening(&one_key);
    let open_hundred = opening(&hundred_keys);
    for figure in [
        Figure::beside("seal", REFERENCE, &sealing, Unit::PerSecond, Goal::AtLeast(20_000.0)),
        Figure::beside("open, 1 key held", REFERENCE, &open_one, Unit::PerSecond, Goal::AtLeast(25_000.0)),
        Figure::beside("open, 100 keys held", REFERENCE, &open_hundred, Unit::PerSecond, Goal::AtLeast(25_000.0)),
    ] {
        report.tell(&figure);
    }
}

fn rate(mut one: impl FnMut()) -> f64 {
    let began = Instant::now();
    (0..VALUES).for_each(|_| one());
    f64::from(VALUES) / began.elapsed().as_secs_f64()
}

fn rate_over<T>(values: &[T], one: impl FnMut(&T)) -> f64 {
    let began = Instant::now();
    values.iter().for_each(one);
    f64::from(VALUES) / began.elapsed().as_secs_f64()
}

fn sealed(recipients: &RecipientSet) -> String {
    seal(VALUE, &TARGET, Scope::Strict, None, recipients, Date::constant(2026, 11, 21)).expect("sealed")
}

/// The binary age file inside a sealed value.
fn age_file(sealed: &str) -> Vec<u8> {
    let (_, file) = sealed.rsplit_once(':').expect("a file after the last colon");
    BASE64_STANDARD.decode(file).expect("base64")
}

fn plain_seal(plaintext: &[u8], recipient: &age::x25519::Recipient) -> Vec<u8> {
    let recipients = once::<&dyn age::Recipient>(recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).expect("one recipient");
    let mut file = encryptor.wrap_output(Vec::new()).expect("in memory");
    file.write_all(plaintext).expect("in memory");
    file.finish().expect("in memory")
}

fn plain_open(file: &[u8], identity: &age::x25519::Identity) -> Vec<u8> {
    let decryptor = age::Decryptor::new_buffered(file).expect("an age file");
    let mut payload = decryptor.decrypt(once::<&dyn age::Identity>(identity)).expect("the right key");
    let mut plaintext = Vec::new();
    payload.read_to_end(&mut plaintext).expect("intact");
    plaintext
}
