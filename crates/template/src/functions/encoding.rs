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
    decoded(text, 4, 6, base64_digit)
}

/// Go's decoders of base64 and base32 agree in all but the alphabet and the length of a group.
fn decoded(text: &[u8], group: usize, bits: u32, digit: fn(u8) -> Option<u32>) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len());
    let mut input = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n')).peekable();
    loop {
        let begin = input.peek().map(|(at, _)| *at);
        let mut value = 0_u64;
        let mut count = 0;
        while count < group {
            let Some((at, byte)) = input.next() else {
                if count == 0 {
                    return Ok(out);
                }
                return Err(short(text, begin.unwrap_or(0), count, group));
            };
            if let Some(digit) = digit(byte) {
                value = value << bits | u64::from(digit);
                count += 1;
                continue;
            }
            if byte != b'=' {
                return Err(at);
            }
            padding(&mut input, at, count, group, text.len())?;
            let whole = value << (bits * u32::try_from(group - count).unwrap_or(0));
            push_group(&mut out, whole, group, bits, usize_bits(count, bits));
            return Ok(out);
        }
        push_group(&mut out, value, group, bits, usize_bits(group, bits));
    }
}

/// How many whole bytes so many digits hold.
fn usize_bits(digits: usize, bits: u32) -> usize {
    digits * usize::try_from(bits).unwrap_or(0) / 8
}

fn push_group(out: &mut Vec<u8>, value: u64, group: usize, bits: u32, bytes: usize) {
    let all = usize_bits(group, bits);
    let value = value.to_be_bytes();
    out.extend(value.iter().skip(8 - all).take(bytes));
}

/// Where Go says that the input ends too early.
fn short(text: &[u8], begin: usize, count: usize, group: usize) -> usize {
    if group == 4 { text.len() - count } else { let _ = begin; text.len() }
}

fn padding(
    input: &mut impl Iterator<Item = (usize, u8)>,
    at: usize,
    count: usize,
    group: usize,
    length: usize,
) -> Result<(), usize> {
    let missing = group - count - 1;
    let possible = if group == 4 { count >= 2 } else { matches!(count, 2 | 4 | 5 | 7) };
    if !possible {
        return Err(at);
    }
    for _ in 0..missing {
        match input.next() {
            Some((_, b'=')) => {}
            Some((at, _)) => return Err(at),
            None => return Err(length),
        }
    }
    input.next().map_or(Ok(()), |(at, _)| Err(at))
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

fn base32_decoded(text: &[u8]) -> Result<Vec<u8>, usize> {
    decoded(text, 8, 5, |byte| BASE32.iter().position(|digit| *digit == byte).and_then(|digit| u32::try_from(digit).ok()))
}

/// The bytes, or what Go says of the first character that is wrong.
fn hexadecimal_decoded(text: &[u8]) -> Value {
    if let Some(byte) = text.iter().take(text.len() & !1).chain(text.last().filter(|_| text.len() % 2 == 1)).find(|byte| !byte.is_ascii_hexdigit()) {
        let shown = crate::format::quote::is_printable(char::from(*byte)).then(|| format!(" '{}'", char::from(*byte)));
        return Value::from(format!("encoding/hex: invalid byte: U+{byte:04X}{}", shown.unwrap_or_default()));
    }
    hex::decode(text).map_or_else(|_| Value::from("encoding/hex: odd length hex string"), Value::from)
}
