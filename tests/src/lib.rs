//! The harness: real parts for scenarios to act on, one file per actor. It must never hold a scenario, and
//! never stand in for a part: what answers here is the real program, except where a fault is injected.
//!
//! ```text
//! scenario ─▶ Cluster   etcd, kube-apiserver, controller manager (one set a process, one namespace a test)
//!          ├▶ Operator  the binary under test, logged in as its own ServiceAccount
//!          ├▶ Bao       OpenBao; Moto: AWS; Ldap: slapd; Recorder: proxy that counts, or a hostile server
//!          └▶ eventually, SecretHistory, Audit: what was seen
//!             every program is held by a part-guard, which ends it when this process is gone
//! ```
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use k8s_openapi::api::core::v1::Secret;
//! use sealbridge_tests::{Bao, Cluster, Operator, eventually};
//!
//! # async fn scenario() {
//! let cluster = Cluster::shared().await;
//! let namespace = cluster.namespace("sync").await;
//! let bao = Bao::shared().await;
//! let mount = bao.kv2("sync").await;
//! mount.put("shop/db", &[("password", "before")]).await;
//! let operator = Operator::of(cluster).watch(&namespace).start().await;
//! namespace.apply(&format!("…a SecretStore at {}, a BridgedSecret…", bao.url())).await;
//! let secrets = namespace.api::<Secret>();
//! eventually(Duration::from_secs(20), "the Secret exists", async || {
//!     secrets.get("checkout").await.map_err(|error| error.to_string())
//! })
//! .await;
//! assert_eq!(operator.requests().await.of("secrets", &["get"]).count(), 0);
//! # }
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a harness fails its test by panicking, with the reason in the message"
)]

mod age_vectors;
pub mod audit;
pub mod bao;
mod cluster;
mod issuer;
mod keyboard;
mod kubeseal;
mod kwok;
mod ldap;
mod moto;
mod namespace;
mod operator;
mod pki;
mod ports;
mod process;
mod provided;
mod recorder;
mod run;
mod seal;
mod sops;
mod spoken;
mod template_oracle;
mod wait;
mod watcher;

pub use age_vectors::AgeVector;
pub use audit::Audit;
pub use bao::Bao;
pub use cluster::{Cluster, Kubectl, Ran};
pub use issuer::Issuer;
pub use kubeseal::{Kubeseal, SealedSecretsKey};
pub use ldap::Ldap;
pub use moto::Moto;
pub use namespace::Namespace;
pub use operator::{Operator, OperatorBuilder};
pub use pki::{IssuedCertificate, TestCa};
pub use ports::free as free_port;
pub use process::{Process, Program, sibling_binary};
pub use recorder::{Answer, Recorded, Recorder};
pub use run::background;
pub use seal::Seal;
pub use sops::Sops;
pub use spoken::Spoken;
pub use template_oracle::{Question, TemplateOracle};
pub use wait::{eventually, try_eventually};
pub use watcher::SecretHistory;
