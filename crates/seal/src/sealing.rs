//! Sealing: a value, the place it is for, and public keys become one line of text.
//!
//! Owns the order of the steps. Must never need a private key, nor write a value that would not open.

use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::age_file;
use crate::binding::Bound;
use crate::error::SealError;
use crate::format;
use crate::glob::NamespaceGlob;
use crate::header::Header;
use crate::limits::MAX_VALUE_BYTES;
use crate::recipient_set::RecipientSet;
use crate::scope::Scope;
use crate::target::Target;

/// Seals the raw bytes of a value for a target; the answer is the text for Git.
///
/// With `namespaces` the value opens in all namespaces that fit the pattern instead of the target's only.
/// Two calls never give the same text: each draws new keys.
///
/// # Errors
/// [`SealError`] if the value is larger than [`MAX_VALUE_BYTES`], if a part that the scope binds is empty or
/// too long, if the pattern has no meaning or leaves the target out, or if there is no randomness.
pub fn seal(
    value: &[u8],
    target: &Target<'_>,
    scope: Scope,
    namespaces: Option<&NamespaceGlob>,
    recipients: &RecipientSet,
    sealed_on: Date,
) -> Result<String, SealError> {
    if sealed_on.year() < 0 {
        return Err(SealError::Date);
    }
    seal_bound(value, Bound::to_target(target, scope, namespaces)?, recipients, sealed_on)
}

/// Seals the raw bytes of a value with this binding.
pub(crate) fn seal_bound(value: &[u8], bound: Bound, recipients: &RecipientSet, sealed_on: Date) -> Result<String, SealError> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(SealError::TooLarge);
    }
    let header = Header { bound, sealed_on, key_ids: recipients.ids().collect() };
    let line = header.to_line();
    let mut plaintext = Zeroizing::new(Vec::with_capacity(line.len() + 1 + value.len()));
    plaintext.extend_from_slice(&line);
    plaintext.push(b'\n');
    plaintext.extend_from_slice(value);
    let file = age_file::encrypt(&plaintext, recipients)?;
    Ok(format::print(&header.claims(), &file))
}
