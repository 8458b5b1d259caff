//! The canonical names of keys in Vault: the paths of the API where their values are read, mount and `data` included.
//!
//! Must never: name a key without the mount, which a key may choose.

use super::Fields;
use super::key::Layout;
use super::settings::layout;
use crate::RemoteKey;
use crate::naming::{CanonicalName, Naming, Unclear, ensure_plain, plain_segments};

/// Names of a KV engine, or of any engine's paths.
#[derive(Debug)]
pub(crate) struct KvNaming(Layout);

impl KvNaming {
    pub(crate) fn new(fields: &Fields<'_>) -> Result<Self, Unclear> {
        layout(fields).map(Self).map_err(|_| Unclear("the store's path is not a path of names parted by one '/'"))
    }
}

impl Naming for KvNaming {
    fn key(&self, key: &str) -> Result<CanonicalName, Unclear> {
        ensure_plain(key)?;
        Ok(CanonicalName::new(self.0.place(&RemoteKey::value(key, None))?.value().segments))
    }

    fn folder(&self, path: &str) -> Result<CanonicalName, Unclear> {
        ensure_plain(path)?;
        Ok(CanonicalName::new(self.0.folder(path)?.values().segments))
    }

    fn found(&self, path: &str, name: &str) -> Result<CanonicalName, Unclear> {
        let folder = self.0.folder(path)?;
        let below = folder.rest(name).ok_or(Unclear("the name does not stand below the search's path"))?;
        let below = plain_segments(below)?;
        Ok(CanonicalName::new(folder.values().segments.iter().map(String::as_str).chain(below)))
    }

    fn prefix(&self, prefix: &str) -> Result<CanonicalName, Unclear> {
        ensure_plain(prefix)?;
        let prefix = prefix.strip_prefix('/').unwrap_or(prefix);
        if prefix.is_empty() {
            return Err(Unclear("it is empty; name a beginning of keys"));
        }
        Ok(CanonicalName::new(self.0.beginning(prefix)?.values().segments))
    }
}

/// The segments of the path at which the value of `key` is requested.
#[cfg(test)]
pub(crate) fn path_of_value(spec: &sealbridge_api::store::ProviderSpec, key: &str) -> Option<Vec<String>> {
    let layout = layout(&spec.vault.as_ref()?.into()).ok()?;
    Some(layout.place(&RemoteKey::value(key, None)).ok()?.value().segments)
}
