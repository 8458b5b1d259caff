//! What an ExternalSecret says, edited into what a BridgedSecret says, wherever its spec stands.
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

/// The spec of an ExternalSecret in an object, its own or one that copies it.
pub(super) struct Spec<'a> {
    object: Object<'a>,
    /// Where it stands in the object.
    place: Vec<Step>,
    said: &'a Value,
    spec: ExternalSecretSpec,
    /// Labels and annotations of the ExternalSecret.
    about: [&'a BTreeMap<String, String>; 2],
    /// What it stands for.
    pub(super) plan: Plan,
}

impl<'a> Spec<'a> {
    /// Reads the one that stands under a field of the object's spec, or is that spec.
    pub(super) fn read(object: Object<'a>, field: Option<&str>, around: Around<'a>) -> Result<Self, Why> {
        let spec = object.value.get("spec").unwrap_or(&Value::Null);
        let said = field.map_or(Some(spec), |field| spec.get(field)).unwrap_or(&Value::Null);
        let place = ["spec"].into_iter().chain(field).map(Step::key).collect();
        let spec: ExternalSecretSpec = document::decode(said, "spec")?;
        let about = [around.labels, around.annotations];
        let plan = external_secrets::plan(around, &spec)?;
        let read = Self { object, place, said, spec, about, plan };
        read.ensure_expressible()?;
        Ok(read)
    }

    /// The BridgedSecret that a spec is of.
    pub(super) fn native(&self, said: &Value) -> Result<Plan, Why> {
        let spec: BridgedSecretSpec = document::decode(said, "spec").map_err(Why::not_native)?;
        Ok(native::plan(&self.plan.namespace, &self.plan.name, &spec)?)
    }

    /// A path below it.
    fn at(&self, path: &[&str]) -> Vec<Step> {
        [self.place.as_slice(), &keys(path)].concat()
    }

    /// A path below an item of one of its lists.
    fn at_item(&self, list: &str, position: usize, path: &[&str]) -> Vec<Step> {
        [self.at(&[list]).as_slice(), &[Step::Index(position)], &keys(path)].concat()
    }

