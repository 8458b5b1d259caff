//! Objects that stores and keys refer to, watched one by one, by name, as metadata only.
//!
//! Owns what is known of each: its uid and resourceVersion. Must never: read content, or watch what nobody uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use kube::{Api, Client, Resource};
use sealbridge_manifest::GeneratorKind;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::generators;
use crate::observe::{Observation, observe};
use crate::shutdown::Shutdown;

/// The annotations of a ServiceAccount that say as whom it is known at AWS, and for whom its tokens are.
const ROLE_ANNOTATIONS: [&str; 2] = ["eks.amazonaws.com/role-arn", "eks.amazonaws.com/audience"];

/// The kinds of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum InputKind {
    Secret,
    ConfigMap,
    ServiceAccount,
    /// A generator; one of the cluster has an empty namespace.
    Generator(GeneratorKind),
}

/// One object that something refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct InputId {
    pub(crate) kind: InputKind,
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl fmt::Display for InputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// What is known of an input. Equal states are the same content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum InputState {
    /// It exists. Of a ServiceAccount only the uid and the role that it names at AWS count: the rest says nothing of
    /// whose tokens are issued, or what they are good for.
    Present { uid: String, resource_version: Option<String>, role: Option<String> },
    /// It does not exist.
    Missing,
    /// The operator may not look.
    Forbidden,
}

/// Why it is not known what inputs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotKnown {
    /// The answer takes longer than the caller waits; the user is told when it is there.
    InTime,
    /// They were [released](Inputs::release) while the caller waited, which says nothing of whether they exist.
    Released,
}

struct Watched<U> {
    state: watch::Sender<Option<InputState>>,
    users: BTreeSet<U>,
    /// Users who did not learn the state in time, and are told when it is known.
    late: BTreeSet<U>,
    task: AbortHandle,
}

/// All inputs that are watched, with who uses them. `U` names a user.
pub(crate) struct Inputs<U> {
    client: Client,
    shutdown: Shutdown,
    watched: Mutex<BTreeMap<InputId, Watched<U>>>,
    changed: mpsc::UnboundedSender<U>,
}

impl<U: Ord + Clone + Debug + Send + 'static> Inputs<U> {
    /// Nothing is watched yet. `changed` is told each user of an input whose state changed after it was first
    /// known.
    pub(crate) fn new(client: Client, shutdown: Shutdown, changed: mpsc::UnboundedSender<U>) -> Arc<Self> {
        Arc::new(Self { client, shutdown, watched: Mutex::default(), changed })
    }

    /// The states of `ids` for `user`, who is told of their changes from here on. Waits until each is known, but not
    /// longer than `limit`.
    ///
    /// # Errors
    /// [`NotKnown`]; what is not known is never taken for missing.
    pub(crate) async fn states(self: &Arc<Self>, user: &U, ids: &[InputId], limit: Duration) -> Result<Vec<InputState>, NotKnown> {
        let mut receivers: Vec<_> = ids.iter().map(|id| self.watch(id, user)).collect();
        let all_known = async {
            let mut states = Vec::with_capacity(receivers.len());
            for receiver in &mut receivers {
                let known = receiver.wait_for(Option::is_some).await;
                states.push(known.ok().and_then(|state| state.clone()).ok_or(NotKnown::Released)?);
            }
            Ok(states)
        };
        timeout(limit, all_known).await.unwrap_or_else(|_| {
            self.tell_when_known(user, ids);
            Err(NotKnown::InTime)
        })
    }

    /// Whether `user` is told of changes of all of these.
    pub(crate) fn are_followed(&self, user: &U, ids: &[InputId]) -> bool {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().all(|id| watched.get(id).is_some_and(|one| one.users.contains(user)))
    }

    /// Tells `user` of changes of `id` from here on, without waiting for its state.
    pub(crate) fn follow(self: &Arc<Self>, user: &U, id: &InputId) {
        drop(self.watch(id, user));
    }

    /// Tells `user` of changes of these from here on, and of no others.
    pub(crate) fn follow_only(self: &Arc<Self>, user: &U, ids: &[InputId]) {
        for id in ids {
            self.follow(user, id);
        }
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|id, one| {
            if !ids.contains(id) {
                one.users.remove(user);
            }
            if one.users.is_empty() {
                one.task.abort();
            }
            !one.users.is_empty()
        });
    }

    fn tell_when_known(&self, user: &U, ids: &[InputId]) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if let Some(one) = watched.get_mut(id).filter(|one| one.state.borrow().is_none()) {
                one.late.insert(user.clone());
            }
        }
    }

    /// Ends what is watched for these users alone.
    pub(crate) fn release(&self, is_user: impl Fn(&U) -> bool) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, one| {
            one.users.retain(|user| !is_user(user));
            if one.users.is_empty() {
                one.task.abort();
            }
            !one.users.is_empty()
        });
    }

    fn watch(self: &Arc<Self>, id: &InputId, user: &U) -> watch::Receiver<Option<InputState>> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let one = watched.entry(id.clone()).or_insert_with(|| Watched {
            state: watch::Sender::new(None),
            users: BTreeSet::new(),
            late: BTreeSet::new(),
            task: self.spawn(id.clone()),
        });
        one.users.insert(user.clone());
        one.state.subscribe()
    }

    fn spawn(self: &Arc<Self>, id: InputId) -> AbortHandle {
        let owner = Arc::downgrade(self);
        let (client, shutdown) = (self.client.clone(), self.shutdown.clone());
        let task = async move {
            match id.kind {
                InputKind::Secret => follow::<Secret, U>(client, id, owner, shutdown).await,
                InputKind::ConfigMap => follow::<ConfigMap, U>(client, id, owner, shutdown).await,
                InputKind::ServiceAccount => follow::<ServiceAccount, U>(client, id, owner, shutdown).await,
                InputKind::Generator(kind) => {
                    let api = generators::metadata_api(client, kind, &id.namespace);
                    follow_by(api, id, owner, shutdown).await;
                }
            }
        };
        tokio::spawn(task).abort_handle()
    }

    fn update(&self, id: &InputId, state: &InputState) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(one) = watched.get_mut(id) else { return };
        let before = one.state.borrow().clone();
        // A permission that was taken away says nothing about the input: what was known goes on.
        if before.is_some() && *state == InputState::Forbidden {
            return;
        }
        one.state.send_replace(Some(state.clone()));
        let late = std::mem::take(&mut one.late);
        let is_changed = before.is_some_and(|before| before != *state);
        for user in if is_changed { &one.users } else { &late } {
            // Without a receiver the process is about to end.
            let _told = self.changed.send(user.clone()).is_ok();
        }
    }
}

