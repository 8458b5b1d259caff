//! `PushSecret`s, native and of External Secrets Operator, held against what of them is served here, and the stores that they
//! name.
//!
//! Must never: judge what says that it is another controller's.

use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::document::{DecodeError, Object};
use sealbridge_manifest::edit::Step;
use sealbridge_manifest::external_secrets::{GROUP_PREFIX, PUSH_KIND, PUSH_VERSION};
use sealbridge_manifest::push::{PushPlanError, StoreChoice};
use sealbridge_manifest::{external_secrets, native};
use serde_json::Value;

use super::super::across::{Declared, StoreUse};
use super::super::draft::{At, Draft};
use super::super::file::{Subject, label};
use super::super::rule::Rule;
use super::bridged_secret::namespace;
use super::declared_secret::at;
use super::external_generator;
use super::external_secrets::is_anothers;
use super::schema::{Problem, steps};

/// Judges one object, and notes the stores and generators that it names.
pub(in super::super) fn judge(subject: &Subject<'_>, object: &Object<'_>, declared: &mut Declared, drafts: &mut Vec<Draft>) {
    let version = object.api_version().strip_prefix(GROUP_PREFIX);
    let is_native = object.is_native(native::PUSH_KIND);
    let is_external = object.kind() == PUSH_KIND && version == Some(PUSH_VERSION) && !is_anothers(object);
    if !is_native && !is_external {
        return;
    }
    let label = label(object);
    let spec = object.value.get("spec").unwrap_or(&Value::Null);
    let (rule, error, stores) = if is_native {
        (Rule::Schema, native::push_plan(spec).err(), native::push_stores(spec))
    } else {
        (Rule::ExternalSecret, external_secrets::push_plan(spec).err(), external_secrets::push_stores(spec))
    };
    if let Some(problem) = error.and_then(|error| told(subject, error)) {
        let at = At::Path(object.place.document, steps(object, &problem));
        drafts.push(Draft::of_error(rule, at, &problem).of(&label));
    }
    let namespace = namespace(subject, object, &label, drafts);
    if is_external {
        external_generator::pushed(object, namespace.as_deref(), &label, declared);
    }
    for (position, choice) in stores.into_iter().enumerate() {
        let StoreChoice::Named(store) = choice else { continue };
        let is_cluster = store.kind == StoreKind::ClusterSecretStore;
        declared.uses.push(StoreUse {
            group: store.group,
            is_cluster,
            namespace: namespace.clone().filter(|_| !is_cluster),
            name: store.name,
            at: at(object, vec![Step::key("spec"), Step::key("secretStoreRefs"), Step::Index(position)]),
            label: label.clone(),
        });
    }
}

/// A patch says only what it changes.
fn told(subject: &Subject<'_>, error: PushPlanError) -> Option<Problem> {
    let is_whole = !subject.surroundings.is_patch(subject.path);
    let is_told =
        is_whole || !matches!(error, PushPlanError::Field { .. } | PushPlanError::Decode(DecodeError::MissingField { .. }));
    is_told.then_some(Problem::Push(error))
}
