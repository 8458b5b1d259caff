//! The methods for a user and a password: those of a directory (LDAP), and the server's own (userpass).

use sealbridge_api::store::PasswordAuth;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::super::http::{Http, Path};
use super::super::settings::{invalid, mount_segments};
use super::call::log_in;
use super::grant::Grant;
use crate::{InputError, ReadError, Scope, credential};

const LDAP_MOUNT: &str = "ldap";
const USER_PASS_MOUNT: &str = "userpass";

/// A user and the password that proves who it is.
pub(in crate::vault) struct Password {
    path: Path,
    password: SecretBytes,
}

/// A user of a directory.
pub(super) async fn ldap(spec: &PasswordAuth, scope: &dyn Scope) -> Result<Password, InputError> {
    resolve("auth.ldap", LDAP_MOUNT, spec, scope).await
}

/// A user of the server's own.
pub(super) async fn user_pass(spec: &PasswordAuth, scope: &dyn Scope) -> Result<Password, InputError> {
    resolve("auth.userPass", USER_PASS_MOUNT, spec, scope).await
}

async fn resolve(what: &str, mount: &str, spec: &PasswordAuth, scope: &dyn Scope) -> Result<Password, InputError> {
    let mount = mount_segments(&format!("{what}.path"), spec.path.as_deref().unwrap_or(mount))?;
    let path = login_path(&mount, &spec.username).ok_or_else(|| {
        invalid(&format!("{what}.username"), "it is empty, holds '/' or control characters or is '.' or '..'; name one user")
    })?;
    Ok(Password { path, password: credential::password(&spec.secret_ref, scope).await? })
}

/// The user is a segment of the path: a name that reaches further would be a request to something else.
fn login_path(mount: &[String], user: &str) -> Option<Path> {
    let is_segment = !matches!(user, "" | "." | "..") && !user.chars().any(|c| c == '/' || c.is_control());
    let fixed = std::iter::once("auth").chain(mount.iter().map(String::as_str)).chain(["login", user]);
    is_segment.then(|| Path::new(fixed))
}

impl Password {
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        let password = Zeroizing::new(credential::text(&self.password));
        log_in(http, &self.path, namespace, &[("password", &password)]).await
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("app", true)]
    #[case("app@example.com", true)]
    #[case("Doe, Jane", true)]
    #[case("", false)]
    #[case("..", false)]
    #[case("a/b", false)]
    #[case("a\nb", false)]
    fn a_user_is_one_segment(#[case] user: &str, #[case] accepted: bool) {
        let path = login_path(&["team".to_owned(), "ldap".to_owned()], user);
        assert_eq!(path.is_some(), accepted);
        if let Some(path) = path {
            assert_eq!(path.segments, ["auth", "team", "ldap", "login", user]);
        }
    }
}
