//! What an engine of a real `OpenBao` makes for a generator: renewed with the login that asked for it, and given back with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use sealbridge_provider::generator::{GenerateError, Generator, Lease, Made, Renewal, VaultDynamic, VaultMethod, VaultPart};
use sealbridge_provider::{ReadError, Retries};
use sealbridge_tests::{Answer, Bao, Recorder, eventually};
use serde_json::{Value, json};

use crate::provider_scope::Surroundings;
use crate::stage::SOON;

/// An engine that makes users of a message broker, and the broker, which says yes to everything.
pub(crate) struct Broker<'a> {
    bao: &'a Bao,
    recorder: Recorder,
    pub(crate) mount: String,
}

impl<'a> Broker<'a> {
    /// Users live so many seconds, and so many at the most.
    pub(crate) async fn new(bao: &'a Bao, seconds: u32, most: u32) -> Self {
        let recorder = Recorder::answering(Answer::Json(200, "{}".to_owned())).await;
        let mount = bao.engine("rabbitmq").await;
        let connection =
            json!({"connection_uri": recorder.url(), "username": "harness", "password": "harness", "verify_connection": false});
        let told = async |path: &str, body: Value| {
            drop(bao.call(Method::POST, &format!("{mount}/{path}"), Some(&body)).await.expect("taken"));
        };
        told("config/connection", connection).await;
        told("config/lease", json!({"ttl": seconds, "max_ttl": most})).await;
        Self { bao, recorder, mount }
    }

    /// A role, whose users are told apart from those of others; returns the path where they are made.
    pub(crate) async fn role(&self, name: &str) -> String {
        let role = json!({"tags": "management"});
        drop(self.bao.call(Method::POST, &format!("{}/roles/{name}", self.mount), Some(&role)).await.expect("taken"));
        format!("{}/creds/{name}", self.mount)
    }

    /// A policy by which users can be made, and nothing else.
    pub(crate) async fn policy(&self) -> String {
        self.bao.policy("", &format!("path \"{}/creds/*\" {{ capabilities = [\"read\"] }}", self.mount)).await
    }

    /// Users that were made, in their order.
    pub(crate) fn made(&self) -> Vec<String> {
        self.users("PUT")
    }

    /// Users that were deleted, in their order.
    pub(crate) fn deleted(&self) -> Vec<String> {
        self.users("DELETE")
    }

    fn users(&self, method: &str) -> Vec<String> {
        let requests = self.recorder.requests();
        let done = requests.iter().filter(|request| request.method == method);
        done.filter_map(|request| request.path.strip_prefix("/api/users/").map(ToOwned::to_owned)).collect()
    }

    /// Waits until the server has so many leases of the role `app`: it ends what hangs on a login in the background.
    async fn keeps(&self, count: usize) {
        eventually(SOON, &format!("{count} leases are left"), async || match self.leases("app").await {
            left if left == count => Ok(()),
            left => Err(format!("{left}")),
        })
        .await;
    }

