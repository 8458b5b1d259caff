//! sprig's arithmetic: on int64 with overflow as on the processor, on float64 through decimal numbers.

use num_bigint::BigInt;

use super::Function;
use super::Param::{Any, Float, Int, Text};
use super::convert::{to_float, to_int};
use crate::context::Context;
use crate::fault::{Fault, Outcome};
use crate::format;
use crate::number::{float, int};
use crate::value::{Elements, List, Value};

const MAX: Function = Function::new("max", &[Any], |_, args| Ok(fold(args.from(0), i64::max))).and_more(Any);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("atoi", &[Text], |_, args| Ok(Value::Int(atoi(args.text(0)?)))),
    Function::new("int", &[Any], |_, args| Ok(Value::Int(to_int(&args.value(0))))),
    Function::new("int64", &[Any], |_, args| Ok(Value::Int64(to_int(&args.value(0))))),
    Function::new("float64", &[Any], |_, args| Ok(Value::Float(to_float(&args.value(0))))),
    Function::new("toDecimal", &[Any], |context, args| to_decimal(context, &args.value(0))),
    Function::new("seq", &[], |context, args| seq(context, args.from(0))).and_more(Int),
    Function::new("until", &[Int], |context, args| {
        let count = args.int(0)?;
        let steps = until_step(context, 0, count, if count < 0 { -1 } else { 1 })?;
        Ok(ints(steps))
    }),
    Function::new("untilStep", &[Int, Int, Int], |context, args| {
        Ok(ints(until_step(context, args.int(0)?, args.int(1)?, args.int(2)?)?))
    }),
    Function::new("add1", &[Any], |_, args| Ok(Value::Int64(to_int(&args.value(0)).wrapping_add(1)))),
    Function::new("add", &[], |_, args| Ok(Value::Int64(args.from(0).iter().map(to_int).fold(0, i64::wrapping_add)))).and_more(Any),
    Function::new("sub", &[Any, Any], |_, args| Ok(Value::Int64(to_int(&args.value(0)).wrapping_sub(to_int(&args.value(1)))))),
    Function::new("mul", &[Any], |_, args| Ok(fold(args.from(0), i64::wrapping_mul))).and_more(Any),
    Function::new("div", &[Any, Any], |_, args| {
        let divisor = to_int(&args.value(1));
        divided(divisor, to_int(&args.value(0)).wrapping_div(if divisor == 0 { 1 } else { divisor }))
    }),
    Function::new("mod", &[Any, Any], |_, args| {
        let divisor = to_int(&args.value(1));
        divided(divisor, to_int(&args.value(0)).wrapping_rem(if divisor == 0 { 1 } else { divisor }))
    }),
    MAX,
    super::alias("biggest", &MAX),
    Function::new("min", &[Any], |_, args| Ok(fold(args.from(0), i64::min))).and_more(Any),
    Function::new("maxf", &[Any], |_, args| Ok(fold_floats(args.from(0), go_max))).and_more(Any),
    Function::new("minf", &[Any], |_, args| Ok(fold_floats(args.from(0), |left, right| -go_max(-left, -right)))).and_more(Any),
    Function::new("add1f", &[Any], |context, args| decimals(context, &args.value(0), &[Value::Int(1)], Decimal::plus)),
    Function::new("addf", &[], |context, args| decimals(context, &Value::Float(0.0), args.from(0), Decimal::plus)).and_more(Any),
    Function::new("subf", &[Any], |context, args| {
        decimals(context, &args.value(0), args.from(1), |left, right| left.plus(Decimal { digits: -right.digits, ..right }))
    })
    .and_more(Any),
    Function::new("mulf", &[Any], |context, args| decimals(context, &args.value(0), args.from(1), Decimal::times)).and_more(Any),
    Function::new("divf", &[Any], |context, args| decimals(context, &args.value(0), args.from(1), Decimal::over)).and_more(Any),
    Function::new("ceil", &[Any], |_, args| Ok(Value::Float(to_float(&args.value(0)).ceil()))),
    Function::new("floor", &[Any], |_, args| Ok(Value::Float(to_float(&args.value(0)).floor()))),
    Function::new("round", &[Any, Int], |_, args| {
        let round_on = match args.from(2) {
            [Value::Float(round_on), ..] => *round_on,
            _ => 0.5,
        };
        let power = 10.0_f64.powf(float(args.int(1)?));
        let digits = power * to_float(&args.value(0));
        let rounded = if digits.fract() >= round_on { digits.ceil() } else { digits.floor() };
        Ok(Value::Float(rounded / power))
    })
    .and_more(Float),
];

fn ints(numbers: Vec<i64>) -> Value {
    Value::List(List::new(Elements::Ints, numbers.into_iter().map(Value::Int).collect()))
}

fn fold(values: &[Value], combine: fn(i64, i64) -> i64) -> Value {
    Value::Int64(values.iter().map(to_int).reduce(combine).unwrap_or(0))
}

fn fold_floats(values: &[Value], combine: fn(f64, f64) -> f64) -> Value {
    Value::Float(values.iter().map(to_float).reduce(combine).unwrap_or(0.0))
}

