//! One PushSecret of External Secrets Operator becomes a native one in the text of its file.
//!
//! Must never: change what is pushed, or where.

use std::time::Duration;

use sealbridge_api::bridged_secret::MIN_REFRESH_INTERVAL;
use sealbridge_manifest::document::Object;
use sealbridge_manifest::edit::{self, Node, Step};
use sealbridge_manifest::push::{PushPlan, PushSource, StoreChoice};
use sealbridge_manifest::{StoreGroup, StoreName, external_secrets, native};
use sealbridge_provider::{Pusher, push_metadata};
use serde_json::Value;

use super::super::edits::{Edits, Empty, keys};
use super::refused::Why;
use super::secret::spec_at;

/// One that became native.
pub(super) struct Push {
    /// What it does.
    pub(super) plan: PushPlan,
    /// Its name for people.
    pub(super) shown: String,
}

/// Migrates the object in a text, where it stands at the same place.
pub(super) fn migrated(text: &str, object: Object<'_>, namespace: Option<String>) -> Result<(String, Push), Why> {
    let said = object.value.get("spec").unwrap_or(&Value::Null);
    let old = external_secrets::push_plan(said)?;
    ensure_expressible(said, &old)?;
    let text = edit::apply(text, object.place.document, edits(object, said).all())?;
    let mut rewrite = Rewrite { text, object };
    rewrite.source(&old.source)?;
    rewrite.stores(said, &old.stores)?;
    rewrite.entries(said)?;
    rewrite.several(said)?;
    let plan = native::push_plan(&spec_at(&rewrite.text, object.place)?).map_err(Why::not_native_push)?;
    if plan != natively(&old) {
        return Err(Why::Differs("data, stores or policies"));
    }
    let shown = namespace.map_or_else(|| object.name().to_owned(), |namespace| format!("{namespace}/{}", object.name()));
    Ok((rewrite.text, Push { plan, shown }))
}

fn ensure_expressible(said: &Value, old: &PushPlan) -> Result<(), Why> {
    if old.source.is_generated() {
        let problem = "a native PushSecret runs no generators; keep this object, or let a Secret hold what it pushes";
        return Err(Why::field("spec.selector.generatorRef", problem));
    }
    if old.refresh_interval > Duration::ZERO && old.refresh_interval < MIN_REFRESH_INTERVAL {
        return Err(Why::field("spec.refreshInterval", "a native PushSecret looks at most every 10s; write 10s or more"));
    }
    let named = old.stores.iter().filter(|store| matches!(store, StoreChoice::Named(_))).count();
    if named != 0 && named != old.stores.len() {
        let problem = "some are named and some selected by label, which are two lists natively; make an object for each";
        return Err(Why::field("spec.secretStoreRefs", problem));
    }
    for list in ["data", "dataTo"] {
        for (position, item) in items(said, list) {
            let Some(metadata) = item.get("metadata").filter(|metadata| !is_empty(metadata)) else { continue };
            let fields = metadata.get("spec").unwrap_or(&Value::Null);
            if is_empty(fields) || *metadata != push_metadata(fields) {
                let problem = "only a PushSecretMetadata that says something is taken over; write one, or leave it out";
                return Err(Why::field(format!("spec.{list}[{position}].metadata"), problem));
            }
        }
    }
    Ok(())
}

/// Whether it says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => fields.values().all(|value| value.is_null() || value.as_str() == Some("")),
        _ => value.is_null(),
    }
}

