//! Reads a JSON text (RFC 8259) into a tree.
//!
//! Must never: accept what is not JSON, since what comes from a store that lies must not look like a value.

use super::{Json, JsonError, Kind, MAX_DEPTH, Text};

/// Reads one document; blanks around it are allowed, anything else is not.
///
/// # Errors
/// [`JsonError`], which says nothing of the content.
pub(crate) fn parse(text: &str) -> Result<Json<'_>, JsonError> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_blanks();
    let document = cursor.value(0)?;
    cursor.skip_blanks();
    if cursor.at == text.len() { Ok(document) } else { Err(JsonError::Syntax) }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, wanted: u8) -> Result<(), JsonError> {
        if self.eat(wanted) { Ok(()) } else { Err(JsonError::Syntax) }
    }

    fn since(&self, start: usize) -> Result<&'a str, JsonError> {
        self.text.get(start..self.at).ok_or(JsonError::Syntax)
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        let start = self.at;
        let kind = match self.peek().ok_or(JsonError::Syntax)? {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Kind::String(self.string()?),
            b't' => self.word("true", Kind::Bool(true))?,
            b'f' => self.word("false", Kind::Bool(false))?,
            b'n' => self.word("null", Kind::Null)?,
            _ => self.number()?,
        };
        Ok(Json { raw: self.since(start)?, kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind<'a>, JsonError> {
        self.expect(b'{')?;
        let mut members = Vec::new();
        self.skip_blanks();
        if self.eat(b'}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.skip_blanks();
            let name = self.string()?;
            self.skip_blanks();
            self.expect(b':')?;
            self.skip_blanks();
            members.push((name, self.value(depth + 1)?));
            self.skip_blanks();
            if self.eat(b'}') {
                return Ok(Kind::Object(members));
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind<'a>, JsonError> {
        self.expect(b'[')?;
        let mut elements = Vec::new();
        self.skip_blanks();
        if self.eat(b']') {
            return Ok(Kind::Array(elements));
        }
        loop {
            self.skip_blanks();
            elements.push(self.value(depth + 1)?);
            self.skip_blanks();
            if self.eat(b']') {
                return Ok(Kind::Array(elements));
            }
            self.expect(b',')?;
        }
    }

    fn string(&mut self) -> Result<Text<'a>, JsonError> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek().ok_or(JsonError::Syntax)? {
                b'"' => {
                    let inner = self.since(start)?;
                    self.at += 1;
                    return Ok(Text::new(inner, escaped));
                }
                b'\\' => {
                    escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                0..=0x1f => return Err(JsonError::Syntax),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let kind = self.peek().ok_or(JsonError::Syntax)?;
        self.at += 1;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                let digits = self.text.as_bytes().get(self.at..self.at + 4).ok_or(JsonError::Syntax)?;
                self.at += 4;
                if digits.iter().all(u8::is_ascii_hexdigit) { Ok(()) } else { Err(JsonError::Syntax) }
            }
            _ => Err(JsonError::Syntax),
        }
    }

    fn word(&mut self, word: &str, kind: Kind<'a>) -> Result<Kind<'a>, JsonError> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(JsonError::Syntax);
        }
        self.at += word.len();
        Ok(kind)
    }

    fn number(&mut self) -> Result<Kind<'a>, JsonError> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(JsonError::Syntax) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"{"a":[1,-0.5e+3,true,false,null,"x\u00e9\n"]}"#)]
    #[case(" [ ] ")]
    #[case("0")]
    #[case(r#""""#)]
    fn accepted(#[case] text: &str) {
        assert!(parse(text).is_ok());
    }

    #[rstest]
    #[case("")]
    #[case("{")]
    #[case("<html>")]
    #[case("01")]
    #[case("1.")]
    #[case("+1")]
    #[case("NaN")]
    #[case("[1,]")]
    #[case(r#"{"a" 1}"#)]
    #[case(r#"{"a":1} x"#)]
    #[case("\"a\nb\"")]
    #[case(r#""\x""#)]
    #[case(r#""\u12g4""#)]
    #[case(r#""\u12é""#)]
    #[case("tru")]
    fn refused(#[case] text: &str) {
        assert!(matches!(parse(text), Err(JsonError::Syntax)));
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(matches!(parse(&deep), Err(JsonError::TooDeep)));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_what_is_json(text in r#"[\[\]{}:,"a\\u0-9.eE+\- tn]{0,24}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            // A lone surrogate is the one thing that the grammar allows and serde_json refuses.
            prop_assume!(!text.contains("\\u"));
            // Numbers past the range of a double are JSON all the same.
            prop_assume!(!text.contains(['e', 'E']));
            prop_assert_eq!(parse(&text).is_ok(), theirs.is_ok());
        }

        #[test]
        fn strings_decode_as_serde_json_does(text in any::<String>()) {
            let encoded = serde_json::to_string(&text).unwrap();
            let parsed = parse(&encoded).ok().unwrap();
            prop_assert_eq!(parsed.as_str().unwrap(), text.as_str());
        }
    }

    #[rstest]
    #[case(r#""\ud83d\ude00""#, "😀")]
    #[case(r#""\ud83d""#, "\u{fffd}")]
    #[case(r#""\ude00x""#, "\u{fffd}x")]
    #[case(r#""\ud83d\u0041""#, "\u{fffd}A")]
    fn surrogates_as_in_go(#[case] text: &str, #[case] decoded: &str) {
        assert_eq!(parse(text).ok().unwrap().as_str().unwrap(), decoded);
    }
}
