//! Values of generators: those that the Secret has of the same run, or new ones.
//!
//! A generator runs once in a slot of its object's interval, or once in all; then again only when somebody asks, or when
//! the generator or its place in the object was edited. Neither a restart, another leader, an edit of something else, a
//! heal nor a write that failed makes it run. What it made in a run is taken from the Secret, where it stands there as
//! written; a value that cannot be told there any more is made anew, together with all of its run.
//!
//! Must never: run one while another value of the object is missing, or mix two runs of one.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_api::{Reason, labels};
use sealbridge_engine::{Gathered, Generated, Recipe, SourceError, is_told_by_its_data, standing};
use sealbridge_manifest::{GeneratorRef, Plan};
use sealbridge_provider::generator::Generator;
use sealbridge_secret::{Digest, Purpose, SecretBytes, SecretMap};

use super::{credentials, leases};
use crate::context::Context;
use crate::decode::Loaded;
use crate::generators::{self, Fresh, Marks, Read, Record, Run, Runs, made_anew_at, mark};
use crate::identity::Owner;
use crate::schedule::values::MemberValues;
use crate::schedule::{slot_of, wall_clock};
use crate::target::TargetError;

/// One of the object's sources that a generator brings.
struct Source<'a> {
    position: usize,
    named: &'a GeneratorRef,
    read: Result<Arc<Read>, SourceError>,
    /// Of its run; two sources of one generator are two runs.
    digest: Digest,
    /// What it has in common with its earlier runs.
    source: Arc<str>,
}

/// Gives the values what the generators of an object make, which has some.
///
/// # Errors
/// [`TargetError`] if it cannot be told what the Secret has.
pub(super) async fn run(context: &Arc<Context>, loaded: &Loaded, values: &mut MemberValues) -> Result<(), TargetError> {
    let Ok(plan) = &loaded.plan else { return Ok(()) };
    let run = due(context, loaded);
    let sources = sources(context, loaded, plan, run).await;
    let mut runs = Runs { run, ..Runs::default() };
    if sources.iter().any(|source| source.read.is_err()) {
        // What can be told of the others is told when these can be.
        runs.made = sources.into_iter().filter_map(|source| Some((source.position, Err(source.read.err()?)))).collect();
        values.add_runs(runs);
        return Ok(());
    }
    credentials::follow(context, loaded, sources.iter().filter_map(|source| source.read.as_deref().ok())).await;
    values.know_generators(Some(digest_of(context, loaded, &sources)));
    let owner = Owner { id: loaded.id.clone(), uid: loaded.uid().into() };
    let recipe = Recipe::of(plan, &context.digest_key, &owner.uid, |source| context.index.share(source));
    let Some(inputs) = recipe.inputs_digest(&context.digest_key, &owner.uid, &plan.target.id(), values) else {
        return Ok(());
    };
    if plan.target.creation_policy == CreationPolicy::None {
        // Nobody would ever see the values.
        runs.made = sources.iter().map(|source| (source.position, Ok(Arc::new(Generated::Kept(Vec::new()))))).collect();
        values.add_runs(runs);
        return Ok(());
    }
    let record = Record::name(plan.target.creation_policy, &owner.uid);
    let left = context.targets.left(&owner, &plan.target, &context.digest_key, inputs, &record).await?.unwrap_or_default();
    let whole = left.whole.filter(|_| is_told_by_its_data(plan));
    let progress = context.index.with(&loaded.id, |object| object.generators.as_deref().cloned()).flatten().unwrap_or_default();
    let known = left.record.as_deref().and_then(Record::read).filter(|record| record.key == context.digest_key.id());
    let mut new = Vec::new();
    for Source { position, named, read, digest, source } in sources {
        let Ok(read) = read else { continue };
        let steady = read.generator.is_steady();
        let kept = || known.as_ref().and_then(|record| still_there(context, &owner, plan, record, digest, &left.data));
        // Nothing of it is needed where the Secret stays as it is.
        let kept = if steady { None } else { kept() }.or_else(|| whole.as_ref().map(|_| Arc::new(Generated::Kept(Vec::new()))));
        let made = match (progress.unwritten.get(digest), kept) {
            (None, Some(made)) => Ok(made),
            (unwritten, _) => {
                let fresh = match unwritten {
                    Some(fresh) => Ok(fresh),
                    None => make(context, loaded, plan, named, &read.generator, source).await,
                };
                new.extend(fresh.iter().filter(|_| !steady).map(|fresh| (digest, fresh.clone())));
                fresh.map(|fresh| fresh.made)
            }
        };
        if !steady {
            runs.digests.insert(position, digest);
        }
        runs.made.insert(position, made);
    }
    runs.is_new = !new.is_empty();
    // What was there before ends as it was to end, unless all of it was replaced by this run.
    let before = known.filter(|record| record.run == run).and_then(|record| record.ends);
    let before = before.filter(|_| !plan.refresh_interval.is_zero());
    runs.ends = new.iter().filter_map(|(_, fresh)| fresh.ends).chain(before).min();
    let is_known = |run: &Digest| progress.held.knows(*run) || new.iter().any(|(new, _)| new == run);
    runs.ends_of_others = before.filter(|_| !runs.digests.values().all(is_known));
    runs.whole = whole.map(|data| (data, left.record));
    let mut dropped = Vec::new();
    context.index.update(&loaded.id, |object| dropped = object.generators.get_or_insert_default().unwritten.hold(new));
    leases::give_back(context, &loaded.id, dropped);
    values.add_runs(runs);
    Ok(())
}

