//! What a recorder answers: a real part's answer, or one of the ways in which a server can be hostile.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, TRANSFER_ENCODING};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

/// An answer with whatever kind of body.
pub(super) type Response = hyper::Response<BoxBody<Bytes, HangUp>>;

/// Ends the connection without (the rest of) an answer.
#[derive(Debug)]
pub(super) struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the recorder hangs up")
    }
}

impl std::error::Error for HangUp {}

/// What a recorder answers to a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// What the server at this address answers.
    From(String),
    /// What the server at this address answers, that much later.
    Late(Duration, String),
    /// A status with a JSON body.
    Json(u16, String),
    /// A status with headers and a body.
    With(u16, Vec<(String, String)>, String),
    /// An HTML page with status 200, as captive portals and login pages give.
    Html,
    /// Status 200 and a body that does not end.
    Endless,
    /// A redirect (307) to an address.
    Redirect(String),
    /// The connection is closed without an answer.
    HangUp,
    /// No answer, and the connection stays open.
    Silence,
}

impl Answer {
    pub(super) async fn give(
        self,
        upstream: &reqwest::Client,
        request: &http::request::Parts,
        body: Bytes,
    ) -> Result<Response, HangUp> {
        match self {
            Self::From(address) => pass_on(upstream, &address, request, body).await,
            Self::Late(delay, address) => {
                tokio::time::sleep(delay).await;
                pass_on(upstream, &address, request, body).await
            }
            Self::Json(status, body) => whole(status, "application/json", body.into()),
            Self::With(status, headers, body) => {
                let mut response = hyper::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.body(full(body.into())).map_err(|_| HangUp)
            }
            Self::Html => {
                let page = "<!doctype html><html><body><h1>Sign in</h1></body></html>";
                whole(200, "text/html", page.into())
            }
            Self::Endless => {
                let chunk = Bytes::from(vec![b' '; 64 * 1024]);
                let frames = stream::repeat_with(move || Ok(Frame::data(chunk.clone())));
                hyper::Response::builder()
                    .header(CONTENT_TYPE, "application/json")
                    .body(StreamBody::new(frames).boxed())
                    .map_err(|_| HangUp)
            }
            Self::Redirect(address) => {
                hyper::Response::builder().status(307).header(LOCATION, address).body(full(Bytes::new())).map_err(|_| HangUp)
            }
            Self::HangUp => Err(HangUp),
            Self::Silence => std::future::pending().await,
        }
    }
}

fn whole(status: u16, kind: &str, body: Bytes) -> Result<Response, HangUp> {
    hyper::Response::builder().status(status).header(CONTENT_TYPE, kind).body(full(body)).map_err(|_| HangUp)
}

fn full(body: Bytes) -> BoxBody<Bytes, HangUp> {
    Full::new(body).map_err(|never| match never {}).boxed()
}

async fn pass_on(
    upstream: &reqwest::Client,
    address: &str,
    request: &http::request::Parts,
    body: Bytes,
) -> Result<Response, HangUp> {
    let mut headers = request.headers.clone();
    // These belong to one connection each.
    for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let answer = upstream
        .request(request.method.clone(), format!("{address}{}", request.uri))
        .headers(headers)
        .body(body)
        .send()
        .await
        .map_err(|_| HangUp)?;
    let status = answer.status();
    let headers = answer.headers().clone();
    let body = answer.bytes().await.map_err(|_| HangUp)?;
    let mut response = hyper::Response::new(full(body));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    Ok(response)
}
