//! A cluster, and only when the command says so.
//!
//! Must never: forward an error of the client: it quotes the kubeconfig and the output of login programs, which
//! hold tokens.

pub(crate) mod key_secrets;
mod keys;
mod live_secret;
mod objects;
mod ownership;
mod refresh;
mod sealing_keys;
mod served;
mod which;
mod workloads;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

pub(crate) use keys::{PublishedKey, published_keys};
pub(crate) use live_secret::{LiveSecret, live_secret};
pub(crate) use objects::{listed, one};
pub(crate) use ownership::{Declaration, OwnedSecret, operator_is_at_work, owned_secrets, release};
pub(crate) use refresh::ask_for_refresh;
pub(crate) use sealing_keys::{SealingKeyAt, objects_sealed_to, retire, sealing_key_of, sealing_keys};
pub(crate) use served::{Kind, bridged_secrets, resource_of, served};
pub(crate) use which::WhichCluster;
pub(crate) use workloads::{Workload, workloads};

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

/// Why the cluster did not let somebody use a verb on a resource.
fn denied(error: &kube::Error, verb: &str, resource: &str, namespace: Option<&str>) -> Error {
    let place = namespace.map_or_else(|| "in the cluster as a whole".to_owned(), |namespace| format!("in namespace {namespace}"));
    match error {
        kube::Error::Api(status) if status.code == 403 => Error::Cluster(format!(
            "you may not {verb} {resource} {place} (HTTP 403); ask for a role with the verb {verb} on the resource {resource}"
        )),
        kube::Error::Api(status) if status.code == 404 => Error::Cluster(format!(
            "the cluster knows no {resource} (HTTP 404); check the context, and that Sealbridge is installed there"
        )),
        error => refusal(error, &format!("{verb} {resource} {place}")),
    }
}
