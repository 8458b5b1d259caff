//! A leaf that is a text, back as the text.

use std::slice::Iter;

use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

/// The text of a leaf as [`Tree`](super::Tree) writes it; `None` of one that is a number, a truth, a map or a list.
pub(crate) fn text_of(leaf: &SecretBytes) -> Option<SecretBytes> {
    let inner = leaf.expose().strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    // As long at the most, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(Vec::with_capacity(inner.len()));
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        text.push(if *byte == b'\\' { escaped(&mut bytes)? } else { *byte });
    }
    Some(text.into())
}

/// What stands behind a backslash: one of RFC 8259, section 7, that the tree writes.
fn escaped(bytes: &mut Iter<'_, u8>) -> Option<u8> {
    Some(match bytes.next()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let mut digit = || char::from(*bytes.next()?).to_digit(16);
            let code = [digit()?, digit()?, digit()?, digit()?].into_iter().fold(0, |code, digit| code << 4 | digit);
            u8::try_from(code).ok().filter(u8::is_ascii)?
        }
        byte @ (b'"' | b'\\') => *byte,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::content::Tree;

    fn read(leaf: &[u8]) -> Option<Vec<u8>> {
        text_of(&SecretBytes::new(leaf.to_vec())).map(|text| text.expose().to_vec())
    }

    #[test]
    fn what_is_no_text_has_none() {
        for leaf in ["1", "true", "{}", "[2]", "\"", "", r#""\x""#, r#""\u00ff""#, r#""\u00""#] {
            assert_eq!(read(leaf.as_bytes()), None, "{leaf}");
        }
    }

    proptest! {
        #[test]
        fn a_text_comes_back(text in any::<String>()) {
            let Tree::Scalar(leaf) = Tree::text(&text) else { panic!("a scalar") };
            prop_assert_eq!(read(leaf.expose()), Some(text.into_bytes()));
        }

        #[test]
        fn foreign_bytes_do_no_harm(leaf in proptest::collection::vec(any::<u8>(), 0..40)) {
            read(&leaf);
        }
    }
}
