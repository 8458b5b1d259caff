//! As whom AWS is asked: what STS is asked for on the way to moto, how often, and with what in hand.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{ObjectMeta, PostParams};
use sealbridge_provider::ReadError;
use sealbridge_tests::{Answer, Cluster, Moto, Namespace, Recorded, Recorder, eventually};
use serde_json::{Value, json};

use crate::provider_aws::{aws, operations, with_keys};
use crate::provider_scope::{Surroundings, read, read_all, text};
use crate::stage::SOON;

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

pub(crate) async fn account(namespace: &Namespace<'_>, name: &str) {
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    let account = ServiceAccount { metadata, ..ServiceAccount::default() };
    namespace.api::<ServiceAccount>().create(&PostParams::default(), &account).await.expect("an account");
}

/// The members of a form, as STS is sent one.
pub(crate) fn form(request: &Recorded) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://form/?{}", request.body)).expect("a form");
    url.query_pairs().into_owned().collect()
}

/// What a JSON Web Token claims.
pub(crate) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON")
}

fn signer(request: &Recorded) -> String {
    let authorization = request.header("authorization").unwrap_or_default();
    authorization.split("Credential=").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_service_accounts_token_is_exchanged_once_however_many_read() {
    let moto = Moto::shared().await;
    let names: Vec<String> = (0..60).map(|index| format!("irsa/{index}")).collect();
    for name in &names {
        moto.put(name, "value").await;
    }
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("irsa").await;
    account(&namespace, "reader").await;
    for service in ["SecretsManager", "ParameterStore"] {
        if service == "ParameterStore" {
            for name in &names {
                moto.put_parameter(name, "value").await;
            }
        }
        let (secrets, sts) = (moto.recorded().await, moto.recorded().await);
        let mut spec = aws(&secrets.url());
        spec["service"] = json!(service);
        spec["stsEndpoint"] = json!(sts.url());
        spec["auth"] = json!({"jwt": {"serviceAccountRef": {"name": "reader", "audiences": ["more.example"]}}});
        let surroundings = Surroundings::default()
            .accounts(&namespace)
            .annotation("reader", "eks.amazonaws.com/role-arn", ROLE)
            .annotation("reader", "eks.amazonaws.com/audience", "of.the.cluster");
        let session = surroundings.session(json!({"aws": spec})).await;
        for _ in 0..2 {
            let results = read_all(&session, &names).await;
            assert!(results.values().all(|outcome| text(outcome.as_ref().unwrap(), None) == "value"));
        }
        assert_eq!(sts.requests().len(), 1, "one exchange for {:?}", operations(&secrets));
        let exchange = form(&sts.requests()[0]);
        assert_eq!(exchange["Action"], "AssumeRoleWithWebIdentity");
        assert_eq!((exchange["RoleArn"].as_str(), exchange["RoleSessionName"].as_str()), (ROLE, "sealbridge"));
        let claims = claims(&exchange["WebIdentityToken"]);
        assert_eq!(claims["aud"], json!(["of.the.cluster", "more.example"]));
        assert!(claims["sub"].as_str().unwrap().ends_with(":reader"));
        assert_eq!(sts.requests()[0].header("authorization"), None, "the token is all that is shown");
    }
}

#[tokio::test]
async fn an_account_without_a_role_is_told() {
    let cluster = Cluster::shared().await;
    let namespace = cluster.namespace("irsa-none").await;
    account(&namespace, "reader").await;
    let sts = Recorder::answering(Answer::HangUp).await;
    let mut spec = aws(&sts.url());
    spec["stsEndpoint"] = json!(sts.url());
    spec["auth"] = json!({"jwt": {"serviceAccountRef": {"name": "reader"}}});
    let session = Surroundings::default().accounts(&namespace).session(json!({"aws": spec})).await;
    let error = read(&session, "a").await.unwrap_err();
    assert!(matches!(error, ReadError::Input(_)) && error.to_string().contains("eks.amazonaws.com/role-arn"), "{error}");
    assert!(sts.requests().is_empty());
}

#[tokio::test]
async fn roles_are_assumed_in_their_order_and_the_last_one_with_all_that_goes_with_it() {
    let moto = Moto::shared().await;
    moto.put("chain/a", "value").await;
    let (secrets, sts) = (moto.recorded().await, moto.recorded().await);
    let mut spec = aws(&secrets.url());
    spec["stsEndpoint"] = json!(sts.url());
    spec["additionalRoles"] = json!(["arn:aws:iam::123456789012:role/first", "arn:aws:iam::210987654321:role/second"]);
    spec["role"] = json!(ROLE);
    spec["externalID"] = json!("of-the-team");
    spec["sessionTags"] = json!([{"key": "team", "value": "shop"}]);
    spec["transitiveTagKeys"] = json!(["team"]);
    spec["sessionTagsPolicy"] = json!("Custom");
    spec["customSessionTags"] = json!({"stage": "prod"});
    let session = with_keys().used_as("SecretStore", "aws", "checkout").session(json!({"aws": spec})).await;
    for _ in 0..3 {
        assert_eq!(text(&read(&session, "chain/a").await.unwrap(), None), "value");
    }
    let requests = sts.requests();
    let assumed: Vec<_> = requests.iter().map(form).collect();
    let roles: Vec<&str> = assumed.iter().map(|form| form["RoleArn"].as_str()).collect();
    assert_eq!(roles, ["arn:aws:iam::123456789012:role/first", "arn:aws:iam::210987654321:role/second", ROLE]);
    assert_eq!(signer(&requests[0]), "AKIAIOSFODNN7EXAMPLE");
    assert!(signer(&requests[1]) != signer(&requests[0]) && signer(&requests[2]) != signer(&requests[1]), "each as the one before");
    for first in &assumed[..2] {
        assert!(first.keys().all(|name| !name.starts_with("Tags") && name != "ExternalId"));
    }
    let last = &assumed[2];
    assert_eq!((last["ExternalId"].as_str(), last["TransitiveTagKeys.member.1"].as_str()), ("of-the-team", "team"));
    let mut tags = BTreeMap::new();
    for index in 1..=5 {
        tags.insert(last[&format!("Tags.member.{index}.Key")].as_str(), last[&format!("Tags.member.{index}.Value")].as_str());
    }
    let wanted = [
        ("esoNamespace", "checkout"),
        ("esoStoreKind", "SecretStore"),
        ("esoStoreName", "aws"),
        ("stage", "prod"),
        ("team", "shop"),
    ];
    assert_eq!(tags, wanted.into());
}

#[tokio::test]
async fn a_session_token_goes_with_an_access_key() {
    let moto = Moto::shared().await;
    moto.put("temporary/a", "value").await;
    let secrets = moto.recorded().await;
    let mut spec = aws(&secrets.url());
    spec["auth"]["secretRef"]["sessionTokenSecretRef"] = json!({"name": "aws", "key": "session"});
    let session = with_keys().entry("aws", "session", "the-session").session(json!({"aws": spec})).await;
    assert_eq!(text(&read(&session, "temporary/a").await.unwrap(), None), "value");
    assert_eq!(secrets.requests()[0].header("x-amz-security-token"), Some("the-session"));
}

#[tokio::test]
async fn who_is_throttled_waits_and_asks_again() {
    let moto = Moto::shared().await;
    moto.put("throttled/a", "value").await;
    let refusal = json!({"__type": "ThrottlingException", "message": "canary"}).to_string();
    let recorder = Recorder::answering(Answer::Json(400, refusal)).await;
    let session = with_keys().session(json!({"aws": aws(&recorder.url())})).await;
    let relent = async {
        eventually(SOON, "it was asked", async || if recorder.requests().is_empty() { Err("not yet".to_owned()) } else { Ok(()) })
            .await;
        recorder.answer(Answer::From(moto.url().to_owned()));
    };
    let (payload, ()) = tokio::join!(read(&session, "throttled/a"), relent);
    assert_eq!(text(&payload.unwrap(), None), "value");
    assert_eq!(recorder.requests().len(), 2);
}
