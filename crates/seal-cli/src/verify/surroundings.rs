//! What holds for the files of a folder: rules, kustomization. Each is read once for all files, from the same state as
//! the files: where what Git holds is judged, from there too.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sealbridge_manifest::document::Object;
use sealbridge_seal::{KeyId, Recipient};
use sealbridge_sealed_secrets as sealed_secrets;

use crate::config::{self, Config, Rule};
use crate::error::Error;
use crate::git::Tree;
use crate::kustomization::{self, Kustomization};
use crate::recipients::{self, Recipients};
use crate::target::NamespaceSources;

type Found<T> = Result<Arc<T>, String>;

/// What holds in one folder; nothing, where nobody asked.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    config: Option<Arc<Config>>,
    kustomization: Option<Kustomization>,
}

impl Surroundings {
    /// The rule about a file.
    pub(crate) fn rule_for(&self, file: &Path) -> Option<&Rule> {
        self.config.as_ref()?.rule_for(file)
    }

    /// Whether there are rules at all.
    pub(crate) fn has_rules(&self) -> bool {
        self.config.is_some()
    }

    /// Whether a file changes objects of other files instead of holding some.
    pub(crate) fn is_patch(&self, file: &Path) -> bool {
        self.kustomization.as_ref().is_some_and(|kustomization| kustomization.is_patch(file))
    }

    /// The namespace of an object.
    pub(crate) fn namespace(&self, file: &Path, object: &Object<'_>) -> Result<String, Error> {
        let folder = config::folder_of(file);
        let rule = self.rule_for(file);
        let sources = NamespaceSources { flag: None, manifest: object.namespace(), rule, folder: &folder };
        sources.resolve_beside(self.kustomization.as_ref())
    }

    /// Those that a rule names.
    pub(crate) fn recipients(&self, rule: &Rule, file: &Path) -> Option<Recipients> {
        Recipients::resolve(&[], self.config.as_deref(), Some(rule), file).ok()
    }

    /// Whether SealedSecrets in a file belong to a certificate whose private key is not among these.
    pub(crate) fn wants_another_certificate(&self, file: &Path, ring: &sealed_secrets::KeyRing) -> bool {
        let path = self.config.as_ref().and_then(|config| config.certificate_of(config.rule_for(file)?));
        let pem = path.and_then(|path| std::fs::read(path).ok());
        let certificate = pem.and_then(|pem| sealed_secrets::Certificate::from_pem(&pem).ok());
        certificate.is_some_and(|certificate| ring.fingerprints().all(|held| held != certificate.fingerprint()))
    }

    /// The names of keys for people.
    pub(crate) fn names(&self, ids: &[KeyId]) -> String {
        recipients::names(self.config.as_deref(), ids)
    }

    /// The recipient of a key, if the rules know it.
    pub(crate) fn recipient(&self, id: KeyId) -> Option<&Recipient> {
        self.config.as_ref()?.sets.values().flatten().find(|recipient| recipient.id() == id)
    }
}

/// The surroundings of all folders that were asked for.
#[derive(Debug)]
pub(crate) struct Cache {
    explicit: Option<Arc<Config>>,
    /// What Git holds, where that is judged.
    tree: Option<Arc<Tree>>,
    folders: Mutex<HashMap<PathBuf, Found<Surroundings>>>,
    configs: Mutex<HashMap<PathBuf, Found<Config>>>,
}

impl Cache {
    /// An empty one; `explicit` are the rules for all files, where they are named. Without `tree`, everything is read
    /// where it lies.
    pub(crate) fn new(explicit: Option<&Path>, tree: Option<Arc<Tree>>) -> Result<Self, Error> {
        let explicit = explicit.map(Config::read).transpose()?.map(Arc::new);
        Ok(Self { explicit, tree, folders: Mutex::default(), configs: Mutex::default() })
    }

    /// A file of the state that is judged.
    pub(super) fn read(&self, path: &Path) -> Option<Vec<u8>> {
        match self.tree_about(path) {
            Some(tree) => tree.read(path).ok().flatten(),
            None => std::fs::read(path).ok(),
        }
    }

    fn tree_about(&self, path: &Path) -> Option<&Tree> {
        self.tree.as_deref().filter(|tree| tree.is_about(path))
    }

    /// The nearest rules upwards of a folder.
    fn config(&self, folder: &Path) -> Result<Option<Arc<Config>>, String> {
        if let Some(explicit) = &self.explicit {
            return Ok(Some(Arc::clone(explicit)));
        }
        let Some(tree) = self.tree_about(folder) else {
            let Some(path) = Config::nearest(folder) else { return Ok(None) };
            return kept(&self.configs, &path, || Config::read(&path).map_err(|error| error.to_string())).map(Some);
        };
        for path in config::upwards(folder).into_iter().map(|folder| folder.join(config::FILE_NAME)) {
            if let Some(text) = text(tree, &path).map_err(|error| error.to_string())? {
                let read = || Config::parse(&config::shown(&path), &text).map_err(|error| error.to_string());
                return kept(&self.configs, &path, read).map(Some);
            }
        }
        Ok(None)
    }

    fn kustomization(&self, folder: &Path) -> Result<Option<Kustomization>, Error> {
        match self.tree_about(folder) {
            Some(tree) => kustomization::nearest_by(folder, |path| text(tree, path)),
            None => kustomization::nearest(folder),
        }
    }

    /// The surroundings of a file, or why they cannot be known.
    pub(crate) fn of(&self, file: &Path) -> Found<Surroundings> {
        let folder = config::folder_of(file);
        kept(&self.folders, &folder, || {
            let config = self.config(&folder)?;
            let kustomization = self.kustomization(&folder).map_err(|error| error.to_string())?;
            Ok(Surroundings { config, kustomization })
        })
    }
}

fn text(tree: &Tree, path: &Path) -> Result<Option<String>, Error> {
    let bytes = tree.read(path)?;
    bytes.map(|bytes| String::from_utf8(bytes).map_err(|_| Error::NotText { path: path.to_owned() })).transpose()
}

/// What is kept for a path, made outside of the lock where it is not there: two threads may make the same.
fn kept<T>(map: &Mutex<HashMap<PathBuf, Found<T>>>, path: &Path, make: impl FnOnce() -> Result<T, String>) -> Found<T> {
    let locked = || map.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = locked().get(path) {
        return found.clone();
    }
    let made = make().map(Arc::new);
    locked().entry(path.to_owned()).or_insert(made).clone()
}
