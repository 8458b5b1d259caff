//! The real kubectl against a cluster, its output and status kept. It must never read the caller's own
//! kubeconfig or write to the home folder.

use std::fmt;
use std::path::PathBuf;

use tokio::process::Command;

use super::Cluster;
use crate::spoken::fed;

/// kubectl with a login.
#[derive(Clone, Debug)]
pub struct Kubectl {
    /// The program.
    pub executable: PathBuf,
    /// Which cluster it talks to, and as whom.
    pub kubeconfig: PathBuf,
    /// A folder for what it remembers of the API server.
    pub cache: PathBuf,
}

/// How a run of kubectl ended.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The arguments.
    pub arguments: String,
    /// Whether its status was 0.
    pub success: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Standard output of a run that must have succeeded.
    ///
    /// # Panics
    /// With both outputs, if it failed.
    pub fn ok(self) -> String {
        assert!(self.success, "{self}");
        self.stdout
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = if self.success { "succeeded" } else { "failed" };
        write!(f, "kubectl {} {ended}\n{}{}", self.arguments, self.stdout, self.stderr)
    }
}

impl Kubectl {
    /// Runs it.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, "").await
    }

    /// Runs it with text on standard input, for `-f -`.
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = Command::new(&self.executable);
        command.args(arguments).env("KUBECONFIG", &self.kubeconfig).env("KUBECACHEDIR", &self.cache);
        let output = fed(&mut command, input.as_bytes()).await;
        Ran {
            arguments: arguments.join(" "),
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Cluster {
    /// kubectl, logged in as administrator.
    pub fn administrator(&self) -> &Kubectl {
        &self.kubectl
    }

    /// Runs kubectl as administrator.
    pub async fn kubectl(&self, arguments: &[&str]) -> Ran {
        self.kubectl.run(arguments).await
    }

    /// Runs kubectl as administrator with text on standard input, for `-f -`.
    pub async fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        self.kubectl.run_with_input(arguments, input).await
    }

    /// Server-side apply of YAML or JSON, several documents if need be, as the field manager `tests`.
    ///
    /// # Panics
    /// If the API server refuses it.
    pub async fn apply(&self, manifests: &str) {
        let apply = ["apply", "--server-side", "--field-manager=tests", "-f", "-"];
        self.kubectl_with_input(&apply, manifests).await.ok();
    }
}
