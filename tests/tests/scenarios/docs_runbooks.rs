//! docs/runbooks, command by command, on a cluster with an operator and a repository that is applied to it.

use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::ListParams;
use sealbridge_api::SealingKey;
use sealbridge_tests::{Cluster, Operator, Seal, eventually};
use sealbridge_xtask::parts::workspace_root;
use serde_json::Value;

use crate::page::{Shell, commands};
use crate::stage::SOON;

const HOME: &str = "sealbridge-system";
const INSTALL: &str = "kubectl apply --server-side -k \"$SEALBRIDGE/deploy/overlays/cluster-wide\"";

/// A cluster with an operator and the key `main`, and a repository with two sealed values that is applied to it.
struct Installation {
    cluster: Cluster,
    repository: Seal,
    home: Seal,
    shell: Shell,
}

impl Installation {
    async fn new() -> Self {
        let cluster = Cluster::private().await;
        let [repository, home] = [Seal::new().env("PATH", std::env::var("PATH").unwrap()), Seal::new()];
        let shell = shell(&cluster, &repository, &home);
        Self { cluster, repository, home, shell }
    }

    /// What was there before anything happened.
    async fn stand(&self) -> Operator<'_> {
        self.shell.ok(INSTALL).await;
        let operator = Operator::of(&self.cluster).as_installed().start().await;
        let recipient = |told: Vec<u8>| serde_json::from_slice::<Value>(&told).unwrap()["recipient"].as_str().unwrap().to_owned();
        let offline = recipient(self.home.run(&["keys", "new", "break-glass.txt", "-o", "json"]).await.ok());
        let main = recipient(self.home.run(&["keys", "new", "main.txt", "-o", "json"]).await.ok());
        self.repository.write(
            ".sealbridge.yaml",
            &format!(
                "recipients:\n  prod: [{main}]\n  offline: [{offline}]\nbreakGlass: [offline]\nrules:\n  - path: \"**\"\n    \
                 recipients: [prod, offline]\n    namespace: shop\n    policy: {{rollbackWindow: 14d, requireBreakGlass: true}}\n"
            ),
        );
        for folder in ["keys", "shop"] {
            std::fs::create_dir(self.repository.folder().join(folder)).unwrap();
        }
        self.repository.write(
            "keys/main.yaml",
            "apiVersion: sealbridge.dev/v1\nkind: SealingKey\nmetadata: {name: main}\nspec: {identity: {secretRef: {name: sealing-key-main}}}\n",
        );
        for (key, value) in [("STRIPE_KEY", "sk_1"), ("OTHER", "o_1")] {
            self.repository.run_with_input(&["set", "shop/checkout.yaml", key], value.as_bytes()).await.ok();
        }
        days_ago(&self.shell, 40)
            .ok("git init --quiet --initial-branch main && git add --all && git commit --quiet --message first
                 kubectl -n sealbridge-system create secret generic sealing-key-main --from-file=identity=\"$HOME/main.txt\"
                 rm \"$HOME/main.txt\"
                 kubectl create namespace shop
                 kubectl apply --server-side --filename keys --filename shop
                 kubectl wait --for=condition=Ready --timeout=60s bridgedsecrets --all --all-namespaces")
            .await;
        self.holds("STRIPE_KEY", "sk_1").await;
        operator
    }

    async fn holds(&self, key: &str, value: &str) {
        holds(&self.cluster, key, value).await;
    }

    /// Waits for the reason of the BridgedSecret.
    async fn says(&self, reason: &str) {
        eventually(SOON, &format!("the BridgedSecret says {reason}"), async || {
            let path = "-o=jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}";
            let told = self.cluster.kubectl(&["get", "bridgedsecret", "checkout", "-n", "shop", path]).await.ok();
            if told == reason { Ok(()) } else { Err(told) }
        })
        .await;
    }

    /// Everything of a block list in order.
    async fn follow<'b>(&self, shell: &Shell, blocks: impl IntoIterator<Item = &'b String>) {
        for block in blocks {
            shell.ok(block).await;
        }
    }
}

