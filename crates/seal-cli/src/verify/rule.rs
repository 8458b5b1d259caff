//! The rules by name. `docs/verify.md` says of each what it finds and how it is allowed; a test holds the two together.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Severity {
    /// It must not be merged.
    Error,
    /// It has to be looked at.
    Warning,
    /// It is only told; the exit status stays 0.
    Note,
}

impl Severity {
    /// The word in every output.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rule {
    PlainSecret,
    PlainGenerator,
    PlainEntry,
    PlainTemplate,
    PlainVariable,
    PrivateKey,
    SealedMalformed,
    SealedElsewhere,
    SealedRecipients,
    SealedScope,
    SealedStanzas,
    SealedOld,
    SealedBreakGlass,
    SealedUnruled,
    SealedUnopened,
    RecipientsChanged,
    NamespaceConflict,
    Schema,
    ExternalSecret,
    BareKey,
    MetadataValues,
    StoreMissing,
    GeneratorMissing,
    StoreLimit,
    StorePlain,
    KeyTwice,
    SopsPlain,
    SopsMetadata,
    SopsUnopened,
    SealedSecretMalformed,
    SealedSecretV1,
    SealedSecretScope,
    SealedSecretUnopened,
    Unreadable,
    AllowComment,
}

impl Rule {
    /// All of them.
    pub(crate) const ALL: [Self; 35] = [
        Self::PlainSecret,
        Self::PlainGenerator,
        Self::PlainEntry,
        Self::PlainTemplate,
        Self::PlainVariable,
        Self::PrivateKey,
        Self::SealedMalformed,
        Self::SealedElsewhere,
        Self::SealedRecipients,
        Self::SealedScope,
        Self::SealedStanzas,
        Self::SealedOld,
        Self::SealedBreakGlass,
        Self::SealedUnruled,
        Self::SealedUnopened,
        Self::RecipientsChanged,
        Self::NamespaceConflict,
        Self::Schema,
        Self::ExternalSecret,
        Self::BareKey,
        Self::MetadataValues,
        Self::StoreMissing,
        Self::GeneratorMissing,
        Self::StoreLimit,
        Self::StorePlain,
        Self::KeyTwice,
        Self::SopsPlain,
        Self::SopsMetadata,
        Self::SopsUnopened,
        Self::SealedSecretMalformed,
        Self::SealedSecretV1,
        Self::SealedSecretScope,
        Self::SealedSecretUnopened,
        Self::Unreadable,
        Self::AllowComment,
    ];

