//! What a push or a removal makes of the object that stands at a place.
//!
//! Must never: touch a member that nobody named, or the mark of one that stands there already.

use std::collections::BTreeMap;

use sealbridge_api::store::VaultKvVersion;
use zeroize::Zeroizing;

use super::standing::{MARK, Standing, V1_METADATA};
use crate::json::{Json, Numbers, object, parse, quoted, same};
use crate::select::by_name;
use crate::{Push, PushError, PushKey, Pusher};

const NO_OBJECT: PushError = PushError::Unfit(
    "the value is no JSON object, which is what a key of this store holds; name a property under remoteRef, or push a JSON object",
);
const NO_TEXT: PushError = PushError::Unfit(
    "the value is no UTF-8 text, which is all that a property of a JSON object can hold; encode it, for example in base64",
);
const MARK_INSIDE: PushError = PushError::Unfit(
    "the value has a member custom_metadata, where the mark of what was pushed stands in KV version 1; name it otherwise",
);

/// What is to stand there: the object as a whole, or one member of it.
pub(super) struct Wanted<'p> {
    property: Option<&'p str>,
    json: Zeroizing<String>,
    kv: VaultKvVersion,
    pusher: Pusher,
}

/// What is left of an object.
#[derive(PartialEq, Eq)]
pub(super) enum Rest {
    /// All of it: there was no such member.
    Everything,
    /// Nothing that anybody pushed.
    Nothing,
    /// This object.
    Object(Zeroizing<String>),
}

impl<'p> Wanted<'p> {
    /// What a push wants, if such a place can hold it.
    pub(super) fn of(push: &'p Push, kv: VaultKvVersion) -> Result<Self, PushError> {
        let property = property(push.at.as_key(), kv)?;
        let text = std::str::from_utf8(push.value.expose()).map_err(|_| if property.is_some() { NO_TEXT } else { NO_OBJECT })?;
        let json = if property.is_some() {
            quoted(text)
        } else {
            let object = parse(text).ok().filter(Json::is_object).ok_or(NO_OBJECT)?;
            if kv == VaultKvVersion::V1 && object.last_member(V1_METADATA).is_some() {
                return Err(MARK_INSIDE);
            }
            Zeroizing::new(text.to_owned())
        };
        Ok(Self { property, json, kv, pusher: push.pusher })
    }

    /// The object to write, or nothing where it stands there already.
    pub(super) fn over(&self, standing: Option<&Standing>) -> Result<Option<Zeroizing<String>>, PushError> {
        let wanted = parse(&self.json).map_err(|_| NO_OBJECT)?;
        let mark_text = format!("{{\"{MARK}\":\"{}\"}}", self.pusher.mark());
        let mark = parse(&mark_text).map_err(|_| NO_OBJECT)?;
        let current = standing.and_then(Standing::object).and_then(|text| parse(text).ok());
        let mut members = current.as_ref().map(members_of).unwrap_or_default();
        // Version 2 keeps doubles.
        let numbers = if self.kv == VaultKvVersion::V2 { Numbers::AsDoubles } else { Numbers::AsText };
        let marks = (self.kv == VaultKvVersion::V1).then(|| members.remove(V1_METADATA)).flatten();
        match self.property {
            Some(property) if members.get(property).is_some_and(|member| same(member, &wanted, numbers)) => return Ok(None),
            Some(property) => drop(members.insert(property.to_owned(), &wanted)),
            None if current.is_some() && same_members(&members, &members_of(&wanted), numbers) => return Ok(None),
            None => members = members_of(&wanted),
        }
        if self.kv == VaultKvVersion::V1 {
            members.insert(V1_METADATA.to_owned(), marks.unwrap_or(&mark));
        }
        Ok(Some(object(&members)))
    }
}

/// What is left of what stands there once the place is taken back.
pub(super) fn without(at: &PushKey, standing: &Standing, kv: VaultKvVersion) -> Result<Rest, PushError> {
    let Some(property) = property(at, kv)? else { return Ok(Rest::Nothing) };
    let Some(current) = standing.object().and_then(|text| parse(text).ok()) else {
        // Older versions of a deleted one may be restored; of one that never had a value there is only the mark.
        return Ok(if standing.version == 0 { Rest::Nothing } else { Rest::Everything });
    };
    let mut members = members_of(&current);
    if members.remove(property).is_none() {
        return Ok(Rest::Everything);
    }
    let is_mark = |name: &String| kv == VaultKvVersion::V1 && name == V1_METADATA;
    Ok(if members.keys().all(is_mark) { Rest::Nothing } else { Rest::Object(object(&members)) })
}

fn property(at: &PushKey, kv: VaultKvVersion) -> Result<Option<&str>, PushError> {
    match at.property.as_deref() {
        Some(V1_METADATA) if kv == VaultKvVersion::V1 => Err(PushError::Invalid {
            field: "remoteRef.property".to_owned(),
            problem: "the mark of what was pushed stands under that name in KV version 1; use another one",
        }),
        property => Ok(property),
    }
}

fn members_of<'j, 't>(object: &'j Json<'t>) -> BTreeMap<String, &'j Json<'t>> {
    by_name(object).unwrap_or_default()
}

