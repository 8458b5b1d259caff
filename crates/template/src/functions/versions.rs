//! Semantic versions and constraints on them, as Masterminds/semver takes them.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

use super::Function;
use super::Param::Text;
use super::version_ranges;
use crate::fault::Fault;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("semver", &[Text], |_, args| {
        let version = Version::parse(args.text(0)?).ok_or(Fault::Because("its argument is no version"))?;
        Ok(Value::Version(Rc::new(version)))
    }),
    Function::new("semverCompare", &[Text, Text], |_, args| {
        let constraint = std::str::from_utf8(args.text(0)?).ok().and_then(version_ranges::parse);
        let constraint = constraint.ok_or(Fault::Because("its first argument is no constraint"))?;
        let version = Version::parse(args.text(1)?).ok_or(Fault::Because("its second argument is no version"))?;
        Ok(Value::Bool(constraint.admits(&version)))
    }),
];

/// A version; what was not written is zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(super) numbers: [u64; 3],
    pub(super) prerelease: String,
    metadata: String,
    original: String,
}

impl Version {
    /// One to three numbers, `v` in front, prerelease and metadata behind.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let original = std::str::from_utf8(text).ok()?;
        let text = original.strip_prefix('v').unwrap_or(original);
        let (text, metadata) = text.split_once('+').map_or((text, None), |(text, metadata)| (text, Some(metadata)));
        let (numbers, prerelease) = text.split_once('-').map_or((text, None), |(numbers, rest)| (numbers, Some(rest)));
        let mut found = [0; 3];
        let mut parts = numbers.split('.');
        for (index, slot) in found.iter_mut().enumerate() {
            match parts.next() {
                Some(part) => *slot = number(part)?,
                None if index == 0 => return None,
                None => {}
            }
        }
        if parts.next().is_some() {
            return None;
        }
        let is_sound = prerelease.is_none_or(|text| identifiers_are_sound(text, true))
            && metadata.is_none_or(|text| identifiers_are_sound(text, false));
        is_sound.then(|| Self {
            numbers: found,
            prerelease: prerelease.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: original.to_owned(),
        })
    }

    pub(crate) fn field(&self, name: &str) -> Option<Value> {
        let [major, minor, patch] = self.numbers;
        Some(match name {
            "Major" => Value::Unsigned(major),
            "Minor" => Value::Unsigned(minor),
            "Patch" => Value::Unsigned(patch),
            "Prerelease" => Value::from(self.prerelease.as_str()),
            "Metadata" => Value::from(self.metadata.as_str()),
            "Original" => Value::from(self.original.as_str()),
            "String" => Value::from(self.to_string()),
            _ => return None,
        })
    }

    /// The order of semver.org, 11.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => prerelease_order(&self.prerelease, &other.prerelease),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn identifiers_are_sound(text: &str, refuses_leading_zeros: bool) -> bool {
    text.split('.').all(|part| {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !(refuses_leading_zeros && is_number && part.len() > 1 && part.starts_with('0'))
    })
}

fn prerelease_order(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (number(left), number(right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => left.cmp(right),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
