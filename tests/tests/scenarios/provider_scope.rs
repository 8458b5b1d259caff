//! What the provider scenarios give a store for its surroundings: entries as they would stand in Secrets and
//! ConfigMaps, and tokens of ServiceAccounts from the real API server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use sealbridge_api::store::{ProviderSpec, RetrySettings};
use sealbridge_provider::{
    Admission, AdmittedPush, AmbientIdentity, AmbientTokens, InputError, NamespaceInputs, Payload, Push, PushError, PushKey,
    Pushed, Pusher, ReadError, RemoteKey, Removed, Retries, Scope, Search, Session, StoreUse, connect,
};
use sealbridge_secret::SecretBytes;
use sealbridge_tests::{Cluster, Namespace};
use serde_json::{Value, json};

/// The inputs of one namespace, and whether the operator's own identity may be used.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    entries: BTreeMap<(String, String), String>,
    accounts: Option<(&'static Cluster, String)>,
    annotations: BTreeMap<String, BTreeMap<String, String>>,
    store_use: Option<StoreUse>,
    retries: Option<RetrySettings>,
    own_account: Option<String>,
}

impl Surroundings {
    /// An entry of a Secret or ConfigMap.
    pub(crate) fn entry(mut self, name: &str, key: &str, value: &str) -> Self {
        self.entries.insert((name.to_owned(), key.to_owned()), value.to_owned());
        self
    }

    /// `ServiceAccount`s of a namespace of the cluster.
    pub(crate) fn accounts(mut self, namespace: &Namespace<'static>) -> Self {
        self.accounts = Some((namespace.cluster(), namespace.name().to_owned()));
        self
    }

    /// An annotation of a `ServiceAccount`.
    pub(crate) fn annotation(mut self, account: &str, name: &str, value: &str) -> Self {
        self.annotations.entry(account.to_owned()).or_default().insert(name.to_owned(), value.to_owned());
        self
    }

    /// The store that is read, and from which namespace.
    pub(crate) fn used_as(mut self, kind: &str, name: &str, namespace: &str) -> Self {
        self.store_use = Some(StoreUse { kind: kind.to_owned(), name: name.to_owned(), namespace: namespace.to_owned() });
        self
    }

    /// How often a request is made again, and after how many milliseconds.
    pub(crate) fn retries(mut self, most: i32, interval: u32) -> Self {
        self.retries = Some(RetrySettings { max_retries: Some(most), retry_interval: Some(format!("{interval}ms")) });
        self
    }

    /// The `ServiceAccount` that the operator would run as, which may be used.
    pub(crate) fn ambient(mut self, account: &str) -> Self {
        self.own_account = Some(account.to_owned());
        self
    }

    /// A session with the store that a spec in JSON describes.
    pub(crate) async fn session(self, spec: Value) -> Arc<Session> {
        let spec: ProviderSpec = serde_json::from_value(spec).expect("a spec");
        Session::new(connect(&spec, &self).await.expect("connected"))
    }

    async fn token_of(&self, account: &str, audiences: &[String]) -> Result<SecretBytes, InputError> {
        let (cluster, namespace) = self.accounts.as_ref().expect("a cluster");
        let audiences: Vec<&str> = audiences.iter().map(String::as_str).collect();
        assert!(!audiences.is_empty(), "a token without an audience would be one for the API server");
        Ok(SecretBytes::new(cluster.service_account_token(namespace, account, &audiences).await.into_bytes()))
    }

    fn find(&self, kind: &'static str, name: &str, key: &str) -> Result<&String, InputError> {
        let missing = || InputError::EntryMissing { kind, name: name.to_owned(), key: key.to_owned() };
        self.entries.get(&(name.to_owned(), key.to_owned())).ok_or_else(missing)
    }
}

#[async_trait]
impl NamespaceInputs for Surroundings {
    async fn secret_entry(&self, name: &str, key: &str) -> Result<SecretBytes, InputError> {
        Ok(SecretBytes::new(self.find("Secret", name, key)?.clone().into_bytes()))
    }

    async fn config_map_entry(&self, name: &str, key: &str) -> Result<String, InputError> {
        self.find("ConfigMap", name, key).cloned()
    }

    async fn service_account_annotations(&self, name: &str) -> Result<BTreeMap<String, String>, InputError> {
        Ok(self.annotations.get(name).cloned().unwrap_or_default())
    }

    async fn service_account_token(&self, name: &str, audiences: &[String], _: Duration) -> Result<SecretBytes, InputError> {
        self.token_of(name, audiences).await
    }
}

#[async_trait]
impl AmbientTokens for Surroundings {
    async fn token(&self, audiences: &[String], _: Duration) -> Result<SecretBytes, InputError> {
        self.token_of(self.own_account.as_ref().expect("an account"), audiences).await
    }
}

impl Scope for Surroundings {
    fn inputs(&self, _: Option<&str>) -> Result<Arc<dyn NamespaceInputs>, InputError> {
        Ok(Arc::new(self.clone()))
    }

    fn ambient_identity(&self) -> AmbientIdentity {
        if self.own_account.is_some() { AmbientIdentity::Allowed } else { AmbientIdentity::Refused }
    }

    fn ambient_tokens(&self) -> Option<Arc<dyn AmbientTokens>> {
        Some(Arc::new(self.clone()))
    }

