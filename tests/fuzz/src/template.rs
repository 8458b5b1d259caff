//! Any text as a template over fixed values: it ends within its limits and says nothing of a value.

use jiff::Timestamp;
use sealbridge_secret::{SecretBytes, SecretMap};
use sealbridge_template::{Limits, NoRandomness, Ports, Template};

use crate::canary::CANARY;

/// Small, so that an input takes no time: no key can be made, no password hashed.
const LIMITS: Limits = Limits { steps: 20_000, work: 1 << 20, output: 1 << 16, costly: 8 };

struct Fixed;

impl Ports for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::constant(1_800_000_000, 0)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.iter_mut().zip((0..=255).cycle()).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let values: SecretMap = [("secret", CANARY.as_bytes()), ("json", br#"{"a":[1,{"b":null}]}"#), ("bytes", b"\xff\x00\xc3")]
        .map(|(name, value)| (name.to_owned(), SecretBytes::new(value.to_vec())))
        .into_iter()
        .collect();
    let rendered = Template::parse("fuzz", text).and_then(|template| {
        std::hint::black_box(template.is_volatile());
        template.render(&values, &LIMITS, &Fixed)
    });
    match rendered {
        Ok(rendered) => assert!(rendered.len() <= LIMITS.output, "the output is {} bytes long", rendered.len()),
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains("; "), "an error has two parts: {message}");
            assert!(text.contains(CANARY) || !message.contains(CANARY), "a value is in a message: {message}");
        }
    }
}
