//! Random texts that stand in for secrets, and the search for them in whatever was said, in each form that a
//! slip would give them. It must never find nothing because it looks wrongly: its own test shows each form.

use std::fmt::Write as _;

use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// All secrets of one scenario, by what they are.
#[derive(Default)]
pub(crate) struct Canaries(Vec<(String, String)>);

impl Canaries {
    /// A new random secret.
    pub(crate) fn hatch(&mut self, what: &str) -> String {
        let mut random = [0; 12];
        rand::fill(&mut random).unwrap();
        let text = random.iter().fold("canary".to_owned(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        });
        self.adopt(what, &text);
        text
    }

    /// Searches for a secret that somebody else made, too.
    pub(crate) fn adopt(&mut self, what: &str, text: &str) {
        self.0.push((what.to_owned(), text.to_owned()));
    }

    /// What was found in a text: which secret, in which form.
    pub(crate) fn found_in(&self, text: &str) -> Vec<String> {
        let forms = self
            .0
            .iter()
            .flat_map(|(what, canary)| forms(canary.as_bytes()).into_iter().map(move |(form, bytes)| (what, form, bytes)));
        forms.filter(|(_, _, form)| text.contains(form.as_str())).map(|(what, form, _)| format!("{what} as {form}")).collect()
    }

    /// Asserts that no secret is in a text, and that there is a text.
    pub(crate) fn assert_absent(&self, place: &str, text: &str) {
        assert!(!text.is_empty(), "{place} is empty, so that nothing was searched");
        let found = self.found_in(text);
        assert!(found.is_empty(), "{place} holds {found:?}");
    }
}

fn forms(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let decimal: Vec<_> = bytes.iter().map(ToString::to_string).collect();
    vec![
        ("text", text),
        ("base64", base64_within(bytes, 0)),
        ("base64 after one byte", base64_within(bytes, 1)),
        ("base64 after two bytes", base64_within(bytes, 2)),
        ("upper hex", hex.to_uppercase()),
        ("hex", hex),
        ("a list of bytes", decimal.join(", ")),
        ("a JSON list of bytes", decimal.join(",")),
    ]
}

/// Those characters of base64 that the bytes alone decide when `before` others come before them.
fn base64_within(bytes: &[u8], before: usize) -> String {
    let padded = [&b"\0\0"[..before], bytes].concat();
    let whole = padded.len() / 3 * 4;
    let first = [0, 2, 3][before];
    BASE64_STANDARD.encode(&padded).get(first..whole).unwrap_or_default().to_owned()
}

#[test]
fn each_form_of_a_secret_is_found() {
    let mut canaries = Canaries::default();
    let canary = canaries.hatch("value");
    let before = ["", "x", "xy"].map(|before| BASE64_STANDARD.encode(format!("{before}{canary} and more")));
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let shown = [
        canary.clone(),
        hex.to_uppercase(),
        hex,
        format!("{:?}", canary.as_bytes()),
        serde_json::to_string(canary.as_bytes()).unwrap(),
    ];
    for text in shown.iter().chain(&before) {
        assert_eq!(canaries.found_in(text).len(), 1, "{text}");
    }
    assert!(canaries.found_in("canary").is_empty());
}
