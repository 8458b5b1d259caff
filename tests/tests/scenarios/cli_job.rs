//! `seal render` and `seal exec` in a CI job that holds no credential but the token by which its CI system says which
//! job it is.

use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Issuer, Moto, Recorder, Seal, Spoken};
use serde_json::{Value, json};

use crate::provider_aws_identity::{ROLE, form};
use crate::stage::{bridged_secret, documents};

const RENDER: [&str; 6] = ["render", "app.yaml", "--stores", "live", "-n", "shop"];
const EXEC: [&str; 10] = ["exec", "app.yaml", "--stores", "live", "-n", "shop", "--", "sh", "-c", "printf '<%s>' \"$A\""];

/// A store whose own login is that of the cluster, and an object that reads from it.
fn manifests(provider: &Value, key: &str) -> String {
    let store = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": "store"},
        "spec": {"provider": provider}});
    let data = json!({"A": {"remoteRef": {"key": key, "property": "p"}}});
    documents(&[store, bridged_secret("app", &json!({"secretStoreRef": {"name": "store"}, "data": data}))])
}

fn vault(bao: &Bao, mount: &Mount<'_>) -> Value {
    json!({"vault": {"server": bao.url(), "path": mount.path(), "auth": {"kubernetes": {"mountPath": "kubernetes", "role": "operator"}}}})
}

async fn mount_with_a_value(bao: &'static Bao) -> (Mount<'static>, String) {
    let mount = bao.kv2("job").await;
    mount.put("a", &[("p", "value of the job")]).await;
    let policy = mount.read_policy().await;
    (mount, policy)
}

fn seal() -> Seal {
    Seal::new().env("PATH", std::env::var("PATH").unwrap())
}

fn is_refused(spoken: &Spoken, why: &str) {
    assert_eq!(spoken.status, Some(2), "{spoken}");
    assert!(spoken.stderr.contains(why) && spoken.stdout.is_empty(), "{spoken}");
}

