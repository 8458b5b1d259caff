//! What a key is called in the end: the one name of what a request for it would really read, segment by segment.
//!
//! Must never: give a key two names, or a name to a text that some server on the way could take for another key.

use sealbridge_api::store::ProviderSpec;

#[cfg(feature = "remote")]
use sealbridge_api::store::AwsService;

#[cfg(feature = "remote")]
use crate::aws::{ParameterNaming, SecretNaming};
use crate::fake::FakeNaming;
#[cfg(feature = "remote")]
use crate::kubernetes::SecretNames;
#[cfg(feature = "remote")]
use crate::vault::KvNaming;
use crate::{ReadError, RemoteKey, What};

/// What a key is called in the end, by which limits judge it: no two spellings of a key differ in it, and no two keys
/// share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalName(Vec<String>);

impl CanonicalName {
    pub(crate) fn new(segments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }

    /// Its segments. The first one is empty where a store tells a name with a `/` before it from one without.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// Whether this is `prefix` itself or stands below it, by whole segments: `team-ab` is not below `team-a`.
    #[must_use]
    pub fn is_within(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

/// Why a text has no canonical name, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unclear(pub(crate) &'static str);

impl From<ReadError> for Unclear {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::InvalidKey(problem) => Self(problem),
            _ => Self("the store has no such keys"),
        }
    }
}

/// How one store names its keys.
pub(crate) trait Naming: std::fmt::Debug + Send + Sync {
    /// The name of a key, whatever is read of it.
    fn key(&self, key: &str) -> Result<CanonicalName, Unclear>;

    /// What every name is within that a search below `path` can find.
    fn folder(&self, path: &str) -> Result<CanonicalName, Unclear>;

    /// The name of a key that a search below `path` has found.
    fn found(&self, path: &str, name: &str) -> Result<CanonicalName, Unclear>;

    /// A beginning of names, written as keys are; a `/` at its end says nothing.
    fn prefix(&self, prefix: &str) -> Result<CanonicalName, Unclear>;
}

/// How the store that `spec` describes names its keys.
pub(crate) fn naming(spec: &ProviderSpec) -> Result<Box<dyn Naming>, Unclear> {
    match spec {
        #[cfg(feature = "remote")]
        ProviderSpec { vault: Some(vault), open_bao: None, aws: None, kubernetes: None, fake: None } => {
            Ok(Box::new(KvNaming::new(&vault.into())?))
        }
        #[cfg(feature = "remote")]
        ProviderSpec { vault: None, open_bao: Some(open_bao), aws: None, kubernetes: None, fake: None } => {
            Ok(Box::new(KvNaming::new(&open_bao.into())?))
        }
        #[cfg(feature = "remote")]
        ProviderSpec { vault: None, open_bao: None, aws: Some(aws), kubernetes: None, fake: None } => match aws.service {
            AwsService::SecretsManager => Ok(Box::new(SecretNaming::new(aws))),
            AwsService::ParameterStore => Ok(Box::new(ParameterNaming::new(aws))),
        },
        #[cfg(feature = "remote")]
        ProviderSpec { vault: None, open_bao: None, aws: None, kubernetes: Some(_), fake: None } => Ok(Box::new(SecretNames)),
        ProviderSpec { vault: None, open_bao: None, aws: None, kubernetes: None, fake: Some(_) } => Ok(Box::new(FakeNaming)),
        #[cfg(not(feature = "remote"))]
        ProviderSpec { fake: None, .. } => Ok(Box::new(NotRead)),
        _ => Err(Unclear("the store's provider is none whose keys can be limited here")),
    }
}

/// A store that this build does not read, so that no key of it is admitted and its prefixes are not looked at.
#[cfg(not(feature = "remote"))]
#[derive(Debug)]
struct NotRead;

#[cfg(not(feature = "remote"))]
impl Naming for NotRead {
    fn key(&self, _key: &str) -> Result<CanonicalName, Unclear> {
        Err(Unclear("this build reads values in manifests only; use one that reads stores"))
    }

    fn folder(&self, path: &str) -> Result<CanonicalName, Unclear> {
        self.key(path)
    }

    fn found(&self, _path: &str, name: &str) -> Result<CanonicalName, Unclear> {
        self.key(name)
    }

    fn prefix(&self, _prefix: &str) -> Result<CanonicalName, Unclear> {
        Ok(CanonicalName::new([""; 0]))
    }
}

/// What is read of `key`, as one name: that of the key, or that of everything that a search can find.
pub(crate) fn asked(naming: &dyn Naming, key: &RemoteKey) -> Result<CanonicalName, Unclear> {
    match key.what {
        What::Value | What::Metadata => naming.key(&key.key),
        What::Search(_) => naming.folder(&key.key),
    }
}

/// Refuses characters that mean the same to no two servers: those that a URL encodes or takes for something else, and
/// all beyond ASCII, of which some look like `/` and `.` and a server may take them for these.
pub(crate) fn ensure_plain(text: &str) -> Result<(), Unclear> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-._~!$&'()+,=:@".contains(c);
    if text.chars().all(is_plain) {
        Ok(())
    } else {
        Err(Unclear("it holds characters that a server may read in two ways; use letters, digits and -._~!$&'()+,=:@ of ASCII"))
    }
}

/// The segments of a text that has only one spelling.
pub(crate) fn plain_segments(text: &str) -> Result<Vec<&str>, Unclear> {
    ensure_plain(text)?;
    let segments: Vec<&str> = text.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(Unclear("it is empty, begins or ends with '/' or holds '//'; write each segment once, parted by one '/'"));
    }
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return Err(Unclear("it holds '.' or '..' as a segment; write the path in full"));
    }
    Ok(segments)
}

/// A text without one `/` at its end.
pub(crate) fn without_end(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

#[cfg(all(test, feature = "remote"))]
mod tests;
