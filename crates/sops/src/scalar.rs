//! One value and its type, held as the bytes that SOPS encrypts and sums up for the MAC.
//!
//! Owns the type table of SOPS' value format. Must never print a value.

use sealbridge_secret::SecretBytes;

/// The type of a value, as SOPS writes it behind `type:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text; of binary documents any bytes.
    Str,
    /// A whole number of 64 bits.
    Int,
    /// A floating-point number of 64 bits.
    Float,
    /// `True` or `False`.
    Bool,
    /// A point in time, RFC 3339.
    Time,
    /// Raw bytes; written only by very old versions of sops.
    Bytes,
}

impl Kind {
    /// The word behind `type:`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Str => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Time => "time",
            Self::Bytes => "bytes",
        }
    }

    pub(crate) fn of_name(name: &[u8]) -> Option<Self> {
        [Self::Str, Self::Int, Self::Float, Self::Bool, Self::Time, Self::Bytes]
            .into_iter()
            .find(|kind| kind.name().as_bytes() == name)
    }
}

/// One value.
#[derive(Debug, PartialEq, Eq)]
pub struct Scalar {
    kind: Kind,
    bytes: SecretBytes,
}

impl Scalar {
    /// Text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { kind: Kind::Str, bytes: SecretBytes::new(text.as_bytes().to_vec()) }
    }

    /// A whole number.
    #[must_use]
    pub fn int(number: i64) -> Self {
        Self { kind: Kind::Int, bytes: SecretBytes::new(number.to_string().into_bytes()) }
    }

    /// A floating-point number.
    #[must_use]
    pub fn float(number: f64) -> Self {
        Self { kind: Kind::Float, bytes: SecretBytes::new(float_text(number).into_bytes()) }
    }

    /// A truth value.
    #[must_use]
    pub fn bool(value: bool) -> Self {
        let text: &[u8] = if value { b"True" } else { b"False" };
        Self { kind: Kind::Bool, bytes: SecretBytes::new(text.to_vec()) }
    }

    /// Any bytes as text, which is how SOPS holds binary documents.
    #[must_use]
    pub fn raw(bytes: SecretBytes) -> Self {
        Self { kind: Kind::Str, bytes }
    }

    /// A point in time; the text is RFC 3339.
    pub(crate) fn time(text: String) -> Self {
        Self { kind: Kind::Time, bytes: SecretBytes::new(text.into_bytes()) }
    }

    /// Bytes read as `kind`, and written the one way that SOPS writes it. `None` if they are not of that kind.
    #[must_use]
    pub fn of_plain(kind: Kind, bytes: SecretBytes) -> Option<Self> {
        let text = || std::str::from_utf8(bytes.expose()).ok();
        match kind {
            Kind::Str | Kind::Bytes => Some(Self { kind, bytes }),
            Kind::Int => text()?.parse().ok().map(Self::int),
            Kind::Float => go_float(text()?).map(Self::float),
            Kind::Bool => match text()? {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Self::bool(true)),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Self::bool(false)),
                _ => None,
            },
            Kind::Time => text()?.contains('T').then_some(Self { kind, bytes }),
        }
    }

    /// The type.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The value as SOPS encrypts it: text as it is, numbers in decimal, `True` or `False`, RFC 3339.
    #[must_use]
    pub fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }

    /// A second copy, wiped by itself.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { kind: self.kind, bytes: self.bytes.duplicate() }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes.expose()).ok()
    }
}

/// A number as Go's `strconv` writes it in format `f` with the fewest digits; never an exponent.
fn float_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        number.to_string()
    }
}

/// A decimal number as Go reads it; larger than the largest is refused, as Go does.
pub(crate) fn go_float(text: &str) -> Option<f64> {
    let named = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let number: f64 = text.parse().ok()?;
    (number.is_finite() || matches!(named.as_str(), "inf" | "infinity" | "nan")).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1.0, "1")]
    #[case(-0.0, "-0")]
    #[case(1e21, "1000000000000000000000")]
    #[case(1.5e-7, "0.00000015")]
    #[case(f64::INFINITY, "+Inf")]
    #[case(f64::NEG_INFINITY, "-Inf")]
    #[case(f64::NAN, "NaN")]
    fn floats_are_written_as_go_does(#[case] number: f64, #[case] text: &str) {
        assert_eq!(Scalar::float(number).as_str(), Some(text));
    }

    #[rstest]
    #[case(Kind::Int, "007", Some("7"))]
    #[case(Kind::Int, "9223372036854775808", None)]
    #[case(Kind::Bool, "t", Some("True"))]
    #[case(Kind::Bool, "yes", None)]
    #[case(Kind::Float, "1e3", Some("1000"))]
    #[case(Kind::Float, "1e999", None)]
    #[case(Kind::Float, "-Inf", Some("-Inf"))]
    fn what_was_decrypted_is_normalised(#[case] kind: Kind, #[case] plain: &str, #[case] text: Option<&str>) {
        let read = Scalar::of_plain(kind, SecretBytes::new(plain.as_bytes().to_vec()));
        assert_eq!(read.as_ref().and_then(Scalar::as_str), text);
    }

    #[test]
    fn debug_shows_no_byte() {
        assert!(!format!("{:?}", Scalar::text("canary")).contains("canary"));
    }
}