    /// How many leases the server has of a role.
    pub(crate) async fn leases(&self, role: &str) -> usize {
        let path = format!("sys/leases/lookup/{}/creds/{role}", self.mount);
        let listed = self.bao.call(Method::from_bytes(b"LIST").expect("a method"), &path, None).await;
        match listed {
            Ok(listed) => listed["data"]["keys"].as_array().expect("keys").len(),
            Err(refusal) if refusal.status == 404 => 0,
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
}

/// How often a path of the API was asked for through a recorder.
pub(crate) fn asked(recorder: &Recorder, path: &str) -> usize {
    let path = format!("/v1/{path}");
    recorder.requests().iter().filter(|request| request.path == path).count()
}

fn dynamic(server: &str, path: String, part: VaultPart, auth: &Value) -> Generator {
    Generator::VaultDynamic(Box::new(VaultDynamic {
        provider: serde_json::from_value(json!({"server": server, "auth": auth})).expect("a provider"),
        path,
        method: VaultMethod::Get,
        parameters: "{}".to_owned(),
        query: BTreeMap::new(),
        part,
        may_be_empty: false,
        retries: Retries { most: None, interval: Duration::ZERO },
    }))
}

fn given(token: &str) -> (Value, Surroundings) {
    (json!({"tokenSecretRef": {"name": "creds", "key": "id"}}), Surroundings::default().entry("creds", "id", token))
}

async fn by_approle(bao: &Bao, broker: &Broker<'_>, options: Value) -> (Value, Surroundings) {
    let role = bao.approle("", &[&broker.policy().await], options).await;
    let auth = json!({"appRole": {"path": role.mount, "roleId": role.role_id, "secretRef": {"name": "creds", "key": "id"}}});
    (auth, Surroundings::default().entry("creds", "id", &role.secret_id))
}

async fn user(server: &str, path: &str, (auth, scope): &(Value, Surroundings)) -> (Made, Arc<dyn Lease>) {
    let made = dynamic(server, path.to_owned(), VaultPart::Data, auth).ask(scope).await.expect("a user");
    let lease = made.lease.clone().expect("a lease");
    (made, lease)
}

#[tokio::test]
async fn a_lease_lives_with_its_login_and_ends_with_it() {
    let bao = Bao::shared().await;
    let broker = Broker::new(bao, 3600, 7200).await;
    let path = broker.role("app").await;
    let server = Recorder::proxy(bao.url()).await;
    let login = by_approle(bao, &broker, json!({"token_ttl": "30m"})).await;
    let (made, lease) = user(&server.url(), &path, &login).await;
    let life = lease.first_life().unwrap();
    assert!(life <= Duration::from_mins(30) && made.life.is_some_and(|made| made >= life), "that of the login, which is shorter");
    assert!(lease.is_renewable() && lease.left().unwrap() <= life);
    // Dropped by somebody who keeps nothing.
    drop(user(&server.url(), &path, &login).await);

    assert_eq!(lease.renew().await, Renewal::Granted);
    assert!(lease.left().unwrap() <= Duration::from_mins(30));
    assert_eq!((asked(&server, "auth/token/renew-self"), asked(&server, "sys/leases/renew")), (1, 1));
    server.answer(Answer::Json(503, "{}".to_owned()));
    assert_eq!(lease.renew().await, Renewal::Unanswered);
    assert_eq!(lease.give_back().await, Err(ReadError::Unavailable));
    server.answer(Answer::From(bao.url().to_owned()));
    assert!(broker.deleted().is_empty() && broker.leases("app").await == 2);

    server.forget();
    assert_eq!(lease.give_back().await, Ok(()));
    assert_eq!((asked(&server, "auth/token/revoke-self"), server.requests().len()), (1, 1));
    broker.keeps(1).await;
    assert_eq!(broker.deleted(), [broker.made()[0].clone()]);
    assert_eq!(lease.renew().await, Renewal::Refused);
    let told = format!("{made:?}");
    assert!(!told.contains("hvs.") && !told.contains("s.") && told.contains(&path), "{told}");
}

#[tokio::test]
async fn a_token_that_was_given_is_neither_renewed_nor_ended() {
    let bao = Bao::shared().await;
    let broker = Broker::new(bao, 3600, 7200).await;
    let path = broker.role("app").await;
    let server = Recorder::proxy(bao.url()).await;
    let revokes = bao.policy("", "path \"sys/leases/revoke\" { capabilities = [\"update\"] }").await;
    let policy = broker.policy().await;
    for (policies, outcome) in [(vec![&*policy], Err(ReadError::Denied)), (vec![&*policy, &revokes], Ok(()))] {
        let token = bao.token("", &policies, json!({"ttl": "1h"})).await;
        let (_, lease) = user(&server.url(), &path, &given(&token)).await;
        assert_eq!((lease.renew().await, lease.give_back().await), (Renewal::Granted, outcome));
        drop(user(&server.url(), &path, &given(&token)).await);
    }
    assert_eq!(asked(&server, "auth/token/renew-self") + asked(&server, "auth/token/revoke-self"), 0);
    broker.keeps(3).await;
    assert_eq!((broker.made().len(), broker.deleted()), (4, vec![broker.made()[2].clone()]));
}

#[tokio::test]
async fn what_cannot_be_renewed_is_not_asked_for() {
    let bao = Bao::shared().await;
    let broker = Broker::new(bao, 3600, 7200).await;
    let path = broker.role("app").await;
    let server = Recorder::proxy(bao.url()).await;
    // Its last use would end the login, and what hangs on it.
    let few = by_approle(bao, &broker, json!({"token_ttl": "1h", "token_num_uses": 3})).await;
    let (_, of_few) = user(&server.url(), &path, &few).await;
    // A batch token cannot be renewed, and lives longer than the lease here.
    let batch = by_approle(bao, &broker, json!({"token_ttl": "3h", "token_type": "batch"})).await;
    let (_, of_batch) = user(&server.url(), &path, &batch).await;
    let passwords = bao.engine("ssh").await;
    let role = json!({"key_type": "otp", "default_user": "app", "cidr_list": "127.0.0.0/8"});
    drop(bao.call(Method::POST, &format!("{passwords}/roles/app"), Some(&role)).await.unwrap());
    let once = dynamic(&server.url(), format!("{passwords}/creds/app"), VaultPart::Data, &json!({}));
    let Generator::VaultDynamic(mut once) = once else { unreachable!("it was made so") };
    let policy = bao.policy("", &format!("path \"{passwords}/*\" {{ capabilities = [\"update\"] }}")).await;
    let (auth, scope) = given(&bao.token("", &[&policy], json!({})).await);
    once.provider.auth = serde_json::from_value(auth).unwrap();
    (once.method, once.parameters) = (VaultMethod::Write, r#"{"ip":"127.0.0.1"}"#.to_owned());
    let of_once = Generator::VaultDynamic(once).ask(&scope).await.unwrap().lease.unwrap();

    server.forget();
    for lease in [of_few, of_once] {
        assert!(!lease.is_renewable());
        assert_eq!(lease.renew().await, Renewal::Refused);
    }
    assert!(server.requests().is_empty());
    assert_eq!(of_batch.renew().await, Renewal::Granted);
    assert_eq!((asked(&server, "auth/token/renew-self"), asked(&server, "sys/leases/renew")), (0, 1));
}

#[tokio::test]
async fn what_a_run_that_failed_had_made_is_given_back() {
    let bao = Bao::shared().await;
    let broker = Broker::new(bao, 3600, 7200).await;
    let path = broker.role("app").await;
    let (auth, scope) = by_approle(bao, &broker, json!({"token_ttl": "1h"})).await;
    let outcome = dynamic(bao.url(), path, VaultPart::Auth, &auth).ask(&scope).await;
    assert!(matches!(outcome, Err(GenerateError::Refused(ReadError::Misconfigured(_)))), "the answer has no such part");
    broker.keeps(0).await;
    assert_eq!((broker.made().len(), broker.made()), (1, broker.deleted()));
}
