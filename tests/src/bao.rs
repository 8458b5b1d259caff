//! A real `OpenBao` server with storage that survives a kill (raft, the only kind that 2.7 has on disk): initialised, unsealed, and audited to a file by
//! which requests are counted. Scenarios share one, each with mounts of its own; one that breaks things has its
//! own server.

mod auth;
mod config;
mod kv;
mod requests;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Certificate, Client, Identity, Method};
use sealbridge_xtask::parts::Part;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::pki::{TestCa, install_crypto};
use crate::process::{Process, Program};
use crate::run::{data, unique};
use crate::wait::eventually;
use crate::{ports, provided};
pub use auth::AppRole;
pub use kv::Mount;
pub use requests::{Mark, Request, Requests};

/// How long the server may take to listen, to unseal and to become active.
const START: Duration = Duration::from_mins(1);

/// An `OpenBao` server.
pub struct Bao {
    process: Process,
    client: Client,
    url: String,
    audit_log: PathBuf,
    unseal_key: String,
    root_token: String,
}

/// How a server serves TLS.
struct Tls<'a> {
    ca: &'a TestCa,
    /// Whether clients have to show a certificate of the same authority.
    of_clients_too: bool,
}

impl Tls<'_> {
    fn write(&self, folder: &Path) -> config::Served {
        let (certificate, key) = self.ca.server().write(folder);
        let clients = self.of_clients_too.then(|| {
            let path = folder.join("clients.crt");
            fs::write(&path, self.ca.pem()).expect("an authority");
            path
        });
        config::Served { certificate, key, clients }
    }
}

