//! Regular expressions with Go's results: leftmost-first, RE2 syntax, linear time.

use std::borrow::Cow;

use regex::{Captures, Match, Regex, RegexBuilder};

use super::Function;
use super::Param::{Int, Text};
use super::regex_syntax::translated;
use crate::context::{Context, Out};
use crate::fault::{Fault, Outcome};
use crate::number::position;
use crate::text::{find, push_char, runes};
use crate::value::{Elements, List, Value};

/// A string as the regex crate takes it: a byte that is not UTF-8 is one U+FFFD, as Go's matcher sees it. What is
/// found is taken from the string itself.
struct Haystack<'t> {
    original: &'t [u8],
    text: Cow<'t, str>,
    /// Where each byte of `text`, and its end, stands in the string; none if both are the same.
    origins: Option<Vec<usize>>,
}

impl<'t> Haystack<'t> {
    fn new(original: &'t [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(original) {
            return Self { original, text: Cow::Borrowed(text), origins: None };
        }
        let (mut bytes, mut origins) = (Vec::new(), Vec::new());
        for rune in runes(original) {
            push_char(&mut bytes, rune.char);
            origins.resize(bytes.len(), rune.at);
        }
        origins.push(original.len());
        Self { original, text: Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()), origins: Some(origins) }
    }

    fn origin(&self, at: usize) -> usize {
        self.origins.as_ref().map_or(at, |origins| origins.get(at).copied().unwrap_or(self.original.len()))
    }

    fn between(&self, from: usize, to: usize) -> &'t [u8] {
        self.original.get(self.origin(from)..self.origin(to)).unwrap_or_default()
    }

    fn part(&self, found: Match<'_>) -> &'t [u8] {
        self.between(found.start(), found.end())
    }
}

