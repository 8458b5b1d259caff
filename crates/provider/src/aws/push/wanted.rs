//! What a push or a removal makes of a secret's value.

use sealbridge_secret::SecretBytes;

use super::about::Format;
use super::property::names;
use crate::json::{Json, Left, Numbers, at, cut as cut_out, parse, quoted, same, set};
use crate::select::into_bytes;
use crate::{Push, PushError};

/// The most bytes that a secret holds.
const LARGEST: usize = 65_536;

pub(in crate::aws) const NO_TEXT: PushError = PushError::Unfit(
    "the value is no UTF-8 text, which a property and the format string need; encode it, for example in base64, or leave the format out",
);
const NO_OBJECT: PushError = PushError::Unfit(
    "what the store holds there is no JSON object, or the property leads through a member that is none; push the whole value, or name \
     another property",
);
const SIZE: PushError =
    PushError::Unfit("the value is empty or larger than 64 KiB, which no secret of AWS can be; push another one");

/// A value, and as what it is kept.
#[derive(Debug)]
pub(in crate::aws) struct Held {
    pub(in crate::aws) value: SecretBytes,
    /// Whether as text, else as bytes.
    pub(in crate::aws) is_text: bool,
}

/// What is to stand there: the whole value, or one member of an object.
pub(in crate::aws) struct Wanted<'p> {
    property: Option<&'p str>,
    value: &'p [u8],
    format: Option<Format>,
}

impl<'p> Wanted<'p> {
    /// What a push wants, if a secret can hold it.
    pub(in crate::aws) fn of(push: &'p Push, format: Option<Format>) -> Result<Self, PushError> {
        let property = push.at.as_key().property.as_deref();
        let value = push.value.expose();
        if (property.is_some() || format == Some(Format::Text)) && std::str::from_utf8(value).is_err() {
            return Err(NO_TEXT);
        }
        if let Some(property) = property {
            names(property, None)?;
        } else if value.is_empty() || value.len() > LARGEST {
            return Err(SIZE);
        }
        Ok(Self { property, value, format })
    }

    /// Whether there is a value, or such a member.
    pub(in crate::aws) fn is_in(&self, held: &Held) -> bool {
        let Some(property) = self.property else { return true };
        let Some(document) = text(held).and_then(|text| parse(text).ok()) else { return false };
        names(property, Some(&document)).is_ok_and(|names| at(&document, &names).is_some())
    }

    /// The value to write, or nothing where it stands there already.
    pub(in crate::aws) fn over(&self, held: Option<&Held>) -> Result<Option<Held>, PushError> {
        let keeps_format = held.is_some_and(|held| match self.format {
            None => true,
            Some(format) => held.is_text == (format == Format::Text),
        });
        let (value, is_same) = match self.property {
            None => (SecretBytes::new(self.value.to_vec()), held.is_some_and(|held| held.value.expose() == self.value)),
            Some(property) => self.with_member(property, held)?,
        };
        if is_same && keeps_format {
            return Ok(None);
        }
        if value.len() > LARGEST {
            return Err(SIZE);
        }
        Ok(Some(Held { value, is_text: self.format == Some(Format::Text) }))
    }

    fn with_member(&self, property: &str, held: Option<&Held>) -> Result<(SecretBytes, bool), PushError> {
        let document = held.map(document).transpose()?;
        let names = names(property, document.as_ref())?;
        let json = quoted(std::str::from_utf8(self.value).map_err(|_| NO_TEXT)?);
        let wanted = parse(&json).map_err(|_| NO_TEXT)?;
        let is_same =
            document.as_ref().and_then(|document| at(document, &names)).is_some_and(|found| same(found, &wanted, Numbers::AsText));
        match held {
            Some(held) if is_same => Ok((held.value.duplicate(), true)),
            _ => Ok((into_bytes(set(document.as_ref(), &names, &json).map_err(|_| NO_OBJECT)?), false)),
        }
    }
}

/// What is left once a property is taken back.
pub(in crate::aws) enum Cut {
    /// Everything: there was no such property.
    Nothing,
    /// Nothing.
    All,
    /// This.
    To(Held),
}

/// What is left once `property` is taken back.
pub(in crate::aws) fn cut(held: &Held, property: &str) -> Result<Cut, PushError> {
    let Some(document) = text(held).and_then(|text| parse(text).ok()) else { return Ok(Cut::Nothing) };
    Ok(match cut_out(&document, &names(property, Some(&document))?) {
        Left::Everything => Cut::Nothing,
        Left::Nothing => Cut::All,
        Left::Document(text) => Cut::To(Held { value: into_bytes(text), is_text: held.is_text }),
    })
}

