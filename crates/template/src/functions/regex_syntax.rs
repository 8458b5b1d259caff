//! A pattern in Go's syntax, written so that the regex crate understands the same: `\d`, `\w`, `\s` and `\b` are ASCII,
//! a class has no set operations, and what Go does not know is refused.

/// The pattern; none if Go would refuse it.
pub(super) fn translated(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut repeats = false;
    while let Some(char) = rest.chars().next() {
        rest = rest.get(char.len_utf8()..)?;
        let before = std::mem::take(&mut repeats);
        match char {
            '*' | '+' | '?' => {
                out.push(char);
                rest = lazy(rest, before, &mut out)?;
                repeats = true;
            }
            '\\' => rest = escape(rest, false, &mut out)?,
            '[' => rest = class(rest, &mut out)?,
            '(' if rest.starts_with('?') => rest = group(rest, &mut out)?,
            '{' => {
                let length = out.len();
                rest = repetition(rest, &mut out)?;
                if out.get(length..).is_some_and(|added| added.starts_with('{')) {
                    rest = lazy(rest, before, &mut out)?;
                    repeats = true;
                }
            }
            // Blanks and signs mean themselves: Go has no verbose mode.
            other => out.push(other),
        }
    }
    Some(out)
}

/// A question mark behind a repetition; none if what is repeated is a repetition.
fn lazy<'p>(rest: &'p str, repeats: bool, out: &mut String) -> Option<&'p str> {
    if repeats {
        return None;
    }
    Some(rest.strip_prefix('?').map_or(rest, |behind| {
        out.push('?');
        behind
    }))
}

/// A character as itself.
fn literal(char: char, out: &mut String) {
    if char.is_alphanumeric() || !char.is_ascii() {
        out.push(char);
    } else {
        out.push_str(&format!("\\x{:02X}", u32::from(char)));
    }
}

fn escape<'p>(rest: &'p str, in_class: bool, out: &mut String) -> Option<&'p str> {
    let char = rest.chars().next()?;
    let behind = rest.get(char.len_utf8()..)?;
    let set = |inside: &str, out: &mut String| out.push_str(inside);
    match char {
        'd' if in_class => set("0-9", out),
        'd' => set("[0-9]", out),
        'D' => set("[^0-9]", out),
        'w' if in_class => set("0-9A-Za-z_", out),
        'w' => set("[0-9A-Za-z_]", out),
        'W' => set("[^0-9A-Za-z_]", out),
        's' if in_class => set(r"\t\n\x0C\r\x20", out),
        's' => set(r"[\t\n\x0C\r\x20]", out),
        'S' => set(r"[^\t\n\x0C\r\x20]", out),
        'b' | 'B' if !in_class => out.push_str(&format!("(?-u:\\{char})")),
        'A' | 'z' if !in_class => out.push_str(&format!("\\{char}")),
        'a' | 'f' | 'n' | 'r' | 't' | 'v' => out.push_str(&format!("\\{char}")),
        'p' | 'P' => return property(char, behind, out),
        'x' => return hexadecimal(behind, out),
        'Q' if !in_class => {
            let (quoted, behind) = behind.split_once("\\E").unwrap_or((behind, ""));
            quoted.chars().for_each(|char| literal(char, out));
            return Some(behind);
        }
        '0' => return octal(rest, out),
        '1'..='7' if behind.starts_with(|char: char| ('0'..='7').contains(&char)) => return octal(rest, out),
        punctuation if punctuation.is_ascii_punctuation() => literal(punctuation, out),
        _ => return None,
    }
    Some(behind)
}

fn octal<'p>(rest: &'p str, out: &mut String) -> Option<&'p str> {
    let length = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let (digits, behind) = rest.split_at_checked(length)?;
    out.push_str(&format!("\\x{{{:X}}}", u32::from_str_radix(digits, 8).ok()?));
    Some(behind)
}

