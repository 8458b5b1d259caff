//! Pods of a Deployment are scheduled and become ready, so that rollouts can be seen.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use sealbridge_tests::{Cluster, eventually};

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      automountServiceAccountToken: false
      containers: [{name: web, image: example.invalid/web}]
";

#[tokio::test]
async fn a_deployment_becomes_available() {
    let cluster = Cluster::shared().await.with_nodes().await;
    let namespace = cluster.namespace("pods").await;
    namespace.apply(DEPLOYMENT).await;
    let deployments = namespace.api::<Deployment>();
    eventually(Duration::from_secs(90), "three pods are available", async || {
        let web = deployments.get("web").await.map_err(|error| error.to_string())?;
        let status = web.status.unwrap_or_default();
        if status.available_replicas == Some(3) { Ok(()) } else { Err(format!("{status:?}")) }
    })
    .await;
}
