//! Counts requests by the API server's own audit log: who asked what of which object. It holds no bodies,
//! so no value of a Secret can be seen here.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::wait::try_eventually;

/// Where a user's credential is named in an event: `JTI=…` for a ServiceAccount's token.
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";

/// Stage of the event that is written before a request is looked at; every other stage is one of its answer.
const RECEIVED: &str = "RequestReceived";

/// How long a request that was received may go without an answer before it counts as never answered, as it does
/// when the API server was killed or its store hangs.
const ANSWERED: Duration = Duration::from_secs(5);

/// The audit log of a cluster.
pub struct Audit {
    path: PathBuf,
}

/// A place in the audit log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

/// Requests that the API server answered or began to answer, to be narrowed down and counted.
#[derive(Clone, Debug, Default)]
pub struct Requests(Vec<Request>);

/// One request. A watch is in the log as soon as it was opened, any other request when it was answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    #[serde(rename = "auditID")]
    audit_id: String,
    stage: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// Path and query.
    #[serde(rename = "requestURI")]
    pub uri: String,
    #[serde(default)]
    user: User,
    #[serde(default)]
    object_ref: Object,
    #[serde(default)]
    response_status: Status,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    username: String,
    extra: std::collections::HashMap<String, Vec<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    code: u16,
}

impl Request {
    /// Who asked: `system:serviceaccount:NAMESPACE:NAME` for a ServiceAccount.
    pub fn user(&self) -> &str {
        &self.user.username
    }

    /// `secrets`, or `bridgedsecrets/status` for a subresource.
    pub fn resource(&self) -> String {
        match self.object_ref.subresource.as_str() {
            "" => self.object_ref.resource.clone(),
            subresource => format!("{}/{subresource}", self.object_ref.resource),
        }
    }

    /// Namespace of the object, empty if it has none.
    pub fn namespace(&self) -> &str {
        &self.object_ref.namespace
    }

    /// Name of the object, empty for a list or a watch of many.
    pub fn name(&self) -> &str {
        &self.object_ref.name
    }

    /// HTTP status of the answer.
    pub fn code(&self) -> u16 {
        self.response_status.code
    }

    /// Whether it chose objects by a label.
    pub fn is_by_label(&self) -> bool {
        self.uri.contains("labelSelector=")
    }

    /// Whether it was meant to change something.
    pub fn is_write(&self) -> bool {
        !matches!(self.verb.as_str(), "get" | "list" | "watch")
    }
}

impl Requests {
    /// Those of a user.
    #[must_use]
    pub fn by(self, user: &str) -> Self {
        self.filter(|request| request.user() == user)
    }

    /// Those of one login: see [`crate::Operator::requests`].
    #[must_use]
    pub(crate) fn with_credential(self, credential: &str) -> Self {
        self.filter(|request| {
            let ids = request.user.extra.get(CREDENTIAL);
            ids.is_some_and(|ids| ids.iter().any(|id| id == credential))
        })
    }

    /// Those of a resource (`secrets`, `bridgedsecrets/status`) with one of these verbs; all verbs if none.
    #[must_use]
    pub fn of(self, resource: &str, verbs: &[&str]) -> Self {
        self.filter(|request| request.resource() == resource && (verbs.is_empty() || verbs.contains(&request.verb.as_str())))
    }

    /// Those in a namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: &str) -> Self {
        self.filter(|request| request.namespace() == namespace)
    }

    /// Those about an object of this name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        self.filter(|request| request.name() == name)
    }

    /// Those meant to change something, other than the leader's lease and token requests.
    #[must_use]
    pub fn writes(self) -> Self {
        self.filter(|request| request.is_write() && !matches!(request.resource().as_str(), "leases" | "serviceaccounts/token"))
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

    /// The requests, in the order of the log.
    pub fn iter(&self) -> impl Iterator<Item = &Request> {
        self.0.iter()
    }
}

impl Audit {
    pub(crate) fn of(path: PathBuf) -> Self {
        Self { path }
    }

    /// The end of the log. What was received before it does not count, whenever it is answered.
    pub fn mark(&self) -> Mark {
        Mark(self.size())
    }

    /// The start of the log.
    pub fn start(&self) -> Mark {
        Mark(0)
    }

    /// Every request received since a mark that was answered. An answer can reach its client before its event
    /// reaches the log, so the events of all that was received until now are waited for.
    pub async fn since(&self, mark: Mark) -> Requests {
        let mut received = self.read(mark.0);
        received.retain(|event| event.stage == RECEIVED);
        let received: HashSet<_> = received.into_iter().map(|event| event.audit_id).collect();
        let look = async || match self.answers(mark, &received).count() {
            count if count == received.len() => Ok(()),
            count => Err(format!("{count} of {} are", received.len())),
        };
        // One without an answer is left out, like one that was never received.
        drop(try_eventually(ANSWERED, "all that was received is answered", look).await);
        self.answers(mark, &received)
    }

    /// The first event of an answer to each of these requests.
    fn answers(&self, mark: Mark, received: &HashSet<String>) -> Requests {
        let mut open = received.clone();
        let mut events = self.read(mark.0);
        events.retain(|event| event.stage != RECEIVED && open.remove(&event.audit_id));
        Requests(events)
    }

    fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    fn read(&self, from: u64) -> Vec<Request> {
        let mut file = File::open(&self.path).expect("an audit log");
        file.seek(SeekFrom::Start(from)).expect("seekable");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("readable");
        let complete = bytes.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
        bytes[..complete].split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}