/// Go's math.Max: what is no number wins, but for infinity.
fn go_max(left: f64, right: f64) -> f64 {
    if left == f64::INFINITY || right == f64::INFINITY {
        f64::INFINITY
    } else if left.is_nan() || right.is_nan() {
        f64::NAN
    } else if left == 0.0 && right == 0.0 {
        if left.is_sign_negative() { right } else { left }
    } else {
        left.max(right)
    }
}

fn divided(divisor: i64, result: i64) -> Outcome {
    if divisor == 0 { Err("it divides by zero".into()) } else { Ok(Value::Int64(result)) }
}

/// Go's Atoi, without underscores and bases; 0 where it reports an error, but the limit where the number is too large.
fn atoi(text: &[u8]) -> i64 {
    let Ok(text) = std::str::from_utf8(text) else { return 0 };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    let limit = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text.parse().unwrap_or(limit)
}

fn to_decimal(context: &Context<'_>, value: &Value) -> Outcome {
    let text = format::plain_bytes(context, value)?;
    let text = std::str::from_utf8(&text).unwrap_or_default();
    Ok(Value::Int64(i64::from_str_radix(text, 8).unwrap_or(0)))
}

fn until_step(context: &Context<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Fault> {
    let mut numbers = Vec::new();
    let goes_down = stop < start;
    if (goes_down && step >= 0) || (!goes_down && step <= 0) {
        return Ok(numbers);
    }
    let mut next = start;
    while if goes_down { next > stop } else { next < stop } {
        context.steps(1)?;
        numbers.push(next);
        // Go would begin anew at the other end of the integers, for ever.
        next = next.checked_add(step).ok_or(Fault::Because("its steps leave the range of int"))?;
    }
    Ok(numbers)
}

fn seq(context: &Context<'_>, params: &[Value]) -> Outcome {
    let params: Vec<i64> = params.iter().map(to_int).collect();
    let (start, end, step) = match params.as_slice() {
        [end] => (1, *end, None),
        [start, end] => (*start, *end, None),
        [start, step, end] => (*start, *end, Some(*step)),
        _ => return Ok(Value::from("")),
    };
    let direction = if end < start { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok(Value::from(""));
    }
    let numbers = until_step(context, start, end.saturating_add(direction), step.unwrap_or(direction))?;
    let words: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::from(words.join(" ")))
}

/// A decimal number of any size.
struct Decimal {
    digits: BigInt,
    exponent: i64,
}

type Operation = fn(Decimal, Decimal) -> Result<Decimal, Fault>;

fn decimals(context: &Context<'_>, first: &Value, rest: &[Value], operation: Operation) -> Outcome {
    let mut result = Decimal::of(to_float(first))?;
    for value in rest {
        context.work(usize::try_from(result.digits.bits()).unwrap_or(usize::MAX))?;
        result = operation(result, Decimal::of(to_float(value))?)?;
    }
    let number = format!("{}e{}", result.digits, result.exponent).parse::<f64>();
    number.map(Value::Float).map_err(|_| Fault::Because("its result is no number"))
}

fn power_of_ten(exponent: i64) -> Result<BigInt, Fault> {
    let exponent = u32::try_from(exponent).ok().filter(|exponent| *exponent < 100_000);
    Ok(BigInt::from(10).pow(exponent.ok_or(Fault::Because("its numbers are too large"))?))
}

impl Decimal {
    fn of(number: f64) -> Result<Self, Fault> {
        if !number.is_finite() {
            return Err("it cannot compute with what is not finite".into());
        }
        let written = format!("{number:e}");
        let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| int(decimals.len()));
        let digits = mantissa.replace('.', "").parse().map_err(|_| Fault::Because("it is given no number"))?;
        Ok(Self { digits, exponent: exponent.parse::<i64>().unwrap_or(0) - decimals })
    }

    /// Both with the smaller exponent.
    fn aligned(self, other: Self) -> Result<(BigInt, BigInt, i64), Fault> {
        let exponent = self.exponent.min(other.exponent);
        let left = self.digits * power_of_ten(self.exponent - exponent)?;
        let right = other.digits * power_of_ten(other.exponent - exponent)?;
        Ok((left, right, exponent))
    }

    fn plus(self, other: Self) -> Result<Self, Fault> {
        let (left, right, exponent) = self.aligned(other)?;
        Ok(Self { digits: left + right, exponent })
    }

    // The type is that of an operation.
    #[expect(clippy::unnecessary_wraps, reason = "the type is that of every operation")]
    fn times(self, other: Self) -> Result<Self, Fault> {
        Ok(Self { digits: self.digits * other.digits, exponent: self.exponent + other.exponent })
    }

    /// To 16 decimals, halves away from zero.
    fn over(self, other: Self) -> Result<Self, Fault> {
        let zero = BigInt::from(0);
        if other.digits == zero {
            return Err("it divides by zero".into());
        }
        let (left, right, _) = self.aligned(other)?;
        let scaled = left * power_of_ten(16)?;
        let is_negative = (scaled < zero) != (right < zero);
        let quotient = &scaled / &right;
        let rest = &scaled % &right;
        let magnitude = |number: BigInt| if number < BigInt::from(0) { -number } else { number };
        let digits = if magnitude(rest * 2) < magnitude(right) { quotient } else { quotient + if is_negative { -1 } else { 1 } };
        Ok(Self { digits, exponent: -16 })
    }
}
