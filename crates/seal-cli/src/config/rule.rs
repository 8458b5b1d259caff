//! One rule: which files it is about, who can open their values, and what has to hold for them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealbridge_seal::{KeyId, Recipient, RecipientSet, Scope};
use serde::Deserialize;

use super::policy::{self, Policy};
use super::sets;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Text {
    path: String,
    #[serde(default)]
    recipients: Vec<String>,
    namespace: Option<String>,
    scope: Option<String>,
    certificate: Option<PathBuf>,
    policy: Option<policy::Text>,
}

/// What is said of the files that a path matches.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(super) path: String,
    /// Names of sets, or recipients as they stand.
    pub(crate) recipients: Vec<String>,
    /// The namespace of the files.
    pub(crate) namespace: Option<String>,
    /// The scope to seal with.
    pub(crate) scope: Option<Scope>,
    /// The certificate for SealedSecrets, relative to the file of rules.
    pub(super) certificate: Option<PathBuf>,
    /// What has to hold for the files.
    pub(crate) policy: Policy,
}

impl Rule {
    pub(super) fn check(text: Text, named: &BTreeMap<String, Vec<Recipient>>, break_glass: &[Recipient]) -> Result<Self, String> {
        let lets_be = text.policy.as_ref().is_some_and(policy::Text::lets_plain_secrets_be);
        if text.recipients.is_empty() && text.certificate.is_none() && !lets_be {
            return Err("no recipients; name a set, or a recipient".to_owned());
        }
        let members = sets::members(&text.recipients, named)?;
        if !members.is_empty() {
            RecipientSet::new(members.iter().cloned()).map_err(|problem| format!("recipients: {problem}"))?;
        }
        if text.path.is_empty() || text.path.starts_with('/') || text.path.split('/').any(|part| part == "..") {
            return Err("path is relative to this file and stays below it, like overlays/prod/**; correct it".to_owned());
        }
        let scope = text.scope.map(|scope| scope.parse().map_err(|problem| format!("scope: {problem}"))).transpose()?;
        let break_glass: Vec<KeyId> = break_glass.iter().map(Recipient::id).collect();
        let policy = Policy::check(text.policy.unwrap_or_default(), break_glass).map_err(|problem| format!("policy.{problem}"))?;
        if !members.is_empty() && policy.lacks_break_glass(members.iter().map(Recipient::id)) {
            return Err("policy.requireBreakGlass: none of the recipients is under `breakGlass`; add one".to_owned());
        }
        Ok(Self {
            path: text.path,
            recipients: text.recipients,
            namespace: text.namespace,
            scope,
            certificate: text.certificate,
            policy,
        })
    }
}
