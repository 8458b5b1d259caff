//! The RSA keys of sealed-secrets controllers: the certificates that rules name, and the private keys at hand.
//!
//! Must never: say which key sealed a value that no key at hand opens.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sealbridge_manifest::document::MAX_TEXT_LEN;
use sealbridge_sealed_secrets::{Certificate, Fingerprint, KeyRing};
use serde::Serialize;

use crate::cmd::keys::trial::{MARK, Trial};
use crate::config::Config;
use crate::count::counted;
use crate::error::Error;
use crate::file::{Snapshot, holds};
use crate::folder;
use crate::output::Output;

/// One RSA key.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RsaKey {
    fingerprint: String,
    held: bool,
    /// Files of certificates with this key that rules name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    expired: bool,
    /// Paths of rules that name one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
    /// Values of SealedSecrets in the files of these rules, whatever key they were sealed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    values_under_rules: Option<usize>,
    /// Values that the private key was tried on and opens; absent where it is not held.
    #[serde(skip_serializing_if = "Option::is_none")]
    values_opened: Option<usize>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct RsaKeys {
    keys: BTreeMap<Fingerprint, RsaKey>,
    unruled: usize,
    unopened: usize,
    untried: usize,
}

impl RsaKeys {
    /// The keys that rules name and that are held, and the values below `paths`, the current folder without any.
    pub(super) fn read(
        config: Option<&Config>,
        ring: &KeyRing,
        paths: &[PathBuf],
        looks: bool,
        output: Output,
    ) -> Result<Self, Error> {
        let mut found = Self::default();
        for held in ring.fingerprints() {
            found.key(held).held = true;
        }
        let mut certificates = BTreeMap::new();
        for (rule, path) in config.iter().flat_map(|config| config.certificates()) {
            let fingerprint = match certificates.get(&path) {
                Some(known) => *known,
                None => match found.certificate(&path) {
                    Ok(fingerprint) => fingerprint,
                    Err(error) => {
                        output.note(&error.to_string());
                        continue;
                    }
                },
            };
            found.key(fingerprint).rules.push(rule.to_owned());
            certificates.insert(path, fingerprint);
        }
        if looks {
            found.count(config, ring, paths, &certificates)?;
        }
        Ok(found)
    }

    fn key(&mut self, fingerprint: Fingerprint) -> &mut RsaKey {
        self.keys.entry(fingerprint).or_insert_with(|| RsaKey { fingerprint: fingerprint.to_string(), ..RsaKey::default() })
    }

    fn certificate(&mut self, path: &Path) -> Result<Fingerprint, Error> {
        let pem = std::fs::read(path).map_err(|error| Error::Read { path: path.to_owned(), cause: error.kind() })?;
        let certificate = Certificate::from_pem(&pem).map_err(|problem| Error::Certificate { path: path.to_owned(), problem })?;
        let key = self.key(certificate.fingerprint());
        key.certificates.push(path.display().to_string());
        key.expired |= certificate.ensure_valid(Timestamp::now()).is_err();
        Ok(certificate.fingerprint())
    }

    fn count(
        &mut self,
        config: Option<&Config>,
        ring: &KeyRing,
        paths: &[PathBuf],
        certificates: &BTreeMap<PathBuf, Fingerprint>,
    ) -> Result<(), Error> {
        for key in self.keys.values_mut() {
            key.values_under_rules = (!key.rules.is_empty()).then_some(0);
            key.values_opened = key.held.then_some(0);
        }
        let here = [PathBuf::from(".")];
        let mut trial = Trial::new(ring, config, None);
        for candidate in folder::candidates(if paths.is_empty() { &here } else { paths })? {
            if !holds(&candidate.path, &[MARK])? {
                continue;
            }
            let file = Snapshot::read_at_most(&candidate.path, MAX_TEXT_LEN)?;
            let values = trial.values(&candidate.path, file.text().unwrap_or_default().as_bytes());
            let certificate = config.and_then(|config| config.certificate_of(config.rule_for(&candidate.path)?));
            match certificate.and_then(|certificate| certificates.get(&certificate)) {
                Some(fingerprint) => *self.key(*fingerprint).values_under_rules.get_or_insert(0) += values.len(),
                None => self.unruled += values.len(),
            }
            for value in values {
                match value.opened_by {
                    Some(opened) => *self.key(opened).values_opened.get_or_insert(0) += 1,
                    // What could not be tried is told by itself.
                    None if value.is_tried || ring.is_empty() => self.unopened += 1,
                    None => {}
                }
            }
        }
        self.untried = trial.untried.len();
        Ok(())
    }

    /// Says what was found, and what cannot be known.
    pub(super) fn say(&self, output: Output) -> Result<(), Error> {
        self.keys.values().try_for_each(|key| output.say(&key.described()))?;
        if self.unruled > 0 {
            let values = counted(self.unruled, "value");
            output.note(&format!("{values} of SealedSecrets in files for which no rule names a certificate"));
        }
        let holds_some = self.keys.values().any(|key| key.held);
        match (holds_some, self.unopened) {
            (_, 0) => {}
            (true, _) => output.note(&format!(
                "{} of SealedSecrets opened by none of the RSA keys at hand: sealed with another one, or for another place",
                counted(self.unopened, "value")
            )),
            (false, _) => output.note(
                "a SealedSecret does not name its key: with which one a value was sealed is told only by trying, with --recovery-private-key",
            ),
        }
        if self.untried > 0 {
            let objects = counted(self.untried, "SealedSecret");
            output.note(&format!("{objects} not tried, since the namespace is not known"));
        }
        Ok(())
    }

    /// Whether there is no key.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys for programs.
    pub(super) fn into_keys(self) -> impl Iterator<Item = RsaKey> {
        self.keys.into_values()
    }
}

impl RsaKey {
    fn described(&self) -> String {
        let mut parts = vec![if self.held { "held" } else { "not held" }.to_owned()];
        if self.expired {
            parts.push("its time is over".to_owned());
        }
        if let Some(values) = self.values_under_rules {
            parts.push(format!("{} of SealedSecrets under its rules", counted(values, "value")));
        }
        if let Some(values) = self.values_opened {
            parts.push(format!("opens {}", counted(values, "value")));
        }
        let certificates = if self.certificates.is_empty() { "no certificate".to_owned() } else { self.certificates.join(" + ") };
        format!("{}  {certificates}  {}", self.fingerprint, parts.join(", "))
    }
}
