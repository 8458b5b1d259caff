//! What the leader does: learns the state of the cluster once, then follows it.
//!
//! Owns: the first lists, and which change asks for which work.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::WorkloadRef;
use sealbridge_manifest::StoreGroup;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::info;

use crate::admin::Readiness;
use crate::args::Args;
use crate::context::{Context, Parts};
use crate::decode::Loaded;
use crate::dialects::Dialects;
use crate::external_secret;
use crate::fan_out::{FanOutKind, FanOuts};
use crate::identity::{Kind, ObjectId};
use crate::index::{Index, Work};
use crate::inputs::Inputs;
use crate::keyring::{Keyring, KeyringConfig, SealedValues};
use crate::lease::Leadership;
use crate::metrics::Metrics;
use crate::namespaces::Namespaces;
use crate::push::Pushes;
use crate::rollout::{self, Revisions};
use crate::rsa_keys::RsaKeys;
use crate::schedule::dispatch;
use crate::shutdown::Shutdown;
use crate::stores::{StoreEvent, Stores};
use crate::target::Kinds;
use crate::watch::{Objects, OtherTargets, OwnedSecrets, SecretStamp, list_all, list_owned, selector};
use crate::{digest_key, reconcile, watch as follow};

/// Rollouts that wait for their window. A full queue slows the writers of Secrets down.
const QUEUED_ROLLOUTS: usize = 1024;

/// What was put together before this process led.
pub struct Surroundings {
    /// What the operator was told.
    pub args: Args,
    /// Talks to the API server.
    pub client: Client,
    /// Counts what is done.
    pub metrics: Arc<Metrics>,
    /// Labels of namespaces.
    pub namespaces: Arc<Namespaces>,
    /// Sessions of stores.
    pub stores: Arc<Stores>,
    /// The wish to stop.
    pub shutdown: Shutdown,
}

/// A namespace that is watched, or all of them.
type Watched = Option<String>;

/// Leads until the shutdown. `since` is when some operator was last at work, since the Unix epoch.
///
/// # Errors
/// What keeps the operator from working at all.
pub async fn lead(
    around: Surroundings,
    leadership: Leadership,
    since: Duration,
    mut store_changes: mpsc::UnboundedReceiver<StoreEvent>,
    readiness: &Readiness,
) -> anyhow::Result<()> {
    let gate = readiness.gate("objects");
    let leader = leadership.leader();
    let Surroundings { args, client, metrics, namespaces, stores, shutdown } = around;
    let watched = watched(&args);
    let dialects = Dialects::of(&args);

    let (mut secrets, secret_versions) = list_owned_secrets(&client, &watched).await?;
    let kinds = Arc::new(Kinds::new(client.clone(), args.target_kinds.iter().cloned()));
    let mut others = OtherTargets::default();
    for namespace in &watched {
        others.list(&client, &kinds, namespace.as_deref(), &mut secrets).await;
    }
    let any_digest_seen = secrets.values().any(SecretStamp::has_digest);
    let digest_key = Arc::new(digest_key::read_or_create(&client, &args.namespace, any_digest_seen).await?);

    let index = Arc::new(Index::default());
    let mut tasks = JoinSet::new();
    follow_fan_outs(&args, &client, &namespaces, &stores, &leader, &shutdown, &mut tasks);
    let keyring = Keyring::new(
        client.clone(),
        KeyringConfig { namespace: args.namespace.clone(), create_key: args.create_key },
        namespaces,
        Arc::clone(&stores),
        Arc::clone(&metrics),
        shutdown.clone(),
    );
    let (rollouts, rollout_requests) = mpsc::channel(QUEUED_ROLLOUTS);
    let (rollout_results, rolled_out) = mpsc::channel(QUEUED_ROLLOUTS);
    let (template_changes, changed_templates) = mpsc::unbounded_channel();
    let (credential_changes, changed_credentials) = mpsc::unbounded_channel();
    let context = Context::new(Parts {
        templates: Inputs::new(client.clone(), shutdown.clone(), template_changes),
        credentials: Inputs::new(client.clone(), shutdown.clone(), credential_changes),
        client: client.clone(),
        index: Arc::clone(&index),
        stores: Arc::clone(&stores),
        keyring: Arc::clone(&keyring),
        rsa_keys: RsaKeys::new(),
        dialects,
        allow_values_in_metadata: args.allow_values_in_metadata,
        digest_key,
        kinds: Arc::clone(&kinds),
        leadership,
        rollouts,
        metrics,
    });

    let pushes = Pushes::new(client.clone(), dialects, Arc::clone(&stores), leader.clone(), shutdown.clone());
    tasks.spawn(pushes.run(watched.clone(), since));
    tasks.spawn(Arc::clone(&stores).run(leader.clone()));
    let known = watch::Sender::new(false);
    let sealed = Arc::new(SealedIndex { index: Arc::clone(&index), known: known.subscribe() });
    tasks.spawn(Arc::clone(&keyring).run(leader, sealed));

    if dialects.kinds().any(|kind| kind == Kind::ExternalSecret) {
        // Whose an ExternalSecret is stands on the stores that it names.
        stores.ready().await;
    }
    for (namespace, secret_version) in watched.iter().zip(secret_versions) {
        for kind in dialects.kinds() {
            learn(&context, kind, namespace, &secrets, &mut tasks).await?;
        }
        let owned = OwnedSecrets { index: Arc::clone(&index), namespace: namespace.clone(), kind: None };
        let api: Api<Secret> = scoped(&client, namespace);
        tasks.spawn(async move { follow::follow(api, &selector(), Some(secret_version), &owned).await });
    }
    others.follow(&client, &kinds, &index, &mut tasks);
    drop(secrets);
    known.send_replace(true);
    stores.ready().await;
    keyring.ready().await;
    if dialects.kinds().any(|kind| kind == Kind::SealedSecret) {
        follow_rsa_keys_of(&context, &args.namespace, &shutdown, &mut tasks).await;
    }
    gate.open();
    info!("the state of the cluster is known");

    // Before anything is handed out, so that what the first looks at stores found out costs no second read.
    while let Ok(change) = store_changes.try_recv() {
        ask_users(&context, change);
    }
    tasks.spawn(follow_stores(Arc::clone(&context), store_changes));
    follow_inputs(&context, changed_templates, changed_credentials, &mut tasks);
    tasks.spawn(follow_keys(Arc::clone(&index), keyring));
    tasks.spawn(follow_rollouts(Arc::clone(&context), rolled_out));
    let revisions = Arc::clone(&index);
    let stopping = {
        let shutdown = shutdown.clone();
        async move { shutdown.requested().await }
    };
    let window = args.rollout_window;
    let rolling = tokio::spawn(rollout::run(client, revisions, window, rollout_requests, rollout_results, stopping));

    let mut dispatching = std::pin::pin!(dispatch::run(context, since, shutdown.clone()));
    loop {
        tokio::select! {
            () = &mut dispatching => break,
            Some(_) = tasks.join_next() => anyhow::ensure!(shutdown.is_requested(), "a part of the operator ended; it is started again"),
        }
    }
    rolling.await.context("the rollouts ended by a panic")?;
    Ok(())
}

