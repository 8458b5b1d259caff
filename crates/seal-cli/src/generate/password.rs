//! Passwords: every character drawn evenly from an alphabet, with at least one of each of its classes.

use std::fmt;

use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::random;
use crate::error::Error;

/// How long a password is unless it is said.
pub(super) const LENGTH: usize = 32;

/// Names and characters. The symbols need no escape in a shell's double quotes, a URL's user part is another matter.
const CLASSES: [(&str, &[u8]); 4] = [
    ("lower", b"abcdefghijklmnopqrstuvwxyz"),
    ("upper", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("digits", b"0123456789"),
    ("symbols", b"%+,-./:=@^_~"),
];

/// What a password is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Password {
    length: usize,
    classes: [bool; 4],
}

impl Default for Password {
    fn default() -> Self {
        Self { length: LENGTH, classes: [true, true, true, false] }
    }
}

impl Password {
    /// Letters and digits, or the classes that are named.
    pub(super) fn new(length: Option<usize>, alphabet: Option<&str>) -> Option<Self> {
        let mut password = Self { length: length?, ..Self::default() };
        if let Some(alphabet) = alphabet {
            let names: Vec<_> = alphabet.split('+').collect();
            password.classes = CLASSES.map(|(name, _)| names.contains(&name));
            if !names.iter().all(|name| CLASSES.iter().any(|(known, _)| known == name)) {
                return None;
            }
        }
        // Digits alone are too few for their number of characters to be judged by.
        (password.alphabet().len() > 10).then_some(password)
    }

    fn chosen(&self) -> impl Iterator<Item = (&'static str, &'static [u8])> {
        CLASSES.into_iter().zip(self.classes).filter(|(_, is_chosen)| *is_chosen).map(|(class, _)| class)
    }

    fn alphabet(&self) -> Vec<u8> {
        self.chosen().flat_map(|(_, characters)| characters.iter().copied()).collect()
    }

    /// Whole passwords are drawn until one has all classes: so those that have are all equally likely.
    pub(super) fn generate(&self) -> Result<SecretBytes, Error> {
        let alphabet = self.alphabet();
        loop {
            let mut text = Zeroizing::new(Vec::with_capacity(self.length));
            while text.len() < self.length {
                let bytes = random(2 * self.length)?;
                // A byte past the last whole multiple would favour the first characters.
                let limit = 256 / alphabet.len() * alphabet.len();
                let even = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit);
                let drawn = even.filter_map(|byte| alphabet.get(byte % alphabet.len()).copied());
                let missing = self.length - text.len();
                text.extend(drawn.take(missing));
            }
            if self.chosen().all(|(_, class)| text.iter().any(|character| class.contains(character))) {
                return Ok(SecretBytes::from(text));
            }
        }
    }
}

impl fmt::Display for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.chosen().map(|(name, _)| name).collect();
        write!(f, "a password of {} characters ({})", self.length, names.join(" + "))
    }
}
