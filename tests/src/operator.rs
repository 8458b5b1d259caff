//! The operator under test: the real binary, logged in as its own `ServiceAccount` with the RBAC of `deploy/`.
//! It must never run with an administrator's rights.

mod rbac;

use std::time::{Duration, Instant};

use crate::audit::{Mark, Requests};
use crate::cluster::{Cluster, Login};
use crate::namespace::Namespace;
use crate::pki::install_crypto;
use crate::ports;
use crate::process::{Process, Program, built};
use crate::run::unique;
use crate::wait::eventually;

/// The `ServiceAccount` of `deploy/base`.
const SERVICE_ACCOUNT: &str = "sealbridge-operator";

/// The operator's own namespace in `deploy/base`.
const HOME: &str = "sealbridge-system";

/// How long the operator may take until it is ready.
const START: Duration = Duration::from_mins(1);

/// As many lines of its log a failed test shows.
const COMPLAINTS: usize = 20;

/// How to start an operator.
pub struct OperatorBuilder<'a> {
    cluster: &'a Cluster,
    watched: Vec<String>,
    home: Option<String>,
    flags: Vec<String>,
    environment: Vec<(String, String)>,
}

/// A running operator; ended, with its data, when dropped.
pub struct Operator<'a> {
    process: Process,
    cluster: &'a Cluster,
    _home: Option<Namespace<'a>>,
    home: String,
    login: Login,
    address: String,
    started: Mark,
    spawned: Instant,
}

impl<'a> Operator<'a> {
    /// An operator for a cluster, to be told more before it starts.
    pub fn of(cluster: &'a Cluster) -> OperatorBuilder<'a> {
        OperatorBuilder { cluster, watched: Vec::new(), home: None, flags: Vec::new(), environment: Vec::new() }
    }
}

impl<'a> OperatorBuilder<'a> {
    /// Has it watch a namespace; without any it watches all, which only a private cluster allows.
    #[must_use]
    pub fn watch(mut self, namespace: &Namespace<'_>) -> Self {
        self.watched.push(namespace.name().to_owned());
        self
    }

    /// Gives it another operator's own namespace, as replicas of one Deployment have.
    #[must_use]
    pub fn beside(mut self, other: &Operator<'_>) -> Self {
        self.home = Some(other.home.clone());
        self
    }

    /// Gives it the namespace of `deploy/`, which the scenario has applied to its private cluster.
    #[must_use]
    pub fn as_installed(mut self) -> Self {
        self.home = Some(HOME.to_owned());
        self
    }

    /// Adds a flag.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Sets a variable of its environment, which otherwise holds PATH only.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Starts it and waits until it is ready.
    pub async fn start(self) -> Operator<'a> {
        let operator = self.start_unready().await;
        operator.ready().await;
        operator
    }

    /// Starts it without waiting, for an operator that cannot become ready.
    pub async fn start_unready(self) -> Operator<'a> {
        install_crypto();
        let (namespace, home) = if let Some(home) = self.home {
            (None, home)
        } else {
            let namespace = self.cluster.namespace("operator").await;
            let home = namespace.name().to_owned();
            rbac::apply(self.cluster, &home).await;
            (Some(namespace), home)
        };
        let login = self.cluster.service_account_login(&home, SERVICE_ACCOUNT).await;
        let address = format!("127.0.0.1:{}", ports::free());
        let started = self.cluster.audit().mark();
        let mut program = Program::new(unique("operator"), built("sealbridge-operator", "sealbridge-operator"))
            .clean_environment()
            .env("SEALBRIDGE_LOG", "debug")
            .args(arguments(&login, &home, &address, &self.watched))
            .args(self.flags);
        for (name, value) in self.environment {
            program = program.env(name, value);
        }
        let spawned = Instant::now();
        Operator { process: program.start(), cluster: self.cluster, _home: namespace, home, login, address, started, spawned }
    }
}

