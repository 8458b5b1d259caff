//! The text of a sealed value: what it claims outside, and the age file in base64.
//!
//! Owns the grammar, of which every text has one spelling. Must never decode the file to read the claims,
//! nor let a claim decide whether a value is used.
//!
//! ```text
//! sealed = "sb1:" claims ":" file
//! claims = "k=" id *("+" id) ";s=" scope ";t=" date ";b=" id [";n=" glob]
//! id     = 16 lower-case hex digits; ids of keys strictly ascending
//! scope  = "strict" / "namespace" / "cluster"
//! date   = yyyy-mm-dd
//! glob   = a namespace with one "*"; absent in scope cluster
//! file   = base64, RFC 4648 section 4, padded, canonical
//! ```

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::civil::Date;

use crate::age_file::{self, Stanzas, VERSION_LINE};
use crate::binding;
use crate::error::{FormatError, OpenError, OuterField};
use crate::glob::NamespaceGlob;
use crate::key_id::KeyId;
use crate::limits::{MAX_AGE_HEADER_BYTES, MAX_RECIPIENTS, MAX_TEXT_BYTES};
use crate::scope::Scope;
use crate::short_hash::ShortHash;
use crate::target::Target;

/// What every sealed value of this version starts with.
pub const PREFIX: &str = "sb1:";

const FAMILY: &str = "sb";
const DATE_CHARS: usize = "yyyy-mm-dd".len();

/// What stands outside, to be judged without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) key_ids: Vec<KeyId>,
    pub(crate) scope: Scope,
    pub(crate) sealed_on: Date,
    pub(crate) binding: ShortHash,
    pub(crate) namespaces: Option<NamespaceGlob>,
}

impl Claims {
    fn parse(text: &str) -> Result<Self, FormatError> {
        let mut fields = text.split(';');
        let mut field = |field: OuterField| {
            let value = fields.next().and_then(|text| text.strip_prefix(field.name()));
            value.ok_or(FormatError::Field(field))
        };
        let key_ids = field(OuterField::KeyIds)?;
        let scope = field(OuterField::Scope)?;
        let date = field(OuterField::Date)?;
        let binding = field(OuterField::Binding)?;
        let namespaces = fields.next();
        if fields.next().is_some() {
            return Err(FormatError::UnknownField);
        }
        let claims = Self {
            key_ids: parse_key_ids(key_ids).ok_or(FormatError::Field(OuterField::KeyIds))?,
            scope: scope.parse().map_err(|_| FormatError::Field(OuterField::Scope))?,
            sealed_on: parse_date(date).ok_or(FormatError::Field(OuterField::Date))?,
            binding: ShortHash::parse(binding).ok_or(FormatError::Field(OuterField::Binding))?,
            namespaces: namespaces.map(parse_namespaces).transpose()?,
        };
        if claims.namespaces.is_some() && !claims.scope.binds_namespace() {
            return Err(FormatError::Field(OuterField::Namespaces));
        }
        Ok(claims)
    }

    /// The first field in which these claims differ from others.
    pub(crate) fn difference(&self, other: &Self) -> Option<OuterField> {
        [
            (self.key_ids != other.key_ids, OuterField::KeyIds),
            (self.scope != other.scope, OuterField::Scope),
            (self.sealed_on != other.sealed_on, OuterField::Date),
            (self.namespaces != other.namespaces, OuterField::Namespaces),
            (self.binding != other.binding, OuterField::Binding),
        ]
        .into_iter()
        .find_map(|(differs, field)| differs.then_some(field))
    }
}

fn parse_key_ids(text: &str) -> Option<Vec<KeyId>> {
    let ids = text.split('+').map(|id| id.parse().ok()).collect::<Option<Vec<KeyId>>>()?;
    let canonical = ids.len() <= MAX_RECIPIENTS && ids.is_sorted_by(|a, b| a < b);
    canonical.then_some(ids)
}

/// The day in the form yyyy-mm-dd; `None` in any other that means a day.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    if text.len() != DATE_CHARS {
        return None;
    }
    let date: Date = text.parse().ok()?;
    (date.to_string() == text).then_some(date)
}

fn parse_namespaces(text: &str) -> Result<NamespaceGlob, FormatError> {
    let glob = text.strip_prefix(OuterField::Namespaces.name()).ok_or(FormatError::UnknownField)?;
    glob.parse().map_err(|_| FormatError::Field(OuterField::Namespaces))
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("k=")?;
        for (index, id) in self.key_ids.iter().enumerate() {
            let separator = if index == 0 { "" } else { "+" };
            write!(f, "{separator}{id}")?;
        }
        write!(f, ";s={};t={};b={}", self.scope, self.sealed_on, self.binding)?;
        match &self.namespaces {
            Some(glob) => write!(f, ";n={glob}"),
            None => Ok(()),
        }
    }
}

