//! One round: every distinct key of its objects is read once, and each object is done as soon as its last
//! key arrived.
//!
//! Values live as long as an object of the round needs them. Must never: hold more than a bounded amount of
//! them at a time, read ahead of what the objects in hand need, or fail one object for another's sake.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt as _;
use futures::stream::{SelectAll, select_all};
use sealbridge_engine::{Recipe, SourceError};
use sealbridge_manifest::{SourceRef, StoreName};
use sealbridge_provider::{AdmittedKey, Payload, ReadError};
use tokio::task::JoinSet;

use super::values::{MemberValues, SourceValue};
use crate::context::Context;
use crate::identity::ObjectId;
use crate::index::Work;
use crate::reconcile;
use crate::stores::{OpenStore, StoreFailure, StoreSession};

/// Distinct keys that are read before the objects that wait for them are done. A multiple of the 20 that
/// AWS serves in one call.
const KEYS_AT_ONCE: usize = 500;
/// Bytes of values that are kept for objects of later steps; beyond, a key is read again.
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// One object in hand. When it is dropped the object is free for other work, also after a panic.
pub struct Task {
    /// What every piece of work needs.
    pub context: Arc<Context>,
    /// Which object.
    pub id: ObjectId,
    /// What it needs.
    pub work: Work,
}

impl Task {
    /// Takes an object in hand that the index has marked as busy.
    #[must_use]
    pub fn new(context: Arc<Context>, id: ObjectId, work: Work) -> Self {
        Self { context, id, work }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.context.index.finish(&self.id);
    }
}

/// A key of one of the round's sessions.
type ReadKey = (usize, AdmittedKey);

struct Member {
    task: Task,
    recipe: Arc<Recipe>,
    missing: usize,
}

struct Read {
    value: Option<SourceValue>,
    waiting: Vec<usize>,
    wanted: usize,
}

/// The stores of a round, each opened once for a namespace.
struct OpenStores {
    names: HashMap<(Arc<str>, StoreName), Result<Opened, StoreFailure>>,
    sessions: Vec<StoreSession>,
}

/// A store as the objects of one namespace may use it.
struct Opened {
    /// The position of its session, which those of other namespaces may have too.
    session: usize,
    store: OpenStore,
}

/// Runs one round for `tasks`, all of which read from the same stores.
pub async fn run(context: Arc<Context>, tasks: Vec<Task>) {
    let began = Instant::now();
    let mut members = members(tasks);
    let stores = OpenStores::open(&context, &members).await;
    let mut reads: HashMap<ReadKey, Read> = HashMap::new();
    for member in members.iter().flatten() {
        for key in member.recipe.sources.iter().filter_map(|source| stores.key(&member.task.id, source).ok()) {
            reads.entry(key).or_insert_with(|| Read { value: None, waiting: Vec::new(), wanted: 0 }).wanted += 1;
        }
    }
    let mut jobs = JoinSet::new();
    let mut start = 0;
    while start < members.len() {
        start = step(&context, &stores, &mut members, start, &mut reads, &mut jobs).await;
        drop_excess(&mut reads);
    }
    while jobs.join_next().await.is_some() {}
    if !stores.sessions.is_empty() {
        context.metrics.round_took(began.elapsed());
    }
}

fn members(tasks: Vec<Task>) -> Vec<Option<Member>> {
    let mut members: Vec<Member> = tasks
        .into_iter()
        .filter_map(|task| {
            let recipe = task.context.index.with(&task.id, |object| Arc::clone(&object.recipe))?;
            Some(Member { missing: recipe.sources.len(), recipe, task })
        })
        .collect();
    // Objects with the same keys next to each other: values are dropped soon.
    members.sort_by(|a, b| a.recipe.sources.cmp(&b.recipe.sources));
    members.into_iter().map(Some).collect()
}

/// Reads what the next objects need and has each done; returns the first object that was not reached.
async fn step(
    context: &Context,
    stores: &OpenStores,
    members: &mut [Option<Member>],
    start: usize,
    reads: &mut HashMap<ReadKey, Read>,
    jobs: &mut JoinSet<()>,
) -> usize {
    let mut wanted: HashMap<usize, Vec<AdmittedKey>> = HashMap::new();
    let mut asked = 0;
    let mut end = start;
    let mut ready = Vec::new();
    for (position, member) in members.iter_mut().enumerate().skip(start) {
        if asked >= KEYS_AT_ONCE {
            break;
        }
        end = position + 1;
        let Some(member) = member else { continue };
        for source in &member.recipe.sources {
            let Ok(key) = stores.key(&member.task.id, source) else {
                member.missing -= 1;
                continue;
            };
            let Some(read) = reads.get_mut(&key) else { continue };
            if read.value.is_some() {
                member.missing -= 1;
                continue;
            }
            if read.waiting.is_empty() {
                wanted.entry(key.0).or_default().push(key.1.clone());
                asked += 1;
            }
            read.waiting.push(position);
        }
        if member.missing == 0 {
            ready.push(position);
        }
    }
    for position in ready {
        complete(stores, members, position, reads, jobs);
    }
    let mut answers: SelectAll<_> = select_all(wanted.into_iter().filter_map(|(session, keys)| {
        let answers = stores.sessions.get(session)?.read(keys);
        Some(answers.map(move |(key, result)| ((session, key), result)).boxed())
    }));
    while let Some((key, result)) = answers.next().await {
        stores.note_absence(context, &key, &result);
        let Some(read) = reads.get_mut(&key) else { continue };
        read.value = Some(result.map_err(SourceError::Read));
        for position in std::mem::take(&mut read.waiting) {
            if let Some(Some(member)) = members.get_mut(position) {
                member.missing -= 1;
                if member.missing == 0 {
                    complete(stores, members, position, reads, jobs);
                }
            }
        }
    }
    end
}

