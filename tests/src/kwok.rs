//! A node on which pods "run" without a kubelet (kwok), and the real scheduler that puts them there.

use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use kube::Api;
use sealbridge_xtask::parts::{Part, provide};
use serde_json::json;

use crate::cluster::Cluster;
use crate::process::{Process, Program};
use crate::provided;
use crate::wait::eventually;

/// The one node's name.
const NODE: &str = "kwok";

/// The programs that make pods run.
pub(crate) struct Nodes {
    _scheduler: Process,
    _kwok: Process,
}

impl Nodes {
    pub(crate) async fn start(cluster: &Cluster) -> Self {
        let [scheduler, kwok] = provided::executables([Part::KubeScheduler, Part::Kwok]).await;
        let scheduler = cluster.scheduler(scheduler).start();
        let kwok = Program::new(format!("{}-kwok", cluster.name()), kwok)
            .arg(format!("--kubeconfig={}", cluster.kubeconfig().display()))
            .args(["--manage-all-nodes=true", "--node-lease-duration-seconds=40"])
            .args(stages().into_iter().map(|stage| format!("--config={}", stage.display())))
            .start();
        cluster.apply(&node()).await;
        let nodes = Api::<Node>::all(cluster.client().await);
        eventually(Duration::from_mins(1), "the node is ready", async || {
            let node = nodes.get(NODE).await.map_err(|error| error.to_string())?;
            let conditions = node.status.and_then(|status| status.conditions);
            let ready = conditions.iter().flatten().any(|condition| condition.type_ == "Ready" && condition.status == "True");
            ready.then_some(()).ok_or_else(|| kwok.describe())
        })
        .await;
        Self { _scheduler: scheduler, _kwok: kwok }
    }
}

fn stages() -> Vec<PathBuf> {
    let provided = provide(&[Part::Kwok]).expect("provided a moment ago");
    let folder = provided.beside(Part::Kwok, "stages").expect("asked for");
    let mut stages: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("stages").map(|entry| entry.expect("an entry").path()).collect();
    stages.sort();
    stages
}

fn node() -> String {
    let room = json!({"cpu": "1000", "memory": "1Ti", "pods": "10000"});
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"},
        },
        "status": {"allocatable": room, "capacity": room},
    })
    .to_string()
}
