//! moto serves batches with an error per id, and a recorder in front counts calls and connections.

use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use sealbridge_tests::Moto;

#[tokio::test]
async fn a_batch_is_one_call_with_a_value_or_an_error_per_id() {
    let moto = Moto::shared().await;
    let recorder = moto.recorded().await;
    let first = moto.put("batch/one", "1").await;
    let second = moto.put("batch/one", "1b").await;
    assert_ne!(first, second);
    moto.put("batch/two", "2").await;
    let client = aws_sdk_secretsmanager::Client::from_conf(
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(moto.region()))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(recorder.url())
            .build(),
    );
    let batch = client
        .batch_get_secret_value()
        .set_secret_id_list(Some(["batch/one", "batch/two", "batch/absent"].map(String::from).into()))
        .send()
        .await
        .unwrap();
    let mut values: Vec<_> =
        batch.secret_values().iter().map(|value| (value.name().unwrap(), value.secret_string().unwrap())).collect();
    values.sort_unstable();
    assert_eq!(values, [("batch/one", "1b"), ("batch/two", "2")]);
    assert_eq!(batch.errors()[0].secret_id(), Some("batch/absent"));

    let requests = recorder.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].aws_operation(), Some("BatchGetSecretValue"));
    assert_eq!(recorder.connections_accepted(), 1);
}
