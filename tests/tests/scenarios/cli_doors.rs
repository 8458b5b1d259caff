//! `seal render --as`: the real kustomize and the real helm, and the command that Argo CD runs, hand manifests in and take
//! them back with each object of ours as the Secret that `seal render` shows.

use std::collections::BTreeMap;
use std::fs;

use k8s_openapi::ByteString;
use sealbridge_tests::{Seal, Spoken};
use sealbridge_xtask::parts::Part;
use serde_json::{Value, json};

const STORES: &str = "\
apiVersion: sealbridge.dev/v1
kind: SecretStore
metadata: {name: fake, namespace: shop}
spec: {provider: {fake: {data: [{key: shop/db, value: '{\"user\": \"app\", \"password\": \"p\\\"ä\"}'}]}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fake, namespace: shop}
spec: {provider: {fake: {data: [{key: token, value: from-eso}]}}}
";

const EXTERNAL: &str = "\
# Taken over one day.
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: token, namespace: shop}
spec: {secretStoreRef: {name: fake}, data: [{secretKey: TOKEN, remoteRef: {key: token}}]}
";

const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: shop}
data: {ratio: \"1.10\", text: \"a\\nb\"}
";

const MERGED: &str = "\
apiVersion: sealbridge.dev/v1
kind: BridgedSecret
metadata: {name: merged, namespace: shop}
spec: {target: {creationPolicy: Merge}, data: {A: {plain: a}}}
";

const KUSTOMIZE: [&str; 4] = ["build", "--enable-alpha-plugins", "--enable-exec", "."];

/// A folder with a key, and a BridgedSecret that has a sealed value, a plain one and one of a store. `metadata` is what
/// else is said of it.
async fn folder(metadata: &str) -> (Seal, String) {
    let seal = Seal::new();
    let key = seal.folder().join("keys/keys.txt").display().to_string();
    fs::create_dir(seal.folder().join("keys")).unwrap();
    let seal = seal.env("SEALBRIDGE_IDENTITY_FILE", &key);
    let made: Value = serde_json::from_slice(&seal.run(&["keys", "new", &key, "-o", "json"]).await.ok()).unwrap();
    let recipient = made["recipient"].as_str().unwrap().to_owned();
    let manifest = format!(
        "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {{name: checkout, namespace: shop{metadata}}}\nspec:\n  \
         secretStoreRef: {{name: fake}}\n  data:\n    LOG: {{plain: info}}\n    USER: {{remoteRef: {{key: shop/db, property: user}}}}\n"
    );
    seal.write("checkout.yaml", &manifest);
    let set = ["set", "checkout.yaml", "STRIPE", "-r", &recipient, "-n", "shop"];
    seal.run_with_input(&set, b"sk_live_1").await.ok();
    let manifest = seal.read("checkout.yaml");
    fs::remove_file(seal.folder().join("checkout.yaml")).unwrap();
    (seal, manifest)
}

fn objects(text: &[u8]) -> Vec<Value> {
    serde_saphyr::from_multiple(&String::from_utf8_lossy(text)).unwrap()
}

fn of<'v>(objects: &'v [Value], kind: &str, name: &str) -> &'v Value {
    let found = objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name} in {objects:#?}"))
}

fn data(secret: &Value) -> BTreeMap<String, ByteString> {
    serde_json::from_value(secret["data"].clone()).unwrap()
}

fn expected() -> BTreeMap<String, ByteString> {
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    [("LOG", "info"), ("USER", "app"), ("STRIPE", "sk_live_1")].map(|(key, value)| (key.to_owned(), bytes(value))).into()
}

/// The configuration of a function, run with these arguments.
fn function(arguments: &str) -> String {
    format!(
        "apiVersion: render.sealbridge.dev/v1\nkind: Render\nmetadata:\n  name: seal\n  annotations:\n    \
         config.kubernetes.io/function: |\n      exec: {{path: seal, args: [render, --as, krm{arguments}]}}\n"
    )
}

/// The same Secrets as `seal render` shows, and nothing of ours beside them.
async fn ensure_rendered(seal: &Seal, told: Spoken, paths: &[&str]) -> Vec<Value> {
    let objects_of_tool = objects(&told.ok());
    let shown = objects(&seal.run(&[&["render", "--reveal", "-q"], paths].concat()).await.ok());
    for secret in &shown {
        let name = secret["metadata"]["name"].as_str().unwrap();
        let given = of(&objects_of_tool, "Secret", name);
        assert_eq!((&given["data"], &given["type"]), (&secret["data"], &secret["type"]));
        for (label, value) in secret["metadata"]["labels"].as_object().unwrap() {
            assert_eq!(&given["metadata"]["labels"][label], value, "{name}");
        }
    }
    let rests =
        objects_of_tool.iter().filter(|object| ["BridgedSecret", "ExternalSecret"].contains(&object["kind"].as_str().unwrap()));
    assert_eq!(rests.count(), 0);
    objects_of_tool
}

