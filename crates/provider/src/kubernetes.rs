//! Secrets of one namespace of a cluster, this one or another, read as somebody that the store names.
//!
//! ```text
//!   login ──▶ ask ──▶ GET a Secret, its metadata, a page of metadata ──▶ classify ──▶ Payload | ReadError
//!              └────▶ GET the namespace ──▶ check, confirm_absence, store_id
//!
//!   push ──▶ GET the Secret ──▶ standing ──▶ change ──▶ POST, PATCH or DELETE
//! ```
//!
//! Must never: act as the operator, which may read much more, or follow the server elsewhere with a token in hand.

mod classify;
mod login;
mod naming;
mod push;
mod search;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use sealbridge_api::store::KubernetesProvider;
use sealbridge_secret::SecretBytes;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::counters::TrafficCounters;
use crate::http::{Answer, Document, Pool};
use crate::provider::ReadResult;
use crate::server::{address, invalid, roots};
use crate::{InputError, Payload, Provider, ReadError, RemoteKey, Scope, Traffic, What, Writer};
use login::Login;
pub(crate) use naming::SecretNames;

const DEFAULT_NAMESPACE: &str = "default";
/// Requests that one store is asked at the same time.
const PARALLEL_READS: usize = 16;
/// Names on one page of a list.
const PAGE: &str = "100";
/// A Secret of 1 MiB, in base64, and its metadata; or a page of metadata.
const LARGEST_BODY: usize = 8 << 20;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const METADATA: HeaderValue = HeaderValue::from_static("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
const METADATA_LIST: HeaderValue = HeaderValue::from_static("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");

const NO_NAME: ReadError =
    ReadError::InvalidKey("the key is no name that a Secret can have; name a Secret of the store's remoteNamespace");
const NO_VERSIONS: ReadError = ReadError::InvalidKey("Secrets keep no versions; leave version out");

/// The Secrets of one namespace, as one identity.
pub(crate) struct KubernetesStore {
    pool: Pool,
    namespace: String,
    login: Login,
    permits: Semaphore,
    traffic: TrafficCounters,
}

impl KubernetesStore {
    /// Resolves what the spec refers to. Nothing is sent to the server.
    pub(crate) async fn connect(spec: &KubernetesProvider, scope: &dyn Scope) -> Result<Self, InputError> {
        let server = address("server.url", &spec.server.url)?;
        if server.scheme() != "https" {
            return Err(invalid("server.url", "it does not begin with https://, and a token is not sent in the clear"));
        }
        let namespace = spec.remote_namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        if !is_name(namespace) {
            return Err(invalid("remoteNamespace", "it is no name that a namespace can have"));
        }
        let roots = roots(spec.server.ca_bundle.as_deref(), spec.server.ca_provider.as_ref(), scope).await?;
        let (login, identity) = login::resolve(&spec.auth, scope).await?;
        let pool = Pool::new(server, roots, identity)
            .ok_or_else(|| invalid("certificates", "caBundle, caProvider or auth.cert holds something else than certificates"))?;
        Ok(Self {
            pool,
            namespace: namespace.to_owned(),
            login,
            permits: Semaphore::new(PARALLEL_READS),
            traffic: TrafficCounters::default(),
        })
    }

    async fn read_one(&self, key: &RemoteKey) -> Result<Payload, ReadError> {
        if key.version.is_some() {
            return Err(NO_VERSIONS);
        }
        match &key.what {
            What::Search(search) => self.search(&key.key, search).await,
            _ if !is_name(&key.key) => Err(NO_NAME),
            What::Value => self.data(&key.key).await,
            What::Metadata => classify::metadata(&self.ask(self.url(&["secrets", &key.key])?, METADATA).await?, &key.key),
        }
    }

    async fn data(&self, name: &str) -> Result<Payload, ReadError> {
        if !is_name(name) {
            // A list can name anything.
            return Err(ReadError::BadAnswer);
        }
        classify::data(self.ask(self.url(&["secrets", name])?, JSON).await?, name)
    }

    async fn list(&self, next: Option<&str>) -> Result<Answer, ReadError> {
        let mut url = self.url(&["secrets"])?;
        url.query_pairs_mut().append_pair("limit", PAGE);
        if let Some(next) = next {
            url.query_pairs_mut().append_pair("continue", next);
        }
        self.ask(url, METADATA_LIST).await
    }

    /// The URL of something in the namespace, or of the namespace itself.
    fn url(&self, below: &[&str]) -> Result<Url, ReadError> {
        let namespace = ["api", "v1", "namespaces", self.namespace.as_str()];
        self.pool.url(namespace.into_iter().chain(below.iter().copied()))
    }

    /// A request for what Secrets hold, one of so many at a time.
    async fn ask(&self, url: Url, accept: HeaderValue) -> Result<Answer, ReadError> {
        let _permit = self.permits.acquire().await.map_err(|_| ReadError::Unavailable)?;
        self.traffic.request();
        self.get(url, accept).await
    }

    async fn get(&self, url: Url, accept: HeaderValue) -> Result<Answer, ReadError> {
        self.send(&Method::GET, url, accept, None).await
    }

    /// A request as the store's identity, with a document of a kind where there is one. A token that ended early is replaced
    /// once.
    async fn send(
        &self,
        method: &Method,
        url: Url,
        accept: HeaderValue,
        document: Option<&(HeaderValue, Document)>,
    ) -> Result<Answer, ReadError> {
        let make = |token: Option<&SecretBytes>| {
            let mut request = request(method, &url, &accept, token)?;
            if let Some((kind, document)) = document {
                request.headers_mut().insert(CONTENT_TYPE, kind.clone());
                document.put_into(&mut request);
            }
            Ok::<_, ReadError>(request)
        };
        let token = self.login.token(&self.traffic).await?;
        let answer = self.pool.send(make(token.as_deref())?, LARGEST_BODY).await?;
        if answer.status != 401 || !self.login.refused(token.as_ref()).await {
            return Ok(answer);
        }
        let token = self.login.token(&self.traffic).await?;
        self.pool.send(make(token.as_deref())?, LARGEST_BODY).await
    }
}

fn request(method: &Method, url: &Url, accept: &HeaderValue, token: Option<&SecretBytes>) -> Result<Request, ReadError> {
    let mut request = Request::new(method.clone(), url.clone());
    request.headers_mut().insert(ACCEPT, accept.clone());
    if let Some(token) = token {
        let value = Zeroizing::new([b"Bearer ", token.expose()].concat());
        let mut value = HeaderValue::from_bytes(&value).map_err(|_| ReadError::LoginRefused)?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Ok(request)
}

/// Whether Kubernetes accepts a name: lower-case letters, digits, `-` and `.`, which no path is changed by.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let ends_well = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    name.len() <= 253 && name.bytes().all(allowed) && ends_well(name.as_bytes().first()) && ends_well(name.as_bytes().last())
}

#[async_trait]
impl Provider for KubernetesStore {
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
        classify::lets_in(&self.get(self.url(&[])?, JSON).await?, &self.namespace)
    }

    async fn confirm_absence(&self, _key: &RemoteKey) -> Result<(), ReadError> {
        classify::namespace_uid(&self.get(self.url(&[])?, JSON).await?, &self.namespace).map(drop)
    }

    async fn store_id(&self) -> Option<String> {
        let uid = classify::namespace_uid(&self.get(self.url(&[]).ok()?, JSON).await.ok()?, &self.namespace).ok()?;
        let digest = Sha256::digest(format!("{}\n{uid}", self.pool.server()));
        Some(hex::encode(digest.get(..8).unwrap_or(&digest)))
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    async fn close(&self) {}

    fn traffic(&self) -> Traffic {
        self.traffic.snapshot()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("db", true)]
    #[case("sh.helm.release.v1.shop.v1", true)]
    #[case("", false)]
    #[case(".", false)]
    #[case("..", false)]
    #[case("a/b", false)]
    #[case("a%2fb", false)]
    #[case("-a", false)]
    #[case("a.", false)]
    #[case("Db", false)]
    #[case("a?watch=true", false)]
    fn names(#[case] name: &str, #[case] wanted: bool) {
        assert_eq!(is_name(name), wanted);
    }

    #[test]
    fn the_token_is_marked_sensitive_and_a_bad_one_is_refused() {
        let url = Url::parse("https://h/").unwrap();
        let with = |token: &[u8]| request(&Method::GET, &url, &JSON, Some(&SecretBytes::new(token.to_vec())));
        assert!(!format!("{:?}", with(b"canary").unwrap()).contains("canary"));
        assert_eq!(with(b"canary\n").unwrap_err(), ReadError::LoginRefused);
    }
}
