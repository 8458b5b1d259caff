//! One SealedSecret in a file of manifests, and the certificate that its values are sealed with.
//!
//! Must never: take the scope from anywhere but the object's own annotations.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sealbridge_manifest::document::{Object, Place};
use sealbridge_sealed_secrets::{self as sealed_secrets, Certificate, KeyRing, Scope};
use sealbridge_secret::SecretBytes;
use serde_json::Value;

use crate::cli::ConfigArgs;
use crate::config::{self, Config, Rule};
use crate::error::Error;
use crate::manifest_file::ManifestFile;
use crate::sealing::SealArgs;
use crate::target::NamespaceSources;

/// One SealedSecret as it is written, which may be more than is understood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SealedSecretAt<'a> {
    object: Object<'a>,
}

impl<'a> SealedSecretAt<'a> {
    /// Takes an object of that kind.
    pub(crate) fn new(object: Object<'a>) -> Self {
        Self { object }
    }

    /// The SealedSecret that a verb is about: the one with this name, or the only one, unless a BridgedSecret is meant.
    pub(crate) fn chosen(file: &'a ManifestFile, name: Option<&str>) -> Result<Option<Self>, Error> {
        let objects = file.objects();
        let is_meant = |object: &&Object<'_>| name.is_none_or(|name| object.name() == name);
        let mut found = objects.iter().filter(|object| object.is_sealed_secret()).filter(is_meant);
        if objects.iter().filter(is_meant).any(|object| object.is_native("BridgedSecret")) {
            return Ok(None);
        }
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(object), None) if object.name().is_empty() => Err(Error::Nameless { path: file.path() }),
            (Some(object), None) => Ok(Some(Self { object: *object })),
            (Some(_), Some(_)) => Err(Error::SeveralSealedSecrets { path: file.path() }),
        }
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        self.object.place
    }

    /// Its name, which is that of the Secret.
    pub(crate) fn name(&self) -> &'a str {
        self.object.name()
    }

    /// `metadata.namespace`.
    pub(crate) fn namespace(&self) -> Option<&'a str> {
        self.object.namespace()
    }

    /// What its values are bound to.
    pub(crate) fn scope(&self) -> Scope {
        let annotations = self.object.value.pointer("/metadata/annotations");
        Scope::of_annotations(|name| annotations?.get(name)?.as_str())
    }

    /// The sealed values by entry; what is no text is left out.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let entries = self.object.value.pointer("/spec/encryptedData").and_then(Value::as_object);
        entries.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }

    /// One sealed value.
    pub(crate) fn entry(&self, key: &str) -> Option<&'a str> {
        self.entries().find(|(name, _)| *name == key).map(|(_, text)| text)
    }
}

/// The scope of ours that binds at least as much.
pub(crate) fn scope_of_ours(scope: Scope) -> sealbridge_seal::Scope {
    match scope {
        Scope::Strict => sealbridge_seal::Scope::Strict,
        Scope::NamespaceWide => sealbridge_seal::Scope::Namespace,
        Scope::ClusterWide => sealbridge_seal::Scope::Cluster,
    }
}

/// What values of a SealedSecret are sealed with, and what they are bound to.
pub(crate) struct Sealing {
    certificate: Certificate,
    scope: Scope,
    /// The namespace that the object is applied to.
    pub(crate) namespace: String,
    /// What its values are bound to.
    pub(crate) label: String,
}

impl Sealing {
    /// What the flags, the manifest and the rule of the file at `path` say.
    pub(crate) fn of(
        secret: &SealedSecretAt<'_>,
        path: &Path,
        flags: &SealArgs,
        named: Option<&Path>,
        config: &ConfigArgs,
    ) -> Result<Self, Error> {
        if !flags.recipients.is_empty() || flags.scope.is_some() {
            return Err(Error::Arguments(
                "a SealedSecret is sealed with a certificate, in the scope of its annotations; leave -r and --scope out",
            ));
        }
        let folder = config::folder_of(path);
        let config = Config::find(config.config.as_deref(), &folder)?;
        let rule = config.as_ref().and_then(|config| config.rule_for(path));
        let certificate = certificate(named, config.as_ref(), rule)?;
        let sources = NamespaceSources { flag: flags.namespace.as_deref(), manifest: secret.namespace(), rule, folder: &folder };
        let (namespace, scope) = (sources.resolve()?, secret.scope());
        let label = scope.label(&namespace, secret.name());
        Ok(Self { certificate, scope, namespace, label })
    }

    /// A value as it stands in the manifest.
    pub(crate) fn seal(&self, key: &str, value: &SecretBytes) -> Result<String, Error> {
        let sealed = sealed_secrets::seal(value.expose(), &self.label, &self.certificate);
        sealed.map_err(|problem| Error::SealedSecretValue { key: key.to_owned(), problem })
    }

    /// Whether a sealed value opens as this one with the private half of the same certificate: then it stays.
    pub(crate) fn holds(&self, keys: &KeyRing, text: &str, value: &SecretBytes) -> bool {
        let opened = keys.open(text, &self.label);
        opened.is_ok_and(|opened| opened.key == self.certificate.fingerprint() && opened.value == *value)
    }

    /// What is said of a value that was sealed for the object of this name.
    pub(crate) fn described(&self, name: &str) -> String {
        format!("for {}/{name}, {}, with {}", self.namespace, self.scope, self.certificate.fingerprint())
    }
}

/// The certificate that is named, or else the rule's; refused when its time is over.
fn certificate(named: Option<&Path>, config: Option<&Config>, rule: Option<&Rule>) -> Result<Certificate, Error> {
    let path: PathBuf = match named {
        Some(path) => path.to_owned(),
        None => config.zip(rule).and_then(|(config, rule)| config.certificate_of(rule)).ok_or(Error::NoCertificate)?,
    };
    let pem = std::fs::read(&path).map_err(|error| Error::Read { path: path.clone(), cause: error.kind() })?;
    let wrong = |problem| Error::Certificate { path: path.clone(), problem };
    let certificate = Certificate::from_pem(&pem).map_err(wrong)?;
    certificate.ensure_valid(Timestamp::now()).map_err(wrong)?;
    Ok(certificate)
}
