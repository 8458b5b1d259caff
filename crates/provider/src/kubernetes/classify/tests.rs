//! Answers, each with what it may be taken for.

use std::time::Duration;

use rstest::rstest;
use zeroize::Zeroizing;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, retry_after: Some(Duration::from_secs(1)), body: Zeroizing::new(body.as_bytes().to_vec()) }
}

const GONE: &str =
    r#"{"kind":"Status","status":"Failure","reason":"NotFound","details":{"name":"db","kind":"secrets"},"code":404}"#;
const FORBIDDEN: &str = r#"{"kind":"Status","status":"Failure","reason":"Forbidden","code":403}"#;
const NOT_FOUND: ReadError = ReadError::Absent(Absence::NotFound);

#[rstest]
#[case(404, GONE, NOT_FOUND)]
#[case(404, r#"{"kind":"Status","reason":"NotFound","details":{"name":"other","kind":"secrets"}}"#, NOT_AN_API_SERVER)]
#[case(404, r#"{"kind":"Status","reason":"NotFound","details":{"name":"db","kind":"namespaces"}}"#, NOT_AN_API_SERVER)]
#[case(404, r#"{"kind":"Status","reason":"NotFound","details":{}}"#, NOT_AN_API_SERVER)]
#[case(404, "<html>not found</html>", NOT_AN_API_SERVER)]
#[case(404, r#"{"errors":[]}"#, NOT_AN_API_SERVER)]
#[case(401, "{}", ReadError::LoginRefused)]
#[case(403, FORBIDDEN, ReadError::Denied)]
#[case(403, "<html>blocked</html>", NOT_AN_API_SERVER)]
#[case(307, "", ELSEWHERE)]
#[case(410, FORBIDDEN, ReadError::Unavailable)]
#[case(429, "", ReadError::RateLimited { after: Some(Duration::from_secs(1)) })]
#[case(503, "", ReadError::Unavailable)]
#[case(204, "", ReadError::BadAnswer)]
#[case(200, "<html>", ReadError::BadAnswer)]
#[case(200, r#"{"kind":"ConfigMap","metadata":{"name":"db"},"data":{"a":"canary"}}"#, ReadError::BadAnswer)]
#[case(200, r#"{"kind":"Secret","metadata":{"name":"other"},"data":{"a":"canary"}}"#, ReadError::BadAnswer)]
#[case(200, r#"{"kind":"Secret","metadata":{"name":"db"},"data":{"a":["canary"]}}"#, ReadError::BadAnswer)]
#[case(200, r#"{"kind":"Secret","metadata":{"name":"db"},"data":"canary"}"#, ReadError::BadAnswer)]
fn failures(#[case] status: u16, #[case] body: &str, #[case] wanted: ReadError) {
    assert_eq!(data(answer(status, body), "db").unwrap_err(), wanted);
    let of_metadata = metadata(&answer(status, body), "db").unwrap_err();
    assert_eq!(of_metadata, wanted);
    if status != 404 {
        assert_eq!(page(&answer(status, body)).unwrap_err(), wanted);
    }
}

#[rstest]
#[case(r#"{"kind":"Secret","metadata":{"name":"db","data":{"b":"!"}},"data":{ "a" : "dg==" }}"#, r#"{"a":"v"}"#)]
#[case(r#"{"kind":"Secret","metadata":{"name":"db"}}"#, "{}")]
#[case(r#"{"kind":"Secret","metadata":{"name":"db"},"data":null}"#, "{}")]
fn values(#[case] body: &str, #[case] wanted: &str) {
    assert_eq!(data(answer(200, body), "db").unwrap().select(None).unwrap().expose(), wanted.as_bytes());
}

#[test]
fn labels_and_annotations_are_the_metadata() {
    let body = r#"{"kind":"PartialObjectMetadata","metadata":{"name":"db","labels":{"team":"shop","a":"1"}}}"#;
    let payload = metadata(&answer(200, body), "db").unwrap();
    assert_eq!(payload.select(None).unwrap().expose(), br#"{"annotations":{},"labels":{"a":"1","team":"shop"}}"#);
    assert_eq!(payload.select(Some("labels.team")).unwrap().expose(), b"shop");
}

#[test]
fn pages() {
    let body = r#"{"kind":"PartialObjectMetadataList","metadata":{"continue":"more"},"items":[
        {"metadata":{"name":"a","labels":{"team":"shop"}}},{"metadata":{"name":"b"}}]}"#;
    let first = page(&answer(200, body)).unwrap();
    assert_eq!(first.next.as_deref(), Some("more"));
    let labels = BTreeMap::from([("team".to_owned(), "shop".to_owned())]);
    assert_eq!(first.secrets, [("a".to_owned(), labels), ("b".to_owned(), BTreeMap::new())]);
    let last = r#"{"kind":"PartialObjectMetadataList","metadata":{"continue":""},"items":[]}"#;
    assert_eq!(page(&answer(200, last)).unwrap(), Page { secrets: Vec::new(), next: None });
    let whole_secrets = r#"{"kind":"SecretList","metadata":{},"items":[]}"#;
    assert_eq!(page(&answer(200, whole_secrets)).unwrap_err(), ReadError::BadAnswer);
}

#[rstest]
#[case(200, r#"{"kind":"Namespace","metadata":{"name":"team","uid":"u1"}}"#, Ok("u1"), Ok(()))]
#[case(200, r#"{"kind":"Namespace","metadata":{"name":"other","uid":"u1"}}"#, Err(ReadError::BadAnswer), Err(ReadError::BadAnswer))]
#[case(403, FORBIDDEN, Err(UNSEEN_NAMESPACE), Ok(()))]
#[case(404, GONE, Err(NO_NAMESPACE), Err(NO_NAMESPACE))]
#[case(404, "<html>", Err(NOT_AN_API_SERVER), Err(NOT_AN_API_SERVER))]
#[case(403, "<html>", Err(NOT_AN_API_SERVER), Err(NOT_AN_API_SERVER))]
#[case(401, "", Err(ReadError::LoginRefused), Err(ReadError::LoginRefused))]
fn namespaces(#[case] status: u16, #[case] body: &str, #[case] uid: Result<&str, ReadError>, #[case] check: Result<(), ReadError>) {
    assert_eq!(namespace_uid(&answer(status, body), "team"), uid.map(str::to_owned));
    assert_eq!(lets_in(&answer(status, body), "team"), check);
}
