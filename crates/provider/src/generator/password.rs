//! Passwords of so many digits and symbols, letters for the rest, in any order.
//!
//! Must never: favour a character or a place, or draw without end.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::Entries;
use super::random::{NoRandomness, below};
use super::uuid::hex;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// RFC 4648, section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a password is made of, and under which names passwords are made. See [`Password::ensure_possible`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password {
    /// How many characters it has.
    pub length: usize,
    /// How many of them are digits.
    pub digits: usize,
    /// How many are symbols.
    pub symbols: usize,
    /// The characters that count as symbols.
    pub symbol_characters: String,
    /// Whether its letters are small ones only.
    pub no_upper: bool,
    /// Whether a character may stand in it twice.
    pub allow_repeat: bool,
    /// How it is written.
    pub encoding: Encoding,
    /// The names, each of a password of its own.
    pub keys: Vec<String>,
}

/// How a password is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    #[default]
    Raw,
    /// In base64, RFC 4648 section 4.
    Base64,
    /// In base64 for URLs, RFC 4648 section 5, with padding.
    Base64Url,
    /// In base32, RFC 4648 section 6.
    Base32,
    /// In hexadecimal, small letters.
    Hex,
}

/// Why there can be no such password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Impossible {
    /// The field to correct.
    pub field: &'static str,
    /// What is wrong and what to write instead.
    pub problem: &'static str,
}

impl Password {
    /// The symbols where none are named.
    pub const SYMBOLS: &'static str = "~!@#$%^&*()_+`-={}|[]\\:\"<>?,./";
    /// How many characters a password has where it is not said.
    pub const LENGTH: usize = 24;
    /// The most characters of one, far below what a Secret holds.
    pub const LONGEST: usize = 65_536;

    /// Refuses what no password can be.
    ///
    /// # Errors
    /// [`Impossible`] with the field to correct.
    pub fn ensure_possible(&self) -> Result<(), Impossible> {
        let refused = |field, problem| Err(Impossible { field, problem });
        if self.length > Self::LONGEST {
            return refused("length", "a password has at most 65536 characters; write fewer");
        }
        let Some(letters) = self.digits.checked_add(self.symbols).and_then(|others| self.length.checked_sub(others)) else {
            return refused("length", "it is less than digits and symbols together; write more, or fewer of those");
        };
        let symbols = self.symbol_set();
        if self.symbols > 0 && symbols.is_empty() {
            return refused("symbolCharacters", "there is no symbol to choose from; name some, or set symbols to 0");
        }
        if self.allow_repeat {
            return Ok(());
        }
        if letters > self.letters().len() {
            return refused("length", "there are not so many letters to choose from; write less, or set allowRepeat");
        }
        if self.digits > DIGITS.len() {
            return refused("digits", "there are only 10 digits to choose from; write less, or set allowRepeat");
        }
        if self.symbols > symbols.len() {
            return refused(
                "symbols",
                "symbolCharacters has not so many that are neither letters nor digits; write less, or set allowRepeat",
            );
        }
        Ok(())
    }

    /// A password for each name.
    pub(super) fn make(&self) -> Result<Entries, NoRandomness> {
        self.keys.iter().map(|key| Ok((key.clone(), encoded(&self.draw()?, self.encoding)))).collect()
    }

