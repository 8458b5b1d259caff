//! What the nearest kustomization says of the objects of a folder.

use std::path::{Path, PathBuf};

use sealbridge_manifest::document;
use serde_json::Value;

use crate::config;
use crate::error::Error;
use crate::file::Snapshot;

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Kustomization {
    /// The file.
    pub(crate) path: PathBuf,
    /// The namespace that it gives to objects.
    pub(crate) namespace: Option<String>,
    /// Files that are patches of objects, and no objects.
    patches: Vec<PathBuf>,
}

impl Kustomization {
    /// Whether a file is one of its patches.
    pub(crate) fn is_patch(&self, file: &Path) -> bool {
        self.patches.contains(&config::absolute(file))
    }
}

/// Whether a file is a kustomization by its name.
pub(crate) fn is_one(path: &Path) -> bool {
    path.file_name().is_some_and(|name| NAMES.iter().any(|known| name == *known))
}

/// The nearest kustomization upwards of `folder`. Further ones are not asked: an overlay that sets another namespace
/// is another place.
pub(crate) fn nearest(folder: &Path) -> Result<Option<Kustomization>, Error> {
    nearest_by(folder, |path| Ok(Snapshot::read(path)?.text().map(str::to_owned)))
}

/// The same where `read` gives the text of a file, if there is one.
pub(crate) fn nearest_by(
    folder: &Path,
    read: impl Fn(&Path) -> Result<Option<String>, Error>,
) -> Result<Option<Kustomization>, Error> {
    for folder in config::upwards(folder) {
        for path in NAMES.map(|name| folder.join(name)) {
            let Some(text) = read(&path)? else { continue };
            let documents = document::parse(&text).map_err(|problem| Error::Document { path: path.clone(), problem })?;
            let value = documents.first().unwrap_or(&Value::Null);
            let namespace = value.get("namespace").and_then(Value::as_str).map(str::to_owned);
            return Ok(Some(Kustomization { namespace, patches: patches(value, &folder), path }));
        }
    }
    Ok(None)
}

fn patches(value: &Value, folder: &Path) -> Vec<PathBuf> {
    let listed = |field: &str| value.get(field).and_then(Value::as_array).into_iter().flatten();
    let of_any_kind = listed("patches").filter_map(|patch| patch.get("path")?.as_str());
    // An element of the older list is a path or a whole patch.
    let older = listed("patchesStrategicMerge").filter_map(Value::as_str).filter(|text| !text.contains('\n'));
    of_any_kind.chain(older).map(|path| config::absolute(&folder.join(path))).collect()
}