    /// Refuses what a BridgedSecret has fields for and cannot mean.
    fn ensure_expressible(&self) -> Result<(), Why> {
        let (spec, plan) = (&self.spec, &self.plan);
        if plan.windows.is_some() && spec.refresh_policy.unwrap_or_default() != RefreshPolicy::Periodic {
            return Err(Why::field("spec.syncWindows", "it says nothing with this refreshPolicy; remove it"));
        }
        if plan.refresh_interval > Duration::ZERO && plan.refresh_interval < MIN_REFRESH_INTERVAL {
            return Err(Why::field("spec.refreshInterval", "a BridgedSecret reads at most every 10s; write 10s or more"));
        }
        if let Some((position, _)) = plan.generators().next() {
            let problem = "a BridgedSecret runs no generators; keep this object, or make the value once and keep it in a store";
            return Err(Why::field(format!("spec.dataFrom[{position}].sourceRef.generatorRef"), problem));
        }
        let mut names = BTreeSet::new();
        for (position, entry) in spec.data.iter().flatten().enumerate() {
            if !names.insert(&entry.secret_key) {
                let problem =
                    "another entry has this name, and of two in a map only one can be; remove the one that does not count";
                return Err(Why::field(format!("spec.data[{position}].secretKey"), problem));
            }
        }
        let Some(template) = spec.target.as_ref().and_then(|target| target.template.as_ref()) else {
            return ensure_copied_are_texts(self.about);
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

    /// The text in which it is one of a BridgedSecret, after the edits of its object.
    pub(super) fn edited(&self, text: &str, mut edits: Edits<'_>) -> Result<String, Why> {
        let Place { document, .. } = self.object.place;
        if self.said.get("refreshPolicy").and_then(Value::as_str) == Some("") {
            edits.remove(&self.place, "refreshPolicy");
        }
        self.refresh_interval(&mut edits);
        self.sources(&mut edits);
        self.target(&mut edits);
        edits.remove_empty(&self.place, Empty::All);
        let mut text = edit::apply(text, document, edits.all())?;
        let data: Vec<_> = self.spec.data.iter().flatten().map(|entry| entry.source_ref.as_ref()).collect();
        let from: Vec<_> = self.spec.data_from.iter().flatten().map(|from| from.source_ref.as_ref()).collect();
        for (list, sources) in [("data", &data), ("dataFrom", &from)] {
            for (position, source) in sources.iter().enumerate() {
                if source.is_some_and(|source| source.store_ref.is_some()) {
                    let item = [self.object.place.path(), self.at_item(list, position, &[])].concat();
                    text = edit::hoist(&text, document, &item, "sourceRef")?;
                    text = edit::rename(&text, document, &item, "storeRef", "secretStoreRef")?;
                }
            }
        }
        if !data.is_empty() {
            let path = [self.object.place.path(), self.place.clone()].concat();
            text = edit::key_items(&text, document, &path, "data", "secretKey")?;
        }
        Ok(text)
    }

    /// The two kinds default it differently, so that it is always written.
    fn refresh_interval(&self, edits: &mut Edits<'_>) {
        let is_said = self.spec.refresh_interval.as_ref().is_some_and(|text| !text.is_empty());
        let interval = self.plan.refresh_interval;
        let written = match self.spec.refresh_policy.unwrap_or_default() {
            RefreshPolicy::OnChange | RefreshPolicy::CreatedOnce => return edits.remove(&self.place, "refreshInterval"),
            RefreshPolicy::Periodic if !is_said => "1h",
            // Less than a second is taken for one.
            RefreshPolicy::Periodic if interval < MIN_REFRESH_INTERVAL && !interval.is_zero() => "10s",
            RefreshPolicy::Periodic => return,
        };
        edits.set(&self.place, "refreshInterval", Node::Text(written.to_owned()));
    }

    /// Fields of sources that say nothing.
    fn sources(&self, edits: &mut Edits<'_>) {
        let spec = &self.spec;
        let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
        if !spec.secret_store_ref.as_ref().is_some_and(|store| is_named(&store.name)) {
            edits.remove(&self.place, "secretStoreRef");
        }
        for (position, entry) in spec.data.iter().flatten().enumerate() {
            // There as here it has no effect on an entry that is named.
            edits.remove(&self.at_item("data", position, &["remoteRef"]), "conversionStrategy");
            match &entry.source_ref {
                Some(other) if other.store_ref.is_none() => edits.remove(&self.at_item("data", position, &[]), "sourceRef"),
                // Of an entry only its store is taken.
                Some(_) => edits.remove(&self.at_item("data", position, &["sourceRef"]), "generatorRef"),
                None => {}
            }
        }
        for (position, from) in spec.data_from.iter().flatten().enumerate() {
            if from.source_ref.as_ref().is_some_and(|other| other.store_ref.is_none()) {
                edits.remove(&self.at_item("dataFrom", position, &[]), "sourceRef");
            }
        }
    }

    /// The live Secret is taken over, and what the Secret had from the object itself is written out.
    fn target(&self, edits: &mut Edits<'_>) {
        let path = self.at(&["target"]);
        let template = self.at(&["target", "template"]);
        let said = self.said.get("target").unwrap_or(&Value::Null);
        let target = &self.plan.target;
        if said.get("name").and_then(Value::as_str) == Some("") {
            edits.remove(&path, "name");
        }
        edits.remove(&template, "engineVersion");
        if target.template.entries.is_empty() && target.template.further.is_empty() {
            edits.remove(&template, "mergePolicy");
        }
        self.template_targets(edits);
        let mut fields = Vec::new();
        let text = |text: &str| Node::Text(text.to_owned());
        match target.creation_policy {
            CreationPolicy::Owner => {
                let adopt = vec![("from".to_owned(), text("ExternalSecret")), ("name".to_owned(), text(&self.plan.name))];
                fields.push(("adopt".to_owned(), Node::Flow(adopt)));
            }
            CreationPolicy::Orphan => fields.push(("adopt".to_owned(), Node::Flow(vec![("from".to_owned(), text("None"))]))),
            CreationPolicy::Merge | CreationPolicy::CreateOrMerge | CreationPolicy::None => {}
        }
        match said.get("template").filter(|template| !template.is_null()) {
            Some(template) => self.without_foreign(edits, template),
            None => fields.extend(
                copied(self.about)
                    .map(|metadata| ("template".to_owned(), Node::Block(vec![("metadata".to_owned(), Node::Block(metadata))]))),
            ),
        }
        if said.is_object() {
            fields.into_iter().for_each(|(field, node)| edits.set(&path, &field, node));
        } else if !fields.is_empty() {
            edits.set(&self.place, "target", Node::Block(fields));
        }
    }

    /// There the words are read in capitals and small letters alike, and an empty one is the first. What is none is a path.
    fn template_targets(&self, edits: &mut Edits<'_>) {
        let from = self.said.pointer("/target/template/templateFrom").and_then(Value::as_array);
        for (position, from) in from.into_iter().flatten().enumerate() {
            let Some(said) = from.get("target").and_then(Value::as_str) else { continue };
            let item = [self.at(&["target", "template", "templateFrom"]), vec![Step::Index(position)]].concat();
            match ["Data", "Labels", "Annotations"].into_iter().find(|word| word.eq_ignore_ascii_case(said)) {
                None if said.is_empty() => edits.remove(&item, "target"),
                None => {}
                Some(word) if word != said => edits.set(&item, "target", Node::Text(word.to_owned())),
                Some(_) => {}
            }
        }
    }

    /// Bookkeeping of other tools, which never reaches a Secret, is refused in a BridgedSecret.
    fn without_foreign(&self, edits: &mut Edits<'_>, template: &Value) {
        for field in ["labels", "annotations"] {
            let pairs = template.pointer(&format!("/metadata/{field}")).and_then(Value::as_object);
            for (key, value) in pairs.into_iter().flatten() {
                let value = value.as_str().unwrap_or_default();
                if labels::belongs_to_gitops_tool(key, value) || labels::is_reserved(key) {
                    edits.remove(&self.at(&["target", "template", "metadata", field]), key);
                }
            }
        }
    }
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
