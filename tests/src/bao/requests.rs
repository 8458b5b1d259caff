//! Counts requests by the server's own audit log, which a request is in before it is answered. Values in it are
//! hashed by the server.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde::Deserialize;

use super::Bao;

/// A place in the audit log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

/// A request as the server understood it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    /// `read`, `list`, `create`, `update`, `delete`.
    pub operation: String,
    /// Path without `/v1/`, and without the namespace.
    pub path: String,
    remote_port: u32,
    namespace: Namespace,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Namespace {
    path: String,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    request: Request,
}

impl Request {
    /// Path of the namespace, with a slash at its end; empty for the root.
    pub fn namespace(&self) -> &str {
        &self.namespace.path
    }
}

/// Requests since a mark, to be narrowed down and counted.
#[derive(Clone, Debug, Default)]
pub struct Requests(Vec<Request>);

impl Requests {
    /// Those to paths that begin like this.
    #[must_use]
    pub fn under(self, prefix: &str) -> Self {
        self.filter(|request| request.path.starts_with(prefix))
    }

    /// Reads of secrets in a mount, of any KV version.
    #[must_use]
    pub fn reads(self, mount: &str) -> Self {
        let prefix = format!("{mount}/");
        self.filter(|request| request.operation == "read" && request.path.starts_with(&prefix))
    }

    /// Logins by a login method, given by its path below `auth/`.
    #[must_use]
    pub fn logins(self, mount: &str) -> Self {
        let path = format!("auth/{mount}/login");
        self.filter(|request| request.path == path)
    }

    /// Those for which a condition holds.
    #[must_use]
    pub fn filter(mut self, keep: impl Fn(&Request) -> bool) -> Self {
        self.0.retain(keep);
        self
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Over how many connections they came.
    pub fn connections(&self) -> usize {
        let ports: HashSet<u32> = self.0.iter().map(|request| request.remote_port).collect();
        ports.len()
    }

    /// The requests, in the order of the log.
    pub fn iter(&self) -> impl Iterator<Item = &Request> {
        self.0.iter()
    }
}

impl Bao {
    /// The end of the audit log.
    pub fn mark(&self) -> Mark {
        Mark(std::fs::metadata(&self.audit_log).map_or(0, |file| file.len()))
    }

    /// Every request that the server took since a mark.
    pub fn requests(&self, mark: Mark) -> Requests {
        let mut file = File::open(&self.audit_log).expect("an audit log");
        file.seek(SeekFrom::Start(mark.0)).expect("seekable");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("readable");
        let entries = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Entry>(line).ok())
            .filter(|entry| entry.kind == "request")
            .map(|entry| entry.request);
        Requests(entries.collect())
    }
}
