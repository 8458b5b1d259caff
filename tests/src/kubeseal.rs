//! The plain `kubeseal` binary with a certificate beside it, run in a folder of its own, and the key pairs of a
//! sealed-secrets controller. It must never reach a cluster.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use sealbridge_xtask::parts::Part;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::provided;
use crate::spoken::{Spoken, fed};

/// A key pair as the controller makes it.
pub struct SealedSecretsKey {
    /// The private key, PEM.
    pub private: String,
    /// The certificate, PEM.
    pub certificate: String,
}

impl SealedSecretsKey {
    /// A new pair whose certificate is valid from the first day of a year.
    pub fn since(year: i32) -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key");
        let mut params = CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(year, 1, 1);
        params.not_after = rcgen::date_time_ymd(year + 60, 1, 1);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { private: key.serialize_pem(), certificate: certificate.pem() }
    }

    /// The Secret in which a controller in `namespace` keeps it.
    pub fn secret(&self, name: &str, namespace: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {
                "name": name, "namespace": namespace,
                "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
            },
            "stringData": {"tls.key": self.private, "tls.crt": self.certificate},
        })
    }
}

/// A folder to run `kubeseal` in.
pub struct Kubeseal {
    program: PathBuf,
    folder: TempDir,
}

impl Kubeseal {
    /// A folder with the certificate and the private key of a controller.
    pub async fn with(key: &SealedSecretsKey) -> Self {
        let [program] = provided::executables([Part::Kubeseal]).await;
        let kubeseal = Self { program, folder: TempDir::with_prefix("kubeseal-").expect("a folder") };
        kubeseal.write("cert.pem", &key.certificate);
        kubeseal.write("key.pem", &key.private);
        kubeseal
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).expect("written");
    }

    /// Seals a Secret; `scope` as kubeseal names it. Returns the SealedSecret.
    pub async fn seal(&self, secret: &Value, scope: &str) -> Value {
        let sealed = self.run(&["--cert", "cert.pem", "--scope", scope, "-o", "json"], secret.to_string().as_bytes()).await.text();
        serde_json::from_str(&sealed).expect("a SealedSecret")
    }

    /// Opens a SealedSecret; returns the Secret.
    pub async fn unseal(&self, sealed: &str) -> Value {
        let arguments = ["--recovery-unseal", "--recovery-private-key", "key.pem", "-o", "json"];
        let secret = self.run(&arguments, sealed.as_bytes()).await.text();
        serde_json::from_str(&secret).expect("a Secret")
    }

    /// Runs `kubeseal`.
    pub async fn run(&self, arguments: &[&str], input: &[u8]) -> Spoken {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().env("HOME", self.folder()).current_dir(self.folder());
        fed(&mut command, input).await.into()
    }
}