#[tokio::test]
async fn kustomize_transforms_objects_into_their_secrets() {
    let (seal, manifest) = folder("").await;
    seal.write("app/checkout.yaml", &manifest);
    seal.write("app/external.yaml", EXTERNAL);
    seal.write("app/config.yaml", CONFIG);
    seal.write("app/seal.yaml", &function(", ../stores.yaml"));
    let kustomization = "resources: [checkout.yaml, external.yaml, config.yaml]\ntransformers: [seal.yaml]\n";
    seal.write("app/kustomization.yaml", kustomization);
    seal.write("stores.yaml", STORES);
    let build = [&KUSTOMIZE[..3], &["app"]].concat();
    let told = seal.called_by(Part::Kustomize, &build, b"").await;
    let given = ensure_rendered(&seal, told, &["app", "stores.yaml"]).await;
    assert_eq!(given.len(), 3);
    let secret = of(&given, "Secret", "checkout");
    assert_eq!((data(secret), secret["metadata"]["annotations"].clone()), (expected(), Value::Null));
    assert_eq!(of(&given, "ConfigMap", "config")["data"], json!({"ratio": "1.10", "text": "a\nb"}));
}

#[tokio::test]
async fn kustomize_generates_secrets_whose_new_names_reach_their_users() {
    let (seal, manifest) = folder(", annotations: {kustomize.config.k8s.io/needs-hash: \"true\"}").await;
    seal.write("secrets/checkout.yaml", &manifest);
    seal.write("secrets/stores.yaml", STORES);
    seal.write("app/seal.yaml", &function(", ../secrets"));
    let container = json!({"name": "c", "image": "i", "envFrom": [{"secretRef": {"name": "checkout"}}]});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": {"containers": [container]}});
    seal.write("app/pod.yaml", &pod.to_string());
    seal.write("app/kustomization.yaml", "resources: [pod.yaml]\ngenerators: [seal.yaml]\n");
    let build = [&KUSTOMIZE[..3], &["app"]].concat();
    let given = objects(&seal.called_by(Part::Kustomize, &build, b"").await.ok());
    let pod = of(&given, "Pod", "p");
    let name = pod.pointer("/spec/containers/0/envFrom/0/secretRef/name").unwrap().as_str().unwrap();
    assert!(name.starts_with("checkout-") && name.len() > "checkout-".len(), "{name}");
    assert_eq!(data(of(&given, "Secret", name)), expected());
}

#[tokio::test]
async fn an_object_is_its_own_generator() {
    let function = "config.kubernetes.io/function: \"exec: {path: seal, args: [render, --as, krm, stores.yaml]}\"";
    let (seal, manifest) = folder(&format!(", annotations: {{{function}}}")).await;
    seal.write("checkout.yaml", &manifest);
    seal.write("stores.yaml", STORES);
    seal.write("kustomization.yaml", "generators: [checkout.yaml]\n");
    let given = objects(&seal.called_by(Part::Kustomize, &KUSTOMIZE, b"").await.ok());
    assert_eq!((given.len(), data(of(&given, "Secret", "checkout"))), (1, expected()));
}

#[tokio::test]
async fn kustomize_is_told_what_fails_and_gets_nothing() {
    let (seal, manifest) = folder("").await;
    seal.write("checkout.yaml", &manifest);
    seal.write("seal.yaml", &function(""));
    seal.write("kustomization.yaml", "resources: [checkout.yaml]\ntransformers: [seal.yaml]\n");
    let told = seal.called_by(Part::Kustomize, &KUSTOMIZE, b"").await;
    assert_ne!(told.status, Some(0), "{told}");
    assert!(told.stdout.is_empty(), "{told}");
    assert!(
        told.stderr.contains("shop/checkout") && told.stderr.contains("no manifest that was read declares the store"),
        "{told}"
    );
}