/// The one place that knows the operator's flags.
fn arguments(login: &Login, home: &str, address: &str, watched: &[String]) -> Vec<String> {
    let mut arguments =
        vec![format!("--kubeconfig={}", login.kubeconfig.display()), format!("--namespace={home}"), format!("--listen={address}")];
    arguments.extend(watched.iter().map(|namespace| format!("--watch-namespace={namespace}")));
    arguments
}

impl Operator<'_> {
    /// Waits until it says that it is ready.
    pub async fn ready(&self) {
        eventually(START, "the operator is ready", async || {
            if let Some(status) = self.process.exit() {
                panic!("the operator ended ({status}): {}", self.process.describe());
            }
            self.get("/readyz").await
        })
        .await;
    }

    /// Asks it to end (SIGTERM) and waits; returns how it ended.
    pub async fn stop(&mut self) -> String {
        self.process.stop().await
    }

    /// Ends it at once (SIGKILL).
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again with the same flags and waits until it is ready.
    pub async fn start_again(&mut self) {
        self.process.start_again().await;
        self.ready().await;
    }

    /// Stops it from running (SIGSTOP), as a node does that hangs.
    pub async fn pause(&self) {
        self.process.pause().await;
    }

    /// Lets it run on.
    pub async fn resume(&self) {
        self.process.resume().await;
    }

    /// How it ended by itself, once it has.
    pub fn exit(&self) -> Option<String> {
        self.process.exit()
    }

    /// Waits until it has ended by itself; returns how.
    pub async fn ended(&self) -> String {
        self.process.ended().await
    }

    /// When its process was first started, without what was set up for it.
    pub fn spawned(&self) -> Instant {
        self.spawned
    }

    /// Its own namespace.
    pub fn namespace(&self) -> &str {
        &self.home
    }

    /// The token by which it talks to the API server, to be looked for where it may not be.
    pub fn token(&self) -> String {
        let kubeconfig = std::fs::read(&self.login.kubeconfig).expect("its kubeconfig");
        let kubeconfig: serde_json::Value = serde_json::from_slice(&kubeconfig).expect("JSON");
        kubeconfig["users"][0]["user"]["token"].as_str().expect("a token").to_owned()
    }

    /// How the API server names its ServiceAccount.
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:{SERVICE_ACCOUNT}", self.home)
    }

    /// Resident memory in KiB: `VmRSS`, `RssAnon`.
    pub fn memory(&self, kind: &str) -> u64 {
        self.process.memory(kind)
    }

    /// Everything that it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.process.log()).unwrap_or_default()
    }

    /// The text of `/metrics`.
    pub async fn metrics(&self) -> String {
        self.get("/metrics").await.expect("metrics")
    }

    /// The body of a path of its own HTTP server.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub async fn get(&self, path: &str) -> Result<String, String> {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await;
        let answer = answer.map_err(|error| format!("{error}; {}", self.process.describe()))?;
        let status = answer.status();
        let body = answer.text().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(body) } else { Err(format!("{status}: {body}; {}", self.process.describe())) }
    }

    /// Every request that this operator, and no other, sent to the API server since it first started.
    pub async fn requests(&self) -> Requests {
        self.requests_since(self.started).await
    }

    /// Those since a mark of [`crate::Audit::mark`].
    pub async fn requests_since(&self, mark: Mark) -> Requests {
        let requests = self.cluster.audit().since(mark).await;
        requests.with_credential(&self.login.credential)
    }
}

impl Drop for Operator<'_> {
    /// What a failed test says ends with what its operators had to complain of: logs are lost with the machine of a CI.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let log = self.log();
        let complaints: Vec<&str> = log.lines().filter(|line| !line.contains(r#""level":"INFO""#)).collect();
        let (_, last) = complaints.split_at(complaints.len().saturating_sub(COMPLAINTS));
        eprintln!("the last of {} complaints of the operator in {}:\n{}", complaints.len(), self.home, last.join("\n"));
    }
}
