//! Generators that ask a server.

use std::collections::BTreeMap;

use sealbridge_api::store::{AwsAuth, VaultProvider};
use sealbridge_provider::Retries;
use sealbridge_provider::generator::{Generator, RegistryToken, SessionToken, VaultDynamic, VaultMethod, VaultPart};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::GeneratorError;
use crate::external_secrets::RetrySettings;

/// `spec` of a `VaultDynamicSecret`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct VaultDynamicSpec {
    controller: Option<String>,
    provider: VaultProvider,
    path: String,
    method: Option<String>,
    parameters: Option<Map<String, Value>>,
    get_parameters: Option<BTreeMap<String, Vec<String>>>,
    result_type: Option<ResultType>,
    allow_empty_response: Option<bool>,
    retry_settings: Option<RetrySettings>,
}

#[derive(Debug, Default, Deserialize)]
enum ResultType {
    #[default]
    #[serde(alias = "")]
    Data,
    Auth,
    Raw,
}

/// `spec` of an `STSSessionToken`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SessionTokenSpec {
    region: String,
    auth: Option<AwsAuth>,
    role: Option<String>,
    request_parameters: Option<RequestParameters>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RequestParameters {
    session_duration: Option<i32>,
    serial_number: Option<String>,
    token_code: Option<String>,
}

/// `spec` of an `ECRAuthorizationToken`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct RegistryTokenSpec {
    region: String,
    auth: Option<AwsAuth>,
    role: Option<String>,
    scope: Option<RegistryScope>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum RegistryScope {
    #[default]
    #[serde(alias = "")]
    Private,
    Public,
}

fn wrong(path: &str, field: &str, problem: &'static str) -> GeneratorError {
    GeneratorError::Field { path: format!("{path}.{field}"), problem }
}

pub(super) fn vault_dynamic(spec: VaultDynamicSpec, path: &str) -> Result<Generator, GeneratorError> {
    // Whoever serves the ExternalSecret runs its generators.
    drop(spec.controller);
    let method = match spec.method.as_deref().unwrap_or_default() {
        "" | "GET" => VaultMethod::Get,
        "LIST" => VaultMethod::List,
        "DELETE" => VaultMethod::Delete,
        // Whatever else stands there is a write, as there.
        _ => VaultMethod::Write,
    };
    if spec.path.is_empty() {
        return Err(wrong(path, "path", "it is empty; name a path of the API, such as database/creds/app"));
    }
    if spec.parameters.is_some() && method != VaultMethod::Write {
        return Err(wrong(
            path,
            "parameters",
            "they are written, and nothing is with this method; set method: POST, or remove them",
        ));
    }
    if spec.get_parameters.is_some() && method != VaultMethod::Get {
        return Err(wrong(path, "getParameters", "they go with method GET; remove one of the two"));
    }
    Ok(Generator::VaultDynamic(Box::new(VaultDynamic {
        provider: spec.provider,
        path: spec.path,
        method,
        parameters: Value::Object(spec.parameters.unwrap_or_default()).to_string(),
        query: spec.get_parameters.unwrap_or_default(),
        part: match spec.result_type.unwrap_or_default() {
            ResultType::Data => VaultPart::Data,
            ResultType::Auth => VaultPart::Auth,
            ResultType::Raw => VaultPart::Raw,
        },
        may_be_empty: spec.allow_empty_response.unwrap_or_default(),
        retries: retries(spec.retry_settings),
    })))
}

/// There, a number that is missing is none.
fn retries(settings: Option<RetrySettings>) -> Retries {
    let settings = settings.unwrap_or_default();
    let max_retries = Some(settings.max_retries.unwrap_or(0));
    Retries::from(Some(&sealbridge_api::store::RetrySettings { max_retries, retry_interval: settings.retry_interval }))
}

/// The region becomes part of an address to which signed requests go.
fn region(region: String, path: &str) -> Result<String, GeneratorError> {
    let is_one = !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_one { Ok(region) } else { Err(wrong(path, "region", "it is no region; name one such as eu-central-1")) }
}

fn named(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

pub(super) fn session_token(spec: SessionTokenSpec, path: &str) -> Result<Generator, GeneratorError> {
    let auth = spec.auth.unwrap_or_default();
    if auth.jwt.is_some() {
        let problem = "a session is made for an access key alone, as STS has it; set secretRef";
        return Err(wrong(path, "auth.jwt", problem));
    }
    let parameters = spec.request_parameters.unwrap_or_default();
    Ok(Generator::SessionToken(SessionToken {
        region: region(spec.region, path)?,
        secret_ref: auth.secret_ref,
        role: named(spec.role),
        duration: parameters.session_duration,
        serial_number: named(parameters.serial_number),
        token_code: named(parameters.token_code),
    }))
}

pub(super) fn registry_token(spec: RegistryTokenSpec, path: &str) -> Result<Generator, GeneratorError> {
    let auth = spec.auth.unwrap_or_default();
    if auth.jwt.is_some() && auth.secret_ref.is_some() {
        return Err(wrong(path, "auth", "at most one of secretRef and jwt is allowed; remove one of them"));
    }
    Ok(Generator::RegistryToken(RegistryToken {
        region: region(spec.region, path)?,
        auth,
        role: named(spec.role),
        is_public: spec.scope.unwrap_or_default() == RegistryScope::Public,
    }))
}
