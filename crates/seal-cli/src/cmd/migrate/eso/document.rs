//! One file on its way: its text, what became native in it, and what stays.
//!
//! Must never: touch an object of another group.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::document::{self, Object, Place};
use sealbridge_manifest::external_secrets::{API_VERSION, GROUP_PREFIX, KIND};

use super::left::Left;
use super::refused::{Refused, Why};
use super::secret::{self, Secret};
use super::store::{self, Store};
use crate::config;
use crate::error::Error;
use crate::kustomization;
use crate::manifest_file::ManifestFile;
use crate::target::NamespaceSources;

const OTHER_VERSION: &str = "only external-secrets.io/v1 is understood; write that, which has the same fields as v1beta1";
const OTHER_KIND: &str = "it has no native counterpart; leave it to External Secrets Operator, with the stores that it names";
const PATCH: &str = "it is a patch of a kustomization; write it anew for the new object, whose data is a map by entry";
const NAMELESS: &str = "it has no metadata.name; add it";
const IN_A_LIST: &str = "other objects still read from it, and a store in a list cannot be kept beside a native one; take it \
                         out of the list";

const IN_JSON: &str = "other objects still read from it, and a JSON file cannot hold a native one beside it; make it YAML";

/// One file.
pub(super) struct Migration<'a> {
    pub(super) file: &'a ManifestFile,
    /// The new text.
    pub(super) text: String,
    pub(super) secrets: Vec<Secret>,
    pub(super) stores: Vec<Store>,
    pub(super) refusals: Vec<Refused>,
    namespace: Option<&'a str>,
    is_patch: bool,
    /// Objects that stay.
    left: Vec<Place>,
}

/// What an object of that group is.
enum Role {
    Secret,
    Store(StoreKind),
    Other(&'static str),
}

fn role(object: &Object<'_>) -> Option<Role> {
    let group = object.api_version().split_once('/').map(|(group, _)| group)?;
    let is_of_it = object.api_version().starts_with(GROUP_PREFIX) || group.ends_with(".external-secrets.io");
    if !is_of_it {
        return None;
    }
    Some(match (object.api_version() == API_VERSION, object.kind()) {
        (true, KIND) => Role::Secret,
        (true, "SecretStore") => Role::Store(StoreKind::SecretStore),
        (true, "ClusterSecretStore") => Role::Store(StoreKind::ClusterSecretStore),
        (false, KIND | "SecretStore" | "ClusterSecretStore") => Role::Other(OTHER_VERSION),
        _ => Role::Other(OTHER_KIND),
    })
}

impl<'a> Migration<'a> {
    /// A file of which nothing is migrated yet.
    pub(super) fn of(file: &'a ManifestFile, namespace: Option<&'a str>) -> Result<Self, Error> {
        let path = file.path();
        let kustomization = kustomization::nearest(&config::folder_of(&path))?;
        let is_patch = kustomization.is_some_and(|kustomization| kustomization.is_patch(&path));
        let (secrets, stores, refusals, left) = Default::default();
        Ok(Self { file, text: file.text().to_owned(), secrets, stores, refusals, namespace, is_patch, left })
    }

    /// Migrates its ExternalSecrets. What is neither one nor a store stays.
    pub(super) fn secrets(&mut self) {
        for object in self.file.objects() {
            let migrated = match role(&object) {
                None | Some(Role::Store(_)) => continue,
                Some(Role::Other(why)) => Err(Why::Kind(why)),
                Some(Role::Secret) => self.ensure_whole(&object).and_then(|()| {
                    let namespace = self.namespace_of(&object).unwrap_or_default();
                    secret::migrated(&self.text, object, &namespace)
                }),
            };
            match migrated {
                Ok((text, secret)) => {
                    self.text = text;
                    self.secrets.push(secret);
                }
                Err(why) => {
                    self.refusals.push(why.of(&object));
                    self.left.push(object.place);
                }
            }
        }
    }

    /// Migrates its stores; those that something else still needs are kept.
    pub(super) fn stores(&mut self, left: &Left, keeps_all: bool) {
        for object in self.file.objects() {
            let Some(Role::Store(kind)) = role(&object) else { continue };
            let is_kept = keeps_all || left.needs(&object);
            let migrated = self.ensure_whole(&object).and_then(|()| match (is_kept, object.place.item) {
                (false, _) => store::migrated(&self.text, object, object.place),
                (true, None) => self.with_copy(object),
                (true, Some(_)) => Err(Why::Kind(IN_A_LIST)),
            });
            match migrated {
                Ok(text) => {
                    self.text = text;
                    let namespace = self.namespace_of(&object).filter(|_| kind == StoreKind::SecretStore);
                    self.stores.push(Store { kind, namespace, name: object.name().to_owned(), is_kept });
                }
                Err(why) => self.refusals.push(why.of(&object)),
            }
        }
    }

    /// Objects that stay with External Secrets Operator, stores aside.
    pub(super) fn left_behind(&self) -> impl Iterator<Item = Object<'a>> {
        self.file.objects().into_iter().filter(|object| self.left.contains(&object.place))
    }

    /// Writes the new text, if there is one.
    pub(super) fn write(&self) -> Result<(), Error> {
        if self.text == self.file.text() { Ok(()) } else { self.file.replace(&self.text) }
    }

    /// The namespace of an object, as far as anybody says one.
    pub(super) fn namespace_of(&self, object: &Object<'_>) -> Option<String> {
        let folder = config::folder_of(&self.file.path());
        let sources = NamespaceSources { flag: self.namespace, manifest: object.namespace(), rule: None, folder: &folder };
        sources.resolve().ok().or_else(|| object.namespace().map(str::to_owned))
    }

    fn ensure_whole(&self, object: &Object<'_>) -> Result<(), Why> {
        match (self.is_patch, object.name().is_empty()) {
            (true, _) => Err(Why::Kind(PATCH)),
            (_, true) => Err(Why::Kind(NAMELESS)),
            _ => Ok(()),
        }
    }

    /// The text with a native store behind the last document, made of the document of the old one.
    fn with_copy(&self, object: Object<'_>) -> Result<String, Why> {
        if self.file.path().extension().is_some_and(|ending| ending == "json") {
            return Err(Why::Kind(IN_JSON));
        }
        let unsupported = || Why::Differs("place");
        let old = document::ranges(self.file.text()).into_iter().nth(object.place.document).ok_or_else(unsupported)?;
        let old = self.file.text().get(old).ok_or_else(unsupported)?;
        let copy = store::migrated(old, object, Place { document: 0, item: None })?;
        let line_break = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let ended = if self.text.ends_with('\n') { "" } else { line_break };
        let text = format!("{}{ended}---{line_break}{}", self.text, copy.trim_start_matches(['\r', '\n']));
        let read = |text: &str| document::parse(text).map_err(|_| Why::Differs("text"));
        if read(&text)? == [read(&self.text)?, read(&copy)?].concat() { Ok(text) } else { Err(Why::Differs("text")) }
    }
}
