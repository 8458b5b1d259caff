//! The cluster in which the demo takes place. It must never be one that was not named.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sealbridge_tests::{Cluster, Kubectl, Ran};
use sealbridge_xtask::parts::{self, Part};
use tempfile::TempDir;

use crate::telling::say;

/// A cluster, and the login of an administrator.
pub(crate) struct Place {
    kubectl: Kubectl,
    /// Ends with this value, if it is the demo's own.
    _own: Option<Cluster>,
    /// Files of the demo, removed with this value.
    folder: TempDir,
}

impl Place {
    /// A cluster of the demo's own, on this machine.
    pub(crate) async fn own() -> Result<Self> {
        say("start a Kubernetes API server with its controllers and a node (kwok), on this machine");
        let cluster = Cluster::private().await;
        cluster.with_nodes().await;
        Ok(Self { kubectl: cluster.administrator().clone(), _own: Some(cluster), folder: folder()? })
    }

    /// The cluster of a context of the caller's kubeconfig.
    pub(crate) async fn named(context: &str) -> Result<Self> {
        say(format!("use the cluster of context {context}"));
        let folder = folder()?;
        let executable = parts::provide(&[Part::Kubectl])?.path(Part::Kubectl)?.to_owned();
        let kubeconfig = folder.path().join("kubeconfig");
        let view = std::process::Command::new(&executable)
            .args(["config", "view", "--raw", "--minify", "--flatten", "--context", context])
            .output()
            .context("kubectl cannot be started")?;
        ensure!(view.status.success(), "context {context} is not in your kubeconfig; `kubectl config get-contexts` lists them");
        write_private(&kubeconfig, &view.stdout)?;
        let kubectl = Kubectl { executable, kubeconfig, cache: folder.path().join("cache") };
        let found =
            done(kubectl.run(&["get", "crd", "bridgedsecrets.sealbridge.dev", "--ignore-not-found", "--output=name"]).await)?;
        ensure!(found.is_empty(), "Sealbridge is installed in the cluster of context {context}; the demo needs one without it");
        Ok(Self { kubectl, _own: None, folder })
    }

    /// The kubeconfig of an administrator.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubectl.kubeconfig
    }

    /// A file of the demo.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs kubectl, which must succeed; its output.
    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        done(self.kubectl.run(arguments).await)
    }

    /// Server-side apply of documents.
    pub(crate) async fn apply(&self, documents: &str) -> Result<()> {
        done(self.kubectl.run_with_input(&["apply", "--server-side", "--filename=-"], documents).await).map(drop)
    }

    /// Runs kubectl with documents as its input.
    pub(crate) async fn kubectl_with_input(&self, arguments: &[&str], documents: &str) -> Result<String> {
        done(self.kubectl.run_with_input(arguments, documents).await)
    }
}

fn done(ran: Ran) -> Result<String> {
    ensure!(ran.success, "{ran}");
    Ok(ran.stdout)
}

fn folder() -> Result<TempDir> {
    TempDir::with_prefix("sealbridge-demo-").context("there is no folder for temporary files")
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(content)?)
}
