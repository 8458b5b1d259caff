//! What became of one object: into the index, its status, an event, and what is to be done next.

use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_api::{Reason, labels};
use sealbridge_engine::Values as _;
use sealbridge_manifest::shown_target;
use tracing::info;

use super::write::{Change, Failure, Outcome, Synced};
use super::{Sessions, leases, renamed};
use crate::context::Context;
use crate::decode::Loaded;
use crate::generators::{Replaced, StandsIn};
use crate::index::{Proven, Work};
use crate::schedule::round::Task;
use crate::schedule::values::MemberValues;
use crate::schedule::wall_clock;
use crate::status::{self, Handled, Report, Rollout, SourceSeen, Target, Verdict};
use crate::target::Written;

/// The first pause before work is tried again that the API server could not do.
pub(super) const FIRST_RETRY: Duration = Duration::from_secs(1);
/// What is told of an object whose sources have nothing.
pub(crate) const RETAINED: &str = "the sources have no entry; the last Secret stays, as deletionPolicy Retain asks";
/// What is told of an object that writes nothing.
const CHECKED: &str = "every source can be read; nothing is written, as creationPolicy None asks";
/// A generator whose server did not answer is tried again after this long.
const GENERATOR_RETRY: Duration = Duration::from_mins(1);
/// The longest such pause.
const LONGEST_RETRY: Duration = Duration::from_mins(5);

/// Tries the same work again after a pause that grows with each time in a row.
pub(super) fn retry(task: &Task) {
    let mut attempts = 0;
    task.context.index.update(&task.id, |object| {
        object.attempts = object.attempts.saturating_add(1);
        attempts = object.attempts;
    });
    task.context.metrics.reconciled("retried");
    ask_later(task, Work::READ | Work::RENDER, pause(attempts));
}

/// Asks for work after a pause.
pub(super) fn ask_later(task: &Task, work: Work, pause: Duration) {
    let (context, id) = (Arc::clone(&task.context), task.id.clone());
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        context.index.ask(&id, work);
    });
}

fn pause(attempts: u32) -> Duration {
    FIRST_RETRY.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_RETRY)
}

/// Records what became of the object.
pub(super) async fn record(task: &Task, loaded: &Loaded, sessions: &Sessions, values: &MemberValues, outcome: Outcome) {
    match outcome {
        Outcome::Unknown => retry_unknown(task),
        Outcome::Failed(failure) => fail(task, loaded, failure).await,
        Outcome::Checked => at_rest(task, loaded, sessions, values, CHECKED).await,
        Outcome::Retained => at_rest(task, loaded, sessions, values, RETAINED).await,
        Outcome::Missing { secret } => {
            let message = format!("{secret} does not exist; with creationPolicy Merge its owner has to create it");
            fail(task, loaded, Failure { reason: Reason::SecretMissing, message }).await;
        }
        Outcome::Deleted { secret } => {
            forget_secret(task);
            let message = format!("the sources are gone and {secret} was deleted, as deletionPolicy Delete asks");
            let verdict = Verdict { ready: true, reason: Reason::SecretDeleted, message };
            tell(task, loaded, Report { target: Some(Target::Deleted), ..answer(loaded, verdict) }).await;
        }
        Outcome::Synced(synced) => sync(task, loaded, sessions, values, synced).await,
    }
}

/// As [`retry`], after a write of which nobody can tell whether it happened.
fn retry_unknown(task: &Task) {
    task.context.index.update(&task.id, |object| {
        if let Some(progress) = &mut object.generators {
            progress.unwritten.is_unknown();
        }
    });
    retry(task);
}

/// Remembers that all is well and no Secret is proven.
fn forget_secret(task: &Task) {
    task.context.index.update(&task.id, |object| {
        object.proven = None;
        object.failure = None;
        object.attempts = 0;
    });
}

/// Records that all is as asked although nothing was written.
async fn at_rest(task: &Task, loaded: &Loaded, sessions: &Sessions, values: &MemberValues, message: &str) {
    forget_secret(task);
    let verdict = Verdict { ready: true, reason: Reason::Synced, message: message.to_owned() };
    tell(task, loaded, Report { sources: Some(sources(sessions, values).await), ..answer(loaded, verdict) }).await;
}

/// Tells an object whose Secret was made once that its last edit was seen. See
/// [`rests_untold`](super::rests_untold).
///
/// # Errors
/// The API server's answer.
pub(super) async fn tell_of_rest(context: &Context, loaded: &Loaded) -> Result<(), kube::Error> {
    let message = format!("{} was made and stays, as refreshPolicy CreatedOnce asks", shown_target(&loaded.target_id()));
    let verdict = Verdict { ready: true, reason: Reason::Synced, message };
    let report = Report { verdict: Some(verdict), ..Report::default() };
    if status::write(context, loaded, &report).await? {
        context.metrics.wrote(loaded.id.kind.as_str(), "patch");
    }
    Ok(())
}

async fn fail(task: &Task, loaded: &Loaded, failure: Failure) {
    let context = &task.context;
    let mut is_read_once = false;
    context.index.update(&task.id, |object| {
        object.failure = Some(failure.reason);
        object.attempts = 0;
        is_read_once = object.interval.is_zero();
        if let Some(progress) = &mut object.generators {
            progress.unwritten.was_refused();
            let pause = generator_retry(failure.reason).filter(|_| !is_read_once);
            progress.retry_at = pause.map(|pause| (wall_clock() + pause).as_secs());
        }
    });
    context.metrics.reconciled("failed");
    if is_read_once {
        // No round comes back to an object whose sources are read only once.
        ask_later(task, Work::READ | Work::RENDER, LONGEST_RETRY);
    }
    tell(task, loaded, answer(loaded, Verdict { ready: false, reason: failure.reason, message: failure.message })).await;
}

