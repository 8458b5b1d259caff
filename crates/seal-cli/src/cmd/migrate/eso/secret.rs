//! One ExternalSecret becomes a BridgedSecret in the text of its file.
//!
//! Must never: write out anything but what the ExternalSecret says, or means by saying nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sealbridge_api::bridged_secret::{BridgedSecretSpec, CreationPolicy, MIN_REFRESH_INTERVAL};
use sealbridge_api::labels;
use sealbridge_manifest::document::{self, Object, Place};
use sealbridge_manifest::edit::{self, Node, Step};
use sealbridge_manifest::external_secrets::{self, Around, ExternalSecretSpec, MARKS, RefreshPolicy};
use sealbridge_manifest::{Plan, is_template, native};
use serde_json::Value;

use super::super::edits::{Edits, Empty, keys};
use super::refused::Why;
use super::same;

/// One that became a BridgedSecret.
pub(super) struct Secret {
    /// What the old object stands for.
    pub(super) old: Plan,
    /// What the new one does.
    pub(super) new: Plan,
    pub(super) place: Place,
    /// Whether its templates differ at every run, so that rendering says less.
    pub(super) is_volatile: bool,
}

impl Secret {
    /// Its name for people.
    pub(super) fn shown(&self) -> String {
        let Plan { namespace, name, .. } = &self.new;
        if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") }
    }
}

/// Migrates the object in a text, where it stands at the same place; a place that says no namespace is taken for one
/// in `namespace`.
pub(super) fn migrated(text: &str, object: Object<'_>, namespace: &str) -> Result<(String, Secret), Why> {
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let spec: ExternalSecretSpec = document::decode(spec, "spec")?;
    let (labels, annotations) = (object.metadata_texts("labels"), object.metadata_texts("annotations"));
    let around = Around { namespace, name: object.name(), labels: &labels, annotations: &annotations };
    let old = external_secrets::plan(around, &spec)?;
    ensure_expressible(&spec, &old, [&labels, &annotations])?;
    let new_text = edited(text, object, &spec, &old, [&labels, &annotations])?;
    let new = read_again(&new_text, object.place, namespace)?;
    same::ensure(&old, &new)?;
    Ok((new_text, Secret { old, new, place: object.place, is_volatile: false }))
}

fn read_again(text: &str, place: Place, namespace: &str) -> Result<Plan, Why> {
    let documents = document::parse(text).map_err(|_| Why::Differs("text"))?;
    let objects = document::objects(&documents);
    let object = objects.iter().find(|object| object.place == place).ok_or(Why::Differs("place"))?;
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let spec: BridgedSecretSpec = document::decode(spec, "spec").map_err(Why::not_native)?;
    Ok(native::plan(namespace, object.name(), &spec)?)
}

/// Refuses what a BridgedSecret has fields for and cannot mean.
fn ensure_expressible(spec: &ExternalSecretSpec, old: &Plan, copied: [&BTreeMap<String, String>; 2]) -> Result<(), Why> {
    if old.windows.is_some() && spec.refresh_policy.unwrap_or_default() != RefreshPolicy::Periodic {
        return Err(Why::field("spec.syncWindows", "it says nothing with this refreshPolicy; remove it"));
    }
    if old.refresh_interval > Duration::ZERO && old.refresh_interval < MIN_REFRESH_INTERVAL {
        return Err(Why::field("spec.refreshInterval", "a BridgedSecret reads at most every 10s; write 10s or more"));
    }
    if let Some((position, _)) = old.generators().next() {
        let problem = "a BridgedSecret runs no generators; keep this object, or make the value once and keep it in a store";
        return Err(Why::field(format!("spec.dataFrom[{position}].sourceRef.generatorRef"), problem));
    }
    let mut names = BTreeSet::new();
    for (position, entry) in spec.data.iter().flatten().enumerate() {
        if !names.insert(&entry.secret_key) {
            let problem = "another entry has this name, and of two in a map only one can be; remove the one that does not count";
            return Err(Why::field(format!("spec.data[{position}].secretKey"), problem));
        }
    }
    let Some(template) = spec.target.as_ref().and_then(|target| target.template.as_ref()) else {
        return ensure_copied_are_texts(copied);
    };
    for (position, from) in template.template_from.iter().flatten().enumerate() {
        let sources = [from.config_map.is_some(), from.secret.is_some(), from.literal.is_some()];
        if sources.into_iter().filter(|is_said| *is_said).count() > 1 {
            let problem = "it has more than one of configMap, secret and literal; make one of each, in this order";
            return Err(Why::field(format!("spec.target.template.templateFrom[{position}]"), problem));
        }
    }
    Ok(())
}