async fn follow<K, U>(client: Client, id: InputId, owner: Weak<Inputs<U>>, shutdown: Shutdown)
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    U: Ord + Clone + Debug + Send + 'static,
{
    let api: Api<PartialObjectMeta<K>> = Api::namespaced(client, &id.namespace);
    follow_by(api, id, owner, shutdown).await;
}

async fn follow_by<K, U>(api: Api<PartialObjectMeta<K>>, id: InputId, owner: Weak<Inputs<U>>, shutdown: Shutdown)
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    U: Ord + Clone + Debug + Send + 'static,
{
    let config = watcher::Config::default().fields(&format!("metadata.name={}", id.name));
    let what = id.to_string();
    observe(api, config, &what, &shutdown, |observation| {
        if let Some(owner) = owner.upgrade() {
            owner.update(&id, &state_of(id.kind, observation));
        }
    })
    .await;
}

fn state_of<K>(kind: InputKind, observation: Observation<PartialObjectMeta<K>>) -> InputState {
    let object = match observation {
        Observation::Replaced(mut all) => all.pop(),
        Observation::Applied(object) => Some(object),
        Observation::Deleted(_) => None,
        Observation::Forbidden => return InputState::Forbidden,
    };
    object.map_or(InputState::Missing, |object| {
        let metadata = object.metadata;
        let is_account = kind == InputKind::ServiceAccount;
        InputState::Present {
            uid: metadata.uid.unwrap_or_default(),
            resource_version: metadata.resource_version.filter(|_| !is_account),
            role: metadata.annotations.filter(|_| is_account).and_then(|annotations| role(&annotations)),
        }
    })
}

