//! Files and arguments of the control plane's programs. It must never listen anywhere but on 127.0.0.1.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::issuer::Issuer;
use crate::pki::TestCa;
use crate::process::Program;
use crate::{ports, run};

/// Every stage of a request, without bodies: enough to count by, and no secret value in it.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitManagedFields: true
rules:
- level: Metadata
";

/// The controllers that scenarios rely on; the others would only take processor time.
const CONTROLLERS: &str = "garbage-collector-controller,namespace-controller,serviceaccount-controller,\
     clusterrole-aggregation-controller,node-lifecycle-controller,\
     deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller";

/// The token of the administrator, worth something only on this API server while it runs.
const ADMIN_TOKEN: &str = "harness-admin";

/// Where the files of one control plane lie and where its programs listen.
pub(super) struct Layout {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) etcd_url: String,
    pub(super) kubeconfig: PathBuf,
    folder: PathBuf,
    etcd_folder: PathBuf,
    port: u16,
}

impl Layout {
    pub(super) fn write(name: &str) -> Self {
        let port = ports::free();
        let folder = run::data(&format!("{name}-control-plane"));
        let layout = Self {
            name: name.to_owned(),
            url: format!("https://127.0.0.1:{port}"),
            etcd_url: format!("http://127.0.0.1:{}", ports::free()),
            kubeconfig: folder.join("admin.kubeconfig"),
            etcd_folder: run::data(&format!("{name}-etcd")),
            folder,
            port,
        };
        TestCa::shared().server().write(&layout.folder);
        let issuer = Issuer::new();
        let tokens = format!("{ADMIN_TOKEN},admin,admin,\"system:masters\"\n");
        for (file, content) in [
            ("audit-policy.yaml", AUDIT_POLICY),
            ("tokens.csv", &tokens),
            ("service-accounts.key", &issuer.private_key_pem()),
            ("service-accounts.pub", &issuer.public_key_pem()),
            ("ca.crt", TestCa::shared().pem()),
            ("admin.kubeconfig", &layout.login(ADMIN_TOKEN)),
        ] {
            fs::write(layout.folder.join(file), content).expect("a file for the control plane");
        }
        layout
    }

    /// A kubeconfig (which may be JSON) that logs in by a bearer token.
    pub(super) fn login(&self, token: &str) -> String {
        use base64::Engine as _;
        let ca = base64::engine::general_purpose::STANDARD.encode(TestCa::shared().pem());
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": {
                "server": self.url, "certificate-authority-data": ca,
            }}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "user"}}],
            "current-context": "tests",
        })
        .to_string()
    }

    pub(super) fn audit_log(&self) -> PathBuf {
        self.folder.join("audit.log")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn etcd(&self, executable: PathBuf) -> Program {
        let peers = format!("http://127.0.0.1:{}", ports::free());
        Program::new(format!("{}-etcd", self.name), executable)
            .arg("--data-dir")
            .arg(&self.etcd_folder)
            .args(["--unsafe-no-fsync", "--log-level=warn"])
            .args(["--listen-client-urls", &self.etcd_url])
            .args(["--advertise-client-urls", &self.etcd_url])
            .args(["--listen-peer-urls", &peers])
            .args(["--initial-advertise-peer-urls", &peers])
            .args([format!("--initial-cluster=default={peers}")])
            .remove(&self.etcd_folder)
    }

    pub(super) fn apiserver(&self, executable: PathBuf) -> Program {
        let file = |flag: &str, name: &str| format!("--{flag}={}", self.file(name).display());
        Program::new(format!("{}-kube-apiserver", self.name), executable)
            .arg(format!("--etcd-servers={}", self.etcd_url))
            .arg(format!("--secure-port={}", self.port))
            .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
            .arg(file("tls-cert-file", "tls.crt"))
            .arg(file("tls-private-key-file", "tls.key"))
            .arg("--service-account-issuer=https://kubernetes.default.svc")
            .arg(file("service-account-key-file", "service-accounts.pub"))
            .arg(file("service-account-signing-key-file", "service-accounts.key"))
            .arg("--service-cluster-ip-range=10.0.0.0/24")
            .arg("--authorization-mode=RBAC")
            .arg(file("token-auth-file", "tokens.csv"))
            .arg(file("client-ca-file", "ca.crt"))
            .arg("--disable-admission-plugins=ServiceAccount")
            .arg(file("audit-policy-file", "audit-policy.yaml"))
            .arg(file("audit-log-path", "audit.log"))
            // A request is in the log before its answer is complete, and the file is never rotated.
            .args(["--audit-log-mode=blocking-strict", "--audit-log-maxsize=4096"])
            // The default throttles a scenario that loads a thousand objects at once.
            .args(["--max-requests-inflight=2000", "--max-mutating-requests-inflight=1000"])
            .arg("--profiling=false")
            .remove(&self.folder)
    }

    pub(super) fn controller_manager(&self, executable: PathBuf) -> Program {
        self.controller(executable, "kube-controller-manager")
            .arg(format!("--service-account-private-key-file={}", self.file("service-accounts.key").display()))
            .arg(format!("--root-ca-file={}", self.file("ca.crt").display()))
            .arg("--use-service-account-credentials=false")
            .arg(format!("--controllers={CONTROLLERS}"))
    }

    /// What the controller manager and the scheduler are both started with.
    pub(super) fn controller(&self, executable: PathBuf, name: &str) -> Program {
        let folder = run::data(&format!("{}-{name}", self.name));
        Program::new(format!("{}-{name}", self.name), executable)
            .arg(format!("--kubeconfig={}", self.kubeconfig.display()))
            .arg(format!("--cert-dir={}", folder.display()))
            .args(["--leader-elect=false", "--bind-address=127.0.0.1"])
            .arg(format!("--secure-port={}", ports::free()))
            .args(["--kube-api-qps=500", "--kube-api-burst=1000"])
            .remove(folder)
    }
}
