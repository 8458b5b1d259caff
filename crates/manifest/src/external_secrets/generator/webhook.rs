//! The generator that asks any server.

use std::collections::BTreeMap;
use std::time::Duration;

use sealbridge_api::duration;
use sealbridge_api::store::CaProvider;
use sealbridge_provider::generator::{Generator, JsonPath, Webhook, WebhookSecret, is_header_of_the_request};
use serde::Deserialize;
use serde_json::Value;

use super::GeneratorError;
use crate::plan::{TemplateRefused, judge_steady_template, judge_template};

/// Methods by which a request asks for something else than an answer.
const NO_METHODS: [&str; 2] = ["CONNECT", "TRACE"];

/// `spec` of a `Webhook`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct WebhookSpec {
    url: String,
    method: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    auth: Option<Value>,
    body: Option<String>,
    timeout: Option<String>,
    result: WebhookResult,
    secrets: Option<Vec<NamedSecret>>,
    ca_bundle: Option<String>,
    ca_provider: Option<CaProvider>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WebhookResult {
    json_path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NamedSecret {
    name: String,
    secret_ref: SecretRef,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretRef {
    name: String,
    key: Option<String>,
    namespace: Option<String>,
}

/// The request that a spec means.
pub(super) fn webhook(spec: WebhookSpec, path: &str) -> Result<Generator, GeneratorError> {
    let wrong = |field: &str, problem| GeneratorError::Field { path: format!("{path}.{field}"), problem };
    if spec.auth.is_some() {
        return Err(wrong("auth", "NTLM is not spoken here; have the server take a token or basic authentication in a header"));
    }
    if spec.ca_bundle.is_some() && spec.ca_provider.is_some() {
        return Err(wrong("caBundle", "caProvider is set too; keep one of them"));
    }
    let refused = |field: &str, judged: Result<(), TemplateRefused>| match judged {
        Ok(()) => Ok(()),
        Err(TemplateRefused::Volatile { .. }) => Err(wrong(field, "a function in it makes another text at each run; remove it")),
        Err(problem) => Err(GeneratorError::Template { path: format!("{path}.{field}"), problem: Box::new(problem) }),
    };
    // An address that differs by chance would be another server.
    refused("url", judge_steady_template("url", &spec.url))?;
    let body = spec.body.unwrap_or_default();
    refused("body", judge_template("body", &body))?;
    let headers: Vec<_> = spec.headers.unwrap_or_default().into_iter().collect();
    for (name, text) in &headers {
        let field = format!("headers.{name}");
        if !is_token(name) {
            return Err(wrong(&field, "it is no name of a header; use letters, digits and '-'"));
        }
        if is_header_of_the_request(name) {
            return Err(wrong(&field, "the request has this header by itself; remove it"));
        }
        refused(&field, judge_template(name, text))?;
    }
    let secrets = spec.secrets.unwrap_or_default().into_iter().enumerate().map(|(position, named)| {
        let field = |field: &str| format!("secrets[{position}].{field}");
        let SecretRef { name: secret, key, namespace } = named.secret_ref;
        // Templates are given all entries, as there.
        drop(key);
        match (named.name.is_empty(), secret.is_empty()) {
            (true, _) => Err(wrong(&field("name"), "it is empty; write the name by which templates call it")),
            (_, true) => Err(wrong(&field("secretRef.name"), "it is empty; name a Secret")),
            _ => Ok(WebhookSecret { name: named.name, secret, namespace: namespace.filter(|namespace| !namespace.is_empty()) }),
        }
    });
    let path = JsonPath::parse(spec.result.json_path.as_deref().unwrap_or_default());
    Ok(Generator::Webhook(Box::new(Webhook {
        secrets: secrets.collect::<Result<_, _>>()?,
        method: method(spec.method).ok_or_else(|| wrong("method", "it is no method; use GET, POST, PUT, PATCH or DELETE"))?,
        timeout: timeout(spec.timeout.as_deref()).ok_or_else(|| wrong("timeout", "write for example 5s, and at the most 2m"))?,
        path: path.map_err(|_| wrong("result.jsonPath", NO_PATH))?,
        url: spec.url,
        headers,
        body,
        ca_bundle: spec.ca_bundle.filter(|bundle| !bundle.is_empty()),
        ca_provider: spec.ca_provider,
    })))
}

const NO_PATH: &str =
    "it is no path of names and positions; write it as $.data.items[0]['a-b'], without filters, wildcards and slices";

/// As there, an empty one is that of nothing said.
fn method(given: Option<String>) -> Option<String> {
    let given = given.filter(|method| !method.is_empty()).unwrap_or_else(|| "GET".to_owned());
    let is_one = given.len() <= 16 && given.bytes().all(|byte| byte.is_ascii_uppercase()) && !NO_METHODS.contains(&given.as_str());
    is_one.then_some(given)
}

/// Zero is no limit there, which nothing has here.
fn timeout(given: Option<&str>) -> Option<Duration> {
    let given = given.filter(|text| !text.is_empty()).map_or(Some(Duration::ZERO), |text| duration::parse(text).ok())?;
    let timeout = if given.is_zero() { Webhook::TIMEOUT } else { given };
    (timeout <= Webhook::LONGEST_TIMEOUT).then_some(timeout)
}

/// The name of a header as RFC 9110 has it.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::external_secrets::generator;
    use crate::plan::GeneratorKind;

    fn read(spec: &Value) -> Result<Webhook, String> {
        match generator(GeneratorKind::Webhook, spec) {
            Ok(Generator::Webhook(webhook)) => Ok(*webhook),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn what_is_meant_where_nothing_is_said() {
        let webhook = read(&json!({"url": "https://a", "result": {}})).unwrap();
        assert_eq!((webhook.method.as_str(), webhook.timeout), ("GET", Webhook::TIMEOUT));
        assert_eq!((webhook.path, webhook.body, webhook.secrets), (JsonPath::default(), String::new(), Vec::new()));
        let spec = json!({"url": "https://a", "method": "", "timeout": "0s", "result": {"jsonPath": "$.a"}, "caBundle": "",
            "headers": {}, "secrets": [{"name": "a", "secretRef": {"name": "s", "key": "k"}}]});
        let webhook = read(&spec).unwrap();
        assert_eq!((webhook.method.as_str(), webhook.timeout, webhook.ca_bundle), ("GET", Webhook::TIMEOUT, None));
        assert_eq!(webhook.secrets, [WebhookSecret { name: "a".to_owned(), secret: "s".to_owned(), namespace: None }]);
    }

    #[rstest]
    #[case(json!({"url": null}), "spec.url has a value of the wrong type")]
    #[case(json!({"url": "https://{{ .a.b"}), "spec.url: template url, line 1: ")]
    #[case(json!({"url": "https://a/{{ randAlpha 3 }}"}), "spec.url: a function in it makes another text")]
    #[case(json!({"url": "https://a/{{ env `HOME` }}"}), "spec.url: ")]
    #[case(json!({"body": "{{ nothing }}"}), "spec.body: template body, line 1: ")]
    #[case(json!({"headers": {"X-Key": "{{ canary }}"}}), "spec.headers.X-Key: template X-Key, line 1: ")]
    #[case(json!({"headers": {"X Key": "a"}}), "spec.headers.X Key: it is no name of a header")]
    #[case(json!({"headers": {"Host": "canary"}}), "spec.headers.Host: the request has this header by itself")]
    #[case(json!({"headers": {"content-Length": "1"}}), "spec.headers.content-Length: the request has")]
    #[case(json!({"headers": {"X-Key": 1}}), "spec.headers.X-Key has a value of the wrong type")]
    #[case(json!({"method": "get"}), "spec.method: it is no method")]
    #[case(json!({"method": "CONNECT"}), "spec.method: it is no method")]
    #[case(json!({"method": "GET / HTTP/1.1"}), "spec.method: it is no method")]
    #[case(json!({"timeout": "soon"}), "spec.timeout: write for example 5s")]
    #[case(json!({"timeout": "3m"}), "spec.timeout: write for example 5s")]
    #[case(json!({"timeout": "-1s"}), "spec.timeout: write for example 5s")]
    #[case(json!({"result": null}), "spec.result has a value of the wrong type")]
    #[case(json!({"result": {"jsonpath": "$"}}), "spec.result.jsonpath is not a known field")]
    #[case(json!({"result": {"jsonPath": "$..canary"}}), "spec.result.jsonPath: it is no path of names")]
    #[case(json!({"auth": {"ntlm": {}}}), "spec.auth: NTLM is not spoken here")]
    #[case(json!({"secrets": [{"name": "", "secretRef": {"name": "s"}}]}), "spec.secrets[0].name: it is empty")]
    #[case(json!({"secrets": [{"name": "a", "secretRef": {"name": ""}}]}), "spec.secrets[0].secretRef.name: it is empty")]
    #[case(json!({"secrets": [{"name": "a"}]}), "spec.secrets[0] lacks the field secretRef")]
    #[case(json!({"caBundle": "a", "caProvider": {"type": "Secret", "name": "a", "key": "b"}}), "spec.caBundle: caProvider is set too")]
    #[case(json!({"uri": "https://a"}), "spec.uri is not a known field")]
    fn what_cannot_be_meant(#[case] more: Value, #[case] begins: &str) {
        let mut spec = json!({"url": "https://a", "result": {}});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let message = read(&spec).unwrap_err();
        assert!(message.starts_with(begins), "{message}");
    }
}