/// What the annotations of a ServiceAccount say of its role at AWS.
fn role(annotations: &BTreeMap<String, String>) -> Option<String> {
    let said: Vec<&str> = ROLE_ANNOTATIONS.iter().map(|name| annotations.get(*name).map_or("", String::as_str)).collect();
    said.iter().any(|value| !value.is_empty()).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use kube::core::ObjectMeta;

    use super::*;
    use crate::testing::no_cluster;

    fn object(uid: &str, version: &str) -> PartialObjectMeta<Secret> {
        let metadata = ObjectMeta { uid: Some(uid.into()), resource_version: Some(version.into()), ..ObjectMeta::default() };
        PartialObjectMeta { types: None, metadata, _phantom: std::marker::PhantomData }
    }

    #[test]
    fn a_secret_is_another_one_with_each_version() {
        let first = state_of(InputKind::Secret, Observation::Applied(object("u", "1")));
        assert_ne!(first, state_of(InputKind::Secret, Observation::Applied(object("u", "2"))));
        assert_eq!(first, state_of(InputKind::Secret, Observation::Replaced(vec![object("u", "1")])));
    }

    #[test]
    fn a_service_account_is_another_one_only_when_made_anew() {
        let first = state_of(InputKind::ServiceAccount, Observation::Applied(object("u", "1")));
        assert_eq!(first, state_of(InputKind::ServiceAccount, Observation::Applied(object("u", "2"))));
        assert_ne!(first, state_of(InputKind::ServiceAccount, Observation::Applied(object("v", "2"))));
    }

    #[test]
    fn a_service_account_with_another_role_is_another_one() {
        let annotated = |kind, name: &str, value: &str| {
            let mut account = object("u", "1");
            account.metadata.annotations = Some([(name.to_owned(), value.to_owned())].into());
            state_of(kind, Observation::Applied(account))
        };
        let account = InputKind::ServiceAccount;
        let first = annotated(account, ROLE_ANNOTATIONS[0], "arn:a");
        assert_ne!(first, annotated(account, ROLE_ANNOTATIONS[0], "arn:b"));
        assert_ne!(first, annotated(account, ROLE_ANNOTATIONS[1], "arn:a"));
        assert_eq!(annotated(account, "other", "1"), annotated(account, "other", "2"));
        assert_eq!(annotated(InputKind::Secret, ROLE_ANNOTATIONS[0], "a"), annotated(InputKind::Secret, ROLE_ANNOTATIONS[0], "b"));
    }

    #[test]
    fn what_is_not_there() {
        assert_eq!(state_of::<Secret>(InputKind::Secret, Observation::Replaced(vec![])), InputState::Missing);
        assert_eq!(state_of(InputKind::Secret, Observation::Deleted(object("u", "1"))), InputState::Missing);
        assert_eq!(state_of::<Secret>(InputKind::Secret, Observation::Forbidden), InputState::Forbidden);
    }

    fn present(version: &str) -> InputState {
        InputState::Present { uid: "u".into(), resource_version: Some(version.into()), role: None }
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_told_of_what() {
        let (_stop, shutdown) = crate::shutdown::channel();
        let (changed, mut told) = mpsc::unbounded_channel();
        let inputs = Inputs::new(no_cluster(), shutdown, changed);
        let id = InputId { kind: InputKind::Secret, namespace: "shop".into(), name: "login".into() };
        let ids = [id.clone()];
        let limit = Duration::from_secs(1);
        assert_eq!(inputs.states(&"late", &ids, limit).await, Err(NotKnown::InTime));
        inputs.follow(&"patient", &id);
        inputs.update(&id, &present("1"));
        assert_eq!(told.try_recv().ok(), Some("late"), "who waited in vain");
        assert!(told.try_recv().is_err());
        assert_eq!(inputs.states(&"late", &ids, limit).await, Ok(vec![present("1")]));

        inputs.update(&id, &present("1"));
        inputs.update(&id, &InputState::Forbidden);
        assert!(told.try_recv().is_err(), "nothing changed");
        inputs.update(&id, &present("2"));
        assert_eq!([told.try_recv().ok(), told.try_recv().ok()], [Some("late"), Some("patient")]);

        inputs.follow_only(&"patient", std::slice::from_ref(&id));
        inputs.release(|user| *user == "late");
        inputs.update(&id, &InputState::Missing);
        assert_eq!(told.try_recv().ok(), Some("patient"));
        assert!(told.try_recv().is_err());
        inputs.follow_only(&"patient", &[]);
        assert!(inputs.watched.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_released_while_somebody_waits_is_not_missing() {
        let (_stop, shutdown) = crate::shutdown::channel();
        let (changed, _told) = mpsc::unbounded_channel();
        let inputs = Inputs::new(no_cluster(), shutdown, changed);
        let ids = [InputId { kind: InputKind::Secret, namespace: "shop".into(), name: "login".into() }];
        let waiting = inputs.states(&"store", &ids, Duration::from_secs(1));
        let releasing = async {
            assert!(inputs.are_followed(&"store", &ids) && !inputs.are_followed(&"another", &ids));
            inputs.release(|user| *user == "store");
        };
        let (states, ()) = tokio::join!(waiting, releasing);
        assert_eq!(states, Err(NotKnown::Released));
        assert!(!inputs.are_followed(&"store", &ids));
    }
}
