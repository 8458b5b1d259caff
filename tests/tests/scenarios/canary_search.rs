//! No secret is ever said: a random text stands in each value and credential, all ways to fail are walked with
//! the log at its most talkative, and everything that was said is searched.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use sealbridge_tests::bao::Mount;
use sealbridge_tests::{Answer, Bao, Cluster, Moto, Namespace, Operator, Recorder, Seal, eventually};
use serde_json::{Value, json};

use crate::canary::Canaries;
use crate::sealing::{KeyPair, key_is_told, of_sealed, sealed, sealing_key};
use crate::stage::{SOON, bridged_secret, documents, has_text, is_told};

/// The name of the value in AWS.
const IN_AWS: &str = "canary-search/app";

/// A SecretStore with a provider, and a Secret of the same name with its credential.
fn store(name: &str, provider: &Value, credential: &str) -> Value {
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"credential": credential}});
    let store = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SecretStore", "metadata": {"name": name}, "spec": {"provider": provider}});
    json!({"apiVersion": "v1", "kind": "List", "items": [secret, store]})
}

fn by_token(name: &str, server: &str, mount: &str, credential: &str) -> Value {
    let auth = json!({"tokenSecretRef": {"name": name, "key": "credential"}});
    store(name, &json!({"vault": {"server": server, "path": mount, "auth": auth}}), credential)
}

fn by_approle(name: &str, bao: &Bao, mount: &Mount<'_>, login: &str, role_id: &str, secret_id: &str) -> Value {
    let role = json!({"path": login, "roleId": role_id, "secretRef": {"name": name, "key": "credential"}});
    store(name, &json!({"vault": {"server": bao.url(), "path": mount.path(), "auth": {"appRole": role}}}), secret_id)
}

fn aws(name: &str, endpoint: &str, secret_key: &str) -> Value {
    let keys = json!({"accessKeyIDSecretRef": {"name": name, "key": "id"}, "secretAccessKeySecretRef": {"name": name, "key": "credential"}});
    let mut store = store(
        name,
        &json!({"aws": {"service": "SecretsManager", "region": "eu-central-1", "endpoint": endpoint, "auth": {"secretRef": keys}}}),
        secret_key,
    );
    store["items"][0]["stringData"]["id"] = json!("AKIAIOSFODNN7EXAMPLE");
    store
}

fn object(name: &str, store: &str, entries: &[(&str, &str, Option<&str>)], type_: &str) -> Value {
    let entry = |key: &str, property: Option<&str>| match property {
        Some(property) => json!({"remoteRef": {"key": key, "property": property}}),
        None => json!({"remoteRef": {"key": key}}),
    };
    let data: serde_json::Map<_, _> =
        entries.iter().map(|(name, key, property)| ((*name).to_owned(), entry(key, *property))).collect();
    let target = json!({"template": {"type": type_}});
    bridged_secret(name, &json!({"secretStoreRef": {"name": store}, "refreshInterval": "10s", "data": data, "target": target}))
}

