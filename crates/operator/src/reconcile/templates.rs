//! Templates that stand in ConfigMaps and Secrets of an object's namespace: read when the object is rendered, and watched
//! by name, as metadata only, so that a change renders it again. So are its generators.
//!
//! Must never: read from another namespace than the object's, or keep a text.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use sealbridge_api::Reason;
use sealbridge_engine::SourceError;
use sealbridge_manifest::{Plan, TemplateInput, TemplateInputKind};
use sealbridge_secret::{Purpose, SecretBytes};
use tokio::sync::mpsc;

use crate::context::Context;
use crate::decode::Loaded;
use crate::generators::input_of;
use crate::identity::ObjectId;
use crate::inputs::{InputId, InputKind};
use crate::schedule::values::MemberValues;

/// The entries of an object.
type Entries = BTreeMap<String, Arc<SecretBytes>>;

/// Reads the templates that the object names, each object once.
pub(super) async fn read(context: &Context, loaded: &Loaded, values: &mut MemberValues) {
    let Ok(plan) = &loaded.plan else { return };
    let mut objects: BTreeMap<&TemplateInput, Result<Entries, SourceError>> = BTreeMap::new();
    let mut texts = Vec::new();
    let mut digester = context.digest_key.digester(Purpose::Inputs, loaded.uid(), "templates");
    let mut are_all_there = true;
    for (input, key) in plan.target.template.items() {
        if !objects.contains_key(input) {
            objects.insert(input, entries(context, &loaded.id.namespace, input).await);
        }
        let text = match objects.get(input) {
            Some(Ok(entries)) => entries.get(key).cloned().ok_or_else(|| missing(input, Some(key))),
            Some(Err(error)) => Err(error.clone()),
            None => Err(missing(input, Some(key))),
        };
        match &text {
            Ok(text) => drop(digester.field(input.to_string().as_bytes()).field(key.as_bytes()).field(text.expose())),
            Err(_) => are_all_there = false,
        }
        texts.push((input.clone(), key.to_owned(), text));
    }
    let digest = (are_all_there && !texts.is_empty()).then(|| digester.finish());
    values.add_templates(texts, digest);
}

async fn entries(context: &Context, namespace: &str, input: &TemplateInput) -> Result<Entries, SourceError> {
    let client = context.client.clone();
    let found = match input.kind {
        TemplateInputKind::ConfigMap => Api::<ConfigMap>::namespaced(client, namespace).get_opt(&input.name).await.map(|found| {
            found.map(|object| {
                let texts = object.data.unwrap_or_default().into_iter().map(|(key, text)| (key, text.into_bytes()));
                let bytes = object.binary_data.unwrap_or_default().into_iter().map(|(key, bytes)| (key, bytes.0));
                wiped(texts.chain(bytes))
            })
        }),
        TemplateInputKind::Secret => Api::<Secret>::namespaced(client, namespace)
            .get_opt(&input.name)
            .await
            .map(|found| found.map(|object| wiped(object.data.unwrap_or_default().into_iter().map(|(key, bytes)| (key, bytes.0))))),
    };
    match found {
        Ok(Some(entries)) => Ok(entries),
        Ok(None) => Err(missing(input, None)),
        Err(kube::Error::Api(status)) if status.code == 403 => {
            Err(withheld(Reason::Forbidden, format!("the operator may not get {input}; grant it the verb in the namespace")))
        }
        Err(_) => Err(withheld(Reason::StoreNotReady, "the API server did not answer; it is asked again by itself".to_owned())),
    }
}

fn wiped(entries: impl Iterator<Item = (String, Vec<u8>)>) -> Entries {
    entries.map(|(key, bytes)| (key, Arc::new(SecretBytes::new(bytes)))).collect()
}

fn missing(input: &TemplateInput, key: Option<&str>) -> SourceError {
    let detail = match key {
        Some(key) => format!("{input} has no entry {key}; add it, or correct templateFrom"),
        None => format!("{input} does not exist; create it, or correct templateFrom"),
    };
    withheld(Reason::SourceNotFound, detail)
}

fn withheld(reason: Reason, detail: String) -> SourceError {
    SourceError::Withheld { reason, detail }
}

/// Watches what the object names from here on, and nothing else for it.
pub fn follow(context: &Arc<Context>, loaded: &Loaded) {
    let named: Vec<InputId> = loaded
        .plan
        .iter()
        .flat_map(|plan| plan.target.template.items())
        .map(|(input, _)| InputId {
            kind: match input.kind {
                TemplateInputKind::ConfigMap => InputKind::ConfigMap,
                TemplateInputKind::Secret => InputKind::Secret,
            },
            namespace: Arc::clone(&loaded.id.namespace),
            name: input.name.as_str().into(),
        })
        .chain(loaded.plan.iter().flat_map(Plan::generators).map(|(_, generator)| input_of(&loaded.id.namespace, generator)))
        .collect();
    context.templates.follow_only(&loaded.id, &named);
}

/// Has every object rendered again of which a template changed. Never ends by itself.
pub async fn run(context: Arc<Context>, mut changed: mpsc::UnboundedReceiver<ObjectId>) {
    while let Some(id) = changed.recv().await {
        if context.index.with(&id, |_| ()).is_some() {
            // Loaded again: one whose Secret was made once takes nothing more from its templates.
            context.index.ask_to_load(id);
        } else {
            context.templates.follow_only(&id, &[]);
        }
    }
}
