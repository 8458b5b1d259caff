//! From values to the Secret: gather, assemble, apply.

use std::collections::BTreeSet;
use std::sync::Arc;

use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::{CreationPolicy, DeletionPolicy};
use sealbridge_engine::{
    AssembleError, DesiredSecret, EntryFailure, Gathered, Kept, Recipe, System, assemble, assemble_kept, gather, is_volatile,
    summary,
};
use sealbridge_manifest::{Entry, Plan};
use sealbridge_seal::KeyId;
use sealbridge_secret::{Digest, SecretMap};

use super::generators;
use super::keys::KeysAtHand;
use crate::context::Context;
use crate::decode::Loaded;
use crate::generators::{Record, Runs};
use crate::identity::Owner;
use crate::index::Observed;
use crate::schedule::values::MemberValues;
use crate::target::{Applied, Deleted, Digests, LastWrite, Presence, Retry, TargetError, Written};

/// What became of an object's Secret.
pub(super) enum Outcome {
    /// It is as the sources say.
    Synced(Synced),
    /// The sources are gone, and so is the Secret, as asked.
    Deleted {
        /// The Secret, with its kind.
        secret: String,
    },
    /// The sources have nothing at all, and the last Secret stays, as asked.
    Retained,
    /// Nothing is to be written, and all values are there.
    Checked,
    /// It waits for somebody else to create the Secret.
    Missing {
        /// The Secret, with its kind.
        secret: String,
    },
    /// It stays as it was.
    Failed(Failure),
    /// The API server could not be asked; nothing is known.
    Unknown,
}

/// A Secret that is as the sources say.
pub(super) struct Synced {
    /// The Secret, with its kind.
    pub(super) secret: String,
    /// As what it is counted.
    pub(super) kind: &'static str,
    /// What was written, or found to be so.
    pub(super) written: Written,
    /// The digest of what went into it.
    pub(super) inputs: Digest,
    /// Keys that opened sealed entries.
    pub(super) opened_with: BTreeSet<KeyId>,
    /// Whether the request changed anything.
    pub(super) change: Change,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// The Secret is new.
    Created,
    /// Its data is another one.
    Data,
    /// Only what stands around the data is another one.
    Metadata,
}

/// Why a Secret stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The class of the cause.
    pub(super) reason: Reason,
    /// What failed and what to do.
    pub(super) message: String,
}

/// Makes the Secret what the values say.
pub(super) async fn secret(context: &Context, loaded: &Loaded, values: &MemberValues) -> Outcome {
    let plan = match plan(loaded) {
        Ok(plan) => plan,
        Err(failure) => return Outcome::Failed(failure),
    };
    let owner = Owner { id: loaded.id.clone(), uid: loaded.uid().into() };
    if let Some(Runs { whole: Some((data, record)), .. }) = values.runs() {
        return keep(context, loaded, plan, &owner, values, data, record.as_ref()).await;
    }
    let gathered = match gathered(plan, values, &KeysAtHand::of(context, &plan.namespace)) {
        Ok(gathered) => gathered,
        Err(failures) => {
            let reason = failures.first().map_or(Reason::SpecInvalid, |failure| failure.reason);
            return Outcome::Failed(Failure { reason, message: summary(&failures) });
        }
    };
    if plan.target.creation_policy == CreationPolicy::None && values.runs().is_some() {
        return Outcome::Checked;
    }
    if gathered.values.is_empty() && !gathered.absent.is_empty() && plan.target.deletion_policy == DeletionPolicy::Delete {
        return match context.targets.delete(&owner, plan.target.manifest.as_ref(), &plan.target.name).await {
            Ok(deleted) => {
                if deleted == Deleted::Deleted {
                    context.metrics.wrote(counted_kind(plan), "delete");
                }
                Outcome::Deleted { secret: shown(plan) }
            }
            Err(error) => failed(&error),
        };
    }
    if gathered.values.is_empty() && plan.target.deletion_policy == DeletionPolicy::Retain && !plan.from.is_empty() {
        return Outcome::Retained;
    }
    let opened_with = gathered.opened_with.clone();
    let recipe = Recipe::of(plan, &context.digest_key, &owner.uid, |source| context.index.share(source));
    let Some(inputs) = recipe.inputs_digest(&context.digest_key, &owner.uid, &plan.target.id(), values) else {
        return Outcome::Unknown;
    };
    let mut last = last_write(context, loaded);
    let kept = if is_volatile(plan, &gathered) {
        let kept = match context.targets.kept(&owner, &plan.target, &context.digest_key, inputs).await {
            Ok(kept) => kept,
            Err(error) => return failed(&error),
        };
        // What is made anew is another value, although nothing that it is made of changed.
        last = last.filter(|_| kept.is_some());
        kept
    } else {
        None
    };
    // So is what a generator made, if it was lost.
    last = last.filter(|_| !values.runs().is_some_and(|runs| runs.is_new));
    let marks = generators::marks(context, &owner, plan, values, &gathered);
    let mut desired = match assembled(plan, gathered, kept.map_or(Kept::Nothing(&System), Kept::Data)) {
        Ok(desired) => desired,
        Err(error) => {
            return Outcome::Failed(Failure { reason: Reason::TargetInvalid, message: format!("{}: {error}", shown(plan)) });
        }
    };
    if plan.target.creation_policy == CreationPolicy::None {
        return Outcome::Checked;
    }
    if let Some(runs) = values.runs() {
        let record = generators::record(context, &owner, plan, runs, &marks, &desired.data);
        desired.annotations.insert(Record::name(plan.target.creation_policy, &owner.uid), record.to_string());
    }
    let digests = Digests { key: Arc::clone(&context.digest_key), inputs, last };
    apply(context, loaded, &owner, plan, &desired, &digests, opened_with).await
}

