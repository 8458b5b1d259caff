//! From the spec of a Vault or OpenBao store to what the rest of this folder works with.
//!
//! Must never: take a setting from the process's environment.

use reqwest::Identity;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sealbridge_api::store::{CaProvider, OpenBaoProvider, VaultAuth, VaultClientTls, VaultKvVersion, VaultProvider};

use super::http::{Consistency, Http, is_reserved};
use super::key::{Layout, segments};
pub(super) use crate::server::invalid;
use crate::server::{address, roots};
use crate::{InputError, Scope, Selection, credential};

/// OpenBao's provider has a default mount, Vault's has none.
const OPENBAO_MOUNT: &str = "kv";
/// The entries of a Secret of type `kubernetes.io/tls`.
const CERTIFICATE_ENTRY: &str = "tls.crt";
const KEY_ENTRY: &str = "tls.key";

/// What a store's spec says, whichever of the two providers it is.
pub(crate) struct Fields<'a> {
    server: &'a str,
    mount: Option<&'a str>,
    kv: VaultKvVersion,
    namespace: Option<&'a str>,
    ca_bundle: Option<&'a str>,
    ca_provider: Option<&'a CaProvider>,
    tls: Option<&'a VaultClientTls>,
    headers: Vec<(&'a str, &'a str)>,
    consistency: Consistency,
    selection: Selection,
    pub(super) auth: VaultAuth,
}

impl<'a> From<&'a VaultProvider> for Fields<'a> {
    fn from(spec: &'a VaultProvider) -> Self {
        Self {
            server: &spec.server,
            mount: spec.path.as_deref(),
            kv: spec.version.unwrap_or_default(),
            namespace: spec.namespace.as_deref(),
            ca_bundle: spec.ca_bundle.as_deref(),
            ca_provider: spec.ca_provider.as_ref(),
            tls: spec.tls.as_ref(),
            headers: spec.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            consistency: Consistency {
                reads_own_writes: spec.read_your_writes.unwrap_or(false),
                forwards: spec.forward_inconsistent.unwrap_or(false),
            },
            selection: Selection::VaultLiteralThenGjson,
            auth: spec.auth.clone(),
        }
    }
}

impl<'a> From<&'a OpenBaoProvider> for Fields<'a> {
    fn from(spec: &'a OpenBaoProvider) -> Self {
        Self {
            server: &spec.server,
            mount: Some(spec.path.as_deref().unwrap_or(OPENBAO_MOUNT)),
            kv: spec.version.unwrap_or_default(),
            namespace: spec.namespace.as_deref(),
            ca_bundle: spec.ca_bundle.as_deref(),
            ca_provider: spec.ca_provider.as_ref(),
            tls: None,
            headers: Vec::new(),
            consistency: Consistency::default(),
            selection: Selection::OpenBaoLiteralOnly,
            auth: spec.auth.clone().into(),
        }
    }
}

/// What a store is made of, beside its login.
pub(super) struct Settings {
    pub(super) http: Http,
    pub(super) layout: Layout,
    pub(super) namespace: Option<String>,
    pub(super) login_namespace: Option<String>,
}

/// Checks the fields and fetches the certificates that they refer to.
pub(super) async fn resolve(fields: &Fields<'_>, scope: &dyn Scope) -> Result<Settings, InputError> {
    let server = address("server", fields.server)?;
    let layout = layout(fields)?;
    let namespace = fields.namespace.map(|namespace| namespace_name("namespace", namespace)).transpose()?;
    let login_namespace = match fields.auth.namespace.as_deref() {
        Some(own) => Some(namespace_name("auth.namespace", own)?),
        None => namespace.clone(),
    };
    let roots = roots(fields.ca_bundle, fields.ca_provider, scope).await?;
    let identity = identity(fields, scope).await?;
    if identity.is_some() && server.scheme() != "https" {
        return Err(invalid("server", "a certificate is shown over TLS only; use an address that begins with https://"));
    }
    let headers = headers(&fields.headers)?;
    let http = Http::new(server, roots, identity, headers, fields.consistency)
        .ok_or_else(|| invalid("certificates", "they, or their key, are not such that a connection can be made with them"))?;
    Ok(Settings { http, layout, namespace, login_namespace })
}

