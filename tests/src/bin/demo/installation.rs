//! `deploy/` in the cluster, and the operator of this checkout under its ServiceAccount. It must never leave
//! anything of it behind.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use sealbridge_tests::{Process, Program, free_port, sibling_binary, try_eventually};
use serde_json::{Value, json};

use crate::place::{Place, write_private};
use crate::telling::{say, show, typed};

const OVERLAY: &str = "deploy/overlays/dev";
/// The operator's own namespace and ServiceAccount in `deploy/`.
const HOME: &str = "sealbridge-system";
const ACCOUNT: &str = "sealbridge-operator";
const SOON: Duration = Duration::from_mins(1);

/// What `deploy/` says, and the operator's process.
pub(crate) struct Installation {
    manifests: String,
    operator: Option<Process>,
}

impl Installation {
    /// Reads what is to be applied.
    pub(crate) async fn new(place: &Place) -> Result<Self> {
        let rendered = place.kubectl(&["kustomize", OVERLAY]).await?;
        let mut items: Vec<Value> = serde_saphyr::from_multiple(&rendered).map_err(|error| anyhow!("{OVERLAY}: {error}"))?;
        items.retain(|item| item["kind"] != "Deployment");
        let manifests = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
        Ok(Self { manifests, operator: None })
    }

    /// Applies it.
    pub(crate) async fn apply(&self, place: &Place) -> Result<()> {
        say("apply deploy/: CRDs, ServiceAccount, rights");
        typed(format!("kubectl apply --server-side -k {OVERLAY}"));
        place.apply(&self.manifests).await?;
        show("(without the Deployment: the operator runs from this checkout, under the same ServiceAccount)");
        place.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "--all", "crd"]).await.map(drop)
    }

    /// Starts the operator and waits until it is ready.
    pub(crate) async fn start_operator(&mut self, place: &Place) -> Result<()> {
        say("start the operator as its ServiceAccount");
        let login = place.file("operator.kubeconfig");
        write_private(&login, login_of_operator(place).await?.to_string().as_bytes())?;
        let address = format!("127.0.0.1:{}", free_port());
        let arguments = [format!("--namespace={HOME}"), format!("--listen={address}"), "--create-key".to_owned()];
        typed(format!("sealbridge-operator {}", arguments.join(" ")));
        let operator = Program::new("demo-operator", sibling_binary("sealbridge-operator"))
            .clean_environment()
            .arg(format!("--kubeconfig={}", login.display()))
            .args(arguments)
            .start();
        let ready = try_eventually(SOON, "the operator is ready", async || {
            let answer = reqwest::get(format!("http://{address}/readyz")).await;
            answer.and_then(reqwest::Response::error_for_status).map_err(|_| operator.describe())
        });
        ready.await.map_err(|error| anyhow!(error))?;
        self.operator = Some(operator);
        Ok(())
    }

    /// Ends the operator and removes the namespace of the story and everything that was applied.
    pub(crate) async fn remove(&mut self, place: &Place, namespace: &str) -> Result<()> {
        place.kubectl(&["delete", "namespace", namespace, "--ignore-not-found", "--timeout=60s"]).await?;
        if let Some(operator) = &mut self.operator {
            operator.stop().await;
        }
        let delete = ["delete", "--ignore-not-found", "--timeout=60s", "--filename=-"];
        place.kubectl_with_input(&delete, &self.manifests).await.context("what was applied is not all removed").map(drop)
    }
}

/// The administrator's kubeconfig with a token of the ServiceAccount in place of the login.
async fn login_of_operator(place: &Place) -> Result<Value> {
    let token = place.kubectl(&["--namespace", HOME, "create", "token", ACCOUNT, "--duration=24h"]).await?;
    let text = place.kubectl(&["config", "view", "--raw", "--minify", "--flatten", "--output=json"]).await?;
    let mut login: Value = serde_json::from_str(&text).context("kubectl did not write JSON")?;
    let user = login.pointer_mut("/users/0/user").context("the kubeconfig has no user")?;
    *user = json!({"token": token.trim()});
    Ok(login)
}
