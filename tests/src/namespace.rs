//! A namespace that one test has for itself. It must never be shared: what a test sees in it, it made.

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Namespace as CoreNamespace;
use kube::api::{DeleteParams, ObjectMeta, PostParams};
use kube::{Api, Client, Resource};

use crate::cluster::{Cluster, Ran};
use crate::run::{background, unique};

/// A namespace with an administrator's client bound to it; deleted, without waiting, when dropped.
pub struct Namespace<'a> {
    cluster: &'a Cluster,
    client: Client,
    name: String,
}

impl<'a> Namespace<'a> {
    pub(crate) async fn create(cluster: &'a Cluster, prefix: &str) -> Self {
        let client = cluster.client().await;
        let name = unique(prefix);
        let namespace = CoreNamespace {
            metadata: ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() },
            ..CoreNamespace::default()
        };
        Api::all(client.clone()).create(&PostParams::default(), &namespace).await.expect("a namespace");
        Self { cluster, client, name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cluster that it is in.
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }

    /// The administrator's client.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Objects of one kind in it.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Runs kubectl as administrator with this as the namespace.
    pub async fn kubectl(&self, arguments: &[&str]) -> Ran {
        let bound = [&["--namespace", self.name.as_str()], arguments].concat();
        self.cluster.kubectl(&bound).await
    }

    /// [`Self::kubectl`] with a text on standard input.
    pub async fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let bound = [&["--namespace", self.name.as_str()], arguments].concat();
        self.cluster.kubectl_with_input(&bound, input).await
    }

    /// Server-side apply of YAML or JSON into it, as the field manager `tests`.
    ///
    /// # Panics
    /// If the API server refuses it.
    pub async fn apply(&self, manifests: &str) {
        self.try_apply(manifests).await.ok();
    }

    /// [`Self::apply`] for what the API server is to refuse.
    pub async fn try_apply(&self, manifests: &str) -> Ran {
        self.kubectl_with_input(&["apply", "--server-side", "--field-manager=tests", "-f", "-"], manifests).await
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        // On a client and a runtime of its own, since this test's end with the test.
        let (kubeconfig, name) = (self.cluster.kubeconfig().to_owned(), self.name.clone());
        background().spawn(async move {
            if let Ok(client) = crate::cluster::admin(&kubeconfig).await {
                // Only tidiness: all namespaces go with the API server.
                drop(Api::<CoreNamespace>::all(client).delete(&name, &DeleteParams::default()).await);
            }
        });
    }
}
