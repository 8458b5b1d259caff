//! What an object needs beside its values: a look at a Secret that somebody touched, workloads that have to be told of a
//! revision, and credentials that are to live longer.

use std::sync::Arc;
use std::time::Duration;

use sealbridge_api::Reason;
use tokio::time::Instant;
use tracing::info;

use super::outcome::{FIRST_RETRY, ask_later, retry};
use super::{fetch, is_another, leases};
use crate::context::Context;
use crate::heal;
use crate::identity::Owner;
use crate::index::{Proven, Work};
use crate::rollout::{RolloutRequest, RolloutResult};
use crate::schedule::round::Task;
use crate::status::{self, Report, Rollout, Verdict};
use crate::target::{Inspection, Written};

/// A workload that could not be told is looked for again after this long.
const ROLLOUT_RETRY: Duration = Duration::from_mins(1);

/// Does what the object needs without its values.
pub async fn attend(task: Task) {
    if task.work.contains(Work::INSPECT) {
        inspect(&task).await;
    }
    if task.work.contains(Work::ROLL_OUT) {
        request_rollout(&task).await;
    }
    if task.work.contains(Work::RENEW) {
        leases::renew(&task).await;
    }
}

/// Compares a Secret that has another resourceVersion than the proven one with what was written. Equal data
/// only moves the index; anything else is healed from the sources.
async fn inspect(task: &Task) {
    let context = &task.context;
    let Ok(_permit) = context.writers.acquire().await else { return };
    let loaded = match fetch(context, &task.id).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return context.index.remove(&task.id),
        Err(_) => return retry(task),
    };
    if is_another(context, &task.id, &loaded) {
        return context.index.ask_to_load(task.id.clone());
    }
    let Ok(plan) = &loaded.plan else { return };
    let owner = Owner { id: task.id.clone(), uid: loaded.uid().into() };
    match context.targets.inspect(&owner, &plan.target, &context.digest_key).await {
        Ok(Inspection::Untouched(written)) => move_index(task, &written),
        Ok(Inspection::Touched { by, what }) => {
            let manager = by.unwrap_or_else(|| "unknown".to_owned());
            heal(task, &loaded, &manager, what).await;
        }
        Ok(Inspection::Gone | Inspection::UnknownDigestKey(_)) => context.index.ask(&task.id, Work::READ | Work::RENDER),
        Err(_) => retry(task),
    }
}

fn move_index(task: &Task, written: &Written) {
    task.context.index.update(&task.id, |object| {
        if let Some(proven) = &mut object.proven {
            *proven = Proven {
                uid: written.uid.as_str().into(),
                resource_version: written.resource_version.as_str().into(),
                inputs: proven.inputs,
                revision: written.revision.as_str().into(),
            };
        }
    });
}

async fn heal(task: &Task, loaded: &crate::decode::Loaded, manager: &str, what: &'static str) {
    let context = &task.context;
    let verdict = context.contests().entry(task.id.clone()).or_default().record(Instant::now(), manager);
    match verdict {
        heal::Verdict::Heal => {
            info!(object = %task.id, manager, what, "what was written was changed by somebody else and is healed");
            context.metrics.reconciled("healed");
            context.index.ask(&task.id, Work::READ | Work::RENDER);
        }
        heal::Verdict::BackOff(pause) => {
            context.index.update(&task.id, |object| {
                object.failure = Some(Reason::Contested);
                // Nothing is proven any more, so the next events of the contest ask for nothing.
                object.proven = None;
            });
            let kind = loaded.plan.as_ref().map_or("Secret", |plan| plan.target.kind());
            let message = format!("{what} of the {kind} is changed again and again by {manager}; let only one of the two write it");
            let verdict = Verdict { ready: false, reason: Reason::Contested, message };
            let report = Report { verdict: Some(verdict), ..Report::default() };
            if status::write(context, loaded, &report).await.is_ok() {
                context.events.transition(loaded, &report).await;
            }
            ask_later(task, Work::READ | Work::RENDER, pause);
        }
    }
}

/// Asks that the object's workloads be told of its Secret's revision, unless they carry it.
pub(super) async fn request_rollout(task: &Task) {
    let request = task.context.index.with(&task.id, |object| {
        let proven = object.proven.as_ref()?;
        let told = object.rolled_out.as_ref()?;
        (!object.rollout.is_empty() && *told != proven.revision).then(|| RolloutRequest {
            object: task.id.clone(),
            secret: object.target.as_ref().to_owned(),
            revision: proven.revision.as_ref().to_owned(),
            workloads: object.rollout.to_vec(),
        })
    });
    if let Some(Some(request)) = request {
        // The receiver lives as long as the operator; at its end the rollout is caught up by the next leader.
        drop(task.context.rollouts.send(request).await);
    }
}

/// Records what became of a rollout.
pub async fn rolled_out(context: &Arc<Context>, result: RolloutResult) {
    let Ok(Some(loaded)) = fetch(context, &result.object).await else {
        return context.index.ask(&result.object, Work::ROLL_OUT);
    };
    let rollout = match result.outcome {
        Ok(()) => {
            context.index.update(&result.object, |object| object.rolled_out = Some(result.revision.as_str().into()));
            Rollout::Complete(result.revision)
        }
        Err(error) => Rollout::Failed(error.reason(), error.to_string()),
    };
    let report = Report { rollout: Some(rollout), ..Report::default() };
    let is_done = matches!(report.rollout, Some(Rollout::Complete(_)));
    let is_told = status::write(context, &loaded, &report).await.is_ok();
    if !(is_done && is_told) {
        let (context, id) = (Arc::clone(context), result.object);
        tokio::spawn(async move {
            tokio::time::sleep(if is_done { FIRST_RETRY } else { ROLLOUT_RETRY }).await;
            context.index.ask(&id, Work::ROLL_OUT);
        });
    }
}