const FIND: Function = Function::new("regexFind", &[Text, Text], |context, args| {
    let text = Haystack::new(args.text(1)?);
    let found = compiled(context, args.text(0)?)?.find(&text.text).map(|found| text.part(found));
    Ok(Value::from(found.unwrap_or_default()))
});
const FIND_ALL: Function = Function::new("regexFindAll", &[Text, Text, Int], |context, args| {
    let pattern = compiled(context, args.text(0)?)?;
    let text = Haystack::new(args.text(1)?);
    let most = position(args.int(2)?).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for part in pattern.find_iter(&text.text).take(most) {
        context.steps(1)?;
        found.push(Value::from(text.part(part)));
    }
    Ok(if found.is_empty() { Value::List(List::nil(Elements::Texts)) } else { Value::texts(found) })
});
const REPLACE_ALL: Function = Function::new("regexReplaceAll", &[Text, Text, Text], |context, args| {
    let template = args.text(2)?;
    replaced(context, args.text(0)?, args.text(1)?, |text, captures, out| expand(template, text, captures, out))
});
const REPLACE_ALL_LITERAL: Function = Function::new("regexReplaceAllLiteral", &[Text, Text, Text], |context, args| {
    let text = args.text(2)?;
    replaced(context, args.text(0)?, args.text(1)?, |_, _, out| out.push(text))
});
const SPLIT: Function =
    Function::new("regexSplit", &[Text, Text, Int], |context, args| split(context, args.text(0)?, args.text(1)?, args.int(2)?));

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", &[Text, Text], |context, args| match compiled(context, args.text(0)?) {
        Ok(pattern) => Ok(Value::Bool(pattern.is_match(&Haystack::new(args.text(1)?).text))),
        Err(Fault::Because(_)) => Ok(Value::Bool(false)),
        Err(limit) => Err(limit),
    }),
    Function::new("mustRegexMatch", &[Text, Text], |context, args| {
        Ok(Value::Bool(compiled(context, args.text(0)?)?.is_match(&Haystack::new(args.text(1)?).text)))
    }),
    FIND,
    super::alias("mustRegexFind", &FIND),
    FIND_ALL,
    super::alias("mustRegexFindAll", &FIND_ALL),
    REPLACE_ALL,
    super::alias("mustRegexReplaceAll", &REPLACE_ALL),
    REPLACE_ALL_LITERAL,
    super::alias("mustRegexReplaceAllLiteral", &REPLACE_ALL_LITERAL),
    SPLIT,
    super::alias("mustRegexSplit", &SPLIT),
    Function::new("regexQuoteMeta", &[Text], |_, args| {
        let mut out = Vec::new();
        for byte in args.text(0)? {
            if br"\.+*?()|[]{}^$".contains(byte) {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        Ok(Value::from(out))
    }),
];

/// Bytes of compiled program that a pattern may need.
const SIZE_LIMIT: usize = 1 << 20;

fn compiled(context: &Context<'_>, pattern: &[u8]) -> Result<Regex, Fault> {
    let compile = || {
        let translated = translated(std::str::from_utf8(pattern).ok()?)?;
        RegexBuilder::new(&translated).size_limit(SIZE_LIMIT).nest_limit(100).build().ok()
    };
    context.pattern(pattern, compile)?.ok_or(Fault::Because("its pattern is not a regular expression that can be used"))
}

fn replaced(
    context: &Context<'_>,
    pattern: &[u8],
    text: &[u8],
    replace: impl Fn(&Haystack<'_>, &Captures<'_>, &mut Out) -> Result<(), Fault>,
) -> Outcome {
    let mut out = context.out();
    let text = Haystack::new(text);
    let mut at = 0;
    for captures in compiled(context, pattern)?.captures_iter(&text.text) {
        context.steps(1)?;
        let Some(whole) = captures.get(0) else { continue };
        out.push(text.between(at, whole.start()))?;
        replace(&text, &captures, &mut out)?;
        at = whole.end();
    }
    out.push(text.between(at, text.text.len()))?;
    Ok(Value::from(out.finish()))
}

/// `$1`, `${1}`, `$name` as Go's Expand takes them: the longest name, so that `$1x` is the group `1x`.
fn expand(template: &[u8], text: &Haystack<'_>, captures: &Captures<'_>, out: &mut Out) -> Result<(), Fault> {
    let mut rest = template;
    while let Some(at) = find(rest, b"$") {
        out.push(rest.get(..at).unwrap_or_default())?;
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(behind) = rest.strip_prefix(b"$") {
            out.text("$")?;
            rest = behind;
            continue;
        }
        let braced = rest.strip_prefix(b"{");
        let name = braced.unwrap_or(rest);
        let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let (name, behind) = name.split_at_checked(length).unwrap_or((name, &[]));
        let behind = if braced.is_some() { behind.strip_prefix(b"}") } else { Some(behind) };
        let Some(behind) = behind.filter(|_| length > 0) else {
            out.text("$")?;
            continue;
        };
        rest = behind;
        let name = std::str::from_utf8(name).unwrap_or_default();
        let group = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(name),
        };
        out.push(group.map(|group| text.part(group)).unwrap_or_default())?;
    }
    out.push(rest)
}

fn split(context: &Context<'_>, pattern: &[u8], text: &[u8], most: i64) -> Outcome {
    let compiled = compiled(context, pattern)?;
    if most == 0 {
        return Ok(Value::List(List::nil(Elements::Texts)));
    }
    if !pattern.is_empty() && text.is_empty() {
        return Ok(Value::texts(vec![Value::from("")]));
    }
    let most = position(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    let text = Haystack::new(text);
    for found in compiled.find_iter(&text.text).take(most) {
        context.steps(1)?;
        if parts.len() + 1 == most {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(Value::from(text.between(begin, end)));
        }
        begin = found.end();
    }
    if end != text.text.len() {
        parts.push(Value::from(text.between(begin, text.text.len())));
    }
    Ok(Value::texts(parts))
}