/// Leaves the data as it is, which was made of the same values, and makes what is around it as asked.
async fn keep(
    context: &Context,
    loaded: &Loaded,
    plan: &Plan,
    owner: &Owner,
    values: &MemberValues,
    data: &SecretMap,
    record: Option<&String>,
) -> Outcome {
    let recipe = Recipe::of(plan, &context.digest_key, &owner.uid, |source| context.index.share(source));
    let Some(inputs) = recipe.inputs_digest(&context.digest_key, &owner.uid, &plan.target.id(), values) else {
        return Outcome::Unknown;
    };
    let data = data.iter().map(|(name, value)| (name.to_owned(), value.duplicate())).collect();
    let mut desired = assemble_kept(plan, data);
    if let Some(record) = record {
        desired.annotations.insert(Record::name(plan.target.creation_policy, &owner.uid), record.clone());
    }
    let digests = Digests { key: Arc::clone(&context.digest_key), inputs, last: last_write(context, loaded) };
    apply(context, loaded, owner, plan, &desired, &digests, BTreeSet::new()).await
}

async fn apply(
    context: &Context,
    loaded: &Loaded,
    owner: &Owner,
    plan: &Plan,
    desired: &DesiredSecret,
    digests: &Digests,
    opened_with: BTreeSet<KeyId>,
) -> Outcome {
    let presence = presence(context, loaded);
    let (written, change) = match context.targets.apply(owner, &plan.target, desired, digests, presence).await {
        Ok(Applied::Created(written)) => (written, Change::Created),
        Ok(Applied::Updated { written, data_changed: true, .. }) => (written, Change::Data),
        Ok(Applied::Updated { written, .. }) => (written, Change::Metadata),
        Ok(Applied::Unchanged(written)) => (written, Change::None),
        Ok(Applied::Missing) => return Outcome::Missing { secret: shown(plan) },
        Err(error) => return failed(&error),
    };
    Outcome::Synced(Synced { secret: shown(plan), kind: counted_kind(plan), written, inputs: digests.inputs, opened_with, change })
}

fn plan(loaded: &Loaded) -> Result<&Plan, Failure> {
    let invalid = |message: String| Failure { reason: Reason::SpecInvalid, message };
    loaded.plan.as_ref().map_err(|error| invalid(error.to_string()))
}

/// The target for people, with its kind.
fn shown(plan: &Plan) -> String {
    format!("{} {}", plan.target.kind(), plan.target.name)
}

/// As what a write of the target is counted.
pub(super) fn counted_kind(plan: &Plan) -> &'static str {
    if plan.target.manifest.is_some() { "Other" } else { "Secret" }
}

/// Gathers the values. RSA takes milliseconds for each, in which this thread must not keep others waiting.
fn gathered(plan: &Plan, values: &MemberValues, keys: &KeysAtHand) -> Result<Gathered, Vec<EntryFailure>> {
    if plan.entries.values().any(|entry| matches!(entry, Entry::SealedSecretValue { .. })) {
        return tokio::task::block_in_place(|| gather(plan, values, keys));
    }
    gather(plan, values, keys)
}

/// Makes the Secret. Templates may take a while, in which this thread must not keep others waiting.
fn assembled(plan: &Plan, gathered: Gathered, kept: Kept<'_>) -> Result<DesiredSecret, AssembleError> {
    if plan.target.template.is_empty() && !plan.target.has_metadata_templates {
        return assemble(plan, gathered, kept);
    }
    tokio::task::block_in_place(|| assemble(plan, gathered, kept))
}

fn last_write(context: &Context, loaded: &Loaded) -> Option<LastWrite> {
    let proven = context.index.with(&loaded.id, |object| object.proven.clone())??;
    Some(LastWrite { inputs: proven.inputs?, revision: proven.revision.as_ref().to_owned() })
}

fn presence(context: &Context, loaded: &Loaded) -> Presence {
    let exists = context.index.with(&loaded.id, |object| match object.observed {
        Observed::Present { .. } => true,
        Observed::Gone => false,
        Observed::Unknown => object.proven.is_some(),
    });
    if exists.unwrap_or_default() { Presence::LikelyPresent } else { Presence::LikelyAbsent }
}

pub(super) fn failed(error: &TargetError) -> Outcome {
    match (error.retry(), error.reason()) {
        (Retry::Backoff, _) | (_, None) => Outcome::Unknown,
        (_, Some(reason)) => Outcome::Failed(Failure { reason, message: error.to_string() }),
    }
}
