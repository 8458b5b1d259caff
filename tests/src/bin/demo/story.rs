//! The acts: seal, apply, look, change at the source, edit by hand. It must never go on when something was not
//! as told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Seal, try_eventually};
use serde_json::{Value, json};

use crate::place::Place;
use crate::sources::Sources;
use crate::telling::{say, show, typed};

/// Where the demo's objects are.
pub(crate) const NAMESPACE: &str = "sealbridge-demo";
const SOON: Duration = Duration::from_mins(2);

/// As a developer writes it; the sealed entry is added by `seal set`.
const MANIFEST: &str = "\
apiVersion: sealbridge.dev/v1
kind: BridgedSecret
metadata:
  name: checkout
  namespace: sealbridge-demo
spec:
  refreshInterval: 10s
  data:
    LOG_LEVEL: {plain: info}
    DB_PASSWORD: {secretStoreRef: {name: vault}, remoteRef: {key: shop/db, property: password}}
    AWS_TOKEN: {secretStoreRef: {name: aws}, remoteRef: {key: shop/token}}
  target: {name: checkout-env}
  rollout: [{kind: Deployment, name: checkout}]
";

type Entries = BTreeMap<String, String>;

/// The demo's objects in the cluster, and the folder of its developer.
pub(crate) struct Story<'a> {
    place: &'a Place,
    sources: &'a Sources,
    developer: Seal,
}

impl<'a> Story<'a> {
    pub(crate) fn new(place: &'a Place, sources: &'a Sources) -> Result<Self> {
        let kubeconfig = place.kubeconfig().to_str().context("the kubeconfig's path is not UTF-8")?;
        Ok(Self { place, sources, developer: Seal::new().env("KUBECONFIG", kubeconfig) })
    }

    /// Plays all acts; returns what was seen, in a line.
    pub(crate) async fn play(&self) -> Result<String> {
        let mount = self.sources.mount().await;
        mount.put("shop/db", &[("password", "from-vault-1")]).await;
        self.sources.put_into_aws("shop/token", "from-aws").await;
        self.seal_a_value().await?;
        self.apply(&mount).await?;
        let pods = self.ready_pods().await?;

        say("change the password in Vault: the Secret and the pods follow");
        typed("bao kv put shop/db password=from-vault-2");
        let began = Instant::now();
        mount.put("shop/db", &[("password", "from-vault-2")]).await;
        self.shows(&[("DB_PASSWORD", "from-vault-2")]).await?;
        let followed = began.elapsed();
        let replaced = self.pods_other_than(&pods).await?;
        show(&format!("the Secret followed after {:.1} s; new pods: {}", followed.as_secs_f64(), join(&replaced)));

        let healed = self.edit_by_hand().await?;
        Ok(format!(
            "as told: 4 entries from Vault, AWS, a sealed value and plain text in one Secret, a change followed in {:.1} s, \
             {} pod replaced, an edit by hand healed in {:.1} s",
            followed.as_secs_f64(),
            replaced.len(),
            healed.as_secs_f64()
        ))
    }

    async fn seal_a_value(&self) -> Result<()> {
        say("seal a value as a developer does: with the cluster's public key, no private one");
        let key = try_eventually(SOON, "the operator made a sealing key", async || {
            let keys = self.developer.run(&["keys", "fetch", "--cluster"]).await;
            if keys.status == Some(0) { Ok(keys) } else { Err(keys.to_string()) }
        });
        key.await.map_err(|error| anyhow!(error))?;
        self.seal(&["init", "--from-cluster", "--yes"], b"").await?;
        self.developer.write("checkout.yaml", MANIFEST);
        self.seal(&["set", "checkout.yaml", "STRIPE_KEY"], b"sealed-in-git").await?;
        typed("cat checkout.yaml");
        show(&self.developer.read("checkout.yaml"));
        Ok(())
    }

    async fn seal(&self, arguments: &[&str], input: &[u8]) -> Result<()> {
        let piped = if input.is_empty() { "" } else { "printf … | " };
        typed(format!("{piped}seal {}", arguments.join(" ")));
        let spoken = self.developer.run_with_input(arguments, input).await;
        ensure!(spoken.status == Some(0), "seal {}: {spoken}", arguments.join(" "));
        show(&String::from_utf8_lossy(&spoken.stdout));
        show(&spoken.stderr);
        Ok(())
    }