    /// The name, which never changes.
    pub(crate) fn id(self) -> &'static str {
        self.described().0
    }

    /// How bad it is unless the finding itself says otherwise.
    pub(crate) fn severity(self) -> Severity {
        self.described().1
    }

    /// What it finds, in a few words.
    pub(crate) fn summary(self) -> &'static str {
        self.described().2
    }

    /// The rule of this name.
    pub(crate) fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    fn described(self) -> (&'static str, Severity, &'static str) {
        use Severity::{Error, Warning};
        match self {
            Self::PlainSecret => ("plain-secret", Error, "An entry of a Secret lies in the clear"),
            Self::PlainGenerator => ("plain-generator", Error, "A secretGenerator is fed with a value in the clear"),
            Self::PlainEntry => ("plain-entry", Error, "A plain entry that the policy does not allow, or that looks secret"),
            Self::PlainTemplate => ("plain-template", Error, "A literal of a template looks secret"),
            Self::PlainVariable => ("plain-variable", Error, "A literal variable of a pipeline looks secret"),
            Self::PrivateKey => ("private-key", Error, "The private half of an age key lies in a file"),
            Self::SealedMalformed => ("sealed-malformed", Error, "A sealed value cannot be read"),
            Self::SealedElsewhere => ("sealed-elsewhere", Error, "A sealed value is sealed for another place than where it stands"),
            Self::SealedRecipients => ("sealed-recipients", Error, "A sealed value has other recipients than the rule names"),
            Self::SealedScope => ("sealed-scope", Error, "A sealed value has a wider scope than the rule says"),
            Self::SealedStanzas => ("sealed-stanzas", Error, "The key ids of a sealed value do not fit what is in its age file"),
            Self::SealedOld => ("sealed-old", Warning, "A value was sealed longer ago than the policy allows"),
            Self::SealedBreakGlass => ("sealed-break-glass", Error, "A sealed value has no break-glass recipient"),
            Self::SealedUnruled => ("sealed-no-rule", Warning, "No rule of .sealbridge.yaml is about a file of sealed values"),
            Self::SealedUnopened => ("sealed-unopened", Error, "A sealed value does not open for its place (with -i)"),
            Self::RecipientsChanged => ("recipients-changed", Warning, "The range changes who can open a value"),
            Self::NamespaceConflict => ("namespace-conflict", Error, "Manifest, kustomization and rule name different namespaces"),
            Self::Schema => ("schema", Error, "A field that does not exist, is missing, or has a wrong value"),
            Self::BareKey => ("bare-key", Error, "A bare key that kubectl, kustomize and Helm retype"),
            Self::ExternalSecret => {
                ("external-secret", Error, "An object of External Secrets Operator that could not be served as it stands")
            }
            Self::MetadataValues => ("metadata-values", Warning, "A template makes a label or annotation of values"),
            Self::StoreLimit => ("store-limit", Error, "A store does not give this namespace what is read from it"),
            Self::StorePlain => ("store-plain", Error, "A store of the provider fake holds what looks like a secret"),
            Self::StoreMissing => ("store-missing", Warning, "A store that nothing in the tree declares"),
            Self::GeneratorMissing => ("generator-missing", Warning, "A generator that nothing in the tree declares"),
            Self::KeyTwice => ("key-twice", Error, "Two objects write the same key of one Secret"),
            Self::SopsPlain => ("sops-plain", Error, "A value of a SOPS document should be encrypted and is not"),
            Self::SopsMetadata => ("sops-metadata", Error, "A SOPS document cannot be read"),
            Self::SopsUnopened => ("sops-unopened", Error, "A SOPS document does not open, or its MAC does not agree (with -i)"),
            Self::SealedSecretMalformed => ("sealedsecret-malformed", Error, "An entry of a SealedSecret cannot be a sealed one"),
            Self::SealedSecretV1 => ("sealedsecret-v1", Warning, "A SealedSecret in its first form, `spec.data`"),
            Self::SealedSecretScope => ("sealedsecret-scope", Warning, "A SealedSecret with a wider scope than the rule says"),
            Self::SealedSecretUnopened => {
                ("sealedsecret-unopened", Error, "A value of a SealedSecret does not open for its place (with its private key)")
            }
            Self::Unreadable => ("unreadable", Error, "A file that matters is no text, or no YAML"),
            Self::AllowComment => ("allow-comment", Warning, "An allow comment without a known rule, or without a reason"),
        }
    }
}

impl ValueEnum for Rule {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.id()))
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCS: &str = include_str!("../../../../docs/verify.md");

    #[test]
    fn the_docs_list_these_rules_and_no_others() {
        let documented: Vec<_> = DOCS.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")).collect();
        let rows: Vec<_> = documented.iter().map(|(id, _)| *id).collect();
        assert_eq!(rows, Rule::ALL.map(Rule::id));
        for ((_, row), rule) in documented.iter().zip(Rule::ALL) {
            assert!(row.starts_with(&format!("{} | ", rule.severity().word())), "{}", rule.id());
            assert_eq!(row.matches(" | ").count(), 2, "{}: severity, what it finds, how it is put right", rule.id());
        }
    }

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::named(rule.id()), Some(rule));
        }
        assert_eq!(Rule::named("all"), None);
    }
}