fn shell(cluster: &Cluster, repository: &Seal, home: &Seal) -> Shell {
    let checkout = workspace_root().to_str().unwrap();
    let shell = Shell::of(cluster).in_repository(repository.folder(), home.folder());
    let name = home.folder().file_name().unwrap().to_str().unwrap().to_lowercase();
    shell
        .with("SEALBRIDGE", checkout)
        .with("OLD", "main")
        .with("NEW", &format!("prod-{}", name.replace(|c: char| !c.is_alphanumeric(), "")))
}

async fn holds(cluster: &Cluster, key: &str, value: &str) {
    let secrets: Api<Secret> = Api::namespaced(cluster.client().await, "shop");
    eventually(SOON, &format!("the Secret holds {key}={value}"), async || {
        let secret = secrets.get_opt("checkout").await.map_err(|error| error.to_string())?.ok_or("no Secret")?;
        let found = secret.data.unwrap_or_default().remove(key).map(|bytes| String::from_utf8(bytes.0).unwrap());
        if found.as_deref() == Some(value) { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}

async fn key_ids(cluster: &Cluster) -> Vec<String> {
    let keys = Api::<SealingKey>::all(cluster.client().await).list(&ListParams::default()).await.unwrap();
    keys.items.into_iter().map(|key| key.status.unwrap().key_id.unwrap()).collect()
}

/// Days ago, for commits.
fn days_ago(shell: &Shell, days: u64) -> Shell {
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 24 * 60 * 60);
    let date = format!("{} +0000", then.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs());
    shell.clone().with("GIT_COMMITTER_DATE", &date).with("GIT_AUTHOR_DATE", &date)
}

#[tokio::test]
async fn a_rotation_can_be_rolled_back_until_the_old_key_is_gone() {
    let installation = Installation::new().await;
    let _operator = installation.stand().await;
    let [make, apply_key, save, rules, reseal, apply, retire, delete] = commands("docs/runbooks/rotate-sealing-key.md");
    let then = days_ago(&installation.shell, 20);
    installation.follow(&then, [&make, &apply_key, &save, &rules, &reseal, &apply]).await;
    let told = installation.shell.ok("seal keys list --cluster; kubectl get bridgedsecrets -A").await;
    assert!(told.contains("SealingKey main Active") && told.contains("SealingKey prod-"), "{told}");
    installation.holds("OTHER", "o_1").await;

    // A rollback across the rotation, as long as the old key is there.
    let rollback = "git revert --no-edit HEAD && kubectl apply --server-side --filename shop";
    installation.shell.ok(rollback).await;
    let id = installation.shell.ok("kubectl get sealingkey main --output 'jsonpath={.status.keyId}'").await;
    assert!(installation.repository.read("shop/checkout.yaml").contains(&id));
    installation.says("Synced").await;
    let early = installation.shell.run(&format!("seal keys retire {id} --cluster")).await.unwrap_err();
    assert!(early.contains("cluster  BridgedSecret shop/checkout") && early.contains("is still needed"), "{early}");
    installation.shell.ok("git reset --quiet --hard HEAD~1").await;
    installation.follow(&installation.shell, [&apply, &retire, &delete]).await;
    assert_eq!(key_ids(&installation.cluster).await.len(), 1);
    installation.says("Synced").await;

    // And when it is gone.
    installation.shell.ok("git revert --no-edit HEAD~2 && kubectl apply --server-side --filename shop").await;
    installation.says("NoKey").await;
    installation.holds("STRIPE_KEY", "sk_1").await;
}

#[tokio::test]
async fn a_leaked_sealing_key_ends_with_new_values_and_without_the_key() {
    let installation = Installation::new().await;
    let _operator = installation.stand().await;
    let shell = installation.shell.clone().with("NEW_VALUE", "sk_2");
    let leaked = key_ids(&installation.cluster).await;
    let [list, make, rules, set, reseal, delete] = commands("docs/runbooks/leaked-sealing-key.md");
    let told = shell.ok(&list).await;
    for key in ["STRIPE_KEY  current", "OTHER  current"] {
        assert!(told.contains(key), "{told}");
    }
    assert_eq!(installation.home.read("exposed.csv").lines().count(), 3);
    installation.follow(&shell, [&make, &rules, &set, &reseal, &delete]).await;
    installation.holds("STRIPE_KEY", "sk_2").await;
    installation.holds("OTHER", "o_1").await;
    let now = key_ids(&installation.cluster).await;
    assert!(now.len() == 1 && now != leaked, "{now:?}");
    let told = shell.ok(&format!("seal keys exposure {}", leaked[0])).await;
    assert_eq!(told.matches("no longer there").count(), 2, "{told}");
}

#[tokio::test]
async fn a_leaked_value_is_replaced() {
    let installation = Installation::new().await;
    let _operator = installation.stand().await;
    let shell = installation.shell.clone().with("NEW_VALUE", "sk_2");
    let keys = key_ids(&installation.cluster).await;
    let blocks: [String; 3] = commands("docs/runbooks/leaked-value.md");
    installation.follow(&shell, &blocks).await;
    installation.holds("STRIPE_KEY", "sk_2").await;
    installation.holds("OTHER", "o_1").await;
    assert_eq!(key_ids(&installation.cluster).await, keys);
}

#[tokio::test]
async fn a_lost_key_is_replaced_with_the_break_glass_key() {
    let installation = Installation::new().await;
    let _operator = installation.stand().await;
    let shell = installation.shell.clone();
    shell.ok("kubectl -n sealbridge-system delete secret sealing-key-main").await;
    installation.says("NoKey").await;
    let shell = shell.with("BREAK_GLASS", installation.home.folder().join("break-glass.txt").to_str().unwrap());
    let [list, make, reseal, delete] = commands("docs/runbooks/lost-key-break-glass.md");
    let told = shell.ok(&list).await;
    assert!(told.contains("held, in offline") && !told.contains("PROBLEM"), "{told}");
    installation.follow(&shell, [&make, &reseal, &delete]).await;
    installation.says("Synced").await;
    installation.holds("STRIPE_KEY", "sk_1").await;
    assert_eq!(key_ids(&installation.cluster).await.len(), 1);
}

async fn operator_secrets(cluster: &Cluster) -> Vec<(String, Vec<u8>)> {
    let secrets: Api<Secret> = Api::namespaced(cluster.client().await, HOME);
    let all = secrets.list(&ListParams::default()).await.unwrap().items.into_iter();
    let entries = all.flat_map(|secret| {
        let name = secret.metadata.name.unwrap();
        secret.data.unwrap_or_default().into_iter().map(move |(key, value)| (format!("{name}/{key}"), value.0))
    });
    entries.filter(|(name, _)| name.starts_with("sealing-key-") || name.starts_with("sealbridge-digest-key/")).collect()
}

#[tokio::test]
async fn a_rebuilt_cluster_has_exactly_the_old_keys() {
    let installation = Installation::new().await;
    let operator = installation.stand().await;
    let [backup, identity] = ["keys.age", "break-glass.txt"].map(|name| installation.home.folder().join(name));
    installation.shell.ok("seal keys backup \"$HOME/keys.age\" --cluster --recipient offline").await;
    let (ids, secrets) = (key_ids(&installation.cluster).await, operator_secrets(&installation.cluster).await);
    assert_eq!(secrets.len(), 2);
    drop(operator);

    let rebuilt = Cluster::private().await;
    let shell = shell(&rebuilt, &installation.repository, &installation.home);
    let shell = shell.with("BACKUP", backup.to_str().unwrap()).with("BREAK_GLASS", identity.to_str().unwrap());
    let [restore, install, wait, apply, look] = commands("docs/runbooks/rebuild-cluster.md");
    shell.ok(&restore).await;
    shell.ok(&install).await;
    let _operator = Operator::of(&rebuilt).as_installed().start().await;
    installation.follow(&shell, [&wait, &apply]).await;
    holds(&rebuilt, "STRIPE_KEY", "sk_1").await;
    assert_eq!((key_ids(&rebuilt).await, operator_secrets(&rebuilt).await), (ids, secrets));
    let told = shell.ok(&look).await;
    assert!(told.contains("in prod, SealingKey main Active"), "{told}");
}