/// Servers that lie, each with a secret in what it says.
async fn liars(canaries: &mut Canaries) -> Vec<(&'static str, Recorder)> {
    let mut said = |what: &str| canaries.hatch(what);
    let errors = |canary: &str| json!({"errors": [canary], "warnings": [canary]}).to_string();
    let of_aws = |kind: &str, canary: &str| json!({"__type": kind, "Message": canary, "message": canary}).to_string();
    let answers = [
        ("json-garbage", Answer::Json(200, format!("{{\"data\":{{\"data\":{{\"p\":\"{}", said("cut JSON")))),
        ("json-list", Answer::Json(200, json!([said("JSON of another shape")]).to_string())),
        (
            "too-large",
            Answer::Json(
                200,
                json!({"data": {"data": {"p": said("a large value").repeat(50_000)}, "metadata": {"version": 1}}}).to_string(),
            ),
        ),
        ("error-400", Answer::Json(400, errors(&said("error 400")))),
        ("error-403", Answer::Json(403, errors(&said("error 403")))),
        ("error-404", Answer::Json(404, errors(&said("error 404")))),
        ("error-500", Answer::Json(500, errors(&said("error 500")))),
        ("redirect", Answer::Redirect(format!("http://127.0.0.1:1/{}", said("a redirect")))),
        ("aws-denied", Answer::Json(400, of_aws("AccessDeniedException", &said("AWS denied")))),
        ("aws-unknown", Answer::Json(400, of_aws("SomethingException", &said("AWS unknown error")))),
        ("aws-failed", Answer::Json(500, of_aws("InternalServiceError", &said("AWS failure")))),
        ("aws-garbage", Answer::Json(200, format!("{{\"SecretValues\":[{{\"SecretString\":\"{}", said("cut JSON of AWS")))),
    ];
    let mut servers = Vec::new();
    for (name, answer) in answers {
        servers.push((name, Recorder::answering(answer).await));
    }
    servers
}

/// Waits until an object is told not to be Ready.
async fn fails(namespace: &Namespace<'_>, name: &str) {
    let objects = namespace.api::<sealbridge_api::BridgedSecret>();
    eventually(SOON, &format!("{name} is told to have failed"), async || {
        let object = objects.get(name).await.map_err(|error| error.to_string())?;
        let conditions = object.status.map(|status| status.conditions).unwrap_or_default();
        let failed = conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "False");
        if failed { Ok(()) } else { Err(format!("{conditions:?}")) }
    })
    .await;
}

/// Everything that a cluster's objects say, without the values of Secrets.
async fn said_in(cluster: &Cluster) -> String {
    let kinds = "events,bridgedsecrets,secretstores,clustersecretstores,sealingkeys,configmaps,leases,secrets";
    let listed = cluster.kubectl(&["get", kinds, "--all-namespaces", "-o", "json", "--show-managed-fields"]).await.ok();
    let mut listed: Value = serde_json::from_str(&listed).unwrap();
    for item in listed["items"].as_array_mut().unwrap() {
        if item["kind"] == "Secret" {
            item.as_object_mut().unwrap().remove("data");
        }
    }
    listed.to_string()
}

/// Objects that fail on what is good by itself; `own` is sealed for another object.
fn failing_objects(own: &str, age_alone: &[u8], in_clear: &str) -> Vec<Value> {
    let (claims, file) = own.rsplit_once(':').unwrap();
    let mut damaged = BASE64_STANDARD.decode(file).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    let with_file = |file: &[u8]| format!("{claims}:{}", BASE64_STANDARD.encode(file));
    vec![
        object("not-owned", "vault", &[("P", "app", Some("p"))], "Opaque"),
        object("no-property", "vault", &[("P", "app", Some("q"))], "Opaque"),
        object("no-json", "aws", &[("P", IN_AWS, Some("p"))], "Opaque"),
        object("oversize", "vault", &[("P", "half", Some("p")), ("Q", "other-half", Some("p"))], "Opaque"),
        object("no-docker-config", "vault", &[(".dockerconfigjson", "app", Some("p"))], "kubernetes.io/dockerconfigjson"),
        object("no-tls-pair", "vault", &[("tls.crt", "app", Some("p"))], "kubernetes.io/tls"),
        of_sealed("moved", &[("P", own)]),
        of_sealed("damaged", &[("P", &with_file(&damaged))]),
        of_sealed("age-alone", &[("P", &with_file(age_alone))]),
        of_sealed("in-the-clear", &[("P", &format!("{claims}:{in_clear}"))]),
    ]
}