    async fn apply(&self, mount: &Mount<'_>) -> Result<()> {
        say("apply the stores, a Deployment that uses the Secret, and checkout.yaml");
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        self.place.apply(&namespace.to_string()).await?;
        let mut items = self.sources.manifests(mount).await;
        items.push(deployment());
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
        let apply = ["--namespace", NAMESPACE, "apply", "--server-side", "--filename=-"];
        self.place.kubectl_with_input(&apply, &list).await?;
        typed("kubectl apply --server-side -f checkout.yaml");
        self.place.apply(&self.developer.read("checkout.yaml")).await?;
        let all =
            [("AWS_TOKEN", "from-aws"), ("DB_PASSWORD", "from-vault-1"), ("LOG_LEVEL", "info"), ("STRIPE_KEY", "sealed-in-git")];
        let entries = self.shows(&all).await?;
        ensure!(entries.len() == all.len(), "the Secret has other entries too: {:?}", entries.keys());
        self.kubectl(&["wait", "bsec/checkout", "--for=condition=Ready", "--timeout=60s"]).await?;
        typed("kubectl get bsec checkout");
        show(&self.kubectl(&["get", "bsec", "checkout"]).await?);
        Ok(())
    }

    async fn edit_by_hand(&self) -> Result<Duration> {
        say("edit the Secret by hand: it is healed");
        let tampered = BASE64.encode("tampered");
        let patch = json!({"data": {"DB_PASSWORD": tampered, "ADDED": tampered}}).to_string();
        typed(format!("kubectl patch secret checkout-env --type=merge --patch='{patch}'"));
        let patch = ["patch", "secret", "checkout-env", "--type=merge", "--output=jsonpath={.data.DB_PASSWORD}", "--patch", &patch];
        let began = Instant::now();
        ensure!(self.kubectl(&patch).await? == tampered, "the edit did not reach the Secret");
        let entries = self.shows(&[("DB_PASSWORD", "from-vault-2")]).await?;
        ensure!(!entries.contains_key("ADDED"), "the added entry is still there");
        Ok(began.elapsed())
    }

    /// Waits until the Secret has these entries, and prints all of it.
    async fn shows(&self, wanted: &[(&str, &str)]) -> Result<Entries> {
        let entries = try_eventually(SOON, "the Secret has the values", async || {
            let entries = self.entries().await.map_err(|error| error.to_string())?;
            let has_all = wanted.iter().all(|(key, value)| entries.get(*key).is_some_and(|seen| seen == value));
            if has_all { Ok(entries) } else { Err(format!("{entries:?}")) }
        });
        let entries = entries.await.map_err(|error| anyhow!(error))?;
        show("Secret checkout-env:");
        entries.iter().for_each(|(key, value)| show(&format!("  {key}={value}")));
        Ok(entries)
    }

    async fn entries(&self) -> Result<Entries> {
        let text = self.kubectl(&["get", "secret", "checkout-env", "--output=jsonpath={.data}"]).await?;
        let data: BTreeMap<String, String> = serde_json::from_str(&text).context("the Secret has no data")?;
        data.into_iter().map(|(key, value)| Ok((key, String::from_utf8(BASE64.decode(value)?)?))).collect()
    }

    /// The uids of the Deployment's pods once all of them are ready.
    async fn ready_pods(&self) -> Result<BTreeSet<String>> {
        self.kubectl(&["rollout", "status", "deployment/checkout", "--timeout=120s"]).await?;
        let uids = self.kubectl(&["get", "pods", "--selector=app=checkout", "--output=jsonpath={.items[*].metadata.name}"]).await?;
        Ok(uids.split_whitespace().map(ToOwned::to_owned).collect())
    }

    async fn pods_other_than(&self, old: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let replaced = try_eventually(SOON, "new pods took the place of the old ones", async || {
            let pods = self.ready_pods().await.map_err(|error| error.to_string())?;
            if !pods.is_empty() && pods.is_disjoint(old) { Ok(pods) } else { Err(join(&pods)) }
        });
        replaced.await.map_err(|error| anyhow!(error))
    }

    async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.place.kubectl(&[&["--namespace", NAMESPACE], arguments].concat()).await
    }
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "checkout"}},
            "template": {
                "metadata": {"labels": {"app": "checkout"}},
                "spec": {
                    "automountServiceAccountToken": false,
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{
                        "name": "checkout",
                        "image": "busybox:1.37",
                        "command": ["sleep", "infinity"],
                        "envFrom": [{"secretRef": {"name": "checkout-env"}}],
                    }],
                },
            },
        },
    })
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().cloned().collect::<Vec<_>>().join(", ")
}
