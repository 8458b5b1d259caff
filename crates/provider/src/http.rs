//! The one connection pool to a server: its own roots of trust, no redirects, no proxies, bounded bodies.
//!
//! Must never: follow the server elsewhere, read a body without end, or forward an HTTP library's error.

mod wiped_buffer;

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Body, Certificate, Client, ClientBuilder, Identity, Request, Url};
use zeroize::Zeroizing;

use crate::ReadError;
use crate::tls::refuses_certificate;
use wiped_buffer::WipedBuffer;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// The largest value, 1 MiB, and room for what the server writes around it.
pub(crate) const LARGEST_VALUE: usize = (1 << 20) + (64 << 10);
/// A usual body fits, and none that the server announces falsely takes memory in advance.
const USUAL_BODY: usize = 4 << 10;

const UNTRUSTED: ReadError =
    ReadError::Misconfigured("the store's certificate is not trusted; set caBundle or caProvider to the CA that issued it");

/// What the server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// A JSON document to send, as often as it has to be. Wiped with the last of the requests that it was put into; what the HTTP
/// library copies of it on the way out is not.
#[derive(Clone)]
pub(crate) struct Document(Bytes);

impl Document {
    /// Takes over the text's buffer without copying it.
    pub(crate) fn new(mut text: Zeroizing<String>) -> Self {
        Self(Bytes::from_owner(Zeroizing::new(std::mem::take(&mut *text).into_bytes())))
    }

    /// Makes it the body of a request.
    pub(crate) fn put_into(&self, request: &mut Request) {
        request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(Body::from(self.0.clone()));
    }
}

/// A connection pool to one server.
pub(crate) struct Pool {
    client: Client,
    server: Url,
}

impl Pool {
    /// A pool to `server`, which trusts `roots` alone, or the system's where there are none, and shows `identity`.
    /// Nothing if these are not certificates.
    pub(crate) fn new(server: Url, roots: Option<Vec<Certificate>>, identity: Option<Identity>) -> Option<Self> {
        Self::built(server, roots, identity, |builder| builder)
    }

    /// [`Self::new`] with more that a client is told.
    pub(crate) fn built(
        server: Url,
        roots: Option<Vec<Certificate>>,
        identity: Option<Identity>,
        more: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Option<Self> {
        let mut builder = Client::builder()
            .tls_backend_rustls()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(REQUEST_LIMIT);
        if server.scheme() == "https" {
            builder = builder.https_only(true);
        }
        if let Some(identity) = identity {
            builder = builder.identity(identity);
        }
        builder = match roots {
            Some(roots) => builder.tls_certs_only(roots),
            // Without TLS the system's roots need not be there.
            None if server.scheme() == "http" => builder.tls_certs_only(Vec::new()),
            None => builder,
        };
        Some(Self { client: more(builder).build().ok()?, server })
    }

    /// The server's address.
    pub(crate) fn server(&self) -> &Url {
        &self.server
    }

    /// The URL of a path below the server's, as segments that are encoded one by one.
    pub(crate) fn url<'s>(&self, segments: impl IntoIterator<Item = &'s str>) -> Result<Url, ReadError> {
        let mut url = self.server.clone();
        url.path_segments_mut().map_err(|()| ReadError::BadAnswer)?.pop_if_empty().extend(segments);
        Ok(url)
    }

    /// Sends a request and takes in the whole answer, whatever its status, of at most `largest` bytes.
    pub(crate) async fn send(&self, request: Request, largest: usize) -> Result<Answer, ReadError> {
        self.send_noting(request, largest, |_| {}).await
    }

    /// [`Self::send`], with `note` for the headers of the answer.
    pub(crate) async fn send_noting(
        &self,
        request: Request,
        largest: usize,
        note: impl FnOnce(&HeaderMap),
    ) -> Result<Answer, ReadError> {
        let mut response = self.client.execute(request).await.map_err(|error| transport(&error))?;
        note(response.headers());
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(seconds);
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
        if announced.is_some_and(|length| length > largest) {
            return Err(ReadError::TooLarge);
        }
        let mut body = WipedBuffer::new(announced.unwrap_or(0).clamp(USUAL_BODY, largest));
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
            if body.len() + chunk.len() > largest {
                return Err(ReadError::TooLarge);
            }
            body.append(&chunk);
        }
        Ok(Answer { status, retry_after, body: body.into_inner() })
    }
}

/// `Retry-After` in seconds; neither Vault nor the API server sends the form with a date.
fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// A certificate that is not trusted stays so until somebody acts; anything else may pass.
fn transport(error: &reqwest::Error) -> ReadError {
    if refuses_certificate(error) { UNTRUSTED } else { ReadError::Unavailable }
}