/// A foreign edit is healed and a change at the source followed, with a secret in each.
async fn is_healed_and_follows(canaries: &mut Canaries, namespace: &Namespace<'_>, mount: &Mount<'_>, in_vault: &str) {
    let edit = json!({"stringData": {"P": canaries.hatch("a foreign edit")}}).to_string();
    namespace.kubectl(&["patch", "secret", "ok-vault", "--type=merge", "-p", &edit]).await.ok();
    has_text(namespace, "ok-vault", "P", in_vault).await;
    let changed = canaries.hatch("a changed value in Vault");
    mount.put("app", &[("p", &changed)]).await;
    has_text(namespace, "ok-vault", "P", &changed).await;
}

#[tokio::test]
async fn nothing_that_the_operator_says_holds_a_secret() {
    let mut canaries = Canaries::default();
    let cluster = Cluster::private().await;
    let (bao, moto) = (Bao::private().await, Moto::shared().await);
    let namespace = cluster.namespace("canary").await;
    let operator = Operator::of(&cluster).flag("--log=trace").start().await;
    let key = KeyPair::new().await;
    canaries.adopt("the age identity", key.identity.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap());
    cluster.apply(&documents(&[key.secret(&operator), sealing_key()])).await;
    for (name, identity) in
        [("broken", format!("AGE-SECRET-KEY-1{}", canaries.hatch("a broken identity"))), ("no-key", canaries.hatch("no identity"))]
    {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": operator.namespace()}, "stringData": {"identity": identity}});
        let broken = json!({"apiVersion": "sealbridge.dev/v1", "kind": "SealingKey", "metadata": {"name": name}, "spec": {"identity": {"secretRef": {"name": name}}}});
        cluster.apply(&documents(&[secret, broken])).await;
        key_is_told(&cluster, name, "NoKey").await;
    }

    let (in_vault, in_aws, in_seal) =
        (canaries.hatch("a value in Vault"), canaries.hatch("a value in AWS"), canaries.hatch("a sealed value"));
    let mount = bao.kv2("canary").await;
    mount.put("app", &[("p", &in_vault)]).await;
    let large = canaries.hatch("one of two large values").repeat(20_000);
    mount.put("half", &[("p", &large)]).await;
    mount.put("other-half", &[("p", &large)]).await;
    moto.put(IN_AWS, &in_aws).await;
    let policy = mount.read_policy().await;
    let token = bao.token("", &[&policy], json!({"id": canaries.hatch("a Vault token")})).await;
    let login = bao.approle("", &[&policy], json!({})).await;
    let secret_id = canaries.hatch("a secret id");
    let custom = format!("auth/{}/role/{}/custom-secret-id", login.mount, login.role);
    bao.call(Method::POST, &custom, Some(&json!({"secret_id": secret_id}))).await.unwrap();
    let mut stores = vec![
        by_token("vault", bao.url(), mount.path(), &token),
        by_approle("approle", &bao, &mount, &login.mount, &login.role_id, &secret_id),
        by_approle("refused-approle", &bao, &mount, &login.mount, &login.role_id, &canaries.hatch("a refused secret id")),
        by_token("refused-token", bao.url(), mount.path(), &canaries.hatch("a refused token")),
        by_token("unfit-token", bao.url(), mount.path(), &format!("{}\u{1}", canaries.hatch("a token that no header takes"))),
        aws("aws", moto.url(), &canaries.hatch("an AWS secret key")),
    ];
    let liars = liars(&mut canaries).await;
    for (name, liar) in &liars {
        let (url, credential) = (liar.url(), canaries.hatch("a credential for a liar"));
        stores.push(if name.starts_with("aws") { aws(name, &url, &credential) } else { by_token(name, &url, "kv", &credential) });
    }
    let mut roots = by_token("roots", "https://127.0.0.1:1", "kv", &canaries.hatch("no certificate"));
    roots["items"][1]["spec"]["provider"]["vault"]["caProvider"] = json!({"type": "Secret", "name": "roots", "key": "credential"});
    stores.push(roots);
    namespace.apply(&documents(&stores)).await;

    let developer = key.developer().await;
    let here = namespace.name();
    let own = sealed(&developer, here, "ok-sealed", "P", "strict", &in_seal).await;
    let fine = [
        object("ok-vault", "vault", &[("P", "app", Some("p"))], "Opaque"),
        object("ok-approle", "approle", &[("P", "app", Some("p")), ("ALL", "app", None)], "Opaque"),
        object("ok-aws", "aws", &[("P", IN_AWS, None)], "Opaque"),
        of_sealed("ok-sealed", &[("P", &own)]),
    ];
    namespace.apply(&documents(&fine)).await;
    for (name, value) in [("ok-vault", &in_vault), ("ok-approle", &in_vault), ("ok-aws", &in_aws), ("ok-sealed", &in_seal)] {
        has_text(&namespace, name, "P", value).await;
        is_told(&namespace, name, "Synced").await;
    }
    // The search finds what is there.
    let secrets = namespace.kubectl(&["get", "secrets", "-o", "json"]).await.ok();
    let found = canaries.found_in(&secrets);
    for what in ["a value in Vault", "a value in AWS", "a sealed value", "a Vault token", "a secret id", "an AWS secret key"] {
        assert!(found.iter().any(|found| found.starts_with(&format!("{what} as base64"))), "{what} is not found: {found:?}");
    }

    let live = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "not-owned"}, "stringData": {"P": canaries.hatch("a Secret of somebody else")}});
    namespace.apply(&documents(&[live])).await;
    let in_clear = canaries.hatch("a value in base64 that looks sealed");
    let age_alone = canaries.hatch("a value sealed with age alone");
    let age_alone = developer.age(&["-r", &key.recipient], age_alone.as_bytes()).await.ok();
    let mut failing = failing_objects(&own, &age_alone, &in_clear);
    let bad_stores = liars.iter().map(|(name, _)| *name).chain(["refused-approle", "refused-token", "unfit-token", "roots"]);
    failing.extend(bad_stores.map(|store| object(store, store, &[("P", "any", Some("p"))], "Opaque")));
    namespace.apply(&documents(&failing)).await;
    for object in &failing {
        fails(&namespace, object["metadata"]["name"].as_str().unwrap()).await;
    }
    is_healed_and_follows(&mut canaries, &namespace, &mount, &in_vault).await;

    let said = said_in(&cluster).await;
    // What people wrote themselves into a spec is no secret that the operator could keep.
    let said = said.replace(&in_clear, "");
    canaries.assert_absent("an object of the cluster", &said);
    canaries.assert_absent("a metric", &operator.metrics().await);
    canaries.assert_absent("an answer of the operator", &operator.get("/readyz").await.unwrap());
    let log = operator.log();
    assert!(log.contains("\"level\":\"TRACE\"") && log.contains("\"level\":\"WARN\""), "the log is as talkative as it gets");
    canaries.assert_absent("the log", &log);
}

