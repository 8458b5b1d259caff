//! An object as the index remembers it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::BridgedSecretStatus;
use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_engine::Recipe;
use sealbridge_manifest::{Entry, Plan, Refresh};
use sealbridge_seal::SealedValue;
use sealbridge_sops::{Encrypted, Format};

use crate::context::Context;
use crate::decode::Loaded;
use crate::generators::{Progress, Record};
use crate::identity::Kind;
use crate::index::{Object, Observed, Proven, Work};
use crate::schedule::values::MemberValues;
use crate::status;
use crate::target::{Stamp, StampNames};
use crate::watch::SecretStamp;

/// What to remember of an object, and which work it needs. `secret` is its Secret's metadata, where a list
/// of all of them was just read.
#[must_use]
pub fn index_object(context: &Context, loaded: &Loaded, secret: Option<&SecretStamp>) -> (Object, Work) {
    let unusable = || unusable(loaded);
    let plan = loaded.plan.as_ref().map_or_else(|_| Cow::Owned(unusable()), Cow::Borrowed);
    let uid: Arc<str> = loaded.uid().into();
    let request = loaded.requests();
    let recipe = Recipe::of(&plan, &context.digest_key, &uid, |source| context.index.share(source));
    let record = secret.and_then(|secret| Record::on(secret, &plan, &uid));
    let mut object = Object {
        generation: loaded.generation(),
        refresh_request: request.as_deref().map(Into::into),
        interval: plan.refresh_interval,
        windows: plan.windows.clone(),
        recipe: Arc::new(recipe),
        templates: None,
        generators: plan.generators().next().map(|_| Box::new(Progress::of(record.as_ref()))),
        target: plan.target.id().as_ref().into(),
        claimed_keys: claimed_keys(&plan),
        has_documents: plan.documents().next().is_some(),
        opened_with: loaded.status.opened_with.iter().map(|id| id.as_str().into()).collect(),
        rollout: plan.rollout.clone().into(),
        rolled_out: loaded.status.rollout.as_ref().map(|rollout| rollout.revision.as_str().into()),
        proven: None,
        observed: secret.map_or(Observed::Unknown, SecretStamp::observed),
        attended: Observed::Unknown,
        failure: None,
        attempts: 0,
        work: Work::NONE,
        busy: false,
        uid,
    };
    if let Some(secret) = secret {
        object.proven = match loaded.id.kind {
            Kind::BridgedSecret => proven(context, &object, &plan, &loaded.status, secret),
            Kind::SealedSecret => proven_by_stamp(context, &object, &plan, secret),
            Kind::ExternalSecret => as_stamped(context, &object, &plan, secret),
        };
    }
    let work = work_at_start(&object, loaded, request.as_deref());
    (object, work)
}

/// What the last status says of the Secret, if the Secret still carries our stamp. The resourceVersion is
/// that of the status: if the Secret has another one, it is looked at.
fn proven(context: &Context, object: &Object, plan: &Plan, status: &BridgedSecretStatus, secret: &SecretStamp) -> Option<Proven> {
    let target = status.target.as_ref().filter(|target| target.name == plan.target.name && target.uid == secret.uid.as_ref())?;
    let names = StampNames::of(plan.target.creation_policy, &object.uid);
    let stamp = secret.annotation(names.digest()).and_then(|text| text.parse::<Stamp>().ok());
    let stamp = stamp.filter(|stamp| stamp.key == context.digest_key.id());
    Some(Proven {
        uid: Arc::clone(&secret.uid),
        resource_version: target.resource_version.as_str().into(),
        inputs: stamp.as_ref().map(|stamp| stamp.inputs),
        revision: secret.annotation(names.revision()).unwrap_or_default().into(),
    })
}

/// What the Secret's own stamp says, for kinds whose status has no room for more: that the same inputs went into it.
/// Nothing tells at which resourceVersion that was, so that the Secret is looked at, but nothing is opened.
fn proven_by_stamp(context: &Context, object: &Object, plan: &Plan, secret: &SecretStamp) -> Option<Proven> {
    let inputs =
        object.recipe.inputs_digest(&context.digest_key, &object.uid, &plan.target.id(), &MemberValues::with_capacity(0))?;
    as_stamped(context, object, plan, secret).filter(|proven| proven.inputs == Some(inputs))
}

