//! The canonical names of Secrets: one segment each.
//!
//! Must never: take a part of a name for a prefix of others.

use super::{NO_NAME, is_name};
use crate::naming::{CanonicalName, Naming, Unclear, without_end};

/// A Secret has no name but its own, and none stands below another.
#[derive(Debug)]
pub(crate) struct SecretNames;

impl Naming for SecretNames {
    fn key(&self, key: &str) -> Result<CanonicalName, Unclear> {
        if is_name(key) { Ok(CanonicalName::new([key])) } else { Err(NO_NAME.into()) }
    }

    fn folder(&self, _path: &str) -> Result<CanonicalName, Unclear> {
        Ok(CanonicalName::new([""; 0]))
    }

    fn found(&self, _path: &str, name: &str) -> Result<CanonicalName, Unclear> {
        self.key(name)
    }

    fn prefix(&self, prefix: &str) -> Result<CanonicalName, Unclear> {
        self.key(without_end(prefix))
    }
}
