//! The way to the cluster: from a kubeconfig file, or as the pod's ServiceAccount.
//!
//! Must never: repeat a kubeconfig file in an error, since tokens and keys stand in it.

use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};

/// Why there is no way to the cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The file cannot be read or understood.
    #[error("the kubeconfig {} cannot be used; check that it exists and that kubectl --kubeconfig works with it", .0.display())]
    Kubeconfig(PathBuf),
    /// Neither a pod's ServiceAccount nor a kubeconfig was found.
    #[error("there is no cluster to work on; run as a pod, or name a file with --kubeconfig")]
    NoCluster,
}

/// How to reach the cluster.
///
/// # Errors
/// [`ClusterError`], without anything that stands in the file.
pub async fn config(kubeconfig: Option<&Path>) -> Result<Config, ClusterError> {
    let Some(path) = kubeconfig else {
        return Config::infer().await.map_err(|_| ClusterError::NoCluster);
    };
    let refused = || ClusterError::Kubeconfig(path.to_owned());
    let file = Kubeconfig::read_from(path).map_err(|_| refused())?;
    Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_broken_file_is_named_and_not_quoted() {
        let file = std::env::temp_dir().join(format!("sealbridge-kubeconfig-{}", std::process::id()));
        std::fs::write(&file, "users: [{name: a, user: {token: canary").unwrap();
        let error = config(Some(&file)).await.unwrap_err();
        std::fs::remove_file(&file).unwrap();
        let text = format!("{error} {error:?}");
        assert!(text.contains(file.to_str().unwrap()) && !text.contains("canary"), "{text}");
    }
}
