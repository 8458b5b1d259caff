//! One entry of the inventory.

use sealbridge_seal::{Date, SealedValue, Target};
use sealbridge_sealed_secrets as sealed_secrets;
use serde::Serialize;

use crate::config::{Config, Policy};
use crate::manifest_file::Entry;
use crate::recipients;
use crate::sealed_secret::SealedSecretAt;

/// To whom a SOPS document is sealed.
#[derive(Default)]
pub(super) struct SopsRecipients {
    /// Ids of the age keys that have one.
    pub(super) key_ids: Vec<String>,
    /// All of them, for people.
    pub(super) shown: String,
}

/// What rows are judged by.
pub(super) struct Rules<'a> {
    pub(super) config: Option<&'a Config>,
    pub(super) policy: Option<&'a Policy>,
    pub(super) today: Date,
}

/// One entry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) file: String,
    /// `namespace/name` of the Secret; `?` where the namespace is not known, empty outside of a manifest.
    pub(super) secret: String,
    pub(super) key: String,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sealed_on: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) key_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespaces: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip)]
    recipients: String,
}

impl Row {
    pub(super) fn new(
        (file, namespace, name): &(String, Option<String>, &str),
        key: &str,
        entry: &Entry<'_>,
        rules: &Rules<'_>,
    ) -> Self {
        let mut row = Self {
            file: file.clone(),
            secret: format!("{}/{name}", namespace.as_deref().unwrap_or("?")),
            key: key.to_owned(),
            source: "unclear",
            reference: None,
            scope: None,
            sealed_on: None,
            key_ids: Vec::new(),
            namespaces: None,
            problem: None,
            recipients: String::new(),
        };
        match entry {
            Entry::Sealed(text) => row.sealed(text, namespace.as_deref(), name, rules),
            Entry::Remote(reference) => {
                row.source = "reference";
                row.reference = Some(reference.clone());
            }
            Entry::Plain => {
                row.source = "plain";
                if rules.policy.is_some_and(|policy| !policy.allows_plain(key)) {
                    row.problem = Some("the rule's policy allows no plain value here; seal it with `seal set`".to_owned());
                }
            }
            Entry::Unclear => row.problem = Some("exactly one of remoteRef, sealed and plain is needed".to_owned()),
        }
        row
    }

    /// A sealed text outside of a manifest.
    pub(super) fn elsewhere(file: &str, path: &str, text: &str, rules: &Rules<'_>) -> Self {
        let mut row = Self::new(&(file.to_owned(), None, ""), path, &Entry::Sealed(text), rules);
        row.secret.clear();
        row
    }

    /// A value of a SealedSecret.
    pub(super) fn of_sealed_secret(
        file: &str,
        namespace: Option<&str>,
        secret: &SealedSecretAt<'_>,
        key: &str,
        text: &str,
    ) -> Self {
        let problem = sealed_secrets::ensure_is_sealed(text).err().map(|problem| problem.to_string());
        let mut row = Self::encrypted(file, key, &SopsRecipients::default(), problem);
        row.secret = format!("{}/{}", namespace.unwrap_or("?"), secret.name());
        row.source = "sealed-secret";
        row.scope = Some(match secret.scope() {
            sealed_secrets::Scope::Strict => "strict",
            sealed_secrets::Scope::NamespaceWide => "namespace-wide",
            sealed_secrets::Scope::ClusterWide => "cluster-wide",
        });
        row
    }

    /// A value of a SOPS document, which is sealed as a whole.
    pub(super) fn encrypted(file: &str, path: &str, recipients: &SopsRecipients, problem: Option<String>) -> Self {
        Self {
            file: file.to_owned(),
            secret: String::new(),
            key: path.to_owned(),
            source: "sops",
            reference: None,
            scope: None,
            sealed_on: None,
            key_ids: recipients.key_ids.clone(),
            namespaces: None,
            problem,
            recipients: recipients.shown.clone(),
        }
    }

    fn sealed(&mut self, text: &str, namespace: Option<&str>, name: &str, rules: &Rules<'_>) {
        self.source = "sealed";
        let sealed = match SealedValue::parse(text) {
            Ok(sealed) => sealed,
            Err(problem) => {
                self.problem = Some(problem.to_string());
                return;
            }
        };
        self.scope = Some(sealed.scope().as_str());
        self.sealed_on = Some(sealed.sealed_on());
        self.key_ids = sealed.key_ids().iter().map(ToString::to_string).collect();
        self.namespaces = sealed.namespace_glob().map(ToString::to_string);
        self.recipients = recipients::names(rules.config, sealed.key_ids());
        self.problem = rules.policy.and_then(|policy| broken(policy, &sealed, rules.today)).map(str::to_owned);
        if let Some(namespace) = namespace
            && !sealed.matches_target(&Target { namespace, name, key: &self.key })
        {
            self.problem = Some("it is sealed for another place; seal it again for this one".to_owned());
        }
    }

    /// The row for people, behind its key.
    pub(super) fn described(&self) -> String {
        let mut parts = vec![self.source.to_owned()];
        parts.extend(self.reference.clone());
        parts.extend(self.scope.map(str::to_owned));
        parts.extend(self.namespaces.as_ref().map(|glob| format!("namespaces {glob}")));
        parts.extend(self.sealed_on.map(|date| date.to_string()));
        parts.extend(Some(&self.recipients).filter(|to| !to.is_empty()).map(|to| format!("to {to}")));
        parts.extend(self.problem.as_ref().map(|problem| format!("PROBLEM: {problem}")));
        parts.join(", ")
    }
}

/// What of a policy a sealed value does not keep to, by what it claims.
fn broken(policy: &Policy, sealed: &SealedValue<'_>, today: Date) -> Option<&'static str> {
    if policy.is_too_old(sealed.sealed_on(), today) {
        return Some("it was sealed longer ago than the rule's policy allows; change the value, and seal the new one");
    }
    let lacks = policy.lacks_break_glass(sealed.key_ids().iter().copied());
    lacks.then_some("none of its keys is for emergencies, as the rule's policy wants; seal it again")
}