/// The Secrets that are the operator's, and at which version each namespace was listed.
async fn list_owned_secrets(
    client: &Client,
    watched: &[Watched],
) -> anyhow::Result<(HashMap<(String, String), SecretStamp>, Vec<String>)> {
    let (mut secrets, mut versions) = (HashMap::new(), Vec::new());
    for namespace in watched {
        let (found, version) = list_owned::<Secret>(&scoped(client, namespace), None).await.context("Secrets cannot be listed")?;
        secrets.extend(found);
        versions.push(version);
    }
    Ok((secrets, versions))
}

/// Follows what is declared for several namespaces.
fn follow_fan_outs(
    args: &Args,
    client: &Client,
    namespaces: &Arc<Namespaces>,
    stores: &Arc<Stores>,
    leader: &watch::Receiver<bool>,
    shutdown: &Shutdown,
    tasks: &mut JoinSet<()>,
) {
    let dialects = Dialects::of(args);
    // An operator of single namespaces may neither read what is of the cluster, nor tell what the others' copies are for.
    if args.watch_namespaces.is_empty() {
        let external = dialects.kinds().any(|kind| kind == Kind::ExternalSecret).then_some(FanOutKind::External);
        for kind in std::iter::once(FanOutKind::Bridged).chain(external) {
            let fan_outs = FanOuts::new(kind, client.clone(), dialects, Arc::clone(namespaces), Arc::clone(stores), leader.clone());
            tasks.spawn(fan_outs.run(shutdown.clone()));
        }
    }
}

/// Acts on changes of what objects and their generators refer to.
fn follow_inputs(
    context: &Arc<Context>,
    templates: mpsc::UnboundedReceiver<ObjectId>,
    credentials: mpsc::UnboundedReceiver<ObjectId>,
    tasks: &mut JoinSet<()>,
) {
    tasks.spawn(reconcile::run_templates(Arc::clone(context), templates));
    tasks.spawn(reconcile::run_credentials(Arc::clone(context), credentials));
}

