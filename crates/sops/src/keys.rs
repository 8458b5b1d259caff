//! The data key in the metadata: for each recipient an armored age file of its own, with key groups a share.
//!
//! Owns the armor and who opens what. Must never keep a data key, nor know where identities come from.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sealbridge_seal::{KeyId, KeyRing, Recipient, RecipientSet};
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use crate::cipher::DataKey;
use crate::error::SopsError;
use crate::metadata::{KeyGroup, Metadata};
use crate::shamir;

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";
const ARMOR_COLUMNS: usize = 64;

/// Whoever can open an age file.
pub trait DataKeyOpener {
    /// The content of one binary age file, and the id of the key that opened it where there is one. `None` if
    /// no key at hand opens it, or if it is damaged. `recipient` is what the metadata claims.
    fn open(&self, recipient: &str, file: &[u8]) -> Option<(SecretBytes, Option<KeyId>)>;
}

impl DataKeyOpener for KeyRing {
    fn open(&self, _recipient: &str, file: &[u8]) -> Option<(SecretBytes, Option<KeyId>)> {
        self.decrypt_file(file).ok().flatten().map(|(plain, id)| (plain, Some(id)))
    }
}

/// To whom a document is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients {
    groups: Vec<Vec<Recipient>>,
    threshold: usize,
}

impl Recipients {
    /// One group: each recipient alone opens the document.
    ///
    /// # Errors
    /// [`SopsError::NoRecipients`] if there is none.
    pub fn any_of(recipients: Vec<Recipient>) -> Result<Self, SopsError> {
        Self::groups(vec![recipients], 1)
    }

    /// Several groups, of which `threshold` together open the document; within a group any one does.
    ///
    /// # Errors
    /// [`SopsError::NoRecipients`] for an empty group, [`SopsError::Threshold`] for a threshold that is not
    /// from 2 to the number of groups (1 with one group).
    pub fn groups(groups: Vec<Vec<Recipient>>, threshold: usize) -> Result<Self, SopsError> {
        if groups.is_empty() || groups.iter().any(Vec::is_empty) {
            return Err(SopsError::NoRecipients);
        }
        let least = if groups.len() == 1 { 1 } else { 2 };
        if threshold < least || threshold > groups.len() {
            return Err(SopsError::Threshold { threshold, groups: groups.len() });
        }
        Ok(Self { groups, threshold })
    }

    /// The recipients, group by group.
    #[must_use]
    pub fn all(&self) -> &[Vec<Recipient>] {
        &self.groups
    }

    pub(crate) fn threshold(&self) -> usize {
        self.threshold
    }
}

/// The data key, and the ids of the keys that opened it.
pub(crate) fn open(metadata: &Metadata, opener: &dyn DataKeyOpener) -> Result<(DataKey, Vec<KeyId>), SopsError> {
    let groups = metadata.key_groups()?;
    let threshold = metadata.threshold(groups.len());
    let mut opened_by = Vec::new();
    let mut shares = Vec::new();
    let wanted = if groups.len() > 1 { threshold } else { 1 };
    for group in &groups {
        if shares.len() == wanted {
            break;
        }
        if let Some((share, id)) = open_group(group, opener) {
            opened_by.extend(id);
            shares.push(Zeroizing::new(share.expose().to_vec()));
        }
    }
    if shares.len() < wanted {
        let recipients: Vec<String> = groups.iter().flat_map(names).map(shortened).collect();
        return Err(SopsError::NoKey { wanted: recipients.join(", ") });
    }
    let key = if groups.len() > 1 { shamir::combine(&shares).ok_or(SopsError::DataKey)? } else { shares.remove(0) };
    Ok((DataKey::from_bytes(&key)?, opened_by))
}

fn open_group(group: &KeyGroup<'_>, opener: &dyn DataKeyOpener) -> Option<(SecretBytes, Option<KeyId>)> {
    group.age.iter().find_map(|key| opener.open(key.recipient, &dearmor(key.enc)?))
}

