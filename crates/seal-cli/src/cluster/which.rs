//! Flags of verbs that ask a cluster only when they are told to.

/// Flags of verbs that ask a cluster only when they are told to.
#[derive(Debug, clap::Args)]
pub(crate) struct WhichCluster {
    /// Also ask the current cluster of the kubeconfig.
    #[arg(long, conflicts_with = "context")]
    cluster: bool,
    /// Also ask the cluster of this kubeconfig context.
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,
}

impl WhichCluster {
    /// Whether a cluster is to be asked.
    pub(crate) fn is_asked(&self) -> bool {
        self.cluster || self.context.is_some()
    }
}
