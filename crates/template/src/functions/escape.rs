//! `html`, `js` and `urlquery` of text/template.

use super::Function;
use super::Param::Any;
use crate::context::{Context, Out};
use crate::fault::{Fault, Outcome};
use crate::format::{self, quote::is_printable};
use crate::text::runes;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("html", &[], |context, args| escaped(context, args.from(0), html)).and_more(Any),
    Function::new("js", &[], |context, args| escaped(context, args.from(0), js)).and_more(Any),
    Function::new("urlquery", &[], |context, args| escaped(context, args.from(0), query)).and_more(Any),
];

type Escape = fn(&[u8], &mut Out) -> Result<(), Fault>;

fn escaped(context: &Context<'_>, values: &[Value], escape: Escape) -> Outcome {
    let mut plain = context.out();
    match values {
        [Value::Nil] => plain.text("<no value>")?,
        values => {
            // A nil among several is printed as every other missing value is.
            let shown: Vec<Value> = values
                .iter()
                .map(|value| if matches!(value, Value::Nil) { Value::from("<no value>") } else { value.clone() })
                .collect();
            format::sprint(context, &shown, &mut plain)?;
        }
    }
    let mut out = context.out();
    escape(plain.bytes(), &mut out)?;
    Ok(Value::from(out.finish()))
}

fn html(bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
    for byte in bytes {
        match byte {
            0 => out.text("\u{fffd}")?,
            b'"' => out.text("&#34;")?,
            b'\'' => out.text("&#39;")?,
            b'&' => out.text("&amp;")?,
            b'<' => out.text("&lt;")?,
            b'>' => out.text("&gt;")?,
            other => out.push(&[*other])?,
        }
    }
    Ok(())
}

fn js(bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
    for rune in runes(bytes) {
        let bytes = bytes.get(rune.at..rune.at + rune.width).unwrap_or_default();
        match rune.char {
            '\\' => out.text("\\\\")?,
            '\'' => out.text("\\'")?,
            '"' => out.text("\\\"")?,
            '<' | '>' | '&' | '=' => out.text(&format!("\\u{:04X}", u32::from(rune.char)))?,
            char if char < ' ' => out.text(&format!("\\u{:04X}", u32::from(char)))?,
            char if char.is_ascii() || is_printable(char) => out.push(bytes)?,
            char => out.text(&format!("\\u{:04X}", u32::from(char)))?,
        }
    }
    Ok(())
}

/// As in a query: blanks become `+`.
pub(super) fn query(bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
    for byte in bytes {
        match byte {
            b' ' => out.text("+")?,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(&[*byte])?,
            other => out.text(&format!("%{other:02X}"))?,
        }
    }
    Ok(())
}