fn same_members(held: &BTreeMap<String, &Json<'_>>, wanted: &BTreeMap<String, &Json<'_>>, numbers: Numbers) -> bool {
    let is_same = |((name, held), (other, wanted)): ((&String, &&Json<'_>), (&String, &&Json<'_>))| {
        name == other && same(held, wanted, numbers)
    };
    held.len() == wanted.len() && held.iter().zip(wanted).all(is_same)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_secret::SecretBytes;

    use super::super::http::Answer;
    use super::super::standing::standing;
    use super::*;
    use crate::Admission;

    const V1: VaultKvVersion = VaultKvVersion::V1;
    const V2: VaultKvVersion = VaultKvVersion::V2;

    fn push(property: Option<&str>, value: &str) -> Push {
        let at = PushKey { key: "a".to_owned(), property: property.map(str::to_owned) };
        let at = Admission::to_everything().admit_push(&at).unwrap();
        let (metadata, only_if_absent) = (None, false);
        Push { at, value: SecretBytes::new(value.as_bytes().to_vec()), metadata, only_if_absent, pusher: Pusher::Native }
    }

    fn there(kv: VaultKvVersion, object: &str) -> Standing {
        let body = match kv {
            V2 => format!(r#"{{"data":{{"data":{object},"metadata":{{"version":3}}}}}}"#),
            V1 | VaultKvVersion::Logical => format!(r#"{{"data":{object}}}"#),
        };
        let answer = Answer { status: 200, retry_after: None, body: Zeroizing::new(body.into_bytes()) };
        standing(answer, kv).unwrap().unwrap()
    }

    #[rstest]
    #[case::new(V2, None, None, r#"{"a": 1.50}"#, Some(r#"{"a":1.50}"#))]
    #[case::new_member(V2, None, Some("a.b"), "x", Some(r#"{"a.b":"x"}"#))]
    #[case::same(V2, Some(r#"{"a":1.5,"b":"x"}"#), None, r#"{"b":"x","a":1.50}"#, None)]
    #[case::others_go(V2, Some(r#"{"a":1,"b":2}"#), None, r#"{"a":1}"#, Some(r#"{"a":1}"#))]
    #[case::others_stay(V2, Some(r#"{"a":1,"b":2}"#), Some("a"), "1", Some(r#"{"a":"1","b":2}"#))]
    #[case::same_member(V2, Some(r#"{"a":"1","b":2}"#), Some("a"), "1", None)]
    #[case::marked(V1, None, None, "{}", Some(r#"{"custom_metadata":{"managed-by":"sealbridge"}}"#))]
    #[case::mark_stays(
        V1,
        Some(r#"{"a":"1","custom_metadata":{"managed-by":"external-secrets","x":"y"}}"#),
        Some("b"),
        "2",
        Some(r#"{"a":"1","b":"2","custom_metadata":{"managed-by":"external-secrets","x":"y"}}"#)
    )]
    #[case::mark_does_not_count(
        V1,
        Some(r#"{"a":"1","custom_metadata":{"managed-by":"external-secrets"}}"#),
        None,
        r#"{"a":"1"}"#,
        None
    )]
    #[case::digits_count(
        V1,
        Some(r#"{"a":1.5,"custom_metadata":{}}"#),
        None,
        r#"{"a":1.50}"#,
        Some(r#"{"a":1.50,"custom_metadata":{}}"#)
    )]
    fn pushed(
        #[case] kv: VaultKvVersion,
        #[case] object: Option<&str>,
        #[case] property: Option<&str>,
        #[case] value: &str,
        #[case] wanted: Option<&str>,
    ) {
        let push = push(property, value);
        let standing = object.map(|object| there(kv, object));
        let written = Wanted::of(&push, kv).unwrap().over(standing.as_ref()).unwrap();
        assert_eq!(written.as_ref().map(|text| text.as_str()), wanted);
    }

    #[rstest]
    #[case(V2, r#"{"a":1,"b":2}"#, Some("a"), Rest::Object(Zeroizing::new(r#"{"b":2}"#.to_owned())))]
    #[case(V2, r#"{"a":1}"#, Some("a"), Rest::Nothing)]
    #[case(V2, r#"{"a":1}"#, Some("b"), Rest::Everything)]
    #[case(V2, r#"{"a":1}"#, None, Rest::Nothing)]
    #[case(V2, r#"{"a":1,"custom_metadata":1}"#, Some("a"), Rest::Object(Zeroizing::new(r#"{"custom_metadata":1}"#.to_owned())))]
    #[case(V1, r#"{"a":1,"custom_metadata":{}}"#, Some("a"), Rest::Nothing)]
    #[case(V2, "null", Some("a"), Rest::Everything)]
    #[case(V2, "null", None, Rest::Nothing)]
    fn taken_back(#[case] kv: VaultKvVersion, #[case] object: &str, #[case] property: Option<&str>, #[case] wanted: Rest) {
        let at = PushKey { key: "a".to_owned(), property: property.map(str::to_owned) };
        assert!(without(&at, &there(kv, object), kv).unwrap() == wanted);
    }
}
