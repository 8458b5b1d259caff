//! SOPS documents in five formats: any bytes as an encrypted document, and as a plain one that is sealed, opened and
//! edited.

use std::sync::LazyLock;

use jiff::Timestamp;
use sealbridge_seal::{KeyPair, KeyRing};
use sealbridge_sops::{Encrypted, Format, Opened, Plain, Recipients, Rules, Scalar, Selector, SopsError, Step};

use crate::canary::ensure_absent;

/// What stands between a document and an edited one.
const EDITED: &[u8] = b"\n%%%%\n";

struct Keys {
    ring: KeyRing,
    rules: Rules,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let pair = KeyPair::generate().expect("randomness");
    let recipients = Recipients::any_of(vec![pair.recipient().clone()]).expect("one recipient");
    let rules = Rules { selector: Selector::default(), mac_only_encrypted: false, recipients };
    Keys { ring: KeyRing::new([pair.into_identity()]), rules }
});

pub(crate) fn run(input: &[u8]) {
    let Some((format, bytes)) = input.split_first() else { return };
    let format = match format {
        b'j' => Format::Json,
        b'd' => Format::Dotenv,
        b'i' => Format::Ini,
        b'b' => Format::Binary,
        _ => Format::Yaml,
    };
    let split = bytes.windows(EDITED.len()).position(|window| window == EDITED);
    let (document, edited) = split.map_or((bytes, None), |at| (&bytes[..at], Some(&bytes[at + EDITED.len()..])));
    encrypted(format, document);
    match seal(format, document) {
        Ok(sealed) => plain(format, &sealed, edited),
        Err(error) => ensure_absent(input, &error.to_string()),
    }
}

fn encrypted(format: Format, bytes: &[u8]) {
    let read = Encrypted::read(format, bytes).and_then(|mut document| {
        document.leaves()?;
        document.plain_leaves()?;
        document.open(&KEYS.ring)
    });
    match read {
        Ok(_) => panic!("a document that nobody sealed was opened"),
        Err(error) => ensure_absent(bytes, &error.to_string()),
    }
}

fn plain(format: Format, sealed: &[u8], edited: Option<&[u8]>) {
    let mut opened = open(format, sealed);
    assert_eq!(opened.seal(now()).as_deref(), Ok(sealed), "an unchanged document keeps every byte");
    let before = leaves(&opened);
    match opened.plain() {
        Ok(plain) => {
            let again = seal(format, plain.expose()).expect("what was opened can be sealed");
            assert!(leaves(&open(format, &again)) == before, "the plain form has other values");
        }
        Err(SopsError::Unwritable { .. } | SopsError::Unsupported { .. }) => {}
        Err(error) => panic!("the plain form was refused: {error}"),
    }
    let Some(edited) = edited else { return };
    let Ok(fresh) = seal(format, edited) else { return };
    if opened.replace_plain(edited).is_ok() {
        let Ok(changed) = opened.seal(now()) else { return };
        assert!(leaves(&open(format, &changed)) == leaves(&open(format, &fresh)), "an edit gives other values");
    }
}

fn seal(format: Format, bytes: &[u8]) -> Result<Vec<u8>, SopsError> {
    Plain::read(format, bytes)?.seal(&KEYS.rules, now())
}

fn open(format: Format, sealed: &[u8]) -> Opened {
    Encrypted::read(format, sealed).and_then(|document| document.open(&KEYS.ring)).expect("what was sealed opens")
}

fn now() -> Timestamp {
    Timestamp::constant(1_800_000_000, 0)
}

fn leaves(opened: &Opened) -> Vec<(usize, Vec<Step>, Scalar)> {
    let of = |document| opened.leaves(document).into_iter().map(move |(path, value)| (document, path, value.duplicate()));
    (0..opened.documents()).flat_map(of).collect()
}
