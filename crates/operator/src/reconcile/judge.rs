//! Whether a source that is missing may be believed to be gone.
//!
//! Threat: an emptied mount, a restored backup, another server behind the same name, or a namespace that was
//! removed all answer "not found". Acting upon it would delete what workloads run on.

use sealbridge_api::{Reason, labels};
use sealbridge_engine::SourceError;
use sealbridge_manifest::SourceRef;

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
    if let Err(error) = session.session.confirm_absence(&source.key).await {
        return Some(SourceError::Read(error));
    }
    let retains = loaded.spec.as_ref().is_ok_and(|spec| {
        spec.target.as_ref().and_then(|target| target.deletion_policy).unwrap_or_default()
            == sealbridge_api::bridged_secret::DeletionPolicy::Retain
    });
    if retains {
        return None;
    }
    let key = (session.store.clone(), source.key.clone());
    if context.absences().verdict(&key, context.uptime()) == Verdict::SeenOnce {
        return Some(withheld(Reason::SourceNotFound, SEEN_ONCE));
    }
    if is_confirmed(loaded) {
        return None;
    }
    if is_another_store(loaded, &session.store, source, session.session.store_id().await.as_deref()) {
        return Some(withheld(Reason::DeletionHeld, OTHER_STORE));
    }
    let vanished = context.absences().count(|(store, _)| *store == session.store);
    let served = context.index.served_keys(&session.store);
    vanished_together(vanished, served.max(vanished)).then(|| withheld(Reason::DeletionHeld, TOO_MUCH))
}

fn withheld(reason: Reason, detail: &str) -> SourceError {
    SourceError::Withheld { reason, detail: detail.to_owned() }
}

/// Whether a person confirmed that the sources of this very generation are meant to be gone.
fn is_confirmed(loaded: &Loaded) -> bool {
    let annotation = loaded.metadata.annotations.as_ref().and_then(|annotations| annotations.get(labels::CONFIRM_DELETION));
    annotation.is_some_and(|text| *text == loaded.generation().to_string())
}

fn is_another_store(loaded: &Loaded, store: &StoreKey, source: &SourceRef, store_id: Option<&str>) -> bool {
    let served = loaded.status.sources.iter().find(|seen| seen.store == store.to_string() && seen.key == source.key.key);
    served.and_then(|seen| seen.store_id.as_deref()).is_some_and(|before| Some(before) != store_id)
}
