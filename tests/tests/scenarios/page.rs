//! The commands of a page of docs, run as somebody would who reads it. It must never run another command than the page
//! has, nor with the caller's own login, keys or Git settings.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sealbridge_tests::{Cluster, sibling_binary};
use sealbridge_xtask::parts::workspace_root;
use tokio::process::Command;

/// The shell commands of a page, one text for each fenced block.
pub(crate) fn commands<const N: usize>(page: &str) -> [String; N] {
    let text = std::fs::read_to_string(workspace_root().join(page)).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    let blocks: Vec<_> = blocks.collect();
    let count = blocks.len();
    blocks.try_into().unwrap_or_else(|_| panic!("{page} has {count} blocks of commands"))
}

/// A shell with kubectl, `seal` and `kubectl seal` on the PATH, logged in to a cluster.
#[derive(Clone)]
pub(crate) struct Shell {
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Shell {
    /// A shell in the checkout of this repository.
    pub(crate) fn of(cluster: &Cluster) -> Self {
        let shell = Self { folder: workspace_root().to_owned(), environment: Vec::new() };
        let administrator = cluster.administrator();
        let programs = [administrator.executable.clone(), sibling_binary("seal")];
        let folders = programs.iter().map(|program| program.parent().unwrap().to_owned());
        let path = env::join_paths(folders.chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();
        let shell = shell.with("PATH", path.to_str().unwrap());
        // Another cluster that once had this port may be remembered in the caller's own folder.
        let shell = shell.with("KUBECACHEDIR", administrator.cache.to_str().unwrap());
        shell.with("KUBECONFIG", cluster.kubeconfig().to_str().unwrap())
    }

    /// The same shell in a repository, as somebody whose home is `home`.
    pub(crate) fn in_repository(self, folder: &Path, home: &Path) -> Self {
        let mut shell = self.with("HOME", home.to_str().unwrap());
        for (name, value) in [("NAME", "somebody"), ("EMAIL", "somebody@example.com")] {
            shell = shell.with(&format!("GIT_AUTHOR_{name}"), value).with(&format!("GIT_COMMITTER_{name}"), value);
        }
        folder.clone_into(&mut shell.folder);
        shell
    }

    /// The same shell with a variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs a block; what it said, and that in the error too if a command failed.
    pub(crate) async fn run(&self, block: &str) -> Result<String, String> {
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", block])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(told) } else { Err(format!("{block}\n{told}")) }
    }

    /// Runs a block whose every command must succeed; what it said.
    pub(crate) async fn ok(&self, block: &str) -> String {
        self.run(block).await.unwrap_or_else(|told| panic!("{told}"))
    }
}
