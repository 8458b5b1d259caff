//! Passwords of container registries. Their service is asked for this alone, so that the request is made and signed here
//! instead of by a further SDK.
//!
//! Must never: send a signed request anywhere but to the service, or follow it elsewhere.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_sts::config::Region;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Body, Method, Request, Url};
use sealbridge_secret::SecretBytes;
use zeroize::Zeroizing;

use super::classify;
use super::endpoint::Service;
use super::identity::{assume, own};
use super::role::RoleSession;
use super::session_token::left;
use super::sts::Sts;
use crate::generator::{Made, RegistryToken};
use crate::http::{Answer, LARGEST_VALUE, Pool};
use crate::json::{Json, Kind, parse};
use crate::{ReadError, Scope};

const JSON: &str = "application/x-amz-json-1.1";
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const BODY: &str = "{}";

/// The registry of an account, or that for everybody.
struct Registry {
    service: &'static str,
    target: &'static str,
    endpoint: Service,
    region: String,
}

impl Registry {
    fn of(asked: &RegistryToken) -> Self {
        if asked.is_public {
            // There is one of it.
            let region = "us-east-1".to_owned();
            let target = "SpencerFrontendService.GetAuthorizationToken";
            return Self { service: "ecr-public", target, endpoint: Service::PublicRegistry, region };
        }
        let target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
        Self { service: "ecr", target, endpoint: Service::Registry, region: asked.region.clone() }
    }

    fn url(&self) -> Result<Url, ReadError> {
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let usual = || format!("https://api.{}.{}.{domain}/", self.service, self.region);
        let url = self.endpoint.endpoint(None).map_err(ReadError::Input)?.unwrap_or_else(usual);
        Url::parse(&url).map_err(|_| ReadError::InvalidKey("the region makes no address; name one such as eu-central-1"))
    }

    /// The request, signed by Signature Version 4.
    fn request(&self, credentials: Credentials, at: SystemTime) -> Result<Request, ReadError> {
        let url = self.url()?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(ReadError::BadAnswer),
        };
        let given = [("host", host.as_str()), ("content-type", JSON), ("x-amz-target", self.target)];
        let signable = SignableRequest::new("POST", url.as_str(), given.into_iter(), SignableBody::Bytes(BODY.as_bytes()));
        let signable = signable.map_err(|_| ReadError::LoginRefused)?;
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| ReadError::LoginRefused)?;
        let (instructions, _signature) = sign(signable, &params.into()).map_err(|_| ReadError::LoginRefused)?.into_parts();
        let mut request = Request::new(Method::POST, url);
        for (name, value) in instructions.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| ReadError::LoginRefused)?;
            let mut value = HeaderValue::from_str(value).map_err(|_| ReadError::LoginRefused)?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        request.headers_mut().insert(TARGET, HeaderValue::from_static(self.target));
        *request.body_mut() = Some(Body::from(BODY));
        Ok(request)
    }
}

/// Asks the service once.
pub(crate) async fn registry_token(asked: &RegistryToken, scope: &dyn Scope) -> Result<Made, ReadError> {
    let registry = Registry::of(asked);
    let sts = Sts::new(Region::new(asked.region.clone()), Service::Sts.endpoint(None).map_err(ReadError::Input)?);
    let own = own(asked.auth.secret_ref.as_ref(), asked.auth.jwt.as_ref(), &sts, scope).await.map_err(ReadError::Input)?;
    let identity = match &asked.role {
        Some(role) => assume(role, RoleSession::default(), own, &sts),
        None => own,
    };
    let credentials = identity.provide_credentials().await.map_err(|error| classify::credentials(&error))?;
    let request = registry.request(credentials, SystemTime::now())?;
    let pool = Pool::new(registry.url()?, None, None).ok_or(ReadError::Unavailable)?;
    let answer = pool.send(request, LARGEST_VALUE).await?;
    if answer.status != 200 {
        return Err(refused(&answer));
    }
    let text = std::str::from_utf8(&answer.body).map_err(|_| ReadError::BadAnswer)?;
    granted(&parse(text).map_err(|_| ReadError::BadAnswer)?, asked.is_public)
}

/// What a refusal means by its code: the last part of `__type`.
fn refused(answer: &Answer) -> ReadError {
    let text = std::str::from_utf8(&answer.body).ok().and_then(|text| parse(text).ok());
    let code = text.as_ref().and_then(|document| document.last_member("__type")).and_then(Json::as_str);
    match (code, answer.status) {
        (_, 500..=599) => ReadError::Unavailable,
        (_, 429) => ReadError::RateLimited { after: answer.retry_after },
        (Some(code), _) => classify::by_code(code.rsplit('#').next().unwrap_or_default(), ""),
        (None, 403) => ReadError::Denied,
        (None, _) => ReadError::BadAnswer,
    }
}

