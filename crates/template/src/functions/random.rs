//! sprig's random values, from the port's randomness alone.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Function;
use super::Param::{Int, Text};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::number::{int, position};
use crate::text::{push_char, runes};
use crate::value::Value;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("randAlphaNum", &[Int], |context, args| chosen(context, args.int(0)?, &[LETTERS, DIGITS].concat())).volatile(),
    Function::new("randAlpha", &[Int], |context, args| chosen(context, args.int(0)?, LETTERS)).volatile(),
    Function::new("randNumeric", &[Int], |context, args| chosen(context, args.int(0)?, DIGITS)).volatile(),
    Function::new("randAscii", &[Int], |context, args| {
        let all: Vec<u8> = (32..127).collect();
        chosen(context, args.int(0)?, &all)
    })
    .volatile(),
    Function::new("randBytes", &[Int], |context, args| {
        let count = position(args.int(0)?).ok_or(Fault::Because("the count is negative"))?;
        let mut out = context.out();
        out.fill(0, count)?;
        let mut bytes = zeroize::Zeroizing::new(out.finish());
        context.ports.fill(&mut bytes).map_err(|_| Fault::Because("the system gives no randomness"))?;
        Ok(Value::from(BASE64_STANDARD.encode(&bytes)))
    })
    .volatile(),
    Function::new("randInt", &[Int, Int], |context, args| {
        let (least, most) = (args.int(0)?, args.int(1)?);
        let span = most.wrapping_sub(least);
        let span = u64::try_from(span).ok().filter(|span| *span > 0).ok_or(Fault::Because("its range is empty"))?;
        Ok(Value::Int(least.wrapping_add(below(context, span)?.cast_signed())))
    })
    .volatile(),
    Function::new("shuffle", &[Text], |context, args| {
        let mut chars: Vec<char> = runes(args.text(0)?).map(|rune| rune.char).collect();
        for last in (1..chars.len()).rev() {
            context.steps(1)?;
            let other = usize::try_from(below(context, crate::number::wide(last) + 1)?).unwrap_or(0);
            chars.swap(last, other);
        }
        let mut out = Vec::new();
        chars.into_iter().for_each(|char| push_char(&mut out, char));
        Ok(Value::from(out))
    })
    .volatile(),
    Function::new("uuidv4", &[], |context, _| {
        let bits = u128::from_be_bytes(context.random::<16>()?);
        let bits = bits & !(0xf << 76) & !(3 << 62) | 4 << 76 | 2 << 62;
        let hex = format!("{bits:032x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        Ok(Value::from(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))))
    })
    .volatile(),
];

/// A number below `limit`, each as likely as any other.
fn below(context: &Context<'_>, limit: u64) -> Result<u64, Fault> {
    let unfair = u64::MAX - u64::MAX % limit;
    loop {
        context.steps(1)?;
        let number = u64::from_be_bytes(context.random::<8>()?);
        if number < unfair {
            return Ok(number % limit);
        }
    }
}

fn chosen(context: &Context<'_>, count: i64, characters: &[u8]) -> Outcome {
    let count = position(count).unwrap_or(0);
    let mut out = context.out();
    for _ in 0..count {
        let index = usize::try_from(below(context, u64::try_from(int(characters.len())).unwrap_or(1))?).unwrap_or(0);
        out.push(characters.get(index..=index).unwrap_or_default())?;
    }
    Ok(Value::from(out.finish()))
}