/// An answer that is not 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Bao {
    /// The server that the scenarios of this process share. It may not be stopped or sealed.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Bao> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start("shared-openbao".into(), None)).await
    }

    /// A server of one's own, which may be killed and started again.
    pub async fn private() -> Self {
        Self::start(unique("openbao"), None).await
    }

    /// A server of one's own, of the last release line that has LDAP logins in it.
    pub async fn private_with_ldap() -> Self {
        Self::start_part(Part::OpenBao26, unique("openbao-ldap"), None).await
    }

    /// A server of one's own that serves TLS with a certificate of `ca`.
    pub async fn private_with_tls(ca: &TestCa) -> Self {
        Self::start(unique("openbao-tls"), Some(Tls { ca, of_clients_too: false })).await
    }

    /// A server of one's own that serves TLS with a certificate of `ca`, to those alone who show one of it too.
    pub async fn private_with_client_certificates(ca: &TestCa) -> Self {
        Self::start(unique("openbao-mtls"), Some(Tls { ca, of_clients_too: true })).await
    }

    async fn start(name: String, tls: Option<Tls<'_>>) -> Self {
        Self::start_part(Part::OpenBao, name, tls).await
    }

    async fn start_part(part: Part, name: String, tls: Option<Tls<'_>>) -> Self {
        install_crypto();
        let [executable] = provided::executables([part]).await;
        let folder = data(&name);
        let port = ports::free();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://127.0.0.1:{port}");
        let audit_log = folder.join("audit.log");
        let store = folder.join("store");
        fs::create_dir(&store).expect("a folder for storage");
        let served = tls.as_ref().map(|tls| tls.write(&folder));
        let file = folder.join("config.hcl");
        let config = config::text(&store, port, served.as_ref(), &audit_log);
        fs::write(&file, config).expect("a configuration");
        let process = Program::new(&name, executable)
            .arg("server")
            .arg(format!("-config={}", file.display()))
            .clean_environment()
            .remove(&folder)
            .start();
        let mut client = Client::builder()
            // A pooled connection would belong to the runtime of one test.
            .pool_max_idle_per_host(0)
            .no_proxy();
        if let Some(tls) = tls {
            let ca = Certificate::from_pem(tls.ca.pem().as_bytes()).expect("PEM");
            let shown = tls.ca.client("harness");
            let shown = Identity::from_pem(format!("{}\n{}", shown.certificate, shown.key).as_bytes()).expect("PEM");
            client = client.tls_certs_only([ca]).identity(shown);
        }
        let mut bao = Self {
            process,
            client: client.build().expect("a client"),
            url,
            audit_log,
            unseal_key: String::new(),
            root_token: String::new(),
        };
        bao.initialise().await;
        bao.unseal().await;
        bao
    }

    async fn initialise(&mut self) {
        let shares = json!({"secret_shares": 1, "secret_threshold": 1});
        let keys = eventually(START, "OpenBao can be initialised", async || {
            assert!(self.process.exit().is_none(), "{}", self.process.describe());
            self.call(Method::PUT, "sys/init", Some(&shares))
                .await
                .map_err(|refusal| format!("{refusal:?}; {}", self.process.describe()))
        })
        .await;
        self.unseal_key = text(&keys, "/keys/0");
        self.root_token = text(&keys, "/root_token");
    }

    /// Unseals the server and waits until it is active.
    pub async fn unseal(&self) {
        let key = json!({"key": self.unseal_key});
        eventually(START, "OpenBao is unsealed and active", async || {
            let health = self.call(Method::GET, "sys/health", None).await;
            if health.as_ref().is_err_and(|refusal| refusal.status == 503) {
                self.call(Method::PUT, "sys/unseal", Some(&key)).await.map_err(|refusal| format!("{refusal:?}"))?;
            }
            health.map_err(|refusal| format!("{refusal:?}; {}", self.process.describe()))
        })
        .await;
    }

    /// Seals the server: it answers 503 until [`Self::unseal`].
    pub async fn seal(&self) {
        self.call(Method::PUT, "sys/seal", None).await.expect("sealed");
    }

    /// Ends the server at once (SIGKILL).
    pub async fn kill(&self) {
        self.process.kill().await;
    }

    /// Starts the server again on the same storage and unseals it.
    pub async fn restart(&self) {
        self.process.start_again().await;
        self.unseal().await;
    }

    /// Stops the server from running (SIGSTOP): connections hang.
    pub async fn pause(&self) {
        self.process.pause().await;
    }

    /// Lets the server run on.
    pub async fn resume(&self) {
        self.process.resume().await;
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token that may do everything.
    pub fn root_token(&self) -> &str {
        &self.root_token
    }

    /// A request to `/v1/PATH` as root; the whole body of the answer, or null if it has none. A path may begin
    /// with a namespace.
    ///
    /// # Errors
    /// The status and body of a refusal; status 0 if the server did not answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Refusal> {
        self.send(method, path, body.map(Value::to_string)).await
    }

    /// [`Self::call`] with the text of a body.
    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Result<Value, Refusal> {
        let mut request = self.client.request(method, format!("{}/v1/{path}", self.url));
        if !self.root_token.is_empty() {
            request = request.header("X-Vault-Token", &self.root_token);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let unreachable = |error: reqwest::Error| Refusal { status: 0, body: format!("{error:?}") };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.text().await.map_err(unreachable)?;
        if !status.is_success() {
            return Err(Refusal { status: status.as_u16(), body });
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&body).expect("OpenBao answers in JSON"))
    }

    /// [`Self::call`] that must succeed.
    pub(crate) async fn told(&self, method: Method, path: &str, body: &Value) -> Value {
        // A key-value mount of version 2 takes a moment until it serves.
        eventually(START, &format!("{method} {path} is taken"), async || match self.call(method.clone(), path, Some(body)).await {
            Err(refusal) if refusal.body.contains("Upgrading from non-versioned") => Err(format!("{refusal:?}")),
            answer => Ok(answer),
        })
        .await
        .unwrap_or_else(|refusal| panic!("{method} {path}: {refusal:?}"))
    }

    /// A new mount of an engine of this kind in the root namespace; returns its path.
    pub async fn engine(&self, kind: &str) -> String {
        let mount = unique(kind);
        self.told(Method::POST, &format!("sys/mounts/{mount}"), &json!({"type": kind})).await;
        mount
    }

    /// A new namespace; its name is the first segment of the paths below it.
    pub async fn namespace(&self, prefix: &str) -> String {
        let name = unique(prefix);
        let path = format!("sys/namespaces/{name}");
        self.told(Method::POST, &path, &json!({})).await;
        name
    }
}

/// `path` below a namespace; the root namespace has an empty name.
fn below(namespace: &str, path: &str) -> String {
    match namespace {
        "" => path.to_owned(),
        namespace => format!("{namespace}/{path}"),
    }
}

fn text(answer: &Value, pointer: &str) -> String {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{pointer} in an answer of OpenBao")).to_owned()
}

fn merge(object: &mut Value, extra: Value) {
    if let (Value::Object(object), Value::Object(extra)) = (object, extra) {
        object.extend(extra);
    }
}
