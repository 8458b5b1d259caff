//! A cluster, and only when the command says so.
//!
//! Must never: forward an error of the client: it quotes the kubeconfig and the output of login programs, which
//! hold tokens.

pub(crate) mod key_secrets;
mod keys;
mod ownership;
mod sealing_keys;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

pub(crate) use keys::{PublishedKey, published_keys};
pub(crate) use ownership::{OwnedSecret, operator_is_at_work, owned_secrets, release};
pub(crate) use sealing_keys::{SealingKeyAt, objects_sealed_to, retire, sealing_keys};

use crate::error::Error;

/// The namespace that the operator is installed in by default.
pub(crate) const OPERATOR_NAMESPACE: &str = "sealbridge-system";

/// A cluster with the login of a kubeconfig.
pub(crate) struct Cluster {
    client: Client,
    /// The namespace that the kubeconfig's context names, else `default`, as kubectl has it.
    pub(crate) namespace: String,
}

impl Cluster {
    /// The cluster of a kubeconfig context, or of the current one.
    pub(crate) async fn of(context: Option<&str>) -> Result<Self, Error> {
        let told = |what: &str| Error::Cluster(what.to_owned());
        let kubeconfig =
            Kubeconfig::read().map_err(|_| told("the kubeconfig cannot be read; check KUBECONFIG, and `kubectl config view`"))?;
        let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|_| {
            told("the kubeconfig does not say how to reach the cluster; check the context with `kubectl config get-contexts`")
        })?;
        let namespace = config.default_namespace.clone();
        let client = Client::try_from(config).map_err(|_| {
            told("the cluster cannot be asked: its certificates or login in the kubeconfig cannot be used; check them with kubectl")
        })?;
        Ok(Self { client, namespace })
    }
}

/// Waits for what the cluster answers.
pub(crate) fn wait_for<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    // A provider that another part has installed is as good.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::Runtime { cause: error.kind() })?.block_on(answer)
}

/// Why the cluster did not `do_what`.
fn refusal(error: &kube::Error, do_what: &str) -> Error {
    Error::Cluster(match error {
        kube::Error::Api(status) => {
            format!("the cluster refused to {do_what} (HTTP {}); log in, or ask for the right to it", status.code)
        }
        _ => "the cluster cannot be reached, or the login failed; check with `kubectl version`".to_owned(),
    })
}
