//! A certificate authority of the test process, for servers on the loopback address. Its keys are never
//! written but to the files that the parts read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};

static SHARED: LazyLock<TestCa> = LazyLock::new(|| TestCa::new("sealbridge tests"));

/// A certificate authority that no system trusts.
pub struct TestCa {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A server's certificate and private key, both PEM.
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key, PKCS#8.
    pub key: String,
}

impl TestCa {
    /// An authority under a common name.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names to check");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("signed").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// The authority that the harness's own servers use.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// Its certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate by which a client is the user of this name.
    pub fn client(&self, user: &str) -> IssuedCertificate {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names to check");
        params.distinguished_name.push(DnType::CommonName, user);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        IssuedCertificate { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A certificate for a server reached at 127.0.0.1 and localhost.
    pub fn server(&self) -> IssuedCertificate {
        let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"];
        let mut params = CertificateParams::new(names.map(String::from)).expect("names");
        params.distinguished_name.push(DnType::CommonName, "127.0.0.1");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        IssuedCertificate { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl IssuedCertificate {
    /// Writes `tls.crt` and `tls.key` into a folder and returns their paths.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let paths = (folder.join("tls.crt"), folder.join("tls.key"));
        fs::write(&paths.0, &self.certificate).expect("certificate written");
        fs::write(&paths.1, &self.key).expect("key written");
        paths
    }
}

/// Makes aws-lc-rs the process-wide TLS provider, as the programs under test do. A scenario may have done so.
pub(crate) fn install_crypto() {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}
