//! The rule for names of data entries.

/// The longest name of a data entry that Kubernetes accepts, in bytes.
pub const MAX_KEY_LEN: usize = 253;

/// Whether Kubernetes accepts `key` as the name of an entry in a Secret's data: 1 to 253 of
/// `[-._a-zA-Z0-9]`, not `.`, not starting with `..`.
#[must_use]
pub fn is_valid_data_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= MAX_KEY_LEN
        && key != "."
        && !key.starts_with("..")
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}
