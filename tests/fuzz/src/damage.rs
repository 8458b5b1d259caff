//! Damage to a text, told by an input.

/// Changes characters of an ASCII text: of each three bytes two say where and one by what.
pub(crate) fn damaged(text: &str, script: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for step in script.chunks_exact(3) {
        let position = usize::from(u16::from_be_bytes([step[0], step[1]])) % bytes.len();
        bytes[position] ^= step[2] & 0x7f;
    }
    String::from_utf8(bytes).expect("ASCII stays ASCII")
}

/// A script of at most `length` bytes, and the rest.
pub(crate) fn split(input: &[u8], length: usize) -> (&[u8], &[u8]) {
    input.split_at(length.min(input.len()))
}
