//! Reading from Parameter Store as moto serves it: batches of ten, versions and labels, searches, and what is refused.

use aws_sdk_ssm::types::{ParameterType, ResourceTypeForTagging, Tag};
use sealbridge_provider::{Absence, ReadError, RemoteKey};
use sealbridge_tests::{Answer, Moto, Recorder};
use serde_json::{Value, json};

use crate::provider_aws::{aws, counted, operations, with_keys};
use crate::provider_scope::{found, names, read, read_all, read_at, read_key, search, text};

pub(crate) fn parameters(endpoint: &str) -> Value {
    let mut spec = aws(endpoint);
    spec["service"] = json!("ParameterStore");
    json!({"aws": spec})
}

#[tokio::test]
async fn twenty_five_parameters_take_three_calls_and_those_that_are_gone_leave_the_rest_alone() {
    let moto = Moto::shared().await;
    let mut names: Vec<String> = (0..23).map(|index| format!("/batch/{index}")).collect();
    for name in &names {
        moto.put_parameter(name, &format!("{{\"p\":\"{name}\",\"n\":1.50}}")).await;
    }
    names.extend(["/batch/never".to_owned(), "/batch/nor-this".to_owned()]);
    let recorder = moto.recorded().await;
    let session = with_keys().session(parameters(&recorder.url())).await;
    for _ in 0..2 {
        recorder.forget();
        let results = read_all(&session, &names).await;
        for (name, outcome) in &results {
            match outcome {
                Ok(payload) => assert_eq!((text(payload, Some("p")), text(payload, Some("n"))), (name.clone(), "1.5".to_owned())),
                Err(error) => assert!(name.contains('n') && *error == ReadError::Absent(Absence::NotFound), "{name}: {error:?}"),
            }
        }
        assert_eq!(operations(&recorder), counted(&[("GetParameters", 3)]));
    }
    assert!(recorder.requests().iter().all(|request| request.body.contains("\"WithDecryption\":true")));
}

#[tokio::test]
async fn versions_by_number_and_by_label() {
    let moto = Moto::shared().await;
    let first = moto.put_parameter("/versions/a", "first").await;
    moto.put_parameter("/versions/a", "second").await;
    let label = moto.parameter_store().label_parameter_version().name("/versions/a").parameter_version(first).labels("stable");
    label.send().await.expect("labelled");
    let mut spec = parameters(moto.url());
    spec["aws"]["prefix"] = json!("/versions/");
    let session = with_keys().session(spec).await;
    let at = async |version: Option<&str>| {
        let payload = read_at(&session, "a", version).await.unwrap();
        (text(&payload, None), payload.version().map(str::to_owned))
    };
    assert_eq!(at(None).await, ("second".to_owned(), Some("2".to_owned())));
    assert_eq!(at(Some("1")).await, ("first".to_owned(), Some("1".to_owned())));
    assert_eq!(at(Some("stable")).await, ("first".to_owned(), Some("1".to_owned())));
    let unknown = read_at(&session, "a", Some("99")).await.unwrap_err();
    assert_eq!(unknown, ReadError::Absent(Absence::NotFound));
}

