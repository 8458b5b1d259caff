//! The Secrets that are pushed, and the objects in which templates stand: read for one object, from its namespace.
//!
//! Threat: whoever may create an object that pushes chooses what is read, and who gets it. The namespace is part of the type's
//! value and of no call, so that work for one namespace cannot read another.
//! Must never: take an answer that did not come for an absence, or hold a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::api::ListParams;
use kube::core::Selector;
use kube::{Api, Client};
use sealbridge_api::Reason;
use sealbridge_engine::Texts;
use sealbridge_manifest::push::{PushPlan, PushSource};
use sealbridge_manifest::{TemplateInput, TemplateInputKind};
use sealbridge_secret::{SecretBytes, SecretMap};

use super::status::{Failure, Step};
use crate::generators;
use crate::object_name::is_object_name;
use crate::refusal::Refusal;

/// Which objects were read, in which version: `Kind name` to `uid version`. Equal ones are of equal content.
pub(super) type Versions = BTreeMap<String, String>;

/// What was read.
pub(super) struct Sources {
    /// Entries by what has them, such as `Secret app`; never none.
    pub(super) entries: Vec<(String, SecretMap)>,
    /// Templates.
    pub(super) texts: Texts,
    pub(super) versions: Versions,
    /// When they have to be made anew, in seconds since the Unix epoch.
    pub(super) ends: Option<u64>,
}

/// Why there is nothing to push.
#[derive(Debug)]
pub(super) enum NoSource {
    /// The API server said that there is no such Secret.
    Absent(Failure),
    /// It could not be told what there is.
    Unknown(Failure),
}

/// Reads in one namespace.
pub(super) struct Reader<'a> {
    client: &'a Client,
    namespace: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(client: &'a Client, namespace: &'a str) -> Self {
        Self { client, namespace }
    }

    /// The Secret of this name.
    pub(super) async fn named(&self, name: &str, versions: &mut Versions) -> Result<Vec<(String, SecretMap)>, NoSource> {
        ensure_name(name)?;
        let secret = self.secrets().get_opt(name).await.map_err(|error| unknown("Secret", &error))?;
        let secret = secret.ok_or_else(|| absent(format!("Secret {name} does not exist; create it, or correct the name")))?;
        Ok(vec![taken(secret, versions)])
    }

    /// All Secrets with these labels.
    pub(super) async fn selected(
        &self,
        selector: &LabelSelector,
        versions: &mut Versions,
    ) -> Result<Vec<(String, SecretMap)>, NoSource> {
        let listed = self.secrets().list(&selecting(selector)?).await.map_err(|error| unknown("Secrets", &error))?;
        if listed.items.is_empty() {
            let detail = "no Secret has the labels that are selected; create one, or correct the selector";
            return Err(absent(detail.to_owned()));
        }
        Ok(listed.items.into_iter().map(|secret| taken(secret, versions)).collect())
    }

    /// The versions of what the plan pushes, without content; `None` if that cannot be told.
    pub(super) async fn versions(&self, plan: &PushPlan) -> Option<Versions> {
        let mut versions = Versions::new();
        match &plan.source {
            PushSource::Named(name) => {
                ensure_name(name).ok()?;
                note(&mut versions, "Secret", &self.secrets().get_metadata_opt(name).await.ok()??.metadata);
            }
            PushSource::Selected(selector) => {
                let listed = self.secrets().list_metadata(&selecting(selector).ok()?).await.ok()?;
                listed.items.iter().for_each(|secret| note(&mut versions, "Secret", &secret.metadata));
            }
            PushSource::Generated(named) => {
                let read = generators::read(self.client, self.namespace, named).await.ok()?;
                versions.insert(named.to_string(), read.version);
            }
        }
        for (input, _) in plan.template_inputs() {
            let metadata = match input.kind {
                TemplateInputKind::ConfigMap => self.config_maps().get_metadata_opt(&input.name).await.ok()??.metadata,
                TemplateInputKind::Secret => self.secrets().get_metadata_opt(&input.name).await.ok()??.metadata,
            };
            note(&mut versions, kind_of(input), &metadata);
        }
        Some(versions)
    }

    /// The templates of the plan.
    pub(super) async fn texts(&self, plan: &PushPlan, versions: &mut Versions) -> Result<Texts, NoSource> {
        let mut texts = Texts::new();
        for (input, key) in plan.template_inputs() {
            let (metadata, text) = self.text(input, key).await?;
            note(versions, kind_of(input), &metadata);
            let missing =
                || problem(Reason::SourceNotFound, format!("{input} has no entry {key}; add it, or correct templateFrom"));
            texts.insert((input.clone(), key.to_owned()), Arc::new(SecretBytes::new(text.ok_or_else(missing)?)));
        }
        Ok(texts)
    }

    async fn text(&self, input: &TemplateInput, key: &str) -> Result<(ObjectMeta, Option<Vec<u8>>), NoSource> {
        ensure_name(&input.name)?;
        let missing = || problem(Reason::SourceNotFound, format!("{input} does not exist; create it, or correct templateFrom"));
        match input.kind {
            TemplateInputKind::ConfigMap => {
                let object = self.config_maps().get_opt(&input.name).await.map_err(|error| unknown("ConfigMap", &error))?;
                let mut object = object.ok_or_else(missing)?;
                let text = object.data.as_mut().and_then(|data| data.remove(key)).map(String::into_bytes);
                Ok((object.metadata, text))
            }
            TemplateInputKind::Secret => {
                let object = self.secrets().get_opt(&input.name).await.map_err(|error| unknown("Secret", &error))?;
                let mut object = object.ok_or_else(missing)?;
                let text = object.data.as_mut().and_then(|data| data.remove(key)).map(|bytes| bytes.0);
                Ok((object.metadata, text))
            }
        }
    }

    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), self.namespace)
    }

    fn config_maps(&self) -> Api<ConfigMap> {
        Api::namespaced(self.client.clone(), self.namespace)
    }
}

