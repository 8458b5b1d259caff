//! Answers to values, Secrets to requests.

use rstest::rstest;

use super::*;
use crate::InputError;
use crate::generator::WebhookSecret;

fn values(body: &str, path: &str) -> Result<Vec<(String, String)>, GenerateError> {
    let members = members(SecretBytes::new(body.as_bytes().to_vec()), &JsonPath::parse(path).unwrap())?;
    Ok(members.into_iter().map(|(name, value)| (name, String::from_utf8(value.expose().to_vec()).unwrap())).collect())
}

#[rstest]
#[case(r#"{"a":"x","n":12345678901234567890,"b":true,"z":null,"o":{"y":1}}"#, "", &[("a", "x"), ("b", "true"), ("n", "12345678901234567890"), ("o", r#"{"y":1}"#), ("z", "")])]
#[case(r#" {"r":[{"a":"x"}]} "#, "$.r[0]", &[("a", "x")])]
#[case(r#"{"r":"{\"a\":\"\\u00fc\"}"}"#, "$.r", &[("a", "ü")])]
#[case(r#""{\"a\":\"x\"}""#, "$", &[("a", "x")])]
#[case("{}", "", &[])]
fn values_of_answers(#[case] body: &str, #[case] path: &str, #[case] wanted: &[(&str, &str)]) {
    let found = values(body, path).unwrap();
    assert_eq!(found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), wanted);
}

#[rstest]
#[case("canary", "", WebhookError::NoJson)]
#[case("", "", WebhookError::NoJson)]
#[case(r#"{"a":"canary"}"#, "$.b", WebhookError::NoSuchPlace)]
#[case(r#"{"a":"canary"}"#, "$.a", WebhookError::NoObject)]
#[case(r#"["canary"]"#, "", WebhookError::NoObject)]
#[case(r#"{"a":"[1]"}"#, "$.a", WebhookError::NoObject)]
fn answers_without_values(#[case] body: &str, #[case] path: &str, #[case] wanted: WebhookError) {
    let error = values(body, path).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
    assert_eq!(error, GenerateError::Webhook(wanted));
}

#[test]
fn a_name_that_is_no_name_is_not_told() {
    let body = format!("{{\"canary{}\":1}}", "x".repeat(LONGEST_NAME));
    assert_eq!(values(&body, "").unwrap_err(), GenerateError::Webhook(WebhookError::LongName));
}

fn webhook(url: &str) -> Webhook {
    Webhook {
        url: url.to_owned(),
        method: "POST".to_owned(),
        headers: Vec::new(),
        body: String::new(),
        timeout: Webhook::TIMEOUT,
        path: JsonPath::default(),
        secrets: vec![WebhookSecret { name: "auth".to_owned(), secret: "s".to_owned(), namespace: None }],
        ca_bundle: None,
        ca_provider: None,
    }
}

fn secrets() -> BTreeMap<String, SecretMap> {
    let entries = [("user", "a b&c"), ("password", "canary/ü~"), ("lines", "canary\r\nx: y")];
    let entries = entries.map(|(key, value)| (key.to_owned(), SecretBytes::new(value.into())));
    [("auth".to_owned(), entries.into_iter().collect())].into()
}

#[test]
fn values_are_escaped_in_the_url_alone() {
    let mut asked = webhook("https://a.example/get?u={{ .auth.user }}&p={{ index .auth `password` | upper }}");
    asked.headers = vec![
        ("Authorization".to_owned(), "Basic {{ print .auth.user \":\" .auth.password | b64enc }}".to_owned()),
        ("X-Two".to_owned(), "1".to_owned()),
        ("x-two".to_owned(), "{{ .auth.user }}\n".to_owned()),
    ];
    asked.body = "{{ .auth | toJson }}".to_owned();
    let request = request::of(&asked, &secrets()).unwrap();
    assert_eq!(request.url().as_str(), "https://a.example/get?u=a+b%26c&p=CANARY%2F%C3%BC~");
    assert_eq!(request.headers()["authorization"], "Basic YSBiJmM6Y2FuYXJ5L8O8fg==");
    let two: Vec<_> = request.headers().get_all("x-two").iter().collect();
    assert_eq!(two, ["1", "a b&c"]);
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap();
    assert_eq!(body, r#"{"lines":"canary\r\nx: y","password":"canary/ü~","user":"a b\u0026c"}"#.as_bytes());
    assert_eq!(request.timeout(), Some(&Webhook::TIMEOUT));
}

#[rstest]
#[case::no_scheme("{{ .auth.password }}", "spec.url makes no URL")]
#[case::another_scheme("file:///{{ .auth.user }}", "spec.url makes no URL")]
#[case::a_login(
    "https://{{ .auth.user }}:{{ .auth.password }}@a/",
    "spec.url holds a user or password; write them under spec.headers, as Authorization: Basic {{ print"
)]
#[case::no_entry("https://a/{{ .auth.nothing }}", "template spec.url, line 1: there is no value nothing")]
#[case::no_secret("https://a/{{ .other.user }}", "template spec.url, line 1: there is no value other")]
#[case::endless("https://a/{{ range until 100000 }}{{ $.auth.user }}{{ end }}", "template spec.url, line ")]
fn what_makes_no_url(#[case] url: &str, #[case] words: &str) {
    let message = request::of(&webhook(url), &secrets()).unwrap_err().to_string();
    assert!(message.starts_with(words) && !message.contains("canary"), "{message}");
}

#[test]
fn a_value_cannot_add_a_header() {
    let mut asked = webhook("https://a.example");
    asked.headers = vec![("X-Key".to_owned(), "{{ .auth.lines }}".to_owned())];
    let message = request::of(&asked, &secrets()).unwrap_err().to_string();
    assert!(message.starts_with("spec.headers.X-Key makes no line") && !message.contains("canary"), "{message}");
}

#[rstest]
#[case(200, None)]
#[case(204, None)]
#[case(302, Some(WebhookError::Redirected(302)))]
#[case(400, Some(WebhookError::NotTaken(400)))]
#[case(401, Some(WebhookError::Denied(401)))]
#[case(404, Some(WebhookError::NothingThere))]
#[case(429, Some(WebhookError::RateLimited))]
#[case(503, Some(WebhookError::Unavailable))]
fn answers_by_their_status(#[case] status: u16, #[case] wanted: Option<WebhookError>) {
    assert_eq!(ensure_success(status).err(), wanted);
}

struct NoSecrets;

impl Scope for NoSecrets {
    fn inputs(&self, namespace: Option<&str>) -> Result<std::sync::Arc<dyn crate::NamespaceInputs>, InputError> {
        Err(InputError::NamespaceRefused { namespace: namespace.unwrap_or_default().to_owned() })
    }

    fn ambient_identity(&self) -> crate::AmbientIdentity {
        crate::AmbientIdentity::Refused
    }
}

#[tokio::test]
async fn what_a_scope_withholds_is_not_asked_with() {
    let mut asked = webhook("https://a.example");
    asked.secrets[0].namespace = Some("other".to_owned());
    let error = ask(&asked, &NoSecrets).await.unwrap_err();
    let refused = InputError::NamespaceRefused { namespace: "other".to_owned() };
    assert_eq!(error, GenerateError::Webhook(WebhookError::Input(refused)));
}
