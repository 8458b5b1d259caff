//! A growing buffer that leaves no copy of its bytes behind when it grows.

use zeroize::Zeroizing;

/// Bytes of a body as they arrive.
pub(super) struct WipedBuffer(Zeroizing<Vec<u8>>);

impl WipedBuffer {
    /// A buffer with room for `expected` bytes.
    pub(super) fn new(expected: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(expected)))
    }

    /// The number of bytes so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Appends `bytes`; a buffer that is too small is wiped once its content has moved.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let room = (self.0.len() + bytes.len()).max(self.0.capacity() * 2);
            let mut larger = Zeroizing::new(Vec::with_capacity(room));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    /// The bytes.
    pub(super) fn into_inner(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_in_order_across_growth() {
        let mut buffer = WipedBuffer::new(2);
        for chunk in [&b"ab"[..], b"", b"cdefg", b"h"] {
            buffer.append(chunk);
        }
        assert_eq!((buffer.len(), buffer.into_inner().as_slice()), (8, &b"abcdefgh"[..]));
    }
}
