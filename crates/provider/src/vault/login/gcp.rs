//! The method for Google service accounts: a token that the account's own key signs, which the server checks against
//! Google's certificates. Nothing is asked of Google.
//!
//! Must never: sign anything but such a token, or repeat what is wrong with a key's bytes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sealbridge_api::store::GcpAuth;
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::super::classify::with_document;
use super::super::http::{Http, Path};
use super::super::settings::{invalid, mount_segments};
use super::call::log_in;
use super::grant::Grant;
use crate::json::{Html, Json, string_object, write_escaped};
use crate::{InputError, ReadError, Scope};

const DEFAULT_MOUNT: &str = "gcp";
const KEY: &str = "auth.gcp.secretRef";
/// The server takes none that lives longer than a quarter of an hour.
const LIFE: Duration = Duration::from_mins(10);

/// A role of Vault and the service account that may have it.
pub(in crate::vault) struct Gcp {
    path: Path,
    role: String,
    key: AccountKey,
}

/// A service account's key.
struct AccountKey {
    email: String,
    id: String,
    pair: KeyPair,
}

/// Fetches the key.
pub(super) async fn resolve(spec: &GcpAuth, scope: &dyn Scope) -> Result<Gcp, InputError> {
    let mount = mount_segments("auth.gcp.path", spec.path.as_deref().unwrap_or(DEFAULT_MOUNT))?;
    let reference = &spec.secret_ref.secret_access_key_secret_ref;
    let entry = scope.inputs(reference.namespace.as_deref())?.secret_entry(&reference.name, &reference.key).await?;
    let key = account_key(&entry, spec.project_id.as_deref())?;
    let path = Path::new(std::iter::once("auth").chain(mount.iter().map(String::as_str)).chain(["login"]));
    Ok(Gcp { path, role: spec.role.clone(), key })
}

fn account_key(entry: &SecretBytes, project: Option<&str>) -> Result<AccountKey, InputError> {
    let read = with_document(entry.expose(), |document| {
        let text = |name: &str| document.last_member(name).and_then(Json::as_str).map(std::borrow::Cow::into_owned);
        let pem = document.last_member("private_key").and_then(Json::secret);
        Ok((text("client_email"), text("private_key_id"), pem, text("project_id")))
    });
    let Ok((Some(email), Some(id), Some(pem), own_project)) = read else {
        return Err(invalid(KEY, "it is not the JSON document of a Google service account's key; store that document as it is"));
    };
    if project.is_some_and(|project| own_project.as_deref() != Some(project)) {
        return Err(invalid("auth.gcp.projectID", "the key is of another project; correct it, or leave it out"));
    }
    let pair = pkcs8(&pem).and_then(|der| KeyPair::from_pkcs8(&der).ok());
    let pair = pair.ok_or_else(|| invalid(KEY, "its private key is no RSA key; make a new key of the service account"))?;
    Ok(AccountKey { email, id, pair })
}

/// The bytes of a PEM block `PRIVATE KEY`.
fn pkcs8(pem: &SecretBytes) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(pem.expose()).ok()?.trim();
    let body = text.strip_prefix("-----BEGIN PRIVATE KEY-----")?.strip_suffix("-----END PRIVATE KEY-----")?;
    let packed: Zeroizing<Vec<u8>> = Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    STANDARD.decode(&*packed).ok().map(Zeroizing::new)
}

impl Gcp {
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        let token = Zeroizing::new(self.key.token(&self.role, SystemTime::now()).ok_or(ReadError::LoginRefused)?);
        log_in(http, &self.path, namespace, &[("role", &self.role), ("jwt", &token)]).await
    }
}

impl AccountKey {
    /// A JSON Web Token (RFC 7519, RS256) for a role of Vault.
    fn token(&self, role: &str, now: SystemTime) -> Option<String> {
        let now = now.duration_since(UNIX_EPOCH).ok()?;
        let header = string_object([("alg", "RS256"), ("kid", self.id.as_str()), ("typ", "JWT")]);
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(self.claims(role, now)));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn claims(&self, role: &str, now: Duration) -> String {
        let mut text = String::from("{\"sub\":");
        write_escaped(&mut text, &self.email, Html::Plain);
        text.push_str(",\"aud\":");
        write_escaped(&mut text, &format!("vault/{role}"), Html::Plain);
        text.push_str(&format!(",\"iat\":{},\"exp\":{}}}", now.as_secs(), (now + LIFE).as_secs()));
        text
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("canary")]
    #[case("{}")]
    #[case(r#"{"client_email":"a@b","private_key_id":"1","private_key":"canary"}"#)]
    #[case(r#"{"client_email":"a@b","private_key_id":"1","private_key":"-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"}"#)]
    fn what_is_no_key_is_refused_without_showing_it(#[case] entry: &str) {
        let error = account_key(&SecretBytes::new(entry.as_bytes().to_vec()), None).err().unwrap();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