/// The items of a list of a spec.
fn items<'v>(spec: &'v Value, list: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    spec.get(list).and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// What changes without moving: words that are others here, and what says nothing.
fn edits<'a>(object: Object<'a>, said: &Value) -> Edits<'a> {
    let of_spec = keys(&["spec"]);
    let mut edits = Edits::native(object, native::PUSH_KIND);
    match said.get("deletionPolicy").and_then(Value::as_str) {
        Some("") => edits.remove(&of_spec, "deletionPolicy"),
        Some("None") => edits.set(&of_spec, "deletionPolicy", Node::Text("Retain".to_owned())),
        _ => {}
    }
    if said.get("updatePolicy").and_then(Value::as_str) == Some("") {
        edits.remove(&of_spec, "updatePolicy");
    }
    edits.remove(&keys(&["spec", "template"]), "engineVersion");
    edits.remove(&keys(&["spec", "template"]), "mergePolicy");
    for list in ["data", "dataTo"] {
        for (position, item) in items(said, list) {
            let at = |path: &[&str]| [keys(&["spec", list]).as_slice(), &[Step::Index(position)], &keys(path)].concat();
            for field in ["conversionStrategy", "metadata", "match", "remoteKey"] {
                if item.get(field).is_some_and(is_empty) {
                    edits.remove(&at(&[]), field);
                }
            }
            if item.pointer("/match/secretKey").is_some_and(is_empty) {
                edits.remove(&at(&["match"]), "secretKey");
            }
            edits.remove(&at(&["metadata"]), "apiVersion");
            edits.remove(&at(&["metadata"]), "kind");
        }
    }
    edits.remove_empty(&of_spec, Empty::All);
    edits
}

/// A text on its way.
struct Rewrite<'a> {
    text: String,
    object: Object<'a>,
}

impl Rewrite<'_> {
    /// `selector.secret` is `source`.
    fn source(&mut self, source: &PushSource) -> Result<(), Why> {
        let selector = self.at(&["selector"]);
        self.hoist(&selector, "secret")?;
        if matches!(source, PushSource::Named(_)) {
            self.rename(&selector, "name", "secretName")?;
        }
        self.rename(&self.at(&[]), "selector", "source")
    }

    /// Stores that are selected stand in a list of their own.
    fn stores(&mut self, said: &Value, stores: &[StoreChoice]) -> Result<(), Why> {
        if stores.iter().any(|store| matches!(store, StoreChoice::Named(_))) {
            return Ok(());
        }
        for (position, _) in items(said, "secretStoreRefs") {
            self.rename(&self.item("secretStoreRefs", position, &[]), "labelSelector", "selector")?;
        }
        self.rename(&self.at(&[]), "secretStoreRefs", "storeSelectors")
    }

    /// What is pushed one by one.
    fn entries(&mut self, said: &Value) -> Result<(), Why> {
        for (position, item) in items(said, "data") {
            let entry = self.item("data", position, &[]);
            self.hoist(&entry, "match")?;
            if item.pointer("/match/secretKey").and_then(Value::as_str).is_some_and(|key| !key.is_empty()) {
                self.rename(&entry, "secretKey", "key")?;
            }
            self.rename(&self.item("data", position, &["remoteRef"]), "remoteKey", "key")?;
            self.metadata("data", position, item)?;
        }
        Ok(())
    }

    /// What is pushed by expression.
    fn several(&mut self, said: &Value) -> Result<(), Why> {
        for (position, item) in items(said, "dataTo") {
            let entry = self.item("dataTo", position, &[]);
            if item.pointer("/storeRef/labelSelector").is_some_and(|selector| !selector.is_null()) {
                self.rename(&self.item("dataTo", position, &["storeRef"]), "labelSelector", "selector")?;
                self.rename(&entry, "storeRef", "storeSelector")?;
            } else {
                self.rename(&entry, "storeRef", "secretStoreRef")?;
            }
            self.metadata("dataTo", position, item)?;
        }
        Ok(())
    }

    /// Natively the fields of a `PushSecretMetadata` stand alone.
    fn metadata(&mut self, list: &str, position: usize, item: &Value) -> Result<(), Why> {
        let is_said = item.pointer("/metadata/spec").and_then(Value::as_object).is_some_and(|fields| !fields.is_empty());
        if is_said { self.hoist(&self.item(list, position, &["metadata"]), "spec") } else { Ok(()) }
    }

    fn at(&self, path: &[&str]) -> Vec<Step> {
        [self.object.place.path(), keys(&["spec"]), keys(path)].concat()
    }

    fn item(&self, list: &str, position: usize, path: &[&str]) -> Vec<Step> {
        [self.at(&[list]), vec![Step::Index(position)], keys(path)].concat()
    }

    fn hoist(&mut self, mapping: &[Step], outer: &str) -> Result<(), Why> {
        self.text = edit::hoist(&self.text, self.object.place.document, mapping, outer)?;
        Ok(())
    }

    fn rename(&mut self, mapping: &[Step], old: &str, new: &str) -> Result<(), Why> {
        self.text = edit::rename(&self.text, self.object.place.document, mapping, old, new)?;
        Ok(())
    }
}

