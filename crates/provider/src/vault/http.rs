//! Requests as Vault's API takes them: its paths and headers.
//!
//! Must never: put a token where it is logged.

use std::sync::{Mutex, PoisonError};

use reqwest::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use reqwest::{Body, Certificate, Identity, Method, Request, Url};
use sealbridge_secret::SecretBytes;

use crate::ReadError;
pub(super) use crate::http::{Answer, Document};
use crate::http::{LARGEST_VALUE, Pool};

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
/// Without it a Vault agent that guards against forged requests refuses.
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");

/// How much of the cluster's state a server knows (Vault Enterprise).
const INDEX: HeaderName = HeaderName::from_static("x-vault-index");
/// What a server does that knows less than is asked for.
const INCONSISTENT: HeaderName = HeaderName::from_static("x-vault-inconsistent");
const FORWARD: HeaderValue = HeaderValue::from_static("forward-active-node");

/// Whether a header is set by the protocol or by other fields of the store.
pub(super) fn is_reserved(name: &HeaderName) -> bool {
    [HOST, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, TOKEN, NAMESPACE, REQUEST, INDEX, INCONSISTENT]
        .contains(name)
}

/// What is asked of servers that are behind their leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Consistency {
    /// To answer only once they know of the last login, renewal or push.
    pub(super) reads_own_writes: bool,
    /// To hand on what they cannot answer yet.
    pub(super) forwards: bool,
}

/// An API path below `/v1`, as segments that are encoded one by one, and its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    pub(super) query: Option<(&'static str, String)>,
}

impl Path {
    pub(super) fn new(segments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { segments: segments.into_iter().map(Into::into).collect(), query: None }
    }
}

/// A connection pool to one server.
pub(super) struct Http {
    pool: Pool,
    headers: HeaderMap,
    consistency: Consistency,
    /// What the last write answered of the cluster's state.
    written: Mutex<Option<HeaderValue>>,
}

impl Http {
    /// A pool to `server`, which trusts `roots` alone, or the system's where there are none, and shows `identity`.
    /// `headers` go with every request. Nothing if these are not certificates.
    pub(super) fn new(
        server: Url,
        roots: Option<Vec<Certificate>>,
        identity: Option<Identity>,
        headers: HeaderMap,
        consistency: Consistency,
    ) -> Option<Self> {
        Some(Self { pool: Pool::new(server, roots, identity)?, headers, consistency, written: Mutex::default() })
    }

    /// The server's address.
    pub(super) fn server(&self) -> &Url {
        self.pool.server()
    }

    /// Asks for `path`.
    pub(super) async fn get(&self, path: &Path, token: Option<&SecretBytes>, namespace: Option<&str>) -> Result<Answer, ReadError> {
        let request = self.request(Method::GET, path, token, namespace)?;
        self.send(request).await
    }

    /// Writes a JSON document to `path`.
    pub(super) async fn post(
        &self,
        path: &Path,
        token: Option<&SecretBytes>,
        namespace: Option<&str>,
        document: String,
    ) -> Result<Answer, ReadError> {
        let mut request = self.request(Method::POST, path, token, namespace)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(Body::from(document));
        self.send(request).await
    }

    /// A request to `path`, for the caller to add a body.
    pub(super) fn request(
        &self,
        method: Method,
        path: &Path,
        token: Option<&SecretBytes>,
        namespace: Option<&str>,
    ) -> Result<Request, ReadError> {
        let mut request = Request::new(method, self.url(path)?);
        let headers = request.headers_mut();
        headers.extend(self.headers.clone());
        if self.consistency.forwards {
            headers.insert(INCONSISTENT, FORWARD);
        }
        if let Some(index) = self.written.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            headers.insert(INDEX, index);
        }
        headers.insert(REQUEST, HeaderValue::from_static("true"));
        if let Some(token) = token {
            let mut value = HeaderValue::from_bytes(token.expose()).map_err(|_| ReadError::LoginRefused)?;
            value.set_sensitive(true);
            headers.insert(TOKEN, value);
        }
        if let Some(namespace) = namespace {
            let value = HeaderValue::from_str(namespace)
                .map_err(|_| ReadError::Misconfigured("the store's namespace holds characters that none can have; correct it"))?;
            headers.insert(NAMESPACE, value);
        }
        Ok(request)
    }

    fn url(&self, path: &Path) -> Result<Url, ReadError> {
        let mut url = self.pool.url(std::iter::once("v1").chain(path.segments.iter().map(String::as_str)))?;
        if let Some((name, value)) = &path.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        Ok(url)
    }

    /// Sends a request and takes in the whole answer, whatever its status.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, ReadError> {
        let notes = self.consistency.reads_own_writes && request.method() != Method::GET;
        let note = |headers: &HeaderMap| {
            if let Some(index) = headers.get(INDEX).filter(|_| notes) {
                *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(index.clone());
            }
        };
        self.pool.send_noting(request, LARGEST_VALUE, note).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn http(server: &str) -> Http {
        // Another test of this process may have been first.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        Http::new(Url::parse(server).unwrap(), None, None, HeaderMap::new(), Consistency::default()).unwrap()
    }

    #[rstest]
    #[case("http://h:1", &["kv", "data", "a"], "http://h:1/v1/kv/data/a")]
    #[case("http://h:1/", &["kv", "a"], "http://h:1/v1/kv/a")]
    #[case("http://h:1/prefix/", &["kv", "a"], "http://h:1/prefix/v1/kv/a")]
    #[case("http://h:1", &["kv", "a b", "c?d#e", "100%", "%2e%2e", "é"], "http://h:1/v1/kv/a%20b/c%3Fd%23e/100%25/%252e%252e/%C3%A9")]
    fn paths_are_encoded(#[case] server: &str, #[case] segments: &[&str], #[case] url: &str) {
        assert_eq!(http(server).url(&Path::new(segments.iter().copied())).unwrap().as_str(), url);
    }

    #[test]
    fn the_token_is_marked_sensitive_and_a_bad_one_is_refused() {
        let http = http("http://h:1");
        let path = Path::new(["kv"]);
        let request = http.request(Method::GET, &path, Some(&SecretBytes::new(b"canary".to_vec())), Some("team")).unwrap();
        assert!(!format!("{request:?}").contains("canary"));
        let newline = SecretBytes::new(b"canary\n".to_vec());
        assert_eq!(http.request(Method::GET, &path, Some(&newline), None).unwrap_err(), ReadError::LoginRefused);
    }

    proptest! {
        #[test]
        fn no_segment_reaches_outside_of_its_place(segment in "[^\u{0}-\u{1f}]{1,12}") {
            prop_assume!(segment != "." && segment != "..");
            let url = http("http://h:1").url(&Path::new(["kv", segment.as_str(), "end"])).unwrap();
            prop_assert_eq!(url.path_segments().unwrap().count(), 4);
            prop_assert!(url.path().starts_with("/v1/kv/") && url.path().ends_with("/end"));
            prop_assert_eq!((url.query(), url.fragment(), url.host_str()), (None, None, Some("h")));
        }
    }
}
