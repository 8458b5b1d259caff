//! What is noted on a Secret of the runs that its values are of.
//!
//! Owns: the text of that annotation. Must never: note a value, its length, or an unkeyed hash of it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_api::labels;
use sealbridge_manifest::Plan;
use sealbridge_secret::{Digest, DigestKey, DigestKeyId, Purpose, SecretBytes};

use crate::watch::SecretStamp;

/// Which run of its generators an object has, or is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The number of the slot in which it was due; 0 for generators that run once.
    pub slot: u64,
    /// The digest of what somebody asked for it by, where somebody did.
    pub asked: Option<Digest>,
    /// The moment for which it was made anew because values of before were about to end, in seconds since the Unix epoch; 0
    /// if it was not.
    pub again: u64,
}

/// The digests of values by the names under which they stand in the Secret.
pub type Marks = BTreeMap<String, Digest>;

/// The annotation [`labels::GENERATED`]: `<key id>:<slot>:<request>:<again>:<end>`, then for each run whose values stand in the Secret as
/// they were made `;<run>=<name>:<digest>,…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key under which the digests were made.
    pub key: DigestKeyId,
    /// The run.
    pub run: Run,
    /// When some of the values have to be made anew, in seconds since the Unix epoch.
    pub ends: Option<u64>,
    /// By the digest of a generator's run.
    pub values: BTreeMap<String, Marks>,
}

impl Record {
    /// The annotation's name. Where several objects share a Secret each has one of its own.
    #[must_use]
    pub fn name(policy: CreationPolicy, uid: &str) -> String {
        if policy.holds_whole() { labels::GENERATED.to_owned() } else { format!("{}-{uid}", labels::GENERATED) }
    }

    /// The record of the object with this uid on its Secret.
    #[must_use]
    pub fn on(secret: &SecretStamp, plan: &Plan, uid: &str) -> Option<Self> {
        secret.annotation(&Self::name(plan.target.creation_policy, uid)).and_then(Self::read)
    }

    /// Reads the annotation; `None` if somebody else wrote it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        let mut head = parts.next()?.split(':');
        let (key, slot) = (head.next()?.parse().ok()?, head.next()?.parse().ok()?);
        let (asked, again, ends) = (optional(head.next()?).ok()?, head.next()?.parse().ok()?, optional(head.next()?).ok()?);
        let mut values = BTreeMap::new();
        for part in parts {
            let (run, marks) = part.split_once('=')?;
            let mark = |text: &str| {
                let (name, digest) = text.split_once(':')?;
                Some((name.to_owned(), digest.parse().ok()?))
            };
            let marks = marks.split(',').filter(|text| !text.is_empty()).map(mark).collect::<Option<Marks>>()?;
            values.insert(run.to_owned(), marks);
        }
        Some(Self { key, run: Run { slot, asked, again }, ends, values })
    }
}

/// Stands for what is not there.
const NOTHING: &str = "-";

fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text == NOTHING { Ok(None) } else { text.parse().map(Some) }
}

fn written(value: Option<&impl fmt::Display>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), ToString::to_string)
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run { slot, asked, again } = &self.run;
        write!(f, "{}:{slot}:{}:{again}:{}", self.key, written(asked.as_ref()), written(self.ends.as_ref()))?;
        for (run, marks) in &self.values {
            let marks: Vec<_> = marks.iter().map(|(name, digest)| format!("{name}:{digest}")).collect();
            write!(f, ";{run}={}", marks.join(","))?;
        }
        Ok(())
    }
}

/// The digest by which a generated value is told again where it stands.
#[must_use]
pub fn mark(key: &DigestKey, uid: &str, target: &str, name: &str, value: &SecretBytes) -> Digest {
    let mut digester = key.digester(Purpose::Written, uid, target);
    digester.field(b"generated").field(name.as_bytes()).field(value.expose());
    digester.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back() {
        let key = DigestKey::from_bytes(&[7; 32]).unwrap();
        let value = SecretBytes::new(b"canary".to_vec());
        let digest = mark(&key, "uid", "target", "password", &value);
        assert_ne!(digest, mark(&key, "uid", "target", "user", &value));
        let marks: Marks = [("password".to_owned(), digest), ("a.b".to_owned(), digest)].into();
        for asked in [None, Some(digest)] {
            let values = [(digest.to_string(), marks.clone()), ("00".to_owned(), Marks::new())].into();
            let ends = asked.map(|_| 1_800_000_000);
            let record = Record { key: key.id(), run: Run { slot: 12, asked, again: 7 }, ends, values };
            assert_eq!(Record::read(&record.to_string()), Some(record));
        }
    }

    #[test]
    fn foreign_text_is_no_record() {
        for text in ["", "x", "00000000:1:-:0", "00000000:x:-:0:-", "00000000:1:-:0:-;a", "00000000:1:-:0:-;a=b"] {
            assert_eq!(Record::read(text), None, "{text}");
        }
    }

    #[test]
    fn who_shares_a_secret_has_a_record_of_its_own() {
        assert_ne!(Record::name(CreationPolicy::Merge, "u"), Record::name(CreationPolicy::Merge, "v"));
        assert_eq!(Record::name(CreationPolicy::Owner, "u"), Record::name(CreationPolicy::Orphan, "v"));
    }
}
