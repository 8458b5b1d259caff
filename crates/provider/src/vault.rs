//! Vault and OpenBao: KV engines of version 1 and 2, and any engine's own paths, over one connection pool by one login.
//!
//! ```text
//!   settings ──▶ Http (own pool) ◀── login/ (token | approle | … | gcp) ──▶ Logins (one live token)
//!                  ▲                                                                   │
//!   key ──path──▶ read ◀───────────────────────────────────────────────────────────────┘
//!   search ─listing▶ ┘ └──▶ classify, metadata ──▶ Payload | ReadError     mount ──▶ confirm_absence, store_id
//!
//!   push ──▶ standing (object, version, mark) ──edit──▶ object ──▶ write
//! ```
//!
//! Must never: send a token anywhere but to the declared server, or take an answer for authoritative that a proxy,
//! a missing mount or another KV version could have given.

mod classify;
mod dynamic;
mod edit;
mod http;
mod key;
mod lease;
mod leased;
mod listing;
mod login;
mod logins;
mod metadata;
mod mount;
mod naming;
mod push;
mod search;
mod settings;
mod standing;

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use reqwest::Method;
use sealbridge_api::store::VaultKvVersion;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::counters::TrafficCounters;
use crate::provider::ReadResult;
use crate::{InputError, Payload, Provider, ReadError, RemoteKey, Retries, Scope, Traffic, What, Writer};
pub(crate) use dynamic::dynamic;
use http::{Answer, Document, Http, Path};
use key::Layout;
use logins::{Logins, Refusal, Token};
use mount::Mounts;
pub(crate) use naming::KvNaming;
#[cfg(test)]
pub(crate) use naming::path_of_value;
pub(crate) use settings::Fields;

/// Reads that one store is asked at the same time.
const PARALLEL_READS: usize = 16;

/// One KV engine, or all of a server, as one identity.
pub(crate) struct VaultStore {
    http: Arc<Http>,
    layout: Layout,
    namespace: Option<String>,
    logins: Arc<Logins>,
    mounts: Mounts,
    permits: Semaphore,
    retries: Retries,
    traffic: Arc<TrafficCounters>,
}

impl VaultStore {
    /// Resolves what the spec refers to. Nothing is sent to the server.
    pub(crate) async fn connect(fields: Fields<'_>, scope: &dyn Scope) -> Result<Self, InputError> {
        let settings = settings::resolve(&fields, scope).await?;
        let method = login::resolve(&fields.auth, scope).await?;
        let http = Arc::new(settings.http);
        let traffic = Arc::new(TrafficCounters::default());
        let logins = Logins::new(Arc::clone(&http), method, settings.login_namespace, Arc::clone(&traffic));
        Ok(Self {
            http,
            layout: settings.layout,
            namespace: settings.namespace,
            logins: Arc::new(logins),
            mounts: Mounts::default(),
            permits: Semaphore::new(PARALLEL_READS),
            retries: scope.retries(),
            traffic,
        })
    }

    async fn read_one(&self, key: &RemoteKey) -> Result<Payload, ReadError> {
        match &key.what {
            What::Value => {
                let answer = self.ask(&self.layout.place(key)?.value()).await?;
                classify::read(answer, self.layout.kv, self.layout.selection)
            }
            What::Metadata => {
                let answer = self.ask(&self.layout.place(key)?.metadata()?).await?;
                metadata::payload(&answer, self.layout.selection)
            }
            What::Search(search) => self.search(&key.key, search).await,
        }
    }

    /// A request for what keys hold, one of so many at a time. Whoever has one open may not begin another.
    async fn ask(&self, path: &Path) -> Result<Answer, ReadError> {
        for _ in 0..self.retries.most.unwrap_or(0) {
            match self.ask_once(path).await {
                Err(ReadError::Unavailable) => {}
                Ok(answer) if classify::may_pass(&answer) => {}
                outcome => return outcome,
            }
            sleep(self.retries.interval).await;
        }
        self.ask_once(path).await
    }

    async fn ask_once(&self, path: &Path) -> Result<Answer, ReadError> {
        let _permit = self.permits.acquire().await.map_err(|_| ReadError::Unavailable)?;
        self.traffic.request();
        self.get(path).await
    }

    async fn get(&self, path: &Path) -> Result<Answer, ReadError> {
        self.send(&Method::GET, path, None).await
    }

    /// A request as the store's identity, with a JSON document where there is one. A token that died meanwhile is replaced
    /// once.
    async fn send(&self, method: &Method, path: &Path, document: Option<&Document>) -> Result<Answer, ReadError> {
        let token = self.logins.token().await?;
        let answer = self.send_as(&token, method, path, document).await?;
        if answer.status != 403 {
            return Ok(answer);
        }
        match self.logins.refused(&token, &answer).await? {
            Refusal::Final => Ok(answer),
            Refusal::TokenReplaced(token) => self.send_as(&token, method, path, document).await,
        }
    }

    async fn send_as(&self, token: &Token, method: &Method, path: &Path, document: Option<&Document>) -> Result<Answer, ReadError> {
        let mut request = self.http.request(method.clone(), path, Some(token.secret()), self.namespace.as_deref())?;
        if let Some(document) = document {
            document.put_into(&mut request);
        }
        self.http.send(request).await
    }
}

#[async_trait]
impl Provider for VaultStore {
    fn read(&self, keys: Vec<RemoteKey>) -> BoxStream<'_, ReadResult<Payload>> {
        stream::iter(keys)
            .map(async |key| {
                let outcome = self.read_one(&key).await;
                (key, outcome)
            })
            .buffer_unordered(PARALLEL_READS)
            .boxed()
    }

    async fn check(&self) -> Result<(), ReadError> {
        self.logins.check().await
    }

    async fn confirm_absence(&self, key: &RemoteKey) -> Result<(), ReadError> {
        let mount = match key.what {
            What::Value | What::Metadata => self.layout.place(key)?.mount,
            What::Search(_) => self.layout.folder(&key.key)?.mount,
        };
        self.mounts.confirm(&mount, self.layout.kv, async |path| self.get(&path).await).await
    }

    async fn store_id(&self) -> Option<String> {
        let mount = match &self.layout.mount {
            None => None,
            Some(mount) => Some(self.mounts.identity(mount, async |path| self.get(&path).await).await.ok()?),
        };
        let cluster = mount::cluster_id(&self.http).await.ok()?;
        Some(mount::store_id(self.http.server(), &cluster, self.namespace.as_deref(), mount.as_deref()))
    }

    fn writer(&self) -> Option<&dyn Writer> {
        (self.layout.kv != VaultKvVersion::Logical).then_some(self)
    }

    async fn close(&self) {
        self.logins.close().await;
    }

    fn traffic(&self) -> Traffic {
        self.traffic.snapshot()
    }
}
