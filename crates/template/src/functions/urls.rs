//! `urlParse` and `urlJoin`, by the rules of Go's net/url.

use super::Function;
use super::Param::{Map as MapParam, Text as TextParam};
use crate::fault::{Fault, Outcome};
use crate::text::{Text, find};
use crate::value::{Entries, Map, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("urlParse", &[TextParam], |context, args| {
        let url = Url::parse(args.text(0)?).ok_or(Fault::Because("its argument is no URL"))?;
        let parts = [
            ("scheme", url.scheme),
            ("host", url.host.clone()),
            ("hostname", host_name(&url.host)),
            ("path", url.path),
            ("query", url.query),
            ("opaque", url.opaque),
            ("fragment", url.fragment),
            ("userinfo", url.user.as_ref().map(User::text).unwrap_or_default()),
        ];
        let entries: Entries = parts.into_iter().map(|(name, part)| (Text::from(name), Value::from(part))).collect();
        Ok(Value::Map(context.map(entries)))
    }),
    Function::new("urlJoin", &[MapParam], |_, args| joined(args.map(0))),
];

/// What a part of a URL may hold unescaped.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Host,
    Path,
    User,
    Fragment,
}

struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

impl User {
    fn parse(text: &[u8]) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
        if !text.iter().all(allowed) {
            return None;
        }
        match split(text, b":") {
            Some((name, password)) => {
                Some(Self { name: unescaped(name, Part::User)?, password: Some(unescaped(password, Part::User)?) })
            }
            None => Some(Self { name: unescaped(text, Part::User)?, password: None }),
        }
    }

    fn text(&self) -> Vec<u8> {
        let mut text = escaped(&self.name, Part::User);
        if let Some(password) = &self.password {
            text.push(b':');
            text.extend(escaped(password, Part::User));
        }
        text
    }
}

fn split<'t>(text: &'t [u8], separator: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let at = find(text, separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

/// A scheme and what stands behind it; none if there is a colon with nothing before it.
fn scheme(text: &[u8]) -> Option<(&[u8], &[u8])> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return None,
            b':' => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => break,
        }
    }
    Some((&[], text))
}

impl Url {
    fn parse(text: &[u8]) -> Option<Self> {
        let (text, fragment) = split(text, b"#").unwrap_or((text, &[]));
        if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return None;
        }
        let mut url = Self { fragment: unescaped(fragment, Part::Fragment)?, ..Self::default() };
        if text == b"*" {
            url.path = text.to_vec();
            return Some(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = split(rest, b"?").unwrap_or((rest, &[]));
        url.query = query.to_vec();
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Some(url);
            }
            if rest.split(|byte| *byte == b'/').next().is_some_and(|segment| segment.contains(&b':')) {
                return None;
            }
        }
        let authority = rest.strip_prefix(b"//").filter(|_| !scheme.is_empty() || !rest.starts_with(b"///"));
        let path = match authority {
            Some(authority) => {
                let end = authority.iter().position(|byte| *byte == b'/').unwrap_or(authority.len());
                let (authority, path) = authority.split_at_checked(end)?;
                url.authority(authority)?;
                path
            }
            None => rest,
        };
        url.path = unescaped(path, Part::Path)?;
        Some(url)
    }

    fn authority(&mut self, authority: &[u8]) -> Option<()> {
        let host = match authority.iter().rposition(|byte| *byte == b'@') {
            Some(at) => {
                self.user = Some(User::parse(authority.get(..at)?)?);
                authority.get(at + 1..)?
            }
            None => authority,
        };
        let port = if host.starts_with(b"[") {
            let close = host.iter().rposition(|byte| *byte == b']')?;
            host.get(close + 1..)?
        } else {
            host.iter().rposition(|byte| *byte == b':').and_then(|at| host.get(at..)).unwrap_or_default()
        };
        let is_port = port.is_empty() || (port.starts_with(b":") && port.iter().skip(1).all(u8::is_ascii_digit));
        self.host = if is_port { unescaped(host, Part::Host)? } else { return None };
        Some(())
    }

    fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.hierarchy(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escaped(&self.fragment, Part::Fragment));
        }
        out
    }

    fn hierarchy(&self, out: &mut Vec<u8>) {
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || (!self.scheme.is_empty() && !self.path.is_empty()) {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            out.extend(user.text());
            out.push(b'@');
        }
        out.extend(escaped(&self.host, Part::Host));
        let path = if self.path == b"*" { self.path.clone() } else { escaped(&self.path, Part::Path) };
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        let has_colon = path.split(|byte| *byte == b'/').next().is_some_and(|segment| segment.contains(&b':'));
        if out.is_empty() && has_colon {
            out.extend_from_slice(b"./");
        }
        out.extend(path);
    }
}

/// The host without its port and brackets.
fn host_name(host: &[u8]) -> Vec<u8> {
    let port = host.iter().rposition(|byte| *byte == b':').filter(|at| host.iter().skip(at + 1).all(u8::is_ascii_digit));
    let host = port.and_then(|at| host.get(..at)).unwrap_or(host);
    host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host).to_vec()
}

fn stays(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return true;
    }
    match part {
        Part::Host => b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => b"$&+,/:;=@".contains(&byte),
        Part::User => b"$&+,;=".contains(&byte),
        Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escaped(bytes: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if stays(*byte, part) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    out
}

fn unescaped(text: &[u8], part: Part) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'%' {
            if part == Part::Host && byte.is_ascii() && !stays(*byte, part) {
                return None;
            }
            out.push(*byte);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        let [byte] = <[u8; 1]>::try_from(hex::decode(digits).ok()?).ok()?;
        // A host may hold escapes of what is not ASCII alone.
        if part == Part::Host && byte.is_ascii() && digits != b"25" {
            return None;
        }
        out.push(byte);
        rest = behind;
    }
    Some(out)
}

fn joined(map: Option<&Map>) -> Outcome {
    let part = |name: &str| match map.and_then(|map| map.get(name.as_bytes())) {
        None => Ok(Vec::new()),
        Some(Value::Text(text)) => Ok(text.bytes().to_vec()),
        Some(_) => Err(Fault::Because("a part of the URL is no string")),
    };
    let mut url = Url {
        scheme: part("scheme")?,
        opaque: part("opaque")?,
        user: None,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        fragment: part("fragment")?,
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let parsed = Url::parse(&[b"proto://", user.as_slice(), b"@host"].concat());
        url.user = parsed.ok_or(Fault::Because("the userinfo is not written as in a URL"))?.user;
    }
    Ok(Value::from(url.text()))
}
