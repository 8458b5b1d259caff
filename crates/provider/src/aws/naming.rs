//! The canonical names of secrets and parameters: the store's prefix and the key, never an ARN.
//!
//! Must never: take a beginning of a name that ends within a segment for a folder.

use sealbridge_api::store::AwsProvider;

use super::name::secret_id;
use super::parameter_store::plan;
use crate::naming::{CanonicalName, Naming, Unclear, ensure_plain, plain_segments, without_end};

const AN_ARN: Unclear = Unclear(
    "an ARN, whole or in part, calls a secret otherwise than its name does, and AWS guesses at its end; write the name as it \
     stands behind the store's prefix",
);

fn ensure_no_arn(name: &str) -> Result<(), Unclear> {
    if name.contains(':') { Err(AN_ARN) } else { Ok(()) }
}

/// What stands before the last `/`. A search by the beginning of a name finds what is in there, and more than what the
/// rest of the beginning calls: `team-a` finds `team-ab/db`.
fn whole_segments(beginning: &str) -> Option<&str> {
    beginning.rsplit_once('/').map(|(folder, _)| folder)
}

/// Names in Secrets Manager, where `/a` and `a` are two secrets.
#[derive(Debug)]
pub(crate) struct SecretNaming {
    prefix: String,
}

impl SecretNaming {
    pub(crate) fn new(spec: &AwsProvider) -> Self {
        Self { prefix: spec.prefix.clone().unwrap_or_default() }
    }
}

fn secret(name: &str) -> Result<CanonicalName, Unclear> {
    ensure_no_arn(name)?;
    match name.strip_prefix('/') {
        Some(rest) => Ok(CanonicalName::new([""].into_iter().chain(plain_segments(rest)?))),
        None => plain_segments(name).map(CanonicalName::new),
    }
}

impl Naming for SecretNaming {
    fn key(&self, key: &str) -> Result<CanonicalName, Unclear> {
        secret(&secret_id(&self.prefix, key)?)
    }

    fn folder(&self, path: &str) -> Result<CanonicalName, Unclear> {
        let beginning = format!("{}{path}", self.prefix);
        ensure_plain(&beginning)?;
        match whole_segments(&beginning) {
            None => Ok(CanonicalName::new([""; 0])),
            Some("") => Ok(CanonicalName::new([""])),
            Some(folder) => secret(folder),
        }
    }

    fn found(&self, _path: &str, name: &str) -> Result<CanonicalName, Unclear> {
        secret(name)
    }

    fn prefix(&self, prefix: &str) -> Result<CanonicalName, Unclear> {
        secret(without_end(&format!("{}{prefix}", self.prefix)))
    }
}

/// Names in Parameter Store, where a `/` before the first segment says nothing: the rights of an identity are told by
/// ARNs, which do not have it.
#[derive(Debug)]
pub(crate) struct ParameterNaming {
    prefix: String,
}

impl ParameterNaming {
    pub(crate) fn new(spec: &AwsProvider) -> Self {
        Self { prefix: spec.prefix.clone().unwrap_or_default() }
    }
}

fn parameter(name: &str) -> Result<CanonicalName, Unclear> {
    ensure_no_arn(name)?;
    plain_segments(name.strip_prefix('/').unwrap_or(name)).map(CanonicalName::new)
}

impl Naming for ParameterNaming {
    fn key(&self, key: &str) -> Result<CanonicalName, Unclear> {
        parameter(&plan::name(&self.prefix, key)?)
    }

    fn folder(&self, path: &str) -> Result<CanonicalName, Unclear> {
        let whole = format!("{}{path}", self.prefix);
        ensure_plain(&whole)?;
        // Without a path the store's prefix is a beginning of names; with one, both together are a folder.
        let folder = if path.is_empty() { whole_segments(&whole).unwrap_or_default() } else { without_end(&whole) };
        if folder.is_empty() { Ok(CanonicalName::new([""; 0])) } else { parameter(folder) }
    }

    fn found(&self, _path: &str, name: &str) -> Result<CanonicalName, Unclear> {
        parameter(name)
    }

    fn prefix(&self, prefix: &str) -> Result<CanonicalName, Unclear> {
        parameter(without_end(&format!("{}{prefix}", self.prefix)))
    }
}