/// After how long an object is tried again whose generators may have failed; `None` where somebody has to act first, of
/// which a watch tells.
fn generator_retry(reason: Reason) -> Option<Duration> {
    match reason {
        Reason::StoreNotReady => Some(GENERATOR_RETRY),
        Reason::SourceNotFound
        | Reason::SourceDenied
        | Reason::StoreMisconfigured
        | Reason::SourceInvalid
        | Reason::PropertyNotFound => Some(LONGEST_RETRY),
        _ => None,
    }
}

async fn sync(task: &Task, loaded: &Loaded, sessions: &Sessions, values: &MemberValues, synced: Synced) {
    let context = &task.context;
    // Before the status forgets the name.
    if renamed::remove_former(context, loaded, synced.change == Change::Created).await.is_err() {
        return retry_unknown(task);
    }
    let Synced { secret, kind, written, inputs, opened_with, change } = synced;
    let opened_with: Vec<String> = opened_with.iter().map(ToString::to_string).collect();
    let mut rollout = Rollout::None;
    let stands_in = stands_in(loaded, &written);
    let mut over = Vec::new();
    context.index.update(&task.id, |object| {
        let revision: Arc<str> = written.revision.as_str().into();
        object.proven = Some(Proven {
            uid: written.uid.as_str().into(),
            resource_version: written.resource_version.as_str().into(),
            inputs: Some(inputs),
            revision: Arc::clone(&revision),
        });
        object.opened_with = opened_with.iter().map(|id| id.as_str().into()).collect();
        object.templates = values.templates();
        if let Some(progress) = &mut object.generators {
            over = progress.written(values.runs(), values.generators(), stands_in, replaced(loaded));
        }
        object.failure = None;
        object.attempts = 0;
        if !object.rollout.is_empty() {
            let told = object.rolled_out.get_or_insert_with(|| Arc::clone(&revision));
            let text = told.as_ref().to_owned();
            rollout = if *told == revision { Rollout::Complete(text) } else { Rollout::Pending(text) };
        }
    });
    leases::give_back(context, &task.id, over);
    match change {
        Change::None => context.metrics.reconciled("unchanged"),
        Change::Created => context.metrics.wrote(kind, "create"),
        Change::Data | Change::Metadata => context.metrics.wrote(kind, "patch"),
    }
    if change != Change::None {
        context.metrics.reconciled("written");
        info!(object = %task.id, change = ?change, "{secret} written");
    }
    let message = format!("{secret} is as its sources say");
    let report = Report {
        target: Some(Target::Written(written)),
        sources: Some(sources(sessions, values).await),
        opened_with: Some(opened_with),
        rollout: Some(rollout),
        ..answer(loaded, Verdict { ready: true, reason: Reason::Synced, message })
    };
    tell(task, loaded, report).await;
    super::attend::request_rollout(task).await;
}

/// What the object says of credentials that were replaced.
fn replaced(loaded: &Loaded) -> Replaced {
    let said = loaded.metadata.annotations.as_ref().and_then(|annotations| annotations.get(labels::GIVE_BACK));
    if said.is_some_and(|said| said == labels::GIVE_BACK_REPLACED) { Replaced::IsGivenBack } else { Replaced::Ends }
}

/// What was written, if it goes with its object.
fn stands_in(loaded: &Loaded, written: &Written) -> Option<StandsIn> {
    let target = &loaded.plan.as_ref().ok()?.target;
    (target.creation_policy == CreationPolicy::Owner).then(|| StandsIn {
        kind: target.manifest.clone(),
        name: target.name.clone(),
        uid: written.uid.clone(),
    })
}

/// A verdict that also answers the requests for a refresh that the object carries.
fn answer(loaded: &Loaded, verdict: Verdict) -> Report {
    let annotations = loaded.metadata.annotations.as_ref();
    let handled = Handled {
        requests: loaded.requests(),
        flux: annotations.and_then(|annotations| annotations.get(labels::FLUX_REQUESTED_AT).cloned()),
    };
    Report { verdict: Some(verdict), handled: Some(handled), ..Report::default() }
}

async fn tell(task: &Task, loaded: &Loaded, report: Report) {
    let context = &task.context;
    match status::write(context, loaded, &report).await {
        Ok(true) => context.metrics.wrote(loaded.id.kind.as_str(), "patch"),
        Ok(false) => {}
        Err(_) => return retry(task),
    }
    context.events.transition(loaded, &report).await;
}

async fn sources(sessions: &Sessions, values: &MemberValues) -> Vec<SourceSeen> {
    let mut seen = Vec::new();
    for (source, value) in values.iter() {
        let Some((_, session)) = sessions.iter().find(|(store, _)| *store == source.store) else { continue };
        seen.push(SourceSeen {
            store: session.store.to_string(),
            store_id: session.served_by().await,
            key: source.key.key.clone(),
            version: value.as_ref().ok().and_then(|payload| payload.version().map(ToOwned::to_owned)),
        });
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_at_the_longest() {
        assert_eq!(pause(1), Duration::from_secs(1));
        assert_eq!(pause(4), Duration::from_secs(8));
        assert_eq!(pause(u32::MAX), LONGEST_RETRY);
    }

    #[test]
    fn a_generator_waits_the_longer_the_less_likely_it_is_to_go_by() {
        assert_eq!(generator_retry(Reason::StoreNotReady), Some(GENERATOR_RETRY));
        assert_eq!(generator_retry(Reason::SourceDenied), Some(LONGEST_RETRY));
        for reason in [Reason::SpecInvalid, Reason::Forbidden, Reason::TargetInvalid, Reason::Contested] {
            assert_eq!(generator_retry(reason), None, "{reason:?}");
        }
    }
}