/// What `seal` said in all runs.
struct Heard {
    seal: Seal,
    said: String,
}

impl Heard {
    /// Runs `seal`, which has to refuse.
    async fn refused(&mut self, arguments: &[&str], input: &str) {
        let told = self.seal.run_with_input(arguments, input.as_bytes()).await;
        assert!(told.status.is_some_and(|status| status != 0), "seal {arguments:?} did not refuse: {told}");
        self.said += &format!("$ seal {}\n{}{}", arguments[0], String::from_utf8_lossy(&told.stdout), told.stderr);
    }

    /// Runs `seal`, which has to succeed.
    async fn done(&mut self, arguments: &[&str], input: &str) {
        let told = self.seal.run_with_input(arguments, input.as_bytes()).await;
        self.said += &format!("$ seal {}\n{}{}", arguments[0], String::from_utf8_lossy(&told.stdout), told.stderr);
        told.ok();
    }
}

#[tokio::test]
async fn nothing_that_seal_says_of_bad_input_holds_a_secret() {
    let mut canaries = Canaries::default();
    let key = KeyPair::new().await;
    canaries.adopt("the age identity", key.identity.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap());
    let token = canaries.hatch("a Vault token");
    let seal = Seal::new().env("VAULT_TOKEN", token);
    seal.write("keys.txt", &key.identity);
    seal.run(&["init", "-r", &format!("cluster={}", key.recipient)]).await.ok();
    let mut heard = Heard { seal, said: String::new() };

    let value = canaries.hatch("a sealed value");
    heard.done(&["set", "app.yaml", "P", "-n", "shop"], &value).await;
    heard.done(&["set", "app.yaml", "P"], &value).await;
    heard.done(&["list", "app.yaml"], "").await;
    heard.done(&["render", "app.yaml", "-i", "keys.txt"], "").await;
    let got = heard.seal.run(&["get", "app.yaml", "P", "--raw", "-i", "keys.txt"]).await.text();
    assert_eq!(canaries.found_in(&got), ["a sealed value as text"], "the search finds what is there");
    let manifest = heard.seal.read("app.yaml");
    canaries.assert_absent("the manifest", &manifest);
    for (name, text) in [
        (
            "moved.yaml",
            manifest.replace("namespace: shop", "namespace: bank").replace("namespace: \"shop\"", "namespace: \"bank\""),
        ),
        ("scope.yaml", manifest.replace(";s=strict;", ";s=cluster;")),
        ("cut.yaml", manifest.replace("\"\n", "").replacen("sb1:", "sb1:k=0;", 1)),
    ] {
        heard.seal.write(name, &text);
        heard.refused(&["get", name, "-i", "keys.txt"], "").await;
        heard.refused(&["render", name, "-i", "keys.txt"], "").await;
    }
    heard.seal.write("broken.txt", &format!("AGE-SECRET-KEY-1{}\n", canaries.hatch("a broken identity")));
    heard.refused(&["get", "app.yaml", "-i", "broken.txt"], "").await;
    heard.refused(&["keys", "list", "-i", "broken.txt"], "").await;
    let identity = key.identity.lines().last().unwrap();
    heard.refused(&["value", "--name", "app", "--key", "P", "-n", "shop", "-r", identity], "x").await;
    heard.refused(&["init", "--config", "other.yaml", "-r", &format!("dev={identity}")], "").await;
    heard.refused(&["set", "app.yaml", &format!("P={}", canaries.hatch("a value on the command line"))], "").await;

    let (in_yaml, in_data, in_env) =
        (canaries.hatch("in broken YAML"), canaries.hatch("in broken base64"), canaries.hatch("in a broken .env"));
    heard.seal.write("broken.yaml", &format!("apiVersion: v1\nkind: Secret\nstringData:\n  P: \"{in_yaml}\n  - ]{in_yaml}: {{\n"));
    heard.refused(&["import", "broken.yaml", "-n", "shop"], "").await;
    heard.seal.write("data.yaml", &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: app}}\ndata:\n  P: \"{in_data}!\"\n"));
    heard.refused(&["import", "data.yaml", "-n", "shop"], "").await;
    heard.seal.write(".env", &format!("GOOD=x\nno assignment {in_env}\n"));
    heard.refused(&["import", "--env-file", ".env", "--name", "app", "-n", "shop"], "").await;
    heard.seal.write("large", &canaries.hatch("a large value").repeat(40_000));
    heard.refused(&["set", "app.yaml", "--from-file", "L=large"], "").await;

    for (name, liar) in liars(&mut canaries).await {
        if name.starts_with("aws") {
            continue;
        }
        let mut items = by_token("liar", &liar.url(), "kv", "x")["items"].clone();
        let store = items[1].take();
        heard.seal.write("live.yaml", &documents(&[store, object("app", "liar", &[("P", "any", Some("p"))], "Opaque")]));
        heard.refused(&["render", "live.yaml", "--stores", "live", "-n", "shop"], "").await;
        assert!(!liar.requests().is_empty(), "{name} was asked");
    }
    canaries.assert_absent("what seal said", &heard.said);
}