    fn store_use(&self) -> Option<StoreUse> {
        self.store_use.clone()
    }

    fn retries(&self) -> Retries {
        self.retries.as_ref().into()
    }
}

/// A key at a version.
pub(crate) fn key(name: &str, version: Option<&str>) -> RemoteKey {
    RemoteKey::value(name, version.map(str::to_owned))
}

/// Reads one key.
pub(crate) async fn read_at(session: &Arc<Session>, name: &str, version: Option<&str>) -> Result<Arc<Payload>, ReadError> {
    read_key(session, key(name, version)).await
}

/// Reads the newest version of one key.
pub(crate) async fn read(session: &Arc<Session>, name: &str) -> Result<Arc<Payload>, ReadError> {
    read_at(session, name, None).await
}

/// Reads the newest versions of many keys.
pub(crate) async fn read_all(session: &Arc<Session>, names: &[String]) -> BTreeMap<String, Result<Arc<Payload>, ReadError>> {
    let results: Vec<_> = session.read(names.iter().map(|name| key(name, None)).collect()).collect().await;
    assert_eq!(results.len(), names.len(), "one result for each key");
    results.into_iter().map(|(key, outcome)| (key.key, outcome)).collect()
}

/// Reads one thing, whatever it is.
pub(crate) async fn read_key(session: &Arc<Session>, key: RemoteKey) -> Result<Arc<Payload>, ReadError> {
    let results: Vec<_> = session.read(vec![key]).collect().await;
    assert_eq!(results.len(), 1, "one result for one key");
    results.into_iter().next().expect("a result").1
}

/// A search below a path, by an expression and by tags.
pub(crate) fn search(path: &str, name: Option<&str>, tags: &[(&str, &str)]) -> RemoteKey {
    let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    RemoteKey::search(path, Search { name: name.map(str::to_owned), tags })
}

/// What a search found, as names and texts.
pub(crate) async fn found(session: &Arc<Session>, search: RemoteKey) -> Result<Vec<(String, String)>, ReadError> {
    let payload = read_key(session, search).await?;
    let entries = payload.entries().expect("a search's result").expect("whole values");
    Ok(entries.into_iter().map(|(name, value)| (name, String::from_utf8(value.expose().to_vec()).expect("text"))).collect())
}

/// The names that a search found.
pub(crate) async fn names(session: &Arc<Session>, search: RemoteKey) -> Result<Vec<String>, ReadError> {
    Ok(found(session, search).await?.into_iter().map(|(name, _)| name).collect())
}

/// A property, or the whole value, as text.
pub(crate) fn text(payload: &Payload, property: Option<&str>) -> String {
    String::from_utf8(payload.select(property).expect("selected").expose().to_vec()).expect("text")
}

/// A place in a store without limits.
pub(crate) fn place(key: &str, property: Option<&str>) -> AdmittedPush {
    let key = PushKey { key: key.to_owned(), property: property.map(str::to_owned) };
    Admission::to_everything().admit_push(&key).expect("no limits")
}

/// What is to be at a place, for the kinds of External Secrets Operator.
pub(crate) fn value(key: &str, property: Option<&str>, value: impl AsRef<[u8]>) -> Push {
    Push {
        at: place(key, property),
        value: SecretBytes::new(value.as_ref().to_vec()),
        metadata: None,
        only_if_absent: false,
        pusher: Pusher::ExternalSecrets,
    }
}

/// A push whose entry says something to the store.
pub(crate) fn with(mut push: Push, spec: Value) -> Push {
    let mut metadata = json!({"apiVersion": "kubernetes.external-secrets.io/v1alpha1", "kind": "PushSecretMetadata"});
    metadata["spec"] = spec;
    push.metadata = Some(metadata);
    push
}

/// The tag of what was pushed.
pub(crate) const MARK: (&str, &str) = ("managed-by", "external-secrets");

/// Tags by name.
pub(crate) fn named(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
    tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What a push or a removal came to, and the number of requests that it took.
pub(crate) struct Counted<T> {
    pub(crate) outcome: Result<T, PushError>,
    pub(crate) requests: u64,
}

impl<T: PartialEq + std::fmt::Debug> Counted<T> {
    /// That it came to this by so many requests.
    #[track_caller]
    pub(crate) fn is(self, outcome: T, requests: u64) {
        assert_eq!((self.outcome, self.requests), (Ok(outcome), requests));
    }

    /// That it failed so after so many requests.
    #[track_caller]
    pub(crate) fn fails(&self, error: &PushError, requests: u64) {
        assert_eq!((self.outcome.as_ref(), self.requests), (Err(error), requests));
    }
}

/// Pushes, and counts.
pub(crate) async fn push(session: &Arc<Session>, push: Push) -> Counted<Pushed> {
    let before = session.traffic().requests;
    let outcome = session.push(&push).await;
    Counted { outcome, requests: session.traffic().requests - before }
}

/// Takes back, and counts.
pub(crate) async fn remove(session: &Arc<Session>, key: &str, property: Option<&str>) -> Counted<Removed> {
    let before = session.traffic().requests;
    let outcome = session.remove(&place(key, property)).await;
    Counted { outcome, requests: session.traffic().requests - before }
}
