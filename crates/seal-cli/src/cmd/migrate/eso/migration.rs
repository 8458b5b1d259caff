//! One file on its way: its text, what became native in it, and what stays.
//!
//! Must never: touch an object of another group.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::GENERATOR_GROUP;
use sealbridge_manifest::document::{Object, Place};
use sealbridge_manifest::external_secrets::{API_VERSION, CLUSTER_KIND, GROUP_PREFIX, KIND, PUSH_KIND, PUSH_VERSION};

use super::super::pieces::Pieces;
use super::cluster;
use super::left::Left;
use super::push::{self, Push};
use super::refused::{Refused, Why};
use super::secret::{self, Secret};
use super::store::{self, Store};
use crate::config;
use crate::error::Error;
use crate::kustomization;
use crate::manifest_file::ManifestFile;
use crate::namespaces;
use crate::target::NamespaceSources;

const OTHER_VERSION: &str = "only external-secrets.io/v1 is understood; write that, which has the same fields as v1beta1";
const OTHER_KIND: &str = "it has no native counterpart; leave it to External Secrets Operator, with the stores that it names";
const GENERATES: &str = "it has no native counterpart; leave it as it is: the operator runs it for ExternalSecrets and PushSecrets";
const OTHER_PUSH: &str = "only external-secrets.io/v1alpha1 is understood; write that";
const PATCH: &str = "it is a patch of a kustomization; write it anew for the new object, whose data is a map by entry";
const NAMELESS: &str = "it has no metadata.name; add it";
const NOT_BESIDE: &str = "other objects still read from it, and neither a list nor a JSON file can hold a native one beside it; \
                          make it a YAML document of its own";

/// One file.
pub(super) struct Migration<'a> {
    pub(super) file: &'a ManifestFile,
    pieces: Pieces<'a>,
    pub(super) secrets: Vec<Secret>,
    pub(super) pushes: Vec<Push>,
    pub(super) stores: Vec<Store>,
    pub(super) refusals: Vec<Refused>,
    namespace: Option<&'a str>,
    known: &'a [namespaces::Declared],
    is_patch: bool,
    /// Objects that stay.
    left: Vec<Place>,
}

/// What an object of that group is.
enum Role {
    Secret,
    ClusterSecret,
    Push,
    Store(StoreKind),
    Other(&'static str),
}

/// What became of one that is no store.
enum New {
    Secret(Box<Secret>),
    Push(Box<Push>),
}

fn role(object: &Object<'_>) -> Option<Role> {
    let group = object.api_version().split_once('/').map(|(group, _)| group)?;
    let is_of_it = object.api_version().starts_with(GROUP_PREFIX) || group.ends_with(".external-secrets.io");
    if !is_of_it {
        return None;
    }
    let is_push_version = object.api_version().split_once('/').is_some_and(|(_, version)| version == PUSH_VERSION);
    Some(match (object.api_version() == API_VERSION, object.kind()) {
        (_, PUSH_KIND) if is_push_version => Role::Push,
        (true, KIND) => Role::Secret,
        (true, CLUSTER_KIND) => Role::ClusterSecret,
        (true, "SecretStore") => Role::Store(StoreKind::SecretStore),
        (true, "ClusterSecretStore") => Role::Store(StoreKind::ClusterSecretStore),
        (false, KIND | CLUSTER_KIND | "SecretStore" | "ClusterSecretStore") => Role::Other(OTHER_VERSION),
        (_, PUSH_KIND) => Role::Other(OTHER_PUSH),
        _ if group == GENERATOR_GROUP => Role::Other(GENERATES),
        _ => Role::Other(OTHER_KIND),
    })
}

impl<'a> Migration<'a> {
    /// A file of which nothing is migrated yet; `known` are the namespaces that manifests declare.
    pub(super) fn of(file: &'a ManifestFile, namespace: Option<&'a str>, known: &'a [namespaces::Declared]) -> Result<Self, Error> {
        let path = file.path();
        let kustomization = kustomization::nearest(&config::folder_of(&path))?;
        let is_patch = kustomization.is_some_and(|kustomization| kustomization.is_patch(&path));
        let (secrets, pushes, stores, refusals, left) = Default::default();
        Ok(Self { file, pieces: Pieces::of(file), secrets, pushes, stores, refusals, namespace, known, is_patch, left })
    }

    /// Migrates its objects but for its stores. What is none of these stays.
    pub(super) fn objects(&mut self) {
        for object in self.file.objects() {
            let (piece, place) = self.pieces.at(object.place);
            let text = self.pieces.now(piece);
            let namespace = self.namespace_of(&object);
            let there = || self.ensure_whole(&object).map(|()| Object { place, ..object });
            let secret = |(text, secret)| (text, New::Secret(Box::new(secret)));
            let migrated = match role(&object) {
                None | Some(Role::Store(_)) => continue,
                Some(Role::Other(why)) => Err(Why::Kind(why)),
                Some(Role::Secret) => {
                    there().and_then(|there| secret::migrated(text, there, &namespace.unwrap_or_default())).map(secret)
                }
                Some(Role::ClusterSecret) => there().and_then(|there| cluster::migrated(text, there, self.known)).map(secret),
                Some(Role::Push) => there()
                    .and_then(|there| push::migrated(text, there, namespace))
                    .map(|(text, push)| (text, New::Push(Box::new(push)))),
            };
            match migrated {
                Ok((text, new)) => {
                    self.pieces.set(piece, text);
                    match new {
                        New::Secret(secret) => self.secrets.push(Secret { place: object.place, ..*secret }),
                        New::Push(push) => self.pushes.push(*push),
                    }
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
            let (piece, place) = self.pieces.at(object.place);
            let migrated = self.ensure_whole(&object).and_then(|()| match (is_kept, place) {
                (false, _) => store::migrated(self.pieces.now(piece), object, place),
                (true, Place { document: 0, item: None }) if self.is_yaml() => {
                    store::migrated(self.pieces.before(piece), object, place)
                }
                (true, _) => Err(Why::Kind(NOT_BESIDE)),
            });
            match migrated {
                Ok(text) => {
                    if is_kept {
                        self.pieces.add(text);
                    } else {
                        self.pieces.set(piece, text);
                    }
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

    /// The new text.
    pub(super) fn text(&self) -> String {
        self.pieces.whole()
    }

    /// Writes the new text, if there is one.
    pub(super) fn write(&self) -> Result<(), Error> {
        let text = self.text();
        if text == self.file.text() { Ok(()) } else { self.file.replace(&text) }
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

    fn is_yaml(&self) -> bool {
        self.file.path().extension().is_none_or(|ending| ending != "json")
    }
}