    /// Characters of each class, then put into any order.
    fn draw(&self) -> Result<Zeroizing<Vec<u8>>, NoRandomness> {
        let digits: Vec<char> = DIGITS.chars().collect();
        let letters = self.length.saturating_sub(self.digits).saturating_sub(self.symbols);
        let mut characters: Zeroizing<Vec<char>> = Zeroizing::new(Vec::with_capacity(self.length));
        for (count, mut class) in [(letters, self.letters()), (self.digits, digits), (self.symbols, self.symbol_set())] {
            for _ in 0..count {
                let place = below(class.len())?;
                characters.extend(class.get(place));
                if !self.allow_repeat && place < class.len() {
                    class.swap_remove(place);
                }
            }
        }
        for last in (1..characters.len()).rev() {
            characters.swap(last, below(last + 1)?);
        }
        let mut text = Zeroizing::new(Vec::with_capacity(4 * characters.len()));
        for character in characters.iter() {
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(text)
    }

    fn letters(&self) -> Vec<char> {
        LOWER.chars().chain(UPPER.chars().filter(|_| !self.no_upper)).collect()
    }

    /// Each symbol once. Where nothing may stand twice, one that is a letter or digit too could.
    fn symbol_set(&self) -> Vec<char> {
        let symbols: BTreeSet<char> = self.symbol_characters.chars().collect();
        symbols.into_iter().filter(|symbol| self.allow_repeat || !symbol.is_ascii_alphanumeric()).collect()
    }
}

fn encoded(text: &[u8], encoding: Encoding) -> SecretBytes {
    match encoding {
        Encoding::Raw => SecretBytes::new(text.to_vec()),
        Encoding::Base64 => SecretBytes::new(BASE64_STANDARD.encode(text).into_bytes()),
        Encoding::Base64Url => SecretBytes::new(BASE64_URL_SAFE.encode(text).into_bytes()),
        Encoding::Base32 => base32(text),
        Encoding::Hex => {
            let mut written = Zeroizing::new(Vec::with_capacity(2 * text.len()));
            text.iter().for_each(|byte| written.extend(hex(*byte)));
            SecretBytes::from(written)
        }
    }
}

/// Five bits a character, filled up with `=` to whole groups of eight.
fn base32(bytes: &[u8]) -> SecretBytes {
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len().div_ceil(5) * 8));
    for group in bytes.chunks(5) {
        let bits = group.iter().chain(std::iter::repeat(&0)).take(5).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let used = (group.len() * 8).div_ceil(5);
        for place in 0..8_usize {
            let shift = 35 - 5 * place;
            let index = usize::try_from(bits >> shift & 31).unwrap_or_default();
            text.extend(if place < used { BASE32.get(index) } else { Some(&b'=') });
        }
    }
    SecretBytes::from(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn password() -> Password {
        Password {
            length: Password::LENGTH,
            digits: 6,
            symbols: 6,
            symbol_characters: Password::SYMBOLS.to_owned(),
            no_upper: false,
            allow_repeat: false,
            encoding: Encoding::Raw,
            keys: vec!["password".to_owned()],
        }
    }

    fn text(password: &Password) -> String {
        String::from_utf8(password.make().unwrap().remove(0).1.expose().to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_possible_is_made_and_has_what_was_asked(
            length in 1_usize..60, digits in 0_usize..15, symbols in 0_usize..15,
            symbol_characters in "[-!?a0é]{0,6}", no_upper: bool, allow_repeat: bool,
        ) {
            let asked = Password { length, digits, symbols, symbol_characters, no_upper, allow_repeat, ..password() };
            prop_assume!(asked.ensure_possible().is_ok());
            let characters: Vec<char> = text(&asked).chars().collect();
            prop_assert_eq!(characters.len(), length);
            let is_symbol = |c: &&char| asked.symbol_characters.contains(**c);
            if !asked.symbol_characters.contains(['a', '0']) {
                prop_assert_eq!(characters.iter().filter(|c| c.is_ascii_digit()).count(), digits);
                prop_assert_eq!(characters.iter().filter(is_symbol).count(), symbols);
            }
            prop_assert!(!no_upper || !characters.iter().any(char::is_ascii_uppercase));
            prop_assert!(allow_repeat || characters.iter().collect::<BTreeSet<_>>().len() == length);
        }
    }

    #[rstest]
    #[case::default(password(), None)]
    #[case::too_many_classes(Password { digits: 20, symbols: 6, allow_repeat: true, ..password() }, Some("length"))]
    #[case::no_end(Password { digits: usize::MAX, symbols: 6, ..password() }, Some("length"))]
    #[case::letters(Password { length: 70, ..password() }, Some("length"))]
    #[case::small_letters(Password { length: 40, no_upper: true, ..password() }, Some("length"))]
    #[case::letters_again(Password { length: 70, allow_repeat: true, ..password() }, None)]
    #[case::digits(Password { digits: 11, ..password() }, Some("digits"))]
    #[case::symbols(Password { symbol_characters: "!?!?!?!?".to_owned(), ..password() }, Some("symbols"))]
    #[case::symbols_that_are_letters(Password { symbol_characters: "abcdefgh".to_owned(), ..password() }, Some("symbolCharacters"))]
    #[case::no_symbols(Password { symbol_characters: String::new(), allow_repeat: true, ..password() }, Some("symbolCharacters"))]
    #[case::none_asked(Password { symbol_characters: String::new(), symbols: 0, ..password() }, None)]
    #[case::endless(Password { length: 70_000, allow_repeat: true, ..password() }, Some("length"))]
    fn what_is_impossible_is_named_by_its_field(#[case] asked: Password, #[case] field: Option<&str>) {
        assert_eq!(asked.ensure_possible().err().map(|impossible| impossible.field), field);
    }

    #[test]
    fn each_name_has_its_own() {
        let made = Password { keys: vec!["a".to_owned(), "b".to_owned()], ..password() }.make().unwrap();
        assert_ne!(made[0].1, made[1].1);
    }

    #[test]
    fn every_character_comes_to_every_place() {
        let asked = Password { length: 2, digits: 1, symbols: 0, ..password() };
        let seen: BTreeSet<String> = (0..2_000).map(|_| text(&asked)).map(|text| text.chars().take(1).collect()).collect();
        assert_eq!(seen.len(), 52 + 10);
    }

    #[rstest]
    #[case(Encoding::Raw, "f?>oo", "f?>oo")]
    #[case(Encoding::Base64, "f?>oo", "Zj8+b28=")]
    #[case(Encoding::Base64Url, "f?>oo", "Zj8-b28=")]
    #[case(Encoding::Hex, "f?>oo", "663f3e6f6f")]
    #[case(Encoding::Base32, "", "")]
    #[case(Encoding::Base32, "f", "MY======")]
    #[case(Encoding::Base32, "fo", "MZXQ====")]
    #[case(Encoding::Base32, "foo", "MZXW6===")]
    #[case(Encoding::Base32, "foob", "MZXW6YQ=")]
    #[case(Encoding::Base32, "foobar", "MZXW6YTBOI======")]
    fn written_as_asked(#[case] encoding: Encoding, #[case] text: &str, #[case] written: &str) {
        assert_eq!(encoded(text.as_bytes(), encoding).expose(), written.as_bytes());
    }
}