/// The run that the object is to have. One that somebody asked for is noted, so that taking the request back asks for
/// nothing.
fn due(context: &Context, loaded: &Loaded) -> Run {
    let asked = loaded.metadata.annotations.as_ref().and_then(|annotations| {
        let asked = labels::REFRESH_REQUESTS.iter().filter_map(|key| Some((*key, annotations.get(*key)?)));
        let mut digester = context.digest_key.digester(Purpose::Inputs, loaded.uid(), "request");
        let mut is_asked = false;
        for (key, value) in asked {
            is_asked = true;
            digester.field(key.as_bytes()).field(value.as_bytes());
        }
        is_asked.then(|| digester.finish())
    });
    let now = context.index.with(&loaded.id, |object| {
        let had = object.generators.as_ref().and_then(|progress| progress.run);
        had.unwrap_or_else(|| Run { slot: slot_of(&loaded.id, object, wall_clock()), asked, again: 0 })
    });
    let mut run = now.unwrap_or_default();
    run.asked = asked.or(run.asked);
    context.index.update(&loaded.id, |object| object.generators.get_or_insert_default().run = Some(run));
    run
}

async fn sources<'a>(context: &Context, loaded: &Loaded, plan: &'a Plan, run: Run) -> Vec<Source<'a>> {
    let mut objects: BTreeMap<&GeneratorRef, Result<Arc<Read>, SourceError>> = BTreeMap::new();
    let mut times: BTreeMap<&GeneratorRef, usize> = BTreeMap::new();
    let mut sources = Vec::new();
    for (position, named) in plan.generators() {
        let read = match objects.get(named) {
            Some(read) => read.clone(),
            None => generators::read(&context.client, &loaded.id.namespace, named).await.map(Arc::new),
        };
        objects.insert(named, read.clone());
        let time = times.entry(named).or_default();
        let source = format!("{named} {time}").into();
        let mut digester = context.digest_key.digester(Purpose::Inputs, loaded.uid(), &plan.target.id());
        digester.field(b"run").field(named.to_string().as_bytes()).field(&time.to_be_bytes());
        digester.field(format!("{:?}", plan.from.get(position).map(|from| &from.rewrite)).as_bytes());
        digester
            .field(&run.slot.to_be_bytes())
            .field(&run.again.to_be_bytes())
            .field(run.asked.map(|asked| asked.to_string()).unwrap_or_default().as_bytes());
        if let Ok(read) = &read
            && (read.generator.is_steady() || !plan.refresh_interval.is_zero())
        {
            // What runs once does not run again for an edit of the generator.
            digester.field(read.spec.as_bytes());
        }
        *time += 1;
        sources.push(Source { position, named, read, digest: digester.finish(), source });
    }
    sources
}