#[tokio::test]
async fn all_kinds_of_parameter_and_their_tags() {
    let moto = Moto::shared().await;
    let client = moto.parameter_store();
    for (name, kind) in [("/kinds/text", ParameterType::String), ("/kinds/list", ParameterType::StringList)] {
        client.put_parameter().name(name).value("a,b").r#type(kind).send().await.expect("stored");
    }
    let tag = Tag::builder().key("team").value("shop").build().unwrap();
    let tagged =
        client.add_tags_to_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id("/kinds/text").tags(tag);
    tagged.send().await.expect("tagged");
    let session = with_keys().session(parameters(moto.url())).await;
    assert_eq!(text(&read(&session, "/kinds/text").await.unwrap(), None), "a,b");
    assert_eq!(text(&read(&session, "/kinds/list").await.unwrap(), None), "a,b");
    let tags = read_key(&session, RemoteKey::metadata("/kinds/text", None)).await.unwrap();
    assert_eq!((text(&tags, None), text(&tags, Some("team"))), (r#"{"team":"shop"}"#.to_owned(), "shop".to_owned()));
    let gone = read_key(&session, RemoteKey::metadata("/kinds/none", None)).await.unwrap_err();
    assert_eq!(gone, ReadError::Absent(Absence::NotFound));
    assert!(matches!(read(&session, "/kinds/text:1").await, Err(ReadError::InvalidKey(_))), "a version has a field of its own");
}

#[tokio::test]
async fn searches_page_through_names_and_read_in_full_batches() {
    let moto = Moto::private().await;
    for index in 0..120 {
        moto.put_parameter(&format!("/find/shop/{index:03}"), "value").await;
    }
    moto.put_parameter("/find/shop-2/a", "other").await;
    moto.put_parameter("/other", "other").await;
    let tag = Tag::builder().key("team").value("shop").build().unwrap();
    let client = moto.parameter_store();
    for index in [3, 7] {
        let resource = format!("/find/shop/{index:03}");
        let request = client.add_tags_to_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(resource);
        request.tags(tag.clone()).send().await.expect("tagged");
    }
    let recorder = moto.recorded().await;
    let session = with_keys().session(parameters(&recorder.url())).await;
    let all = found(&session, search("/find/shop", None, &[])).await.unwrap();
    assert_eq!(all.len(), 120);
    assert!(all.iter().all(|(_, value)| value == "value"));
    // moto's pages hold ten names, whatever is asked for.
    assert_eq!(operations(&recorder), counted(&[("DescribeParameters", 13), ("GetParameters", 12)]));
    let lists = recorder.requests().into_iter().filter(|request| request.aws_operation() == Some("DescribeParameters"));
    assert!(lists.into_iter().all(|request| request.body.contains("\"MaxResults\":50")));

    assert_eq!(names(&session, search("/find", Some("00[12]$"), &[])).await.unwrap(), ["/find/shop/001", "/find/shop/002"]);
    let tagged = names(&session, search("", None, &[("team", "shop")])).await.unwrap();
    assert_eq!(tagged, ["/find/shop/003", "/find/shop/007"]);
    assert_eq!(names(&session, search("", Some("^/other$"), &[])).await.unwrap(), ["/other"]);
    let none = names(&session, search("/find/none", None, &[])).await.unwrap_err();
    assert_eq!(none, ReadError::Absent(Absence::NotFound));
    assert!(matches!(names(&session, search("find", None, &[])).await, Err(ReadError::InvalidKey(_))));
}

#[tokio::test]
async fn one_name_that_may_not_be_read_leaves_its_batch_alone() {
    let body = json!({"__type": "AccessDeniedException", "Message": "canary"}).to_string();
    let recorder = Recorder::answering(Answer::Json(400, body)).await;
    let session = with_keys().session(parameters(&recorder.url())).await;
    let names: Vec<String> = (0..5).map(|index| format!("/denied/{index}")).collect();
    for _ in 0..2 {
        recorder.forget();
        let results = read_all(&session, &names).await;
        assert!(results.values().all(|outcome| outcome.as_ref().is_err_and(|error| *error == ReadError::Denied)));
        assert_eq!(operations(&recorder), counted(&[("GetParameter", 5), ("GetParameters", 1)]));
    }
    assert_eq!(session.check().await, Ok(()), "to be known is enough");
}

#[tokio::test]
async fn an_endpoint_that_lies_gets_nobody_anywhere() {
    let cases = [
        (Answer::Html, ReadError::BadAnswer),
        (Answer::Endless, ReadError::TooLarge),
        (Answer::Json(200, "{}".to_owned()), ReadError::BadAnswer),
        (Answer::Json(400, json!({"__type": "ExpiredTokenException", "message": "canary"}).to_string()), ReadError::LoginRefused),
    ];
    for (answer, wanted) in cases {
        let endpoint = Recorder::answering(answer.clone()).await;
        let session = with_keys().session(parameters(&endpoint.url())).await;
        let error = read(&session, "/a").await.unwrap_err();
        assert_eq!(error.reason(), wanted.reason(), "{answer:?}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
