//! From the spec of a Vault or OpenBao store to what the rest of this folder works with.
//!
//! Must never: take a setting from the process's environment.

use sealbridge_api::store::{
    AppRoleAuth, CaProvider, JwtAuth, KubernetesAuth, OpenBaoProvider, SecretKeySelector, VaultKvVersion, VaultProvider,
};

use super::http::Http;
use super::key::{Layout, segments};
pub(super) use crate::server::invalid;
use crate::server::{address, roots};
use crate::{InputError, Scope, Selection};

/// OpenBao's provider has a default mount, Vault's has none.
const OPENBAO_MOUNT: &str = "kv";

/// The fields that both kinds of store have.
pub(crate) struct Fields<'a> {
    server: &'a str,
    mount: Option<&'a str>,
    kv: VaultKvVersion,
    namespace: Option<&'a str>,
    ca_bundle: Option<&'a str>,
    ca_provider: Option<&'a CaProvider>,
    selection: Selection,
    pub(super) auth: Auth<'a>,
}

/// The ways to log in that both kinds of store have.
pub(super) struct Auth<'a> {
    pub(super) namespace: Option<&'a str>,
    pub(super) token_secret_ref: Option<&'a SecretKeySelector>,
    pub(super) app_role: Option<&'a AppRoleAuth>,
    pub(super) kubernetes: Option<&'a KubernetesAuth>,
    pub(super) jwt: Option<&'a JwtAuth>,
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
            selection: Selection::VaultLiteralThenGjson,
            auth: Auth {
                namespace: spec.auth.namespace.as_deref(),
                token_secret_ref: spec.auth.token_secret_ref.as_ref(),
                app_role: spec.auth.app_role.as_ref(),
                kubernetes: spec.auth.kubernetes.as_ref(),
                jwt: spec.auth.jwt.as_ref(),
            },
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
            selection: Selection::OpenBaoLiteralOnly,
            auth: Auth {
                namespace: spec.auth.namespace.as_deref(),
                token_secret_ref: spec.auth.token_secret_ref.as_ref(),
                app_role: spec.auth.app_role.as_ref(),
                kubernetes: spec.auth.kubernetes.as_ref(),
                jwt: spec.auth.jwt.as_ref(),
            },
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
    let mount = fields.mount.map(|path| mount_segments("path", path)).transpose()?;
    let namespace = fields.namespace.map(|namespace| namespace_name("namespace", namespace)).transpose()?;
    let login_namespace = match fields.auth.namespace {
        Some(own) => Some(namespace_name("auth.namespace", own)?),
        None => namespace.clone(),
    };
    let roots = roots(fields.ca_bundle, fields.ca_provider, scope).await?;
    let http =
        Http::new(server, roots).ok_or_else(|| invalid("caBundle or caProvider", "it holds something else than certificates"))?;
    let layout = Layout { mount, kv: fields.kv, selection: fields.selection };
    Ok(Settings { http, layout, namespace, login_namespace })
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
    #[case("team-a/sub/", true)]
    #[case("", false)]
    #[case("a b", false)]
    #[case("a\r\nX-Vault-Token: x", false)]
    fn namespaces(#[case] name: &str, #[case] accepted: bool) {
        assert_eq!(namespace_name("namespace", name).is_ok(), accepted);
    }
}