/// What the Secret's own stamp says of what went into it, which a round can compare with what it reads. Nothing tells
/// at which resourceVersion that was, so that the Secret is looked at.
fn as_stamped(context: &Context, object: &Object, plan: &Plan, secret: &SecretStamp) -> Option<Proven> {
    let names = StampNames::of(plan.target.creation_policy, &object.uid);
    let stamp: Stamp = secret.annotation(names.digest())?.parse().ok()?;
    (stamp.key == context.digest_key.id()).then(|| Proven {
        uid: Arc::clone(&secret.uid),
        resource_version: "".into(),
        inputs: Some(stamp.inputs),
        revision: secret.annotation(names.revision()).unwrap_or_default().into(),
    })
}

fn work_at_start(object: &Object, loaded: &Loaded, request: Option<&str>) -> Work {
    let status = &loaded.status;
    let rests = loaded.plan.as_ref().is_ok_and(|plan| plan.refresh == Refresh::UntilMade);
    // The status of an ExternalSecret does not tell of edits that it gave no work to.
    let answers_requests = match loaded.id.kind {
        Kind::BridgedSecret => true,
        Kind::ExternalSecret => !rests,
        Kind::SealedSecret => false,
    };
    let is_settled = (rests || status.observed_generation == Some(object.generation))
        && status::is_ready(status)
        && object.proven.is_some()
        && (!answers_requests || status.last_handled_refresh.as_deref() == request);
    if !is_settled {
        return Work::READ | Work::RENDER;
    }
    // What stands in other objects may have changed while nobody looked.
    let refers_to_objects =
        |plan: &Plan| !rests && (plan.target.template.items().next().is_some() || plan.generators().next().is_some());
    let mut work = if loaded.plan.as_ref().is_ok_and(refers_to_objects) { Work::READ } else { Work::NONE };
    if object.secret_was_touched() {
        work |= Work::INSPECT;
    }
    let told = object.rolled_out.as_deref();
    if !object.rollout.is_empty() && told.is_some() && told != object.proven.as_ref().map(|proven| proven.revision.as_ref()) {
        work |= Work::ROLL_OUT;
    }
    work
}

fn claimed_keys(plan: &Plan) -> Box<[Arc<str>]> {
    let mut ids = Vec::new();
    for entry in plan.entries.values() {
        if let Entry::Sealed(text) = entry
            && let Ok(sealed) = SealedValue::parse(text)
        {
            ids.extend(sealed.key_ids().iter().map(|id| Arc::from(id.to_string())));
        }
    }
    for (_, text) in plan.documents() {
        let Ok(document) = Encrypted::read(Format::of_text(text), text.as_bytes()) else { continue };
        let claimed = document.metadata().key_ids().unwrap_or_default();
        ids.extend(claimed.iter().map(|id| Arc::from(id.to_string())));
    }
    ids.sort();
    ids.dedup();
    ids.into()
}

/// Stands for an object whose spec cannot be acted upon: it reads nothing and is answered by its status.
fn unusable(loaded: &Loaded) -> Plan {
    Plan {
        namespace: loaded.id.namespace.as_ref().to_owned(),
        name: loaded.id.name.as_ref().to_owned(),
        refresh_interval: Duration::ZERO,
        windows: None,
        refresh: Refresh::WithTheObject,
        entries: std::collections::BTreeMap::new(),
        from: Vec::new(),
        target: sealbridge_manifest::TargetPlan {
            name: loaded.id.name.as_ref().to_owned(),
            manifest: None,
            type_: None,
            creation_policy: CreationPolicy::Orphan,
            deletion_policy: sealbridge_api::bridged_secret::DeletionPolicy::Retain,
            immutable: false,
            labels: std::collections::BTreeMap::new(),
            annotations: std::collections::BTreeMap::new(),
            template: sealbridge_manifest::DataTemplate::default(),
            adopt: None,
            has_metadata_templates: false,
            unowned: sealbridge_manifest::Unowned::LeftAlone,
        },
        rollout: Vec::new(),
    }
}
