//! The method for AWS identities: a request to STS that asks who its signer is, signed but not sent. The server sends it.
//!
//! Must never: sign a request that could do anything but ask who signed it.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::config::Region;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealbridge_api::store::IamAuth;

use super::super::http::{Http, Path};
use super::super::settings::{invalid, mount_segments};
use super::call::log_in;
use super::grant::Grant;
use crate::aws::{RoleSession, Service, Sts, assume, failed_credentials, own};
use crate::json::string_object;
use crate::{InputError, ReadError, Scope};

const DEFAULT_MOUNT: &str = "aws";
const DEFAULT_REGION: &str = "us-east-1";
/// The whole of what is asked.
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The server's own id: signed, so that another server cannot use the request to log in here.
const SERVER_ID: &str = "X-Vault-AWS-IAM-Server-ID";

/// A role of Vault and the AWS identity that may have it.
pub(in crate::vault) struct Iam {
    path: Path,
    role: String,
    region: String,
    server_id: Option<String>,
    credentials: SharedCredentialsProvider,
}

/// Finds out whose credentials sign. Without a reference that would be the operator's own.
pub(super) async fn resolve(spec: &IamAuth, scope: &dyn Scope) -> Result<Iam, InputError> {
    let mount = mount_segments("auth.iam.path", spec.path.as_deref().unwrap_or(DEFAULT_MOUNT))?;
    let region = spec.region.as_deref().unwrap_or(DEFAULT_REGION).to_owned();
    if !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(invalid("auth.iam.region", "it is no region; name one such as eu-central-1"));
    }
    let sts = Sts::new(Region::new(region.clone()), Service::Sts.endpoint(spec.sts_endpoint.as_deref())?);
    let own = own(spec.secret_ref.as_ref(), spec.jwt.as_ref(), &sts, scope).await?;
    let credentials = match &spec.role {
        Some(role) => {
            let session = RoleSession { external_id: spec.external_id.clone(), ..RoleSession::default() };
            assume(role, session, own, &sts)
        }
        None if spec.external_id.is_some() => {
            return Err(invalid("auth.iam.externalID", "it goes with a role that is assumed; set role or leave it out"));
        }
        None => own,
    };
    let path = Path::new(std::iter::once("auth").chain(mount.iter().map(String::as_str)).chain(["login"]));
    Ok(Iam { path, role: spec.vault_role.clone(), region, server_id: spec.vault_aws_iam_server_id.clone(), credentials })
}

impl Iam {
    pub(super) async fn login(&self, http: &Http, namespace: Option<&str>) -> Result<Grant, ReadError> {
        let credentials = self.credentials.provide_credentials().await.map_err(|error| failed_credentials(&error))?;
        let url = format!("https://{}/", sts_host(&self.region));
        let headers = self.signed_headers(credentials, &url, SystemTime::now()).ok_or(ReadError::LoginRefused)?;
        let members = [
            ("role", self.role.as_str()),
            ("iam_http_request_method", "POST"),
            ("iam_request_url", &STANDARD.encode(&url)),
            ("iam_request_body", &STANDARD.encode(BODY)),
            ("iam_request_headers", &STANDARD.encode(headers)),
        ];
        log_in(http, &self.path, namespace, &members).await
    }

    /// The request's headers as a JSON object, the signature (Signature Version 4) among them.
    fn signed_headers(&self, credentials: Credentials, url: &str, at: SystemTime) -> Option<String> {
        let mut headers = vec![("Host", sts_host(&self.region)), ("Content-Type", FORM.to_owned())];
        headers.extend(self.server_id.clone().map(|id| (SERVER_ID, id)));
        let given = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let request = SignableRequest::new("POST", url, given, SignableBody::Bytes(BODY.as_bytes())).ok()?;
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sts")
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let (instructions, _signature) = sign(request, &params.into()).ok()?.into_parts();
        let signed = headers.iter().map(|(name, value)| (*name, value.as_str())).chain(instructions.headers());
        Some(string_object(signed))
    }
}

/// Where STS of a region listens; the server only takes the path, and asks STS where it was told to.
fn sts_host(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("sts.{region}.{domain}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn iam(server_id: Option<&str>) -> Iam {
        Iam {
            path: Path::new(["auth", "aws", "login"]),
            role: "reader".to_owned(),
            region: "eu-central-1".to_owned(),
            server_id: server_id.map(str::to_owned),
            credentials: SharedCredentialsProvider::new(Credentials::for_tests()),
        }
    }

    #[test]
    fn the_question_who_signs_is_signed_with_the_servers_id() {
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "canary", Some("session".to_owned()), None, "test");
        let at = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let headers =
            iam(Some("vault.example")).signed_headers(credentials, "https://sts.eu-central-1.amazonaws.com/", at).unwrap();
        let headers: serde_json::Value = serde_json::from_str(&headers).unwrap();
        assert_eq!(headers["Host"], "sts.eu-central-1.amazonaws.com");
        assert_eq!(headers[SERVER_ID], "vault.example");
        assert_eq!(headers["x-amz-date"], "20270115T080000Z");
        assert_eq!(headers["x-amz-security-token"], "session");
        let authorization = headers["authorization"].as_str().unwrap();
        assert!(
            authorization.contains("Credential=AKIAIOSFODNN7EXAMPLE/20270115/eu-central-1/sts/aws4_request"),
            "{authorization}"
        );
        let signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-vault-aws-iam-server-id";
        assert!(authorization.contains(signed), "{authorization}");
        assert!(!headers.to_string().contains("canary"));
    }

    #[test]
    fn each_part_of_the_cloud_has_its_own_domain() {
        assert_eq!(sts_host("cn-north-1"), "sts.cn-north-1.amazonaws.com.cn");
        assert_eq!(sts_host("us-east-1"), "sts.us-east-1.amazonaws.com");
    }
}
