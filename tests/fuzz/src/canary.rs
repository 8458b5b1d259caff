//! A value that no message may hold. It must never be looked for where it could be a name, which messages do tell.

/// The value.
pub(crate) const CANARY: &str = "c4n4ry";

/// The lines on which it is a value, whatever stands around them.
const LINES: [&str; 7] = [
    "password: c4n4ry",
    "password: \"c4n4ry\"",
    "password: 'c4n4ry'",
    "\"password\": \"c4n4ry\"",
    "\"password\": \"c4n4ry\",",
    "password=c4n4ry",
    "password = c4n4ry",
];

/// Panics if `message`, which is about `text`, holds the value.
pub(crate) fn ensure_absent(text: &[u8], message: &str) {
    if message.contains(CANARY) {
        let text = String::from_utf8_lossy(text);
        let is_value = |line: &str| LINES.contains(&line.trim());
        assert!(!text.lines().filter(|line| line.contains(CANARY)).all(is_value), "a value is in a message: {message}");
    }
}
