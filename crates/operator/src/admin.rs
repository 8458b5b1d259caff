//! The operator's own HTTP surface: alive, ready, metrics.
//!
//! Must never: open or show a value, or take anything from who asks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::metrics::Metrics;
use crate::shutdown::Shutdown;

/// What has to be there before the operator is ready. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Mutex<Vec<&'static str>>>);

/// One thing that is awaited.
#[derive(Debug)]
pub struct Gate {
    readiness: Readiness,
    name: &'static str,
}

impl Readiness {
    /// Makes readiness wait for `name` until the gate is opened.
    #[must_use]
    pub fn gate(&self, name: &'static str) -> Gate {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        Gate { readiness: self.clone(), name }
    }

    fn awaited(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gate {
    /// What was awaited is there.
    pub fn open(self) {
        self.readiness.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|name| *name != self.name);
    }
}

/// Why the surface could not be served.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}; choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
    /// Serving ended.
    #[error("serving on {address} ended; the operator is started again")]
    Ended {
        /// The address.
        address: SocketAddr,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
}

/// Brings counts that are kept elsewhere into [`Metrics`], each time before they are read.
pub type Collect = Arc<dyn Fn(&Metrics) + Send + Sync>;

#[derive(Clone)]
struct Surface {
    metrics: Arc<Metrics>,
    collect: Collect,
    readiness: Readiness,
}

/// Serves `/healthz`, `/readyz` and `/metrics` until `shutdown`.
///
/// # Errors
/// [`AdminError`].
pub async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    collect: Collect,
    readiness: Readiness,
    shutdown: Shutdown,
) -> Result<(), AdminError> {
    let listener = TcpListener::bind(address).await.map_err(|source| AdminError::Listen { address, source })?;
    tracing::info!(address = listener.local_addr().map(|at| at.to_string()).unwrap_or_default(), "serving health and metrics");
    axum::serve(listener, router(Surface { metrics, collect, readiness }))
        .with_graceful_shutdown(async move { shutdown.requested().await })
        .await
        .map_err(|source| AdminError::Ended { address, source })
}

fn router(surface: Surface) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(surface)
}

async fn ready(State(surface): State<Surface>) -> impl IntoResponse {
    let awaited = surface.readiness.awaited();
    if awaited.is_empty() {
        return (StatusCode::OK, "ok\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("waiting for {}\n", awaited.join(", ")))
}

async fn metrics(State(surface): State<Surface>) -> impl IntoResponse {
    (surface.collect)(&surface.metrics);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], surface.metrics.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_every_gate_is_open() {
        let readiness = Readiness::default();
        let (stores, lease) = (readiness.gate("stores"), readiness.gate("lease"));
        assert_eq!(readiness.awaited(), ["stores", "lease"]);
        lease.open();
        assert_eq!(readiness.awaited(), ["stores"]);
        stores.open();
        assert!(readiness.awaited().is_empty());
    }
}