fn granted(document: &Json<'_>, is_public: bool) -> Result<Made, ReadError> {
    let data = document.last_member("authorizationData").ok_or(ReadError::BadAnswer)?;
    let data = match (&data.kind, is_public) {
        (Kind::Array(all), false) => all.first().filter(|_| all.len() == 1).ok_or(ReadError::BadAnswer)?,
        (_, true) => data,
        (_, false) => return Err(ReadError::BadAnswer),
    };
    let token = data.last_member("authorizationToken").and_then(Json::secret).ok_or(ReadError::BadAnswer)?;
    let token = Zeroizing::new(STANDARD.decode(token.expose()).map_err(|_| ReadError::BadAnswer)?);
    let mut parts = token.split(|byte| *byte == b':');
    let (Some(user), Some(password), None) = (parts.next(), parts.next(), parts.next()) else { return Err(ReadError::BadAnswer) };
    let ends = data.last_member("expiresAt").and_then(|ends| ends.raw.parse().ok());
    let ends = ends.and_then(|ends| Duration::try_from_secs_f64(ends).ok()).ok_or(ReadError::BadAnswer)?.as_secs();
    let entry = |name: &str, value: &[u8]| (name.to_owned(), SecretBytes::new(value.to_vec()));
    let mut entries = vec![entry("username", user), entry("password", password), entry("expires_at", ends.to_string().as_bytes())];
    if !is_public {
        let endpoint = data.last_member("proxyEndpoint").and_then(Json::as_str).ok_or(ReadError::BadAnswer)?;
        entries.push(entry("proxy_endpoint", endpoint.as_bytes()));
    }
    Ok(Made { entries, life: left(ends), lease: None })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn texts(document: &str, is_public: bool) -> Result<Vec<(String, String)>, ReadError> {
        let made = granted(&parse(document).unwrap(), is_public)?;
        Ok(made.entries.iter().map(|(name, value)| (name.clone(), String::from_utf8(value.expose().to_vec()).unwrap())).collect())
    }

    #[test]
    fn what_is_granted() {
        let one = r#"{"authorizationToken":"QVdTOnB3","expiresAt":1.8E9,"proxyEndpoint":"https://a.example"}"#;
        let private = texts(&format!(r#"{{"authorizationData":[{one}]}}"#), false).unwrap();
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let both = [pair("username", "AWS"), pair("password", "pw"), pair("expires_at", "1800000000")];
        assert_eq!(private, [both.as_slice(), &[pair("proxy_endpoint", "https://a.example")]].concat());
        assert_eq!(texts(&format!(r#"{{"authorizationData":{one}}}"#), true).unwrap(), both);
    }

    #[rstest]
    #[case(r#"{"authorizationData":[]}"#)]
    #[case(r#"{"authorizationData":[{"authorizationToken":"!","expiresAt":1,"proxyEndpoint":"a"}]}"#)]
    #[case(r#"{"authorizationData":[{"authorizationToken":"YTpiOmM=","expiresAt":1,"proxyEndpoint":"a"}]}"#)]
    #[case(r#"{"authorizationData":[{"authorizationToken":"QVdTOnB3","expiresAt":-1,"proxyEndpoint":"a"}]}"#)]
    #[case(r#"{"authorizationData":[{"authorizationToken":"QVdTOnB3","expiresAt":1}]}"#)]
    fn what_is_no_answer(#[case] document: &str) {
        assert_eq!(texts(document, false).unwrap_err(), ReadError::BadAnswer);
    }

    #[test]
    fn the_request_is_for_the_registry_of_its_region() {
        let asked = |is_public| RegistryToken {
            region: "eu-central-1".to_owned(),
            auth: sealbridge_api::store::AwsAuth::default(),
            role: None,
            is_public,
        };
        for (is_public, host, scope) in [
            (false, "https://api.ecr.eu-central-1.amazonaws.com/", "/eu-central-1/ecr/aws4_request"),
            (true, "https://api.ecr-public.us-east-1.amazonaws.com/", "/us-east-1/ecr-public/aws4_request"),
        ] {
            let request = Registry::of(&asked(is_public)).request(Credentials::for_tests(), SystemTime::UNIX_EPOCH).unwrap();
            let authorization = request.headers()["authorization"].to_str().unwrap();
            assert!(request.url().as_str() == host && authorization.contains(scope), "{authorization}");
            assert!(authorization.contains("content-type;host;x-amz-date;x-amz-target"), "{authorization}");
        }
    }
}