/// What a native PushSecret that stands for the same would say.
fn natively(old: &PushPlan) -> PushPlan {
    let mut plan = PushPlan { pusher: Pusher::Native, ..old.clone() };
    let stores = plan.several.iter_mut().map(|several| &mut several.stores);
    for store in plan.stores.iter_mut().chain(stores) {
        let (StoreChoice::Named(StoreName { group, .. }) | StoreChoice::Selected { group, .. }) = store;
        *group = StoreGroup::Native;
    }
    plan
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use sealbridge_manifest::document;

    use super::*;

    fn migrated_spec(spec: &str) -> Result<String, String> {
        let text = format!("apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {{name: p}}\nspec: {spec}\n");
        let documents = document::parse(&text).unwrap();
        let (text, _) = migrated(&text, document::objects(&documents)[0], None).map_err(|why| why.to_string())?;
        Ok(text.rsplit_once("spec: ").unwrap().1.trim_end().to_owned())
    }

    const BARE: &str = "selector: {secret: {name: s}}, secretStoreRefs: [{name: v}], data: [{match: {remoteRef: {remoteKey: k}}}]";
    const NATIVE: &str = "source: {secretName: s}, secretStoreRefs: [{name: v}], data: [{remoteRef: {key: k}}]";

    #[rstest]
    #[case::bare(format!("{{{BARE}}}"), format!("{{{NATIVE}}}"))]
    #[case::what_says_nothing_goes(
        format!("{{{BARE}, dataTo: [], template: null, deletionPolicy: '', updatePolicy: '', refreshInterval: ''}}"),
        format!("{{{NATIVE}}}")
    )]
    #[case::policies(
        format!("{{{BARE}, deletionPolicy: Delete, updatePolicy: IfNotExists, refreshInterval: '0'}}"),
        format!("{{{NATIVE}, deletionPolicy: Delete, updatePolicy: IfNotExists, refreshInterval: '0'}}")
    )]
    #[case::entries(
        "{selector: {secret: {name: s}}, secretStoreRefs: [{name: v, kind: ''}], data: [{match: {secretKey: a, remoteRef: {remoteKey: k, property: ''}}, conversionStrategy: ReverseUnicode}]}".to_owned(),
        "{source: {secretName: s}, secretStoreRefs: [{name: v}], data: [{key: a, remoteRef: {key: k}, conversionStrategy: ReverseUnicode}]}".to_owned()
    )]
    #[case::several(
        "{selector: {secret: {name: s}}, secretStoreRefs: [{name: v}], dataTo: [{storeRef: {name: v}, remoteKey: '', rewrite: [{transform: {template: '{{ .value }}'}}], metadata: {apiVersion: kubernetes.external-secrets.io/v1alpha1, kind: PushSecretMetadata, spec: {tags: {a: b}}}}]}".to_owned(),
        "{source: {secretName: s}, secretStoreRefs: [{name: v}], dataTo: [{secretStoreRef: {name: v}, rewrite: [{transform: {template: '{{ .value }}'}}], metadata: {tags: {a: b}}}]}".to_owned()
    )]
    fn the_same_is_pushed(#[case] old: String, #[case] new: String) {
        assert_eq!(migrated_spec(&old), Ok(new));
    }

    #[rstest]
    #[case::another_metadata(
        "{remoteRef: {remoteKey: k}}, metadata: {kind: Other, spec: {tags: {a: b}}}",
        "spec.data[0].metadata: only a"
    )]
    #[case::no_fields(
        "{remoteRef: {remoteKey: k}}, metadata: {apiVersion: kubernetes.external-secrets.io/v1alpha1, kind: PushSecretMetadata, spec: {}}",
        ""
    )]
    #[case::unknown("{remoteRef: {remoteKey: k, version: v}}", "spec.data[0].match.remoteRef.version is not a known field")]
    fn what_cannot_be_said_is_refused(#[case] matching: &str, #[case] words: &str) {
        let spec = format!("{{selector: {{secret: {{name: s}}}}, secretStoreRefs: [{{name: v}}], data: [{{match: {matching}}}]}}");
        let refused = migrated_spec(&spec).unwrap_err();
        assert!(refused.starts_with(words), "{refused}");
    }
}