/// What a Secret without a template has from the object is no template there.
fn ensure_copied_are_texts(copied: [&BTreeMap<String, String>; 2]) -> Result<(), Why> {
    for (field, pairs) in ["labels", "annotations"].into_iter().zip(copied) {
        if let Some((key, _)) = labels::permitted(pairs.clone()).iter().find(|(_, text)| is_template(text)) {
            let problem = "the Secret has it as it stands, and a BridgedSecret would take its {{ for a template; remove it";
            return Err(Why::field(format!("metadata.{field}.{key}"), problem));
        }
    }
    Ok(())
}

fn edited(
    text: &str,
    object: Object<'_>,
    spec: &ExternalSecretSpec,
    old: &Plan,
    copied: [&BTreeMap<String, String>; 2],
) -> Result<String, Why> {
    let Place { document, .. } = object.place;
    let mut edits = Edits::native(object, "BridgedSecret");
    let of_spec = keys(&["spec"]);
    if object.value.pointer("/spec/refreshPolicy").and_then(Value::as_str) == Some("") {
        edits.remove(&of_spec, "refreshPolicy");
    }
    refresh_interval(&mut edits, spec, old);
    sources(&mut edits, spec);
    target(&mut edits, object.value, old, copied);
    edits.remove_empty(&of_spec, Empty::All);
    let mut text = edit::apply(text, document, edits.all())?;
    let path = [object.place.path(), of_spec].concat();
    let of_data = spec.data.iter().flatten().map(|entry| entry.source_ref.as_ref());
    let of_from = spec.data_from.iter().flatten().map(|from| from.source_ref.as_ref());
    for (list, sources) in [("data", of_data.collect::<Vec<_>>()), ("dataFrom", of_from.collect())] {
        for (position, source) in sources.into_iter().enumerate() {
            if source.is_some_and(|source| source.store_ref.is_some()) {
                let item = [path.as_slice(), &[Step::key(list), Step::Index(position)]].concat();
                text = edit::hoist(&text, document, &item, ["sourceRef", "storeRef", "secretStoreRef"])?;
            }
        }
    }
    if spec.data.iter().flatten().next().is_some() {
        text = edit::key_items(&text, document, &path, "data", "secretKey")?;
    }
    Ok(text)
}

/// The two kinds default it differently, so that it is always written.
fn refresh_interval(edits: &mut Edits<'_>, spec: &ExternalSecretSpec, old: &Plan) {
    let is_said = spec.refresh_interval.as_ref().is_some_and(|text| !text.is_empty());
    let written = match spec.refresh_policy.unwrap_or_default() {
        RefreshPolicy::OnChange | RefreshPolicy::CreatedOnce => return edits.remove(&keys(&["spec"]), "refreshInterval"),
        RefreshPolicy::Periodic if !is_said => "1h",
        // Less than a second is taken for one.
        RefreshPolicy::Periodic if old.refresh_interval < MIN_REFRESH_INTERVAL && !old.refresh_interval.is_zero() => "10s",
        RefreshPolicy::Periodic => return,
    };
    edits.set(&keys(&["spec"]), "refreshInterval", Node::Text(written.to_owned()));
}

/// Fields of sources that say nothing.
fn sources(edits: &mut Edits<'_>, spec: &ExternalSecretSpec) {
    let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
    if !spec.secret_store_ref.as_ref().is_some_and(|store| is_named(&store.name)) {
        edits.remove(&keys(&["spec"]), "secretStoreRef");
    }
    for (position, entry) in spec.data.iter().flatten().enumerate() {
        let item = [keys(&["spec", "data"]), vec![Step::Index(position)]].concat();
        // There as here it has no effect on an entry that is named.
        edits.remove(&[item.as_slice(), &[Step::key("remoteRef")]].concat(), "conversionStrategy");
        match &entry.source_ref {
            Some(other) if other.store_ref.is_none() => edits.remove(&item, "sourceRef"),
            // Of an entry only its store is taken.
            Some(_) => edits.remove(&[item.as_slice(), &[Step::key("sourceRef")]].concat(), "generatorRef"),
            None => {}
        }
    }
    for (position, from) in spec.data_from.iter().flatten().enumerate() {
        if from.source_ref.as_ref().is_some_and(|other| other.store_ref.is_none()) {
            edits.remove(&[keys(&["spec", "dataFrom"]), vec![Step::Index(position)]].concat(), "sourceRef");
        }
    }
}