/// Collects a member's values and lets it be reconciled, unless nothing changed.
fn complete(
    stores: &OpenStores,
    members: &mut [Option<Member>],
    position: usize,
    reads: &mut HashMap<ReadKey, Read>,
    jobs: &mut JoinSet<()>,
) {
    let Some(member) = members.get_mut(position).and_then(Option::take) else { return };
    let mut values = MemberValues::with_capacity(member.recipe.sources.len());
    for source in &member.recipe.sources {
        match stores.key(&member.task.id, source) {
            Err(failure) => values.push(Arc::clone(source), Err(failure)),
            Ok(key) => {
                if let Some(read) = reads.get_mut(&key) {
                    read.wanted -= 1;
                    let value = if read.wanted == 0 { read.value.take() } else { read.value.clone() };
                    let value = value.unwrap_or(Err(SourceError::Read(ReadError::Unavailable)));
                    values.push(Arc::clone(source), stores.judged(&member.task.id, source, &key.1, value));
                }
            }
        }
    }
    let known = member
        .task
        .context
        .index
        .with(&member.task.id, |object| (object.templates, object.generators.as_ref().and_then(|progress| progress.digest)));
    let (templates, generators) = known.unwrap_or_default();
    values.know_templates(templates);
    values.know_generators(generators);
    if !reconcile::is_unchanged(&member.task, &member.recipe, &values) {
        let sessions = member.recipe.sources.iter().filter_map(|source| {
            let (session, _) = stores.key(&member.task.id, source).ok()?;
            Some((source.store.clone(), stores.sessions.get(session)?.clone()))
        });
        let sessions = sessions.collect();
        jobs.spawn(reconcile::run(member.task, values, sessions));
    }
}

/// Forgets values that are kept only for later steps, once they are too many; they are read again then.
fn drop_excess(reads: &mut HashMap<ReadKey, Read>) {
    reads.retain(|_, read| read.wanted > 0);
    let held: usize = reads.values().filter_map(|read| read.value.as_ref()?.as_ref().ok()).map(|value| value.held_bytes()).sum();
    if held > KEPT_BYTES {
        reads.values_mut().for_each(|read| read.value = None);
    }
}

impl OpenStores {
    async fn open(context: &Context, members: &[Option<Member>]) -> Self {
        let mut names: Vec<(Arc<str>, StoreName)> = Vec::new();
        for member in members.iter().flatten() {
            for source in &member.recipe.sources {
                let name = (Arc::clone(&member.task.id.namespace), source.store.clone());
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let opened = futures::future::join_all(names.into_iter().map(|(namespace, store)| async move {
            let opened = context.stores.open(&namespace, &store).await;
            ((namespace, store), opened)
        }));
        let mut stores = Self { names: HashMap::new(), sessions: Vec::new() };
        for (name, opened) in opened.await {
            let opened = opened.map(|store| Opened { session: stores.position(&store.session), store });
            stores.names.insert(name, opened);
        }
        stores
    }

    /// Remembers whether a key is missing from its store.
    fn note_absence(&self, context: &Context, key: &ReadKey, result: &Result<Arc<Payload>, ReadError>) {
        let Some(session) = self.sessions.get(key.0) else { return };
        let source = (session.store.clone(), key.1.as_key().clone());
        match result {
            Ok(_) => context.absences().served(&source),
            Err(ReadError::Absent(_)) => drop(context.absences().missing(&source, context.uptime())),
            Err(_) => {}
        }
    }

    fn position(&mut self, session: &StoreSession) -> usize {
        let known = self.sessions.iter().position(|other| other.key == session.key);
        known.unwrap_or_else(|| {
            self.sessions.push(session.clone());
            self.sessions.len() - 1
        })
    }

    /// Where a source is read for an object, if its namespace may have it; two objects read the same key only in one
    /// session.
    fn key(&self, id: &ObjectId, source: &SourceRef) -> Result<ReadKey, SourceError> {
        match self.opened(id, source) {
            Some(Ok(opened)) => Ok((opened.session, opened.store.admit(&source.key).map_err(withheld)?)),
            Some(Err(failure)) => Err(withheld(failure.clone())),
            None => Err(SourceError::Read(ReadError::Unavailable)),
        }
    }

    /// What a source gave, if the object's namespace may have it.
    fn judged(&self, id: &ObjectId, source: &SourceRef, key: &AdmittedKey, value: SourceValue) -> SourceValue {
        let (Some(Ok(opened)), Ok(payload)) = (self.opened(id, source), &value) else { return value };
        opened.store.ensure_found(key, payload).map_err(withheld)?;
        value
    }

    fn opened(&self, id: &ObjectId, source: &SourceRef) -> Option<&Result<Opened, StoreFailure>> {
        self.names.get(&(Arc::clone(&id.namespace), source.store.clone()))
    }
}

fn withheld(failure: StoreFailure) -> SourceError {
    SourceError::Withheld { reason: failure.reason, detail: failure.detail }
}
