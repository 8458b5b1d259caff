//! A real Kubernetes control plane on the loopback address: etcd, API server with RBAC and an audit log,
//! controller manager. One is shared by all scenarios of a process; a scenario that breaks things has its own.

mod control_plane;
mod kubectl;
mod login;

use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use sealbridge_xtask::parts::{Part, workspace_root};
use tokio::sync::OnceCell;

use crate::audit::Audit;
use crate::kwok::Nodes;
use crate::namespace::Namespace;
use crate::process::{Process, Program};
use crate::wait::eventually;
use crate::{provided, run};
use control_plane::Layout;
pub use kubectl::{Kubectl, Ran};
pub(crate) use login::Login;

/// How long the API server may take to answer after a start, on a machine that is busy with a build.
const START: Duration = Duration::from_secs(90);

/// A control plane, and ways to act on it and on its processes.
pub struct Cluster {
    layout: Layout,
    kubectl: Kubectl,
    etcd: Process,
    apiserver: Process,
    controller_manager: Option<Process>,
    nodes: OnceCell<Nodes>,
}

impl Cluster {
    /// The cluster that the scenarios of this process share. Nothing in it may be stopped.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Cluster> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start("shared", &[])).await
    }

    /// A cluster of one's own, whose processes may be stopped.
    pub async fn private() -> Self {
        Self::start(&run::unique("private"), &[]).await
    }

    /// [`Self::private`] in which watches of Secrets go on after a restart of the API server as if nothing had
    /// happened: they are served by etcd, since the API server's own memory begins anew.
    pub async fn private_that_remembers() -> Self {
        Self::start(&run::unique("private"), &["--watch-cache-sizes=secrets#0"]).await
    }

    async fn start(name: &str, flags: &[&str]) -> Self {
        crate::pki::install_crypto();
        let [etcd, apiserver, controller_manager, kubectl] =
            provided::executables([Part::Etcd, Part::KubeApiserver, Part::KubeControllerManager, Part::Kubectl]).await;
        let layout = Layout::write(name);
        let mut cluster = Self {
            etcd: layout.etcd(etcd).start(),
            apiserver: layout.apiserver(apiserver).args(flags.iter().copied()).start(),
            controller_manager: None,
            kubectl: Kubectl { executable: kubectl, kubeconfig: layout.kubeconfig.clone(), cache: layout.file("kubectl-cache") },
            nodes: OnceCell::new(),
            layout,
        };
        cluster.answers().await;
        // Before the controller manager, whose garbage collector otherwise learns of a kind half a minute late.
        cluster.install_definitions().await;
        cluster.controller_manager = Some(cluster.layout.controller_manager(controller_manager).start());
        cluster
    }

    async fn answers(&self) {
        let client = self.client().await;
        eventually(START, "the API server is ready", async || {
            assert!(
                !(self.apiserver.exit().is_some() || self.etcd.exit().is_some()),
                "{}\n{}",
                self.apiserver.describe(),
                self.etcd.describe()
            );
            let ready = http::Request::get("/readyz").body(Vec::new());
            let ready = client.request_text(ready.expect("a request")).await;
            ready.map_err(|error| format!("{error}; {}", self.apiserver.describe()))
        })
        .await;
    }

    /// Applies the CRDs of `deploy/` and waits until they are served.
    async fn install_definitions(&self) {
        for folder in ["deploy/crds", "deploy/dialects/sealed-secrets/crd", "deploy/dialects/external-secrets/crd"] {
            let folder = workspace_root().join(folder);
            if !folder.is_dir() {
                continue;
            }
            let how = if folder.join("kustomization.yaml").is_file() { "-k" } else { "-f" };
            let path = folder.to_str().expect("UTF-8");
            self.kubectl(&["apply", "--server-side", how, path]).await.ok();
            let wait = ["wait", "--for=condition=Established", "--timeout=60s", "--all", "crd"];
            self.kubectl(&wait).await.ok();
        }
    }

    /// A new client with the rights of an administrator. Each test needs its own: connections belong to the
    /// runtime of the test that made them.
    pub async fn client(&self) -> Client {
        admin(self.kubeconfig()).await.expect("a client")
    }

    /// The kubeconfig of an administrator.
    pub fn kubeconfig(&self) -> &Path {
        &self.layout.kubeconfig
    }

    /// Where the API server listens: `https://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.layout.url
    }

    /// A new namespace, deleted when the value is dropped.
    pub async fn namespace(&self, prefix: &str) -> Namespace<'_> {
        Namespace::create(self, prefix).await
    }

    /// The record of every request that the API server answered.
    pub fn audit(&self) -> Audit {
        Audit::of(self.layout.audit_log())
    }

    /// Has a node on which pods "run", and the scheduler that puts them there.
    pub async fn with_nodes(&self) -> &Self {
        self.nodes.get_or_init(|| Nodes::start(self)).await;
        self
    }

    /// Ends the API server at once (SIGKILL).
    pub async fn kill_apiserver(&self) {
        self.apiserver.kill().await;
    }

    /// Starts the API server again on the same data and waits until it answers.
    pub async fn start_apiserver(&self) {
        self.apiserver.start_again().await;
        self.answers().await;
    }

    /// Ends etcd at once (SIGKILL) and starts it again on the same data.
    pub async fn restart_etcd(&self) {
        self.etcd.kill().await;
        self.etcd.start_again().await;
    }

    /// Stops etcd from running (SIGSTOP): writes and reads hang.
    pub async fn pause_etcd(&self) {
        self.etcd.pause().await;
    }

    /// Lets etcd run on.
    pub async fn resume_etcd(&self) {
        self.etcd.resume().await;
    }

    /// Where etcd listens for clients, without TLS: for a compaction that makes watches fail with 410.
    pub fn etcd_url(&self) -> &str {
        &self.layout.etcd_url
    }

    pub(crate) fn scheduler(&self, executable: PathBuf) -> Program {
        self.layout.controller(executable, "kube-scheduler")
    }

    pub(crate) fn name(&self) -> &str {
        &self.layout.name
    }
}

/// A client that logs in as a kubeconfig of the harness says.
pub(crate) async fn admin(kubeconfig: &Path) -> Result<Client, Box<dyn std::error::Error + Send + Sync>> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}
