//! The floor: the operator's writes and nothing else, in as many requests and bytes, from bodies made beforehand.
//! It must never read, wait or think.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request};
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use sealbridge_api::BridgedSecret;
use sealbridge_tests::Namespace;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Tasks that write at the same time.
pub(super) const WORKERS: usize = 32;

/// What the operator asks for in return of a Secret.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// The writes of all objects: of each, its Secret and then its status.
pub(super) struct Writes {
    client: Client,
    pairs: Vec<[Request<Vec<u8>>; 2]>,
}

impl Writes {
    /// What the operator wrote in one namespace, made into writes for the objects of another one.
    pub(super) async fn like(model: &Namespace<'_>, namespace: &Namespace<'_>, objects: &[(String, String)]) -> Self {
        let (model_name, _) = objects.first().expect("an object");
        let secret = model.api::<Secret>().get(model_name).await.expect("the model's Secret");
        let object = model.api::<BridgedSecret>().get(model_name).await.expect("the model");
        let (secret, object) = (serde_json::to_value(secret).expect("JSON"), serde_json::to_value(object).expect("JSON"));
        let pairs = objects.iter().map(|(name, uid)| {
            let of = format!("namespaces/{}", namespace.name());
            let post = secret_for(&secret, name, uid);
            let patch = json!({"metadata": {"uid": uid}, "status": object["status"]});
            [
                request(
                    Method::POST,
                    &format!("/api/v1/{of}/secrets?fieldManager=sealbridge"),
                    "application/json",
                    METADATA_ONLY,
                    &post,
                ),
                request(
                    Method::PATCH,
                    &format!("/apis/sealbridge.dev/v1/{of}/bridgedsecrets/{name}/status?fieldManager=sealbridge"),
                    "application/merge-patch+json",
                    "application/json",
                    &patch,
                ),
            ]
        });
        Self { client: namespace.client(), pairs: pairs.collect() }
    }

    /// Makes them all.
    pub(super) async fn make(self) {
        let left = Arc::new(Mutex::new(self.pairs));
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (left, client) = (Arc::clone(&left), self.client.clone());
            workers.spawn(async move {
                while let Some(pair) = next(&left) {
                    for request in pair {
                        client.request_text(request).await.expect("written");
                    }
                }
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker.expect("a worker ends well");
        }
    }
}

fn next(left: &Mutex<Vec<[Request<Vec<u8>>; 2]>>) -> Option<[Request<Vec<u8>>; 2]> {
    left.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

/// The Secret under another name and owner, without what the API server adds.
fn secret_for(model: &Value, name: &str, owner: &str) -> Value {
    let mut owners = model["metadata"]["ownerReferences"].clone();
    owners[0]["name"] = json!(name);
    owners[0]["uid"] = json!(owner);
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": model["type"],
        "metadata": {
            "name": name,
            "labels": model["metadata"]["labels"],
            "annotations": model["metadata"]["annotations"],
            "ownerReferences": owners,
        },
        "data": model["data"],
    })
}

fn request(method: Method, path: &str, media_type: &str, accept: &str, body: &Value) -> Request<Vec<u8>> {
    let request = Request::builder().method(method).uri(path).header("content-type", media_type).header("accept", accept);
    request.body(body.to_string().into_bytes()).expect("a request")
}
