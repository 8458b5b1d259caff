//! What has to hold for the files of a rule: data for the verbs that judge or refuse.
//!
//! Must never: judge anything itself but a single fact that is handed in.

use jiff::Span;
use jiff::civil::Date;
use sealbridge_seal::KeyId;
use serde::Deserialize;

use super::glob;

/// For how many days back commits may be rolled back to, unless a rule says it.
pub(super) const DEFAULT_ROLLBACK_WINDOW_DAYS: u32 = 30;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Text {
    max_age: Option<String>,
    require_break_glass: bool,
    plain_keys: Option<Vec<String>>,
    rollback_window: Option<String>,
    forbid_plain_secrets: Option<bool>,
}

impl Text {
    /// Whether Secrets in the clear are let be: a rule that says so needs nobody to seal to.
    pub(super) fn lets_plain_secrets_be(&self) -> bool {
        self.forbid_plain_secrets == Some(false)
    }
}

/// The policy of a rule; empty unless it says something.
#[derive(Debug)]
pub(crate) struct Policy {
    /// After how many days a sealed value is too old.
    pub(crate) max_age_days: Option<u32>,
    rollback_window_days: Option<u32>,
    required: Option<Vec<KeyId>>,
    plain_keys: Option<Vec<String>>,
    /// Whether a Secret that lies in the clear is a finding, as it is where nobody says anything.
    pub(crate) forbids_plain_secrets: bool,
}

impl Policy {
    pub(super) fn check(text: Text, break_glass: Vec<KeyId>) -> Result<Self, String> {
        if text.require_break_glass && break_glass.is_empty() {
            return Err("requireBreakGlass: `breakGlass` names nobody; name a set or a recipient there".to_owned());
        }
        if let Some(position) = text.plain_keys.iter().flatten().position(|pattern| pattern.is_empty() || pattern.contains('/')) {
            return Err(format!("plainKeys[{position}]: write the name of an entry, or a pattern of names like LOG_*"));
        }
        let forbids_plain_secrets = !text.lets_plain_secrets_be();
        Ok(Self {
            forbids_plain_secrets,
            max_age_days: days("maxAge", text.max_age.as_deref())?,
            rollback_window_days: days("rollbackWindow", text.rollback_window.as_deref())?,
            required: text.require_break_glass.then_some(break_glass),
            plain_keys: text.plain_keys,
        })
    }

    /// For how many days back commits may be rolled back to.
    pub(crate) fn rollback_window(&self) -> u32 {
        self.rollback_window_days.unwrap_or(DEFAULT_ROLLBACK_WINDOW_DAYS)
    }

    /// Whether a break-glass key has to be among the keys of each value, and none is.
    pub(crate) fn lacks_break_glass(&self, ids: impl IntoIterator<Item = KeyId>) -> bool {
        self.required.as_ref().is_some_and(|required| !ids.into_iter().any(|id| required.contains(&id)))
    }

    /// Whether an entry of this name may be `plain`. Without a list all may.
    pub(crate) fn allows_plain(&self, key: &str) -> bool {
        self.plain_keys.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| glob::matches(pattern, key)))
    }

    /// Whether the policy lists an entry of this name among those that may be `plain`.
    pub(crate) fn lists_plain(&self, key: &str) -> bool {
        self.plain_keys.is_some() && self.allows_plain(key)
    }

    /// Whether a value that was sealed on this day is too old.
    pub(crate) fn is_too_old(&self, sealed_on: Date, today: Date) -> bool {
        let oldest = self.max_age_days.and_then(|days| today.checked_sub(Span::new().days(i64::from(days))).ok());
        oldest.is_some_and(|oldest| sealed_on < oldest)
    }
}

/// A number of days, `90d`; at most a hundred years.
fn days(field: &str, text: Option<&str>) -> Result<Option<u32>, String> {
    let Some(text) = text else { return Ok(None) };
    let number = text.strip_suffix('d').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    match number.and_then(|digits| digits.parse().ok()) {
        Some(days @ 1..=36_500) => Ok(Some(days)),
        _ => Err(format!("{field}: write a number of days from 1d to 36500d, like 90d")),
    }
}