/// A sealed value that was read, not opened. What it tells is *claimed*: only opening proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValue<'a> {
    claims: Claims,
    file: &'a str,
}

impl<'a> SealedValue<'a> {
    /// Reads a sealed value without any key. The file in it is judged by its spelling and its first bytes.
    ///
    /// # Errors
    /// [`FormatError`] for every text that [`fmt::Display`] of a sealed value would not have written.
    pub fn parse(text: &'a str) -> Result<Self, FormatError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(FormatError::TooLong);
        }
        let rest = text.strip_prefix(PREFIX).ok_or_else(|| foreign(text))?;
        let (claims, file) = rest.split_once(':').ok_or(FormatError::Base64)?;
        let claims = Claims::parse(claims)?;
        judge_base64(file)?;
        judge_age(file)?;
        Ok(Self { claims, file })
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The claimed ids of the keys that the value is sealed to, ascending.
    #[must_use]
    pub fn key_ids(&self) -> &[KeyId] {
        &self.claims.key_ids
    }

    /// The claimed scope.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.claims.scope
    }

    /// The claimed day of sealing.
    #[must_use]
    pub fn sealed_on(&self) -> Date {
        self.claims.sealed_on
    }

    /// The claimed pattern of namespaces, if one was sealed instead of a namespace.
    #[must_use]
    pub fn namespace_glob(&self) -> Option<&NamespaceGlob> {
        self.claims.namespaces.as_ref()
    }

    /// Whether the value claims to be sealed for this place. Parts that the scope does not bind are ignored.
    #[must_use]
    pub fn matches_target(&self, target: &Target<'_>) -> bool {
        let claims = &self.claims;
        let glob = claims.namespaces.as_ref();
        if glob.is_some_and(|glob| !glob.matches(target.namespace)) {
            return false;
        }
        let glob = glob.map(NamespaceGlob::to_string);
        let namespace = glob.as_deref().unwrap_or(target.namespace);
        let namespace = claims.scope.binds_namespace().then_some(namespace);
        let name = claims.scope.binds_name().then_some(target.name);
        binding::digest(claims.scope, namespace, name, target.key) == claims.binding
    }

    /// The stanzas of the age file. Needs no key, and proves as little as the claims do.
    ///
    /// # Errors
    /// [`OpenError`] for a file whose header cannot be read, is too large, or is for a passphrase.
    pub fn stanzas(&self) -> Result<Stanzas, OpenError> {
        // Whole groups of base64: a large value is not decoded for its header.
        let start = self.file.get(..MAX_AGE_HEADER_BYTES.div_ceil(3) * 4).unwrap_or(self.file);
        let start = BASE64_STANDARD.decode(start).map_err(|_| OpenError::Format(FormatError::Base64))?;
        age_file::stanzas(&start)
    }

    /// The bytes of the age file.
    pub(crate) fn decode_file(&self) -> Result<Vec<u8>, FormatError> {
        BASE64_STANDARD.decode(self.file).map_err(|_| FormatError::Base64)
    }
}

impl fmt::Display for SealedValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}:{}", self.claims, self.file)
    }
}

/// Writes a sealed value around the bytes of an age file.
pub(crate) fn print(claims: &Claims, file: &[u8]) -> String {
    let mut text = format!("{PREFIX}{claims}:");
    BASE64_STANDARD.encode_string(file, &mut text);
    text
}

fn foreign(text: &str) -> FormatError {
    let version = text.strip_prefix(FAMILY).and_then(|rest| rest.split_once(':')).map(|(version, _)| version);
    match version {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()) => FormatError::Version,
        _ => FormatError::Prefix,
    }
}

/// Alphabet, length and the bits of the last group: all that makes base64 canonical.
fn judge_base64(text: &str) -> Result<(), FormatError> {
    let (start, last) = text.as_bytes().split_last_chunk::<4>().ok_or(FormatError::Base64)?;
    let alphabet = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
    let mut bytes = [0; 3];
    let canonical =
        start.len().is_multiple_of(4) && start.iter().all(alphabet) && BASE64_STANDARD.decode_slice(last, &mut bytes).is_ok();
    if canonical { Ok(()) } else { Err(FormatError::Base64) }
}

fn judge_age(text: &str) -> Result<(), FormatError> {
    const GROUPS: usize = VERSION_LINE.len() / 3;
    let mut start = [0; VERSION_LINE.len()];
    let decoded = text.get(..GROUPS * 4).map(|start_text| BASE64_STANDARD.decode_slice(start_text, &mut start));
    match decoded {
        Some(Ok(_)) if start == VERSION_LINE.as_bytes() => Ok(()),
        _ => Err(FormatError::NotAge),
    }
}

#[cfg(test)]
mod tests;