#[tokio::test]
async fn helm_renders_objects_of_a_chart_as_their_secrets() {
    let (seal, manifest) = folder(", annotations: {helm.sh/resource-policy: keep}").await;
    let plugin = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/helm/plugin.yaml")).unwrap();
    seal.write("plugins/seal/plugin.yaml", &plugin);
    seal.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    seal.write("chart/templates/checkout.yaml", &manifest);
    seal.write("chart/templates/all.yaml", &format!("{EXTERNAL}---\n{CONFIG}"));
    seal.write("stores.yaml", STORES);
    let plugins = seal.folder().join("plugins").display().to_string();
    let seal = seal.env("HELM_PLUGINS", plugins);
    let template = ["template", "release", "chart", "-n", "shop", "--post-renderer", "seal"];
    let with_stores = [&template[..], &["--post-renderer-args", "stores.yaml"]].concat();
    let told = seal.called_by(Part::Helm, &with_stores, b"").await;
    let given = ensure_rendered(&seal, told, &["chart/templates", "stores.yaml"]).await;
    assert_eq!(given.len(), 3);
    let secret = of(&given, "Secret", "checkout");
    assert_eq!(data(secret), expected());
    assert_eq!(secret["metadata"]["annotations"], json!({"helm.sh/resource-policy": "keep"}));
    let told = seal.called_by(Part::Helm, &template, b"").await;
    assert!(told.status != Some(0) && told.stdout.is_empty(), "{told}");
}

#[tokio::test]
async fn what_cannot_be_read_is_not_passed_over() {
    let seal = Seal::new();
    seal.write("beside/stores.yaml", STORES);
    seal.write("beside/broken.yaml", "apiVersion: sealbridge.dev/v1\nkind: BridgedSecret\nmetadata: {name: a\n");
    let told = seal.run_with_input(&["render", "--as", "helm", "beside"], CONFIG.as_bytes()).await;
    assert!(told.status == Some(2) && told.stdout.is_empty() && told.stderr.contains("broken.yaml"), "{told}");
    fs::remove_file(seal.folder().join("beside/broken.yaml")).unwrap();
    // What is none of ours comes out byte for byte.
    let told = seal.run_with_input(&["render", "--as", "helm", "beside"], CONFIG.as_bytes()).await;
    assert_eq!(told.text(), CONFIG);
}

#[tokio::test]
async fn argo_cd_gets_all_manifests_of_a_folder_or_none() {
    let plugin = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/argocd/cmp/plugin.yaml")).unwrap();
    let plugin: Value = serde_saphyr::from_str(&plugin).unwrap();
    let command: Vec<&str> =
        plugin["spec"]["generate"]["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let [program, arguments @ ..] = command.as_slice() else { panic!("{command:?}") };
    assert_eq!(*program, "seal");

    let (seal, manifest) = folder(", annotations: {argocd.argoproj.io/sync-wave: \"-1\"}").await;
    fs::remove_dir_all(seal.folder().join("keys")).unwrap();
    let (keyed, with_key) = folder(", annotations: {argocd.argoproj.io/sync-wave: \"-1\"}").await;
    // The objects name no namespace: the application does.
    keyed.write("checkout.yaml", &with_key.replace(", namespace: shop", ""));
    keyed.write("more/external.yaml", &EXTERNAL.replace(", namespace: shop", ""));
    keyed.write("config.yaml", CONFIG);
    keyed.write("values.yaml", "replicas: 3\n");
    keyed.write(".hidden.yaml", "not: {valid\n");
    let local = "metadata: {annotations: {config.kubernetes.io/local-config: \"true\"}, name: fake, namespace: shop}";
    keyed.write("stores.yaml", &STORES.replace("metadata: {name: fake, namespace: shop}", local));
    let keyed = keyed.env("ARGOCD_APP_NAMESPACE", "shop");
    let given = objects(&keyed.run(arguments).await.ok());
    assert_eq!(given.len(), 3, "{given:#?}");
    let secret = of(&given, "Secret", "checkout");
    assert_eq!((data(secret), &secret["metadata"]["namespace"]), (expected(), &json!("shop")));
    assert_eq!(secret["metadata"]["annotations"], json!({"argocd.argoproj.io/sync-wave": "-1"}));
    assert_eq!(data(of(&given, "Secret", "token"))["TOKEN"].0, b"from-eso");
    assert_eq!(of(&given, "ConfigMap", "config")["data"]["ratio"], "1.10");

    for (file, text, words) in [
        ("broken.yaml", "a: {b\n", "broken.yaml"),
        ("kustomization.yaml", "resources: []\n", "kustomize build . | seal render --as helm"),
        ("merge.yaml", MERGED, "only an operator can merge"),
    ] {
        keyed.write(file, text);
        let told = keyed.run(arguments).await;
        assert_eq!(told.status, Some(2), "{file}: {told}");
        assert!(told.stdout.is_empty() && told.stderr.contains(words), "{file}: {told}");
        fs::remove_file(keyed.folder().join(file)).unwrap();
    }

    // Without the key nothing is printed, the ConfigMap neither.
    seal.write("checkout.yaml", &manifest);
    seal.write("config.yaml", CONFIG);
    let told = seal.run(arguments).await;
    assert!(told.status == Some(2) && told.stdout.is_empty(), "{told}");
}