fn hexadecimal<'p>(rest: &'p str, out: &mut String) -> Option<&'p str> {
    let (digits, behind) = match rest.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => rest.split_at_checked(2)?,
    };
    let is_hexadecimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let code = is_hexadecimal.then(|| u32::from_str_radix(digits, 16).ok())??;
    out.push_str(&format!("\\x{{{code:X}}}"));
    Some(behind)
}

fn property<'p>(letter: char, rest: &'p str, out: &mut String) -> Option<&'p str> {
    let (name, behind) = match rest.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => rest.split_at_checked(rest.chars().next()?.len_utf8())?,
    };
    let (negated, name) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
    if !name.starts_with(|char: char| char.is_ascii_uppercase())
        || !name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    {
        return None;
    }
    let letter = if (letter == 'P') == negated { 'p' } else { 'P' };
    out.push_str(&format!("\\{letter}{{{name}}}"));
    Some(behind)
}

fn class<'p>(mut rest: &'p str, out: &mut String) -> Option<&'p str> {
    out.push('[');
    if let Some(behind) = rest.strip_prefix('^') {
        out.push('^');
        rest = behind;
    }
    let mut is_first = true;
    loop {
        let char = rest.chars().next()?;
        if char == ']' && !is_first {
            out.push(']');
            return rest.get(1..);
        }
        is_first = false;
        if let Some(named) = rest.strip_prefix("[:")
            && let Some((name, behind)) = named.split_once(":]")
        {
            out.push_str(&format!("[:{name}:]"));
            rest = behind;
            continue;
        }
        rest = class_member(rest, out)?;
        // `a-z`; a sign at the end is itself.
        if let Some(behind) = rest.strip_prefix('-') {
            if behind.starts_with(']') {
                literal('-', out);
                rest = behind;
            } else {
                out.push('-');
                rest = class_member(behind, out)?;
            }
        }
    }
}

fn class_member<'p>(rest: &'p str, out: &mut String) -> Option<&'p str> {
    let char = rest.chars().next()?;
    let behind = rest.get(char.len_utf8()..)?;
    if char == '\\' {
        return escape(behind, true, out);
    }
    literal(char, out);
    Some(behind)
}

fn group<'p>(rest: &'p str, out: &mut String) -> Option<&'p str> {
    let behind = rest.strip_prefix('?')?;
    let named = behind.strip_prefix("P<").or_else(|| behind.strip_prefix('<'));
    if let Some(named) = named {
        let (name, _) = named.split_once('>')?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        // A name may begin with a digit in Go, not here.
        if name.starts_with(|char: char| char.is_ascii_digit()) {
            return None;
        }
        out.push_str("(?P<");
        return Some(named);
    }
    let flags = behind.len() - behind.trim_start_matches(['i', 'm', 's', 'U', '-']).len();
    let (flags, behind) = behind.split_at_checked(flags)?;
    let is_sound = (behind.starts_with(':') || (behind.starts_with(')') && !flags.is_empty()))
        && !flags.ends_with('-')
        && flags.matches('-').count() < 2;
    if !is_sound {
        return None;
    }
    out.push_str("(?");
    out.push_str(flags);
    Some(behind)
}

/// `{2,3}` repeats at most a thousand times; any other brace is itself.
fn repetition<'p>(rest: &'p str, out: &mut String) -> Option<&'p str> {
    if let Some((inner, behind)) = rest.split_once('}') {
        let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
        let is_count = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
        };
        if is_count(least) && (most.is_empty() || is_count(most)) {
            let least = least.parse::<u32>().ok().filter(|count| *count <= 1000)?;
            let is_ordered = most.is_empty() || most.parse::<u32>().is_ok_and(|most| (least..=1000).contains(&most));
            if !is_ordered {
                return None;
            }
            out.push_str(&format!("{{{inner}}}"));
            return Some(behind);
        }
    }
    out.push_str("\\{");
    Some(rest)
}
