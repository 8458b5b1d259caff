//! Key-value mounts and what is written into them. A mount belongs to the test that made it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Bao, below};
use crate::run::unique;
use crate::wait::eventually;

/// A key-value mount.
pub struct Mount<'a> {
    bao: &'a Bao,
    namespace: String,
    path: String,
    version: u8,
}

impl Bao {
    /// A new KV mount of version 2 in the root namespace.
    pub async fn kv2(&self, prefix: &str) -> Mount<'_> {
        self.mount("", prefix, 2).await
    }

    /// A new KV mount of version 1 in the root namespace.
    pub async fn kv1(&self, prefix: &str) -> Mount<'_> {
        self.mount("", prefix, 1).await
    }

    /// A new KV mount of a version, 1 or 2, in a namespace.
    pub async fn mount(&self, namespace: &str, prefix: &str, version: u8) -> Mount<'_> {
        let mount = Mount { bao: self, namespace: namespace.to_owned(), path: unique(prefix), version };
        mount.enable(version).await;
        mount
    }
}

impl Mount<'_> {
    /// Its path within its namespace.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its namespace; empty for the root.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The version of its kind, 1 or 2.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Writes text fields as a new version of a secret; returns the version (1 in KV version 1).
    pub async fn put(&self, secret: &str, fields: &[(&str, &str)]) -> u64 {
        let fields: Map<String, Value> = fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        self.put_json(secret, &Value::Object(fields)).await
    }

    /// Writes a JSON object as a new version of a secret; returns the version (1 in KV version 1).
    pub async fn put_json(&self, secret: &str, object: &Value) -> u64 {
        if self.version == 1 {
            let path = self.at("", secret);
            self.bao.told(Method::PUT, &path, object).await;
            return 1;
        }
        let answer = self.bao.told(Method::PUT, &self.at("data/", secret), &json!({"data": object})).await;
        let version = answer.pointer("/data/version").and_then(Value::as_u64);
        version.expect("the version written")
    }

    /// Writes the text of a JSON object as a new version of a secret, digit by digit.
    pub async fn put_text(&self, secret: &str, object: &str) {
        let (path, body) = match self.version {
            1 => (self.at("", secret), object.to_owned()),
            _ => (self.at("data/", secret), format!("{{\"data\":{object}}}")),
        };
        self.bao.send(Method::PUT, &path, Some(body)).await.unwrap_or_else(|refusal| panic!("{path}: {refusal:?}"));
    }

    /// Deletes a secret in KV version 1, the latest version of it (softly) in version 2.
    pub async fn delete(&self, secret: &str) {
        let path = match self.version {
            1 => self.at("", secret),
            _ => self.at("data/", secret),
        };
        self.bao.told(Method::DELETE, &path, &json!({})).await;
    }

    /// Brings softly deleted versions back (KV version 2).
    pub async fn undelete(&self, secret: &str, versions: &[u64]) {
        self.on_versions("undelete/", secret, versions).await;
    }

    /// Destroys versions for good (KV version 2).
    pub async fn destroy(&self, secret: &str, versions: &[u64]) {
        self.on_versions("destroy/", secret, versions).await;
    }

    /// Removes a secret with all its versions (KV version 2).
    pub async fn delete_metadata(&self, secret: &str) {
        let path = self.at("metadata/", secret);
        self.bao.told(Method::DELETE, &path, &json!({})).await;
    }

    /// Removes the mount with everything in it.
    pub async fn disable(&self) {
        let path = below(&self.namespace, &format!("sys/mounts/{}", self.path));
        self.bao.told(Method::DELETE, &path, &json!({})).await;
    }

    /// Makes the mount at this path, after [`Self::disable`] with another version if wanted.
    pub async fn enable(&self, version: u8) {
        let path = below(&self.namespace, &format!("sys/mounts/{}", self.path));
        let kind = json!({"type": "kv", "options": {"version": version.to_string()}});
        self.bao.told(Method::POST, &path, &kind).await;
        if version == 2 {
            // A new mount refuses everything until it has set itself up.
            let config = below(&self.namespace, &format!("{}/config", self.path));
            eventually(Duration::from_secs(30), "the mount serves", async || {
                self.bao.call(Method::GET, &config, None).await.map_err(|refusal| format!("{refusal:?}"))
            })
            .await;
        }
    }

    /// A policy that allows reading everything here, under a new name.
    pub async fn read_policy(&self) -> String {
        let rules = format!("path \"{}/*\" {{ capabilities = [\"read\", \"list\"] }}", self.path);
        self.bao.policy(&self.namespace, &rules).await
    }

    /// A policy that allows what a pusher needs: no lists, and nothing beside keys and their metadata.
    pub async fn push_policy(&self) -> String {
        let rules = format!("path \"{}/*\" {{ capabilities = [\"create\", \"read\", \"update\", \"delete\"] }}", self.path);
        self.bao.policy(&self.namespace, &rules).await
    }

    /// What stands there: the object, or null of a version that is gone; `None` without a key or a version.
    pub async fn get(&self, secret: &str) -> Option<Value> {
        let (verb, pointer) = if self.version == 1 { ("", "/data") } else { ("data/", "/data/data") };
        let answer = self.bao.call(Method::GET, &self.at(verb, secret), None).await.ok()?;
        answer.pointer(pointer).cloned()
    }

    /// The metadata of a secret (KV version 2).
    pub async fn metadata(&self, secret: &str) -> Option<Value> {
        let answer = self.bao.call(Method::GET, &self.at("metadata/", secret), None).await.ok()?;
        answer.pointer("/data").cloned()
    }

    /// Replaces the custom metadata of a secret, which need not have a version (KV version 2).
    pub async fn put_custom_metadata(&self, secret: &str, custom: &Value) {
        self.bao.told(Method::POST, &self.at("metadata/", secret), &json!({"custom_metadata": custom})).await;
    }

    async fn on_versions(&self, verb: &str, secret: &str, versions: &[u64]) {
        let path = self.at(verb, secret);
        let body = json!({"versions": versions});
        self.bao.told(Method::PUT, &path, &body).await;
    }

    fn at(&self, verb: &str, secret: &str) -> String {
        below(&self.namespace, &format!("{}/{verb}{secret}", self.path))
    }
}
