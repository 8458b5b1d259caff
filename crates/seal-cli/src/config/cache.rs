//! The rules of many files, each read once for a folder.
//!
//! Must never: take the rules of another folder for a file's own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Config, folder_of};
use crate::error::Error;

/// Rules by folder.
#[derive(Debug, Default)]
pub(crate) struct Configs {
    explicit: Option<PathBuf>,
    by_folder: Mutex<HashMap<PathBuf, Option<Arc<Config>>>>,
}

impl Configs {
    /// Nothing is read yet.
    pub(crate) fn new(explicit: Option<&Path>) -> Self {
        Self { explicit: explicit.map(Path::to_owned), by_folder: Mutex::default() }
    }

    /// The rules for a file, if there are any.
    pub(crate) fn of(&self, file: &Path) -> Result<Option<Arc<Config>>, Error> {
        let folder = if self.explicit.is_some() { PathBuf::new() } else { folder_of(file) };
        let mut known = self.by_folder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(&folder) {
            return Ok(config.clone());
        }
        let config = Config::find(self.explicit.as_deref(), &folder)?.map(Arc::new);
        known.insert(folder, config.clone());
        Ok(config)
    }
}