/// Stays while no generator has to run again. What is made without chance differs with its spec alone.
fn digest_of(context: &Context, loaded: &Loaded, sources: &[Source<'_>]) -> Digest {
    let mut digester = context.digest_key.digester(Purpose::Inputs, loaded.uid(), "generators");
    for source in sources {
        match &source.read {
            Ok(read) if read.generator.is_steady() => {
                digester.field(source.named.to_string().as_bytes()).field(read.spec.as_bytes())
            }
            _ => digester.field(source.digest.as_bytes()),
        };
    }
    digester.finish()
}

/// All values of a run, if each of them stands in the Secret as it was made.
fn still_there(
    context: &Context,
    owner: &Owner,
    plan: &Plan,
    record: &Record,
    run: Digest,
    data: &SecretMap,
) -> Option<Arc<Generated>> {
    let marks: &Marks = record.values.get(&run.to_string())?;
    let value = |(name, digest): (&String, &Digest)| Some((name.clone(), marked(context, owner, plan, name, *digest, data)?));
    let values = marks.iter().map(value).collect::<Option<Vec<_>>>()?;
    Some(Arc::new(Generated::Kept(values)))
}

/// The value under a name, if it stands in the target as it was noted.
fn marked(context: &Context, owner: &Owner, plan: &Plan, name: &str, digest: Digest, data: &SecretMap) -> Option<SecretBytes> {
    let is_it = |value: &SecretBytes| mark(&context.digest_key, &owner.uid, &plan.target.id(), name, value) == digest;
    standing(&plan.target, name, data).find(is_it)
}

fn closing() -> SourceError {
    SourceError::Withheld { reason: Reason::StoreNotReady, detail: "the operator is about to end; the next one runs it".to_owned() }
}

/// Runs a generator. A key pair takes a while, in which this thread must not keep others waiting.
async fn make(
    context: &Context,
    loaded: &Loaded,
    plan: &Plan,
    named: &GeneratorRef,
    generator: &Generator,
    source: Arc<str>,
) -> Result<Fresh, SourceError> {
    let made = if let Some(made) = tokio::task::block_in_place(|| generator.make()) {
        made
    } else {
        let Ok(_permit) = context.generators.acquire().await else { return Err(closing()) };
        generator.ask(&context.stores.scope_of_generator(&loaded.id.namespace, &named.name)).await
    };
    let made = made.map_err(|error| SourceError::Withheld { reason: error.reason(), detail: error.to_string() })?;
    let ends = made_anew_at(made.life, plan.refresh_interval);
    Ok(Fresh { made: Arc::new(Generated::Made(made.entries)), ends, lease: made.lease, source })
}

/// What is noted of the values before they are made into a Secret: those of each run that are still to be seen.
pub(super) fn marks(
    context: &Context,
    owner: &Owner,
    plan: &Plan,
    values: &MemberValues,
    gathered: &Gathered,
) -> BTreeMap<usize, Marks> {
    let Some(runs) = values.runs() else { return BTreeMap::new() };
    let of_run = |position: &usize| {
        let names = gathered.generated.get(position).into_iter().flatten();
        let mark = |name: &String| {
            let value = gathered.values.get(name)?;
            Some((name.clone(), mark(&context.digest_key, &owner.uid, &plan.target.id(), name, value)))
        };
        names.filter_map(mark).collect()
    };
    runs.digests.keys().map(|position| (*position, of_run(position))).collect()
}

/// The record of a Secret with this data. A run of which not all values stand in it as they were made is left out: it could
/// not be found again.
pub(super) fn record(
    context: &Context,
    owner: &Owner,
    plan: &Plan,
    runs: &Runs,
    marks: &BTreeMap<usize, Marks>,
    data: &SecretMap,
) -> Record {
    let stands = |(name, digest): (&String, &Digest)| marked(context, owner, plan, name, *digest, data).is_some();
    let values = marks.iter().filter(|(_, marks)| marks.iter().all(stands));
    let values = values.filter_map(|(position, marks)| Some((runs.digests.get(position)?.to_string(), marks.clone())));
    Record { key: context.digest_key.id(), run: runs.run, ends: runs.ends, values: values.collect() }
}