/// How the store lays out its keys.
pub(super) fn layout(fields: &Fields<'_>) -> Result<Layout, InputError> {
    let mount = fields.mount.map(|path| mount_segments("path", path)).transpose()?;
    Ok(Layout { mount, kv: fields.kv, selection: fields.selection })
}

/// The certificate that every connection shows: that of the login, or of `tls`.
async fn identity(fields: &Fields<'_>, scope: &dyn Scope) -> Result<Option<Identity>, InputError> {
    match (fields.tls, &fields.auth.cert) {
        (Some(_), Some(_)) => Err(invalid("tls", "auth.cert is set too; a connection shows one certificate")),
        (None, Some(login)) => credential::identity("auth.cert", &login.client_cert, &login.secret_ref, scope).await.map(Some),
        (Some(tls), None) => {
            let (certificate, key) = (tls.cert_secret_ref.or_entry(CERTIFICATE_ENTRY), tls.key_secret_ref.or_entry(KEY_ENTRY));
            credential::identity("tls", &certificate, &key, scope).await.map(Some)
        }
        (None, None) => Ok(None),
    }
}

/// The headers that the spec adds to each request.
fn headers(given: &[(&str, &str)]) -> Result<HeaderMap, InputError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let bad = || invalid("headers", "a name or value is none that HTTP knows; correct it");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        if is_reserved(&name) {
            return Err(invalid(
                "headers",
                "one of them is set by the protocol itself; use the store's own fields, or leave it out",
            ));
        }
        headers.insert(name, HeaderValue::from_str(value).map_err(|_| bad())?);
    }
    Ok(headers)
}

/// The segments of a mount's path; one `/` at its end is how people like to write mounts.
pub(super) fn mount_segments(what: &str, path: &str) -> Result<Vec<String>, InputError> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments = segments(path).map_err(|_| invalid(what, "it is not a path of names parted by one '/'"))?;
    Ok(segments.into_iter().map(str::to_owned).collect())
}

fn namespace_name(what: &str, namespace: &str) -> Result<String, InputError> {
    let usable = !namespace.is_empty() && namespace.bytes().all(|byte| byte.is_ascii_graphic());
    if usable { Ok(namespace.to_owned()) } else { Err(invalid(what, "it is empty or holds blanks or non-ASCII characters")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("kv", Some(&["kv"][..]))]
    #[case("team/kv/", Some(&["team", "kv"][..]))]
    #[case("", None)]
    #[case("/kv", None)]
    #[case("kv//", None)]
    #[case("../sys", None)]
    fn mounts(#[case] path: &str, #[case] wanted: Option<&[&str]>) {
        let found = mount_segments("path", path).ok();
        assert_eq!(
            found.as_deref(),
            wanted.map(|segments| segments.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).as_deref()
        );
    }

    #[rstest]
    #[case("X-Correlation-Id", "a b", true)]
    #[case("X-Vault-Token", "canary", false)]
    #[case("x-vault-namespace", "canary", false)]
    #[case("Host", "canary", false)]
    #[case("Transfer-Encoding", "chunked", false)]
    #[case("a b", "canary", false)]
    #[case("X-A", "canary\r\nX-Vault-Token: x", false)]
    fn headers_that_a_store_may_add(#[case] name: &str, #[case] value: &str, #[case] accepted: bool) {
        let outcome = headers(&[(name, value)]);
        assert_eq!(outcome.is_ok(), accepted);
        if let Err(error) = outcome {
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[rstest]
    #[case("team-a/sub/", true)]
    #[case("", false)]
    #[case("a b", false)]
    #[case("a\r\nX-Vault-Token: x", false)]
    fn namespaces(#[case] name: &str, #[case] accepted: bool) {
        assert_eq!(namespace_name("namespace", name).is_ok(), accepted);
    }
}