fn taken(secret: Secret, versions: &mut Versions) -> (String, SecretMap) {
    note(versions, "Secret", &secret.metadata);
    let of = format!("Secret {}", secret.metadata.name.unwrap_or_default());
    let data = secret.data.unwrap_or_default().into_iter().map(|(key, bytes)| (key, SecretBytes::new(bytes.0)));
    (of, data.collect())
}

fn kind_of(input: &TemplateInput) -> &'static str {
    match input.kind {
        TemplateInputKind::ConfigMap => "ConfigMap",
        TemplateInputKind::Secret => "Secret",
    }
}

fn note(versions: &mut Versions, kind: &str, metadata: &ObjectMeta) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let version = format!("{} {}", text(&metadata.uid), text(&metadata.resource_version));
    versions.insert(format!("{kind} {}", text(&metadata.name)), version);
}

/// A name becomes part of a request's path; none leads out of the namespace.
fn ensure_name(name: &str) -> Result<(), NoSource> {
    if is_object_name(name) {
        return Ok(());
    }
    Err(problem(Reason::SpecInvalid, "an object is named by what Kubernetes does not accept as a name; correct it".to_owned()))
}

fn selecting(selector: &LabelSelector) -> Result<ListParams, NoSource> {
    let selector = Selector::try_from(selector.clone());
    let selector = selector.map_err(|_| problem(Reason::SpecInvalid, "the selector is none; correct it".to_owned()))?;
    Ok(ListParams::default().labels_from(&selector))
}

fn absent(detail: String) -> NoSource {
    NoSource::Absent(failure(Reason::SourceNotFound, detail))
}

fn unknown(what: &str, error: &kube::Error) -> NoSource {
    match Refusal::from(error) {
        Refusal::Forbidden => {
            let detail = format!("the operator may not read the {what}; grant it get and list on them in the namespace");
            problem(Reason::Forbidden, detail)
        }
        Refusal::Invalid => {
            problem(Reason::SpecInvalid, format!("the API server accepts no such name or selector of the {what}; correct it"))
        }
        Refusal::NotFound | Refusal::Conflict | Refusal::Unavailable => {
            problem(Reason::StoreNotReady, "the API server did not answer; it is asked again by itself".to_owned())
        }
    }
}

/// Something else than the API server's word that there is nothing.
pub(super) fn problem(reason: Reason, detail: String) -> NoSource {
    NoSource::Unknown(failure(reason, detail))
}

fn failure(reason: Reason, detail: String) -> Failure {
    Failure { step: Step::Source, reason, detail }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;
    use rstest::rstest;

    use super::*;

    fn answer(code: u16) -> kube::Error {
        kube::Error::Api(Status { code, message: "canary".to_owned(), ..Status::default() }.boxed())
    }

    #[rstest]
    #[case(403, Reason::Forbidden)]
    #[case(404, Reason::StoreNotReady)]
    #[case(422, Reason::SpecInvalid)]
    #[case(500, Reason::StoreNotReady)]
    fn an_error_is_never_an_absence(#[case] code: u16, #[case] reason: Reason) {
        let NoSource::Unknown(failure) = unknown("Secret", &answer(code)) else { panic!("taken for an absence") };
        assert!(failure.reason == reason && !failure.detail.contains("canary"), "{failure:?}");
    }

    #[rstest]
    #[case("../default/secrets/other")]
    #[case("a/b")]
    #[case("")]
    fn a_name_that_would_leave_the_namespace_is_refused(#[case] name: &str) {
        assert!(matches!(ensure_name(name), Err(NoSource::Unknown(_))));
    }
}
