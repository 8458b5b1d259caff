//! What becomes of somebody who waits for a session while the store changes.

use std::sync::Arc;

use sealbridge_api::Reason;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_manifest::{StoreGroup, StoreName};
use serde_json::json;
use tokio::sync::mpsc;

use super::super::object::StoreObject;
use super::super::{ApiAudiences, StoresConfig};
use super::*;
use crate::dialects::Dialects;
use crate::metrics::Metrics;
use crate::namespaces::Namespaces;
use crate::testing::no_cluster;

/// Stores of a cluster that answers nothing, with one of a Vault that takes its token from a Secret.
fn with_a_vault() -> (Arc<Stores>, StoreName) {
    let client = no_cluster();
    let config = StoresConfig {
        watch_namespaces: Vec::new(),
        allow_ambient_identity: false,
        allow_webhook_loopback: false,
        api_audiences: ApiAudiences::default(),
        dialects: Dialects::default(),
        controller_class: "sealbridge".to_owned(),
    };
    let (events, _) = mpsc::unbounded_channel();
    let (_, shutdown) = crate::shutdown::channel();
    let stores = Stores::new(client.clone(), config, Namespaces::new(client), Arc::new(Metrics::new()), events, shutdown);
    let store = json!({
        "apiVersion": "sealbridge.dev/v1", "kind": "SecretStore",
        "metadata": {"name": "vault", "namespace": "shop", "uid": "u", "generation": 1},
        "spec": {"provider": {"vault": {"server": "https://vault.example", "auth": {"tokenSecretRef": {"name": "login", "key": "token"}}}}},
    });
    let store = StoreObject::of_namespaced(serde_json::from_value(store).unwrap()).unwrap();
    stores.inventory.lock().unwrap().apply(store);
    (stores, StoreName { group: StoreGroup::Native, kind: StoreKind::SecretStore, name: "vault".into() })
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_while_somebody_waits_for_it_is_waited_for_again() {
    let (stores, vault) = with_a_vault();
    let begin = tokio::time::Instant::now();
    let giving_back = async {
        sleep(INPUT_DEADLINE / 2).await;
        stores.give_back(|_| true);
    };
    let (opened, ()) = tokio::join!(stores.open("shop", &vault), giving_back);
    let failure = opened.err().unwrap();
    assert_eq!(failure, StoreFailure::changing(&StoreKey::namespaced("shop", "vault")), "it was not seen to be missing");
    assert_eq!(failure.reason, Reason::StoreNotReady);
    assert_eq!(begin.elapsed(), INPUT_DEADLINE / 2 + INPUT_DEADLINE);
}

#[tokio::test(start_paused = true)]
async fn what_changes_under_everybody_who_waits_is_not_waited_for_for_ever() {
    let (stores, vault) = with_a_vault();
    let giving_back = async {
        loop {
            sleep(INPUT_DEADLINE / 2).await;
            stores.give_back(|_| true);
        }
    };
    let opened = tokio::select! {
        opened = stores.open("shop", &vault) => opened,
        () = giving_back => unreachable!(),
    };
    assert_eq!(opened.err().unwrap(), StoreFailure::changing(&StoreKey::namespaced("shop", "vault")));
}
