//! Base64, base32, hexadecimal and checksums. Bad input gives the text of Go's error as the value, as in sprig.

use aws_lc_rs::digest::{self, Algorithm};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Function;
use super::Param::Text;
use crate::fault::Outcome;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("b64enc", &[Text], |_, args| Ok(Value::from(BASE64_STANDARD.encode(args.text(0)?)))),
    Function::new("b64dec", &[Text], |_, args| {
        let found = base64_decoded(args.text(0)?);
        Ok(found.map_or_else(|at| Value::from(format!("illegal base64 data at input byte {at}")), Value::from))
    }),
    Function::new("b32enc", &[Text], |_, args| Ok(Value::from(base32(args.text(0)?)))),
    Function::new("b32dec", &[Text], |_, args| {
        let found = base32_decoded(args.text(0)?);
        Ok(found.map_or_else(|at| Value::from(format!("illegal base32 data at input byte {at}")), Value::from))
    }),
    Function::new("hexdec", &[Text], |_, args| Ok(hexadecimal_decoded(args.text(0)?))),
    Function::new("sha1sum", &[Text], |_, args| sum(&digest::SHA1_FOR_LEGACY_USE_ONLY, args.text(0)?)),
    Function::new("sha256sum", &[Text], |_, args| sum(&digest::SHA256, args.text(0)?)),
    Function::new("sha512sum", &[Text], |_, args| sum(&digest::SHA512, args.text(0)?)),
    Function::new("adler32sum", &[Text], |_, args| Ok(Value::from(adler32(args.text(0)?).to_string()))),
];

#[expect(clippy::unnecessary_wraps, reason = "the type is that of every function")]
fn sum(algorithm: &'static Algorithm, bytes: &[u8]) -> Outcome {
    Ok(Value::from(hex::encode(digest::digest(algorithm, bytes))))
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

fn base64_digit(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Go's decoder of the standard alphabet: line breaks are skipped, padding is needed, and what is wrong is told by
/// its position alone.
pub(super) fn base64_decoded(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut input = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    let (mut value, mut count) = (0_u32, 0);
    while let Some((at, byte)) = input.next() {
        if let Some(digit) = base64_digit(byte) {
            value = value << 6 | digit;
            count += 1;
            if count == 4 {
                out.extend(value.to_be_bytes().into_iter().skip(1));
                (value, count) = (0, 0);
            }
            continue;
        }
        if byte != b'=' || count < 2 {
            return Err(at);
        }
        if count == 2 {
            match input.next() {
                Some((_, b'=')) => {}
                Some((at, _)) => return Err(at),
                None => return Err(text.len()),
            }
        }
        if let Some((at, _)) = input.next() {
            return Err(at);
        }
        let whole = value << (6 * (4 - count));
        out.extend(whole.to_be_bytes().into_iter().skip(1).take(count - 1));
        return Ok(out);
    }
    if count == 0 { Ok(out) } else { Err(text.len() - count) }
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let value = group.iter().chain(std::iter::repeat(&0)).take(5).fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        let digits = (group.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = usize::try_from(value >> (35 - 5 * index) & 31).unwrap_or(0);
            let byte = BASE32.get(digit).copied().unwrap_or(b'=');
            out.push(if index < digits { char::from(byte) } else { '=' });
        }
    }
    out
}

/// Go's decoder; positions are those in the text without line breaks.
fn base32_decoded(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    for (index, group) in text.chunks(8).enumerate() {
        let begin = index * 8;
        let rest = text.len() - begin;
        let padding = group.iter().position(|byte| *byte == b'=').filter(|at| *at >= 2 && rest - at - 1 < 8);
        let digits = group.get(..padding.unwrap_or(group.len())).unwrap_or(group);
        let mut value = 0_u64;
        for (at, byte) in digits.iter().enumerate() {
            let digit = BASE32.iter().position(|digit| digit == byte).ok_or(begin + at)?;
            value = value << 5 | u64::try_from(digit).unwrap_or_default();
        }
        let count = digits.len();
        if let Some(at) = padding {
            let behind = text.get(begin + at + 1..).unwrap_or_default();
            if behind.len() + at < 7 {
                return Err(text.len());
            }
            if let Some(wrong) = behind.iter().take(7 - at).position(|byte| *byte != b'=') {
                return Err(begin + at + wrong);
            }
            if matches!(at, 1 | 3 | 6) {
                return Err(begin + at);
            }
        } else if count < 8 {
            return Err(text.len() - count);
        }
        let whole = value << (5 * (8 - count));
        out.extend(whole.to_be_bytes().into_iter().skip(3).take(count * 5 / 8));
        if padding.is_some() {
            break;
        }
    }
    Ok(out)
}

/// The bytes, or what Go says of the first character that is wrong.
fn hexadecimal_decoded(text: &[u8]) -> Value {
    if let Some(byte) =
        text.iter().take(text.len() & !1).chain(text.last().filter(|_| text.len() % 2 == 1)).find(|byte| !byte.is_ascii_hexdigit())
    {
        let shown = crate::format::quote::is_printable(char::from(*byte)).then(|| format!(" '{}'", char::from(*byte)));
        return Value::from(format!("encoding/hex: invalid byte: U+{byte:04X}{}", shown.unwrap_or_default()));
    }
    hex::decode(text).map_or_else(|_| Value::from("encoding/hex: odd length hex string"), Value::from)
}