fn names(group: &KeyGroup<'_>) -> Vec<String> {
    group.age.iter().map(|key| key.recipient.to_owned()).chain(group.foreign.iter().cloned()).collect()
}

/// A name that fits a message: a post-quantum recipient has about two thousand characters.
fn shortened(name: String) -> String {
    match name.parse::<Recipient>() {
        Ok(recipient) if recipient.is_post_quantum() => format!("the post-quantum key {}", recipient.id()),
        _ => name,
    }
}

/// Seals the data key to recipients, which replace all age keys.
pub(crate) fn seal(metadata: &mut Metadata, key: &DataKey, recipients: &Recipients) -> Result<(), SopsError> {
    let groups = &recipients.groups;
    let shares = if groups.len() > 1 {
        shamir::split(key.bytes(), groups.len(), recipients.threshold).ok_or(SopsError::Randomness)?
    } else {
        vec![Zeroizing::new(key.bytes().to_vec())]
    };
    let sealed = groups.iter().zip(&shares).map(|(group, share)| {
        group.iter().map(|recipient| Ok((recipient.to_string(), wrap(share, recipient)?))).collect::<Result<Vec<_>, SopsError>>()
    });
    metadata.set_age_keys(&sealed.collect::<Result<Vec<_>, _>>()?, recipients.threshold);
    Ok(())
}

/// The recipients that the metadata names, if all of them are keys that can be sealed to here.
pub(crate) fn recipients_of(metadata: &Metadata) -> Result<Recipients, SopsError> {
    let groups = metadata.key_groups()?;
    let unknown = |recipient: &str| recipient.parse::<Recipient>().is_err();
    let foreign: Vec<String> = groups.iter().flat_map(names).filter(|name| unknown(name)).collect();
    if !foreign.is_empty() {
        return Err(SopsError::ForeignKeys { keys: foreign.join(", ") });
    }
    let parsed = groups.iter().map(|group| group.age.iter().filter_map(|key| key.recipient.parse().ok()).collect());
    Recipients::groups(parsed.collect(), metadata.threshold(groups.len()))
}

fn wrap(share: &[u8], recipient: &Recipient) -> Result<String, SopsError> {
    let set = RecipientSet::new([recipient.clone()]).map_err(|_| SopsError::NoRecipients)?;
    let file = sealbridge_seal::encrypt_file(share, &set).map_err(|_| SopsError::Randomness)?;
    Ok(armor(&file))
}

/// The text form of an age file (C2SP age.md, "ASCII armor").
fn armor(file: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(file);
    let mut text = String::from(BEGIN);
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, left) = rest.split_at_checked(ARMOR_COLUMNS).unwrap_or((rest, ""));
        text.push('\n');
        text.push_str(line);
        rest = left;
    }
    text.push('\n');
    text.push_str(END);
    text.push('\n');
    text
}

fn dearmor(text: &str) -> Option<Vec<u8>> {
    let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let base64: String = body.lines().map(str::trim_end).collect();
    BASE64_STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn armor_round_trips(file: Vec<u8>) {
            let text = armor(&file);
            prop_assert!(text.lines().all(|line| line.len() <= ARMOR_COLUMNS));
            prop_assert_eq!(dearmor(&text), Some(file.clone()));
            prop_assert_eq!(dearmor(&text.replace('\n', "\r\n")), Some(file));
        }
    }

    #[test]
    fn a_threshold_that_cannot_be_met_is_refused() {
        let recipient = sealbridge_seal::KeyPair::generate().unwrap().recipient().clone();
        let group = || vec![recipient.clone()];
        assert!(Recipients::groups(vec![group(), group()], 2).is_ok());
        for threshold in [0, 1, 3] {
            let refused = Recipients::groups(vec![group(), group()], threshold);
            assert_eq!(refused, Err(SopsError::Threshold { threshold, groups: 2 }));
        }
        assert_eq!(Recipients::any_of(Vec::new()), Err(SopsError::NoRecipients));
    }
}
