//! The method for client certificates. The certificate is the connection's; the request only names a role.

use sealbridge_api::store::CertAuth;

use super::super::http::{Http, Path};
use super::super::settings::mount_segments;
use super::call::log_in;
use super::grant::Grant;
use crate::{InputError, ReadError};

const DEFAULT_MOUNT: &str = "cert";

/// A role, for whoever shows the certificate.
pub(in crate::vault) struct Cert {
    path: Path,
    role: Option<String>,
}

/// Reads the spec; the certificate itself is the connection pool's.
pub(super) fn resolve(spec: &CertAuth) -> Result<Cert, InputError> {
    let mount = mount_segments("auth.cert.path", spec.path.as_deref().unwrap_or(DEFAULT_MOUNT))?;
    let path = Path::new(std::iter::once("auth").chain(mount.iter().map(String::as_str)).chain(["login"]));
    Ok(Cert { path, role: spec.vault_role.clone() })
}

impl Cert {
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        let role: Vec<_> = self.role.iter().map(|role| ("name", role.as_str())).collect();
        log_in(http, &self.path, namespace, &role).await
    }
}
