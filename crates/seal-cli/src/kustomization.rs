//! The namespace that the nearest kustomization gives to the objects of a folder.

use std::path::{Path, PathBuf};

use sealbridge_manifest::document;
use serde_json::Value;

use crate::config;
use crate::error::Error;
use crate::file::Snapshot;

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The `namespace` of the nearest kustomization upwards of `folder`, and which file says so. Further ones
/// are not asked: an overlay that sets another namespace is another place.
pub(crate) fn namespace(folder: &Path) -> Result<Option<(String, PathBuf)>, Error> {
    for folder in config::upwards(folder) {
        for path in NAMES.map(|name| folder.join(name)) {
            let snapshot = Snapshot::read(&path)?;
            let Some(text) = snapshot.text() else { continue };
            let documents = document::parse(text).map_err(|problem| Error::Document { path: path.clone(), problem })?;
            let namespace = documents.first().and_then(|value| value.get("namespace")).and_then(Value::as_str);
            return Ok(namespace.map(|namespace| (namespace.to_owned(), path)));
        }
    }
    Ok(None)
}