fn text(held: &Held) -> Option<&str> {
    std::str::from_utf8(held.value.expose()).ok()
}

fn document(held: &Held) -> Result<Json<'_>, PushError> {
    text(held).and_then(|text| parse(text).ok()).filter(Json::is_object).ok_or(NO_OBJECT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::{Admission, Payload, PushKey, Pusher, SelectError, Selection};

    fn push(property: Option<&str>, value: &[u8]) -> Push {
        let at = PushKey { key: "a".to_owned(), property: property.map(str::to_owned) };
        let at = Admission::to_everything().admit_push(&at).unwrap();
        let (metadata, only_if_absent) = (None, false);
        Push { at, value: SecretBytes::new(value.to_vec()), metadata, only_if_absent, pusher: Pusher::Native }
    }

    fn held(text: &str, is_text: bool) -> Held {
        Held { value: SecretBytes::new(text.as_bytes().to_vec()), is_text }
    }

    #[rstest]
    #[case::new(None, None, Some(false))]
    #[case::new_text(None, Some(Format::Text), Some(true))]
    #[case::same(Some(("v", true)), None, None)]
    #[case::same_bytes(Some(("v", false)), Some(Format::Binary), None)]
    #[case::another_format(Some(("v", true)), Some(Format::Binary), Some(false))]
    #[case::another_value(Some(("w", true)), None, Some(false))]
    fn whole_values(#[case] there: Option<(&str, bool)>, #[case] format: Option<Format>, #[case] written: Option<bool>) {
        let push = push(None, b"v");
        let there = there.map(|(text, is_text)| held(text, is_text));
        let value = Wanted::of(&push, format).unwrap().over(there.as_ref()).unwrap();
        assert_eq!(value.as_ref().map(|value| value.is_text), written);
        assert!(value.is_none_or(|value| value.value.expose() == b"v"));
    }

    #[rstest]
    #[case("canary")]
    #[case(r#"["canary"]"#)]
    #[case(r#"{"a":"canary"}"#)]
    #[case(r#"{"a":["canary"]}"#)]
    fn a_property_of_what_has_none_is_refused(#[case] there: &str) {
        let push = push(Some("a.b"), b"x");
        let refused = Wanted::of(&push, None).unwrap().over(Some(&held(there, true))).unwrap_err();
        assert_eq!(refused, NO_OBJECT);
        assert!(matches!(cut(&held(there, true), "a.b"), Ok(Cut::Nothing)));
    }

    const THERE: [&str; 5] = [
        "{}",
        r#"{"a":{"b":"x"},"n":1.50}"#,
        r#"{"a.b":"x","a":{"b":{"c":null}}}"#,
        r#"{"0":"x","b":{"0":"y"}}"#,
        r#"{"@this":"x"}"#,
    ];

    proptest! {
        #[test]
        fn what_was_pushed_is_what_a_read_of_the_property_finds(
            property in r"[ab0.\\@:]{1,6}", value in any::<String>(), there in prop::sample::select(&THERE[..]),
        ) {
            let push = push(Some(&property), value.as_bytes());
            let there = held(there, true);
            // A property that says no name, or leads through a text, is refused.
            let Ok(wanted) = Wanted::of(&push, None) else { return Ok(()) };
            let Ok(written) = wanted.over(Some(&there)) else { return Ok(()) };
            let Some(written) = written else { return Ok(()) };
            prop_assert!(wanted.is_in(&written) && wanted.over(Some(&written)).unwrap().is_none(), "written once");
            let payload = Payload::new(written.value.duplicate(), Selection::AwsEscapedThenGjson, None);
            let found = payload.select(Some(&property)).unwrap();
            prop_assert_eq!(found.expose(), value.as_bytes());
            let gone = match cut(&written, &property) {
                Ok(Cut::To(left)) => Payload::new(left.value, Selection::AwsEscapedThenGjson, None).select(Some(&property)),
                Ok(Cut::All) => Err(SelectError::PropertyNotFound),
                Ok(Cut::Nothing) | Err(_) => return Err(TestCaseError::fail("it was there")),
            };
            // Behind a name with dots may stand a path.
            let stands_behind = there.value.expose().starts_with(br#"{"a.b""#);
            prop_assert!(gone.is_err() || stands_behind);
        }
    }
}
