//! The labels of namespaces, for rules that select namespaces by label.
//!
//! Must never: take a namespace for selected because its labels are not known.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use kube::{Api, Client};
use tokio::sync::{mpsc, watch};

use crate::observe::{Observation, observe};
use crate::shutdown::Shutdown;

/// The labels of one namespace.
pub type Labels = Arc<BTreeMap<String, String>>;

/// The label with a namespace's name, which the API server sets on every namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A namespace's labels changed, or it came or went.
#[derive(Clone, Debug)]
pub struct Relabelled {
    /// The namespace.
    pub namespace: Arc<str>,
    /// Its labels from here on.
    pub labels: Labels,
}

/// All namespaces by name.
pub struct Namespaces {
    client: Client,
    known: Mutex<HashMap<Arc<str>, Labels>>,
    followers: Mutex<Vec<mpsc::UnboundedSender<Relabelled>>>,
    listed: watch::Sender<bool>,
}

impl Namespaces {
    /// Nothing is watched before [`Namespaces::run`].
    #[must_use]
    pub fn new(client: Client) -> Arc<Self> {
        Arc::new(Self { client, known: Mutex::default(), followers: Mutex::default(), listed: watch::Sender::new(false) })
    }

    /// The labels of `namespace`. Those of one that is not known hold its name only.
    #[must_use]
    pub fn labels(&self, namespace: &str) -> Labels {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(namespace).cloned().unwrap_or_else(|| name_only(namespace))
    }

    /// All that are known, by name.
    #[must_use]
    pub fn all(&self) -> BTreeMap<Arc<str>, Labels> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(name, labels)| (Arc::clone(name), Arc::clone(labels))).collect()
    }

    /// Tells of each change from here on.
    pub fn follow(&self) -> mpsc::UnboundedReceiver<Relabelled> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Returns when the first list is there, or when it is certain that the operator may not have it.
    pub async fn ready(&self) {
        // The sender lives in `self`, so that waiting cannot fail.
        let _listed = self.listed.subscribe().wait_for(|listed| *listed).await.is_ok();
    }

    /// Lists and watches until `shutdown`. `only` names the namespaces to watch; empty means all.
    pub async fn run(&self, only: &[String], shutdown: &Shutdown) {
        let api: Api<PartialObjectMeta<Namespace>> = Api::all(self.client.clone());
        observe(api, watcher::Config::default(), "namespaces", shutdown, |observation| {
            self.take_in(observation, |name| only.is_empty() || only.iter().any(|one| one == name));
        })
        .await;
    }

    fn take_in(&self, observation: Observation<PartialObjectMeta<Namespace>>, wanted: impl Fn(&str) -> bool) {
        let told = |object: PartialObjectMeta<Namespace>| {
            let name = object.metadata.name.filter(|name| wanted(name))?;
            Some((Arc::from(name), Arc::new(object.metadata.labels.unwrap_or_default())))
        };
        match observation {
            Observation::Replaced(all) => self.replace(all.into_iter().filter_map(told).collect()),
            Observation::Applied(one) => told(one).into_iter().for_each(|(name, labels)| self.set(name, Some(labels))),
            Observation::Deleted(one) => told(one).into_iter().for_each(|(name, _)| self.set(name, None)),
            Observation::Forbidden => drop(self.listed.send_replace(true)),
        }
    }

    fn replace(&self, all: HashMap<Arc<str>, Labels>) {
        let gone: Vec<Arc<str>> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.keys().filter(|name| !all.contains_key(*name)).cloned().collect()
        };
        gone.into_iter().for_each(|name| self.set(name, None));
        all.into_iter().for_each(|(name, labels)| self.set(name, Some(labels)));
        self.listed.send_replace(true);
    }

    fn set(&self, namespace: Arc<str>, labels: Option<Labels>) {
        let before = self.labels(&namespace);
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match labels {
                Some(labels) => known.insert(Arc::clone(&namespace), labels),
                None => known.remove(&namespace),
            };
        }
        let labels = self.labels(&namespace);
        if before != labels {
            let change = Relabelled { namespace, labels };
            let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
            followers.retain(|follower| follower.send(change.clone()).is_ok());
        }
    }
}

fn name_only(namespace: &str) -> Labels {
    Arc::new(BTreeMap::from([(NAME_LABEL.to_owned(), namespace.to_owned())]))
}

#[cfg(test)]
mod tests {
    use kube::core::ObjectMeta;

    use super::*;
    use crate::testing::no_cluster;

    fn namespaces() -> Arc<Namespaces> {
        Namespaces::new(no_cluster())
    }

    fn namespace(name: &str, team: Option<&str>) -> PartialObjectMeta<Namespace> {
        let mut labels = (*name_only(name)).clone();
        labels.extend(team.map(|team| ("team".to_owned(), team.to_owned())));
        let metadata = ObjectMeta { name: Some(name.into()), labels: Some(labels), ..ObjectMeta::default() };
        PartialObjectMeta { types: None, metadata, _phantom: std::marker::PhantomData }
    }

    #[tokio::test]
    async fn a_list_tells_what_differs() {
        let namespaces = namespaces();
        let mut changes = namespaces.follow();
        namespaces.take_in(Observation::Replaced(vec![namespace("a", Some("x")), namespace("b", None)]), |_| true);
        namespaces.take_in(Observation::Replaced(vec![namespace("b", None)]), |_| true);
        let told: Vec<_> = std::iter::from_fn(|| changes.try_recv().ok()).map(|change| (change.namespace, change.labels)).collect();
        // `b` has no label but its name, which was known without the list.
        assert_eq!(
            told,
            [("a".into(), Arc::new(namespace("a", Some("x")).metadata.labels.unwrap())), ("a".into(), name_only("a"))]
        );
    }

    #[tokio::test]
    async fn namespaces_that_are_not_watched_have_a_name_only() {
        let namespaces = namespaces();
        namespaces.take_in(Observation::Replaced(vec![namespace("a", Some("x"))]), |name| name == "b");
        assert_eq!(namespaces.labels("a"), name_only("a"));
    }

    #[tokio::test]
    async fn a_refused_list_does_not_block() {
        let namespaces = namespaces();
        namespaces.take_in(Observation::Forbidden, |_| true);
        namespaces.ready().await;
    }
}
