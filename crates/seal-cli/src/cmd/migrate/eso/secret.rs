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
use sealbridge_manifest::{Plan, Refresh, native};
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
    ensure_expressible(&spec, &old)?;
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
fn ensure_expressible(spec: &ExternalSecretSpec, old: &Plan) -> Result<(), Why> {
    if old.refresh == Refresh::UntilMade {
        let problem = "a BridgedSecret follows its sources; write Periodic with refreshInterval \"0\" to read them once and \
                       after each edit, or keep this object";
        return Err(Why::field("spec.refreshPolicy", problem));
    }
    if old.windows.is_some() {
        let problem = "a BridgedSecret reads at all times; remove the windows if that is right, or keep this object";
        return Err(Why::field("spec.syncWindows", problem));
    }
    if old.refresh_interval > Duration::ZERO && old.refresh_interval < MIN_REFRESH_INTERVAL {
        return Err(Why::field("spec.refreshInterval", "a BridgedSecret reads at most every 10s; write 10s or more"));
    }
    let mut names = BTreeSet::new();
    for (position, entry) in spec.data.iter().flatten().enumerate() {
        if !names.insert(&entry.secret_key) {
            let problem = "another entry has this name, and of two in a map only one can be; remove the one that does not count";
            return Err(Why::field(format!("spec.data[{position}].secretKey"), problem));
        }
    }
    let template = spec.target.as_ref().and_then(|target| target.template.as_ref());
    let metadata = template.and_then(|template| template.metadata.as_ref());
    for (field, pairs) in metadata.iter().flat_map(|meta| [("labels", &meta.labels), ("annotations", &meta.annotations)]) {
        if let Some((key, _)) = pairs.iter().flatten().find(|(_, value)| value.contains("{{")) {
            let problem = "it is a template, and a BridgedSecret's labels and annotations are texts; write the text";
            return Err(Why::field(format!("spec.target.template.metadata.{field}.{key}"), problem));
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
    edits.remove(&of_spec, "refreshPolicy");
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
        RefreshPolicy::OnChange | RefreshPolicy::CreatedOnce => "0",
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
    if old.target.template.entries.is_empty() {
        edits.remove(&template, "mergePolicy");
    }
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
