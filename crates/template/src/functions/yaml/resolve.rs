//! What a plain scalar means in YAML 1.1, by the rules of yaml.v2.

use crate::number;
use crate::syntax::integer;
use crate::value::Value;

/// The value of a plain scalar; none if it is a string.
pub(super) fn resolve(text: &str) -> Option<Value> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Some(Value::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Some(Value::Bool(false)),
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Nil),
        ".nan" | ".NaN" | ".NAN" => return Some(Value::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Value::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    if text.starts_with('.') {
        return float(text);
    }
    if !text.starts_with(|char: char| char.is_ascii_digit() || matches!(char, '+' | '-')) {
        return None;
    }
    let plain = text.replace('_', "");
    let whole = integer(&plain);
    if let Some(int) = whole.and_then(|number| i64::try_from(number).ok()) {
        return Some(Value::Int64(int));
    }
    if let Some(unsigned) = whole.filter(|_| !plain.starts_with('+')).and_then(|number| u64::try_from(number).ok()) {
        return Some(Value::Unsigned(unsigned));
    }
    float(&plain)
}

fn float(text: &str) -> Option<Value> {
    let is_float = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit());
    let float = is_float.then(|| text.parse::<f64>().ok())?.filter(|float| float.is_finite())?;
    Some(Value::Float(float))
}

/// Whether yaml.v2 reads it as a date or time and so writes it in quotes.
pub(super) fn is_timestamp(text: &str) -> bool {
    let date = ["2006-1-2", "2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999"];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 4
        && text.as_bytes().get(4) == Some(&b'-')
        && date.iter().any(|layout| crate::time::parse(layout.as_bytes(), text.as_bytes()).is_some())
}

/// A number of base 60, which other readers of YAML 1.1 know.
pub(super) fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut count = 0;
    let sound = parts.all(|part| {
        count += 1;
        matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    first.starts_with(|char: char| char.is_ascii_digit()) && digits(first) && sound && count > 0 && digits(fraction)
}

/// A number as text again, as JSON keeps it.
pub(super) fn number_text(value: &Value) -> Option<String> {
    match value {
        Value::Int64(number) => Some(number.to_string()),
        Value::Unsigned(number) => Some(number.to_string()),
        Value::Float(float) if float.is_finite() => Some(crate::format::float::format(*float, 'g', None)),
        _ => None,
    }
}

/// A number of any kind as the float64 that JSON makes of it.
pub(super) fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Int64(number) => Some(number::float(*number)),
        Value::Unsigned(number) => Some(number::float_of_unsigned(*number)),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}