#[tokio::test]
async fn github_makes_a_token_for_the_stores_address() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let issuer = Issuer::new();
    let login = bao.jwt(&issuer, "repo:shop/app", bao.url(), &[&policy], json!({})).await;
    let token = issuer.token("https://token.actions.example", "repo:shop/app", bao.url());
    let github = Recorder::answering(Answer::Json(200, json!({"count": 1, "value": token}).to_string())).await;
    let seal = seal()
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/idtoken?api-version=2.0", github.url()))
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "bearer-of-the-job")
        .env("SEALBRIDGE_VAULT_ROLE", "role")
        .env("SEALBRIDGE_VAULT_AUTH_PATH", login);
    seal.write("app.yaml", &manifests(&vault(bao, &mount), "a"));
    assert_eq!(seal.run(&EXEC).await.text(), "<value of the job>");
    assert!(seal.run(&[&RENDER[..], &["--reveal"]].concat()).await.text().contains("dmFsdWUgb2YgdGhlIGpvYg=="));
    let asked = github.requests();
    assert_eq!(asked.len(), 2, "one token for each run");
    let audience = form_urlencoded(bao.url());
    assert_eq!(asked[0].path, format!("/idtoken?api-version=2.0&audience={audience}"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer bearer-of-the-job"));

    for answer in [Answer::Json(403, "{}".to_owned()), Answer::Json(200, "{}".to_owned()), Answer::Html, Answer::HangUp] {
        github.answer(answer);
        is_refused(&seal.run(&EXEC).await, "GitHub's token for this job cannot be used: it was not made");
    }
}

fn form_urlencoded(text: &str) -> String {
    let mut url = reqwest::Url::parse("http://form/").unwrap();
    url.query_pairs_mut().append_pair("", text);
    url.query().unwrap().trim_start_matches('=').to_owned()
}

#[tokio::test]
async fn a_token_in_a_variable_or_file_goes_only_to_whom_it_is_for() {
    let bao = Bao::shared().await;
    let (mount, policy) = mount_with_a_value(bao).await;
    let issuer = Issuer::new();
    let login = bao.jwt(&issuer, "project", "vault-of-the-shop", &[&policy], json!({})).await;
    let token = issuer.token("https://gitlab.example", "project", "vault-of-the-shop");
    let flags = ["--vault-role", "role", "--vault-auth-path", &login];
    let named = [&flags[..], &["--vault-audience", "vault-of-the-shop"]].concat();
    let run = async |seal: &Seal, flags: &[&str]| seal.run(&[&RENDER[..], flags, &["--reveal"]].concat()).await;
    let given = seal().env("SEALBRIDGE_OIDC_TOKEN", token.as_str());
    given.write("app.yaml", &manifests(&vault(bao, &mount), "a"));
    assert!(run(&given, &named).await.text().contains("dmFsdWUgb2YgdGhlIGpvYg=="));

    // Whoever can change the manifest can change the address: there the token is worth nothing, and is not sent.
    let recorder = Recorder::proxy(bao.url()).await;
    let elsewhere = json!({"vault": {"server": recorder.url(), "path": mount.path(), "auth": {}}});
    given.write("app.yaml", &manifests(&elsewhere, "a"));
    let told = run(&given, &flags).await;
    is_refused(&told, "it is for another one; ask the CI system for a token with this audience, or name the right one");
    assert!(!told.stderr.contains(token.split('.').nth(1).unwrap()), "{told}");
    assert!(recorder.requests().is_empty(), "{:?}", recorder.requests());

    let in_a_file = seal().env("SEALBRIDGE_OIDC_TOKEN_FILE", "token");
    in_a_file.write("token", &format!("{token}\n"));
    in_a_file.write("app.yaml", &manifests(&vault(bao, &mount), "a"));
    assert!(run(&in_a_file, &named).await.text().contains("dmFsdWUgb2YgdGhlIGpvYg=="));
    in_a_file.write("token", "hunter2");
    let told = run(&in_a_file, &named).await;
    is_refused(&told, "it is no JSON Web Token");
    assert!(!told.stderr.contains("hunter2"), "{told}");

    let nothing = seal();
    nothing.write("app.yaml", &manifests(&vault(bao, &mount), "a"));
    is_refused(&run(&nothing, &flags).await, "the OpenID Connect token of this job cannot be used: there is none");
}

#[tokio::test]
async fn a_role_of_aws_is_taken_with_the_jobs_token() {
    let moto = Moto::shared().await;
    moto.put("job/a", r#"{"p":"from aws"}"#).await;
    let (secrets, sts) = (moto.recorded().await, moto.recorded().await);
    let issuer = Issuer::new();
    let token = issuer.token("https://ci.example", "project", "sts.amazonaws.com");
    let seal =
        seal().env("SEALBRIDGE_OIDC_TOKEN", token.as_str()).env("SEALBRIDGE_AWS_ROLE", ROLE).env("AWS_STS_ENDPOINT", sts.url());
    let aws = |more: Value| {
        let mut aws = json!({"service": "SecretsManager", "region": moto.region(), "endpoint": secrets.url(),
            "auth": {"jwt": {"serviceAccountRef": {"name": "in-the-cluster"}}}});
        aws.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"aws": aws})
    };
    seal.write("app.yaml", &manifests(&aws(json!({})), "job/a"));
    assert_eq!(seal.run(&EXEC).await.text(), "<from aws>");
    let exchanges = sts.requests();
    assert_eq!(exchanges.len(), 1);
    let exchange = form(&exchanges[0]);
    assert_eq!(
        [&exchange["Action"], &exchange["RoleArn"], &exchange["WebIdentityToken"]],
        ["AssumeRoleWithWebIdentity", ROLE, &token]
    );
    assert_eq!(secrets.requests().len(), 1, "the value is read once, with what the exchange gave");

    // Such a token is good at any endpoint of AWS, so that a manifest may not say where it goes.
    let other = Recorder::proxy(moto.url()).await;
    seal.write("app.yaml", &manifests(&aws(json!({"stsEndpoint": other.url()})), "job/a"));
    is_refused(&seal.run(&EXEC).await, "the store's stsEndpoint cannot be used: it would be sent the job's token");
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}
