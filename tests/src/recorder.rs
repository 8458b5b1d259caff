//! A loopback HTTP server that records every request: in front of a real part it counts and passes on, by
//! itself it is the server that lies, stalls or hangs up. It must never be used where a real part could answer.

mod answer;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::pki::install_crypto;
use crate::run::background;
pub use answer::Answer;

/// A request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// `GET`, `POST`, ….
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as text where it is text.
    pub body: String,
}

impl Recorded {
    /// The first header of a name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The operation of an AWS request: `BatchGetSecretValue`.
    pub fn aws_operation(&self) -> Option<&str> {
        self.header("x-amz-target")?.split_once('.').map(|(_, operation)| operation)
    }
}

/// A recording server; it ends when dropped.
pub struct Recorder {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    answer: Mutex<Answer>,
    requests: Mutex<Vec<Recorded>>,
    accepted: AtomicUsize,
    open: AtomicUsize,
    upstream: reqwest::Client,
}

impl Recorder {
    /// A server in front of another, given by its address: `http://127.0.0.1:PORT`.
    pub async fn proxy(upstream: &str) -> Self {
        Self::answering(Answer::From(upstream.to_owned())).await
    }

    /// A server that gives one answer to everything.
    pub async fn answering(answer: Answer) -> Self {
        install_crypto();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let listener = listener.into_std().expect("a socket");
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            requests: Mutex::default(),
            accepted: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            upstream: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client"),
        });
        let server = background().spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, server }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what it answers from the next request on.
    pub fn answer(&self, answer: Answer) {
        *lock(&self.shared.answer) = answer;
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.requests).clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.shared.requests).clear();
    }

    /// How many connections were ever accepted.
    pub fn connections_accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many connections are open.
    pub fn connections_open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("a socket that does not block");
    // Connections end with the server.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        shared.accepted.fetch_add(1, Ordering::SeqCst);
        connections.spawn(connection(stream, Arc::clone(&shared)));
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let open = Open::count(&shared);
    let service = service_fn(|request| respond(request, Arc::clone(&shared)));
    // A connection that breaks is what some answers are for.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
    drop(open);
}

async fn respond(request: hyper::Request<Incoming>, shared: Arc<Shared>) -> Result<answer::Response, answer::HangUp> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_or_else(|_| bytes::Bytes::new(), http_body_util::Collected::to_bytes);
    lock(&shared.requests).push(Recorded {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.to_string(), value.into_owned())
            })
            .collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let answer = lock(&shared.answer).clone();
    answer.give(&shared.upstream, &parts, body).await
}

/// Counts one open connection while it lives.
struct Open<'a>(&'a Shared);

impl<'a> Open<'a> {
    fn count(shared: &'a Shared) -> Self {
        shared.open.fetch_add(1, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