/// Reads every object of a kind once, and follows them from there on. `secrets` are all that carry our label.
async fn learn(
    context: &Arc<Context>,
    kind: Kind,
    namespace: &Watched,
    secrets: &HashMap<(String, String), SecretStamp>,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let api = kind.api(context.client.clone(), namespace.as_deref());
    let take = |loaded: Loaded| {
        if let Some(loaded) = context.taken(loaded) {
            let name = (loaded.id.namespace.as_ref().to_owned(), loaded.target_id().into_owned());
            let (object, work) = reconcile::index_object(context, &loaded, secrets.get(&name));
            context.index.upsert(&loaded.id, object, work);
            if reconcile::rests_untold(&loaded) {
                context.index.ask_to_load(loaded.id.clone());
            }
            reconcile::follow_templates(context, &loaded);
        }
    };
    let version = list_all(&context.client, kind, &api, take).await;
    let version = version
        .map_err(|_| anyhow::anyhow!("{kind} objects cannot be listed; apply the CRD of {} and its role", kind.api_version()))?;
    let objects = Objects { kind, index: Arc::clone(&context.index), namespace: namespace.clone() };
    tasks.spawn(async move { follow::follow(api, "", Some(version), &objects).await });
    Ok(())
}

/// Reads the keys of sealed-secrets once, and follows them from there on.
async fn follow_rsa_keys_of(context: &Arc<Context>, namespace: &str, shutdown: &Shutdown, tasks: &mut JoinSet<()>) {
    let keys = Arc::clone(&context.rsa_keys);
    let (client, namespace, shutdown) = (context.client.clone(), namespace.to_owned(), shutdown.clone());
    tasks.spawn(async move { keys.run(client, &namespace, &shutdown).await });
    context.rsa_keys.ready().await;
    tasks.spawn(follow_rsa_keys(Arc::clone(&context.index), Arc::clone(&context.rsa_keys)));
}

fn watched(args: &Args) -> Vec<Watched> {
    if args.watch_namespaces.is_empty() { vec![None] } else { args.watch_namespaces.iter().cloned().map(Some).collect() }
}

fn scoped<K>(client: &Client, namespace: &Watched) -> Api<K>
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

/// Reads again what depends on a store that changed, and what failed while a store did not answer.
async fn follow_stores(context: Arc<Context>, mut changes: mpsc::UnboundedReceiver<StoreEvent>) {
    while let Some(change) = changes.recv().await {
        ask_users(&context, change);
    }
}

fn ask_users(context: &Arc<Context>, change: StoreEvent) {
    match change {
        StoreEvent::Changed(store) => {
            context.index.ask_users_of(&store, Work::READ, |_| true);
            if store.group == StoreGroup::ExternalSecrets {
                // Objects that were another controller's may be this one's now.
                tokio::spawn(external_secret::ask_newcomers(Arc::clone(context), store));
            }
        }
        StoreEvent::Recovered(store) => context.index.ask_users_of(&store, Work::READ, |object| object.failure.is_some()),
    }
}

/// Opens again what no key opened, and what a key opened that is not held any more: at the start and whenever
/// the keys change.
async fn follow_keys(index: Arc<Index>, keyring: Arc<Keyring>) {
    let mut changes = keyring.changes();
    loop {
        index.ask_where(Work::READ | Work::RENDER, |id, object| {
            let keys = keyring.for_namespace(&id.namespace);
            object.is_touched_by_keys(|key| keys.holds(key), |key| keys.opens_documents(key))
        });
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Opens again what no RSA key opened, whenever the keys change.
async fn follow_rsa_keys(index: Arc<Index>, keys: Arc<RsaKeys>) {
    let mut changes = keys.changes();
    changes.mark_unchanged();
    while changes.changed().await.is_ok() {
        index.ask_where(Work::READ | Work::RENDER, |id, object| {
            id.kind == Kind::SealedSecret && object.failure == Some(Reason::NoKey)
        });
    }
}

async fn follow_rollouts(context: Arc<Context>, mut results: mpsc::Receiver<rollout::RolloutResult>) {
    while let Some(result) = results.recv().await {
        reconcile::rolled_out(&context, result).await;
    }
}

impl Revisions for Index {
    fn of_workload(&self, namespace: &str, workload: &WorkloadRef) -> BTreeMap<String, String> {
        self.revisions_of_workload(namespace, workload)
    }
}

/// The index as the keyring sees it, once all objects are known.
struct SealedIndex {
    index: Arc<Index>,
    known: watch::Receiver<bool>,
}

impl SealedValues for SealedIndex {
    fn in_use(&self) -> Option<BTreeMap<String, usize>> {
        self.known.borrow().then(|| self.index.keys_in_use())
    }

    fn claimed_key_ids(&self) -> Option<BTreeSet<String>> {
        self.known.borrow().then(|| self.index.claimed_key_ids())
    }
}
