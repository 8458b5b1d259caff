//! Whether a source that is missing may be believed to be gone.
//!
//! Threat: an emptied mount, a restored backup, another server behind the same name, or a namespace that was
//! removed all answer "not found". Acting upon it would delete what workloads run on.

use sealbridge_api::bridged_secret::DeletionPolicy;
use sealbridge_api::{ConditionType, Reason, labels};
use sealbridge_engine::SourceError;
use sealbridge_manifest::SourceRef;
use sealbridge_provider::RemoteKey;

use super::Sessions;
use crate::context::Context;
use crate::decode::Loaded;
use crate::schedule::absence::{Verdict, vanished_together};
use crate::schedule::values::MemberValues;
use crate::stores::{StoreKey, StoreSession};

const SEEN_ONCE: &str = "the store has no such key or version; nothing is removed before a second read confirms it";
const OTHER_STORE: &str = "the store is not the one that served this key before, so nothing is removed; check the store, \
    or confirm the deletion with the annotation sealbridge.dev/confirm-deletion set to the object's generation";
const TOO_MUCH: &str = "more than a fifth of what the store served vanished together, so nothing is removed; check the store, \
    or confirm the deletion with the annotation sealbridge.dev/confirm-deletion set to the object's generation";

/// Replaces each absence that must not be acted upon by the reason why.
pub(super) async fn absences(context: &Context, loaded: &Loaded, sessions: &Sessions, values: &mut MemberValues) {
    let missing: Vec<SourceRef> = values
        .iter()
        .filter(|(_, value)| value.as_ref().is_err_and(SourceError::is_absence))
        .map(|(source, _)| source.clone())
        .collect();
    for source in missing {
        let Some((_, session)) = sessions.iter().find(|(store, _)| *store == source.store) else { continue };
        if let Some(doubt) = doubt(context, loaded, session, &source).await {
            values.replace(|other, _| (*other == source).then(|| Err(doubt.clone())));
        }
    }
}

async fn doubt(context: &Context, loaded: &Loaded, session: &StoreSession, source: &SourceRef) -> Option<SourceError> {
    if let Err(error) = session.confirm_absence(&source.key).await {
        return Some(SourceError::Read(error));
    }
    let plan = loaded.plan.as_ref().ok()?;
    if !plan.acts_on_absence_of(source) {
        return None;
    }
    let retains = plan.target.deletion_policy == DeletionPolicy::Retain;
    if retains && never_served(loaded, &session.store, source) {
        // An entry that may be absent, and always was: nothing is removed by leaving it out.
        return None;
    }
    let key = (session.store.clone(), source.key.clone());
    let verdict = context.absences().verdict(&key, context.uptime());
    // After a restart nothing else is left of the hold.
    let was_held = is_told_as_held(loaded);
    if verdict == Verdict::SeenOnce && !was_held {
        return Some(withheld(Reason::SourceNotFound, SEEN_ONCE));
    }
    if verdict == Verdict::Confirmed && is_confirmed(loaded) {
        return None;
    }
    if is_another_store(loaded, &session.store, session.store_id().await.as_deref()) {
        return Some(withheld(Reason::DeletionHeld, OTHER_STORE));
    }
    (was_held || is_held(context, &key)).then(|| withheld(Reason::DeletionHeld, TOO_MUCH))
}

/// Whether so much of the source's store is missing that it is not believed, or was when the source vanished.
fn is_held(context: &Context, key: &(StoreKey, RemoteKey)) -> bool {
    let store = &key.0;
    let (vanished, served) = {
        let absences = context.absences();
        context.index.served_keys(store, |key| absences.is_missing(&(store.clone(), key.clone())))
    };
    let mut absences = context.absences();
    if vanished_together(vanished, served) {
        absences.hold(|(other, _)| other == store);
    }
    absences.is_held(key)
}

fn withheld(reason: Reason, detail: &str) -> SourceError {
    SourceError::Withheld { reason, detail: detail.to_owned() }
}

/// Whether a person confirmed that the sources of this very generation are meant to be gone.
fn is_confirmed(loaded: &Loaded) -> bool {
    let annotation = loaded.metadata.annotations.as_ref().and_then(|annotations| annotations.get(labels::CONFIRM_DELETION));
    annotation.is_some_and(|text| *text == loaded.generation().to_string())
}

fn is_told_as_held(loaded: &Loaded) -> bool {
    loaded
        .status
        .conditions
        .iter()
        .any(|condition| condition.type_ == ConditionType::Ready.as_str() && condition.reason == Reason::DeletionHeld.as_str())
}

/// Whether the status, which names the sources that served something, is complete and does not name this one.
fn never_served(loaded: &Loaded, store: &StoreKey, source: &SourceRef) -> bool {
    let seen = &loaded.status.sources;
    let is_complete = loaded.status.source_count.unwrap_or_default() <= i32::try_from(seen.len()).unwrap_or(i32::MAX);
    let store = store.to_string();
    is_complete && !seen.iter().any(|seen| seen.store == store && seen.key == source.key.key)
}

/// Whether another store answers than the one that served the object before. One source tells it for all of that
/// store, since the status does not name them all.
fn is_another_store(loaded: &Loaded, store: &StoreKey, store_id: Option<&str>) -> bool {
    let store = store.to_string();
    let mut served = loaded.status.sources.iter().filter(|seen| seen.store == store);
    let before = served.find_map(|seen| seen.store_id.as_deref());
    before.is_some_and(|before| Some(before) != store_id)
}
