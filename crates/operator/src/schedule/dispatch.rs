//! Hands work out: what is due by the clock, and what was asked for.
//!
//! Must never: let one object's work wait for that of an object of another store.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::{Reason, rounds};
use sealbridge_manifest::StoreName;
use tokio::task::JoinSet;
use tracing::info;

use super::held::Held;
use super::round;
use super::slots::{Group, Slots};
use super::wall_clock;
use crate::context::Context;
use crate::identity::ObjectId;
use crate::index::{Object, Work, leading_store};
use crate::reconcile;
use crate::shutdown::Shutdown;
use crate::stores::StoreKey;

/// Objects that arrive together are read together.
const GATHERING: Duration = Duration::from_millis(10);
/// The clock is looked at this often at least: it may be set, and objects with other intervals appear.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// How long work in hand may take after a stop was asked for.
const GRACE: Duration = Duration::from_secs(20);

/// Hands work out until `shutdown`, then waits for what is in hand. `since` is the last moment at which some
/// operator was at work, since the Unix epoch.
pub async fn run(context: Arc<Context>, since: Duration, shutdown: Shutdown) {
    let mut slots = Slots::new(since);
    let mut held = Held::default();
    let mut tasks = JoinSet::new();
    let mut next_look = Duration::ZERO;
    loop {
        let now = wall_clock();
        if now >= next_look {
            next_look = ask_for_due(&context, &mut slots, &mut held, now);
        }
        hand_out(&context, &mut tasks);
        while tasks.try_join_next().is_some() {}
        tokio::select! {
            () = context.index.wait() => tokio::time::sleep(GATHERING).await,
            () = tokio::time::sleep(next_look.saturating_sub(wall_clock()).min(LONGEST_SLEEP)) => {}
            () = shutdown.requested() => break,
        }
    }
    info!(in_hand = tasks.len(), "stopping; finishing the work in hand");
    let finish = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        info!("the work in hand took too long and is left to the next leader");
    }
}

/// Asks for reads of all groups whose slot began; returns when to look again.
fn ask_for_due(context: &Context, slots: &mut Slots, held: &mut Held, now: Duration) -> Duration {
    let mut groups = HashSet::new();
    let mut reasons = BTreeMap::new();
    context.index.for_each(|id, object| {
        groups.extend(group_of(id, object));
        let untold = if object.proven.is_some() { Reason::Synced } else { Reason::Progressing };
        *reasons.entry(object.failure.unwrap_or(untold)).or_default() += 1;
    });
    context.metrics.set_objects(&reasons);
    let due: HashSet<Group> = groups.iter().copied().filter(|group| slots.take_due(*group, now)).collect();
    let admitted = past_their_windows(context, held, &due, now);
    if !due.is_empty() || !admitted.is_empty() {
        forget_absences_nobody_reads(context);
        let is_asked = |id: &ObjectId, object: &Object| {
            let is_due = || group_of(id, object).is_some_and(|group| due.contains(&group));
            !waits_for_its_rival(object) && if object.windows.is_some() { admitted.contains(id) } else { is_due() }
        };
        context.index.begin_runs(|id, object| {
            let slot = || group_of(id, object).map(|group| group.slot(now));
            if is_asked(id, object) { slot() } else { None }
        });
        context.index.ask_where(Work::READ, is_asked);
    }
    context.index.renew_runs(now.as_secs(), waits_for_its_rival);
    slots.retain(|group| groups.contains(group));
    Slots::next(groups.into_iter(), now).map_or(now + LONGEST_SLEEP, |next| next.min(now + LONGEST_SLEEP))
}

/// Objects with windows that are due, or were while these held them back, and may be read now.
fn past_their_windows(context: &Context, held: &mut Held, due: &HashSet<Group>, now: Duration) -> HashSet<ObjectId> {
    let mut joining = Vec::new();
    context.index.for_each(|id, object| {
        // Few objects have windows, and this is asked of all.
        let group = object.windows.as_ref().and_then(|_| group_of(id, object));
        joining.extend(group.filter(|group| held.is_joined(due.contains(group))).map(|_| id.clone()));
    });
    let now = SignedDuration::try_from(now).ok().and_then(|now| Timestamp::from_duration(now).ok()).unwrap_or(Timestamp::MAX);
    held.take_admitted(joining, |id| {
        context.index.with(id, |object| object.windows.as_ref().is_none_or(|windows| windows.admit(now)))
    })
}

/// Keys that no object reads any more are not looked for, so that nothing else would end their absence.
fn forget_absences_nobody_reads(context: &Context) {
    let mut absences = context.absences();
    if absences.is_empty() {
        return;
    }
    let mut read = HashSet::new();
    context.index.for_each(|id, object| {
        let keys = object.recipe.sources.iter();
        read.extend(keys.map(|source| (StoreKey::named(&id.namespace, &source.store), source.key.clone())));
    });
    absences.retain(|key| read.contains(key));
}

/// The slot in which an object is at a moment since the Unix epoch; 0 of one that has none.
pub(crate) fn slot_of(id: &ObjectId, object: &Object, at: Duration) -> u64 {
    group_of(id, object).map_or(0, |group| group.slot(at))
}

fn group_of(id: &ObjectId, object: &Object) -> Option<Group> {
    if object.interval.is_zero() {
        return None;
    }
    let phase = match leading_store(object) {
        Some(store) => StoreKey::named(&id.namespace, store).phase_seed(),
        None if object.recipe.runs_generators() => rounds::phase_of([id.kind.as_str(), &id.namespace, &id.name]),
        // Reads nothing, so it has a round only while it failed: somebody else may have cleared its way, which
        // no watch shows, for example by deleting a Secret that is not ours.
        None if object.failure.is_some() && !waits_for_its_rival(object) => 0,
        None => return None,
    };
    Some(Group { phase, interval: object.interval })
}

/// Whether the object's Secret is left to somebody else for a while, after which work is asked for: a round in between
/// would write into the contest.
fn waits_for_its_rival(object: &Object) -> bool {
    object.failure == Some(Reason::Contested)
}

fn hand_out(context: &Arc<Context>, tasks: &mut JoinSet<()>) {
    for id in context.index.take_loads() {
        let context = Arc::clone(context);
        tasks.spawn(async move { reconcile::load(&context, &id).await });
    }
    for departed in context.index.take_departed() {
        // It waits for the garbage collector, for which a stop does not wait.
        tokio::spawn(reconcile::part(Arc::clone(context), departed));
    }
    let mut rounds: HashMap<StoreSet, Vec<round::Task>> = HashMap::new();
    for (id, work) in context.index.take_work() {
        let task = round::Task::new(Arc::clone(context), id, work);
        if work.contains(Work::READ) || work.contains(Work::RENDER) {
            rounds.entry(stores_of(&task)).or_default().push(task);
        } else {
            tasks.spawn(reconcile::attend(task));
        }
    }
    for (_, members) in rounds {
        tasks.spawn(round::run(Arc::clone(context), members));
    }
}

/// The stores that objects of one round read from; a SecretStore with its namespace.
type StoreSet = BTreeSet<(Option<Arc<str>>, StoreName)>;

fn stores_of(task: &round::Task) -> StoreSet {
    let stores = |object: &Object| {
        let named = object.recipe.sources.iter().map(|source| &source.store);
        named
            .map(|store| ((store.kind == StoreKind::SecretStore).then(|| Arc::clone(&task.id.namespace)), store.clone()))
            .collect::<BTreeSet<_>>()
    };
    task.context.index.with(&task.id, stores).unwrap_or_default()
}