/// The live Secret is taken over, and what the Secret had from the object itself is written out.
fn target(edits: &mut Edits<'_>, object: &Value, old: &Plan, [labels, annotations]: [&BTreeMap<String, String>; 2]) {
    let path = keys(&["spec", "target"]);
    let template = [path.as_slice(), &[Step::key("template")]].concat();
    let said = object.pointer("/spec/target").unwrap_or(&Value::Null);
    if said.get("name").and_then(Value::as_str) == Some("") {
        edits.remove(&path, "name");
    }
    edits.remove(&template, "engineVersion");
    if old.target.template.entries.is_empty() && old.target.template.further.is_empty() {
        edits.remove(&template, "mergePolicy");
    }
    template_targets(edits, said);
    let mut fields = Vec::new();
    let text = |text: &str| Node::Text(text.to_owned());
    match old.target.creation_policy {
        CreationPolicy::Owner => {
            let adopt = vec![("from".to_owned(), text("ExternalSecret")), ("name".to_owned(), text(&old.name))];
            fields.push(("adopt".to_owned(), Node::Flow(adopt)));
        }
        CreationPolicy::Orphan => fields.push(("adopt".to_owned(), Node::Flow(vec![("from".to_owned(), text("None"))]))),
        CreationPolicy::Merge | CreationPolicy::CreateOrMerge | CreationPolicy::None => {}
    }
    match said.get("template").filter(|template| !template.is_null()) {
        Some(template) => without_foreign(edits, template),
        None => fields.extend(
            copied([labels, annotations])
                .map(|metadata| ("template".to_owned(), Node::Block(vec![("metadata".to_owned(), Node::Block(metadata))]))),
        ),
    }
    if said.as_object().is_some_and(|said| said.values().any(|value| !value.is_null())) {
        fields.into_iter().for_each(|(field, node)| edits.set(&path, &field, node));
    } else if !fields.is_empty() {
        edits.set(&keys(&["spec"]), "target", Node::Block(fields));
    }
}

/// There the words are read in capitals and small letters alike, and an empty one is the first. What is none is a path.
fn template_targets(edits: &mut Edits<'_>, target: &Value) {
    let from = target.pointer("/template/templateFrom").and_then(Value::as_array);
    for (position, from) in from.into_iter().flatten().enumerate() {
        let Some(said) = from.get("target").and_then(Value::as_str) else { continue };
        let item = [keys(&["spec", "target", "template", "templateFrom"]), vec![Step::Index(position)]].concat();
        match ["Data", "Labels", "Annotations"].into_iter().find(|word| word.eq_ignore_ascii_case(said)) {
            None if said.is_empty() => edits.remove(&item, "target"),
            None => {}
            Some(word) if word != said => edits.set(&item, "target", Node::Text(word.to_owned())),
            Some(_) => {}
        }
    }
}

/// Labels and annotations that a Secret without a template has from the object.
fn copied(pairs: [&BTreeMap<String, String>; 2]) -> Option<Vec<(String, Node)>> {
    let fields = ["labels", "annotations"].into_iter().zip(pairs).filter_map(|(field, pairs)| {
        let mut kept = labels::permitted(pairs.clone());
        kept.retain(|key, _| !key.starts_with(MARKS));
        let nodes: Vec<_> = kept.into_iter().map(|(key, value)| (key, Node::Text(value))).collect();
        (!nodes.is_empty()).then(|| (field.to_owned(), Node::Block(nodes)))
    });
    Some(fields.collect::<Vec<_>>()).filter(|fields| !fields.is_empty())
}

/// Bookkeeping of other tools, which never reaches a Secret, is refused in a BridgedSecret.
fn without_foreign(edits: &mut Edits<'_>, template: &Value) {
    for field in ["labels", "annotations"] {
        let pairs = template.pointer(&format!("/metadata/{field}")).and_then(Value::as_object);
        for (key, value) in pairs.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            if labels::belongs_to_gitops_tool(key, value) || labels::is_reserved(key) {
                edits.remove(&keys(&["spec", "target", "template", "metadata", field]), key);
            }
        }
    }
}
