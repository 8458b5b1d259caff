//! Searching a fake store through a session, as a manifest's author would try it out.

use sealbridge_provider::{Absence, ReadError};
use serde_json::json;

use crate::provider_scope::{Surroundings, found, search};

#[tokio::test]
async fn the_highest_version_of_each_key_is_found() {
    let data = json!([
        {"key": "shop/db", "value": "first", "version": "1"}, {"key": "shop/db", "value": "second", "version": "2"},
        {"key": "shop/api", "value": "only"}, {"key": "other/db", "value": "not below shop"},
    ]);
    let session = Surroundings::default().session(json!({"fake": {"data": data}})).await;
    let all_of_shop = found(&session, search("shop", None, &[])).await.unwrap();
    assert_eq!(all_of_shop, [("shop/api", "only"), ("shop/db", "second")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let by_name = found(&session, search("", Some("^shop/d"), &[])).await.unwrap();
    assert_eq!(by_name, [("shop/db".to_owned(), "second".to_owned())]);
    assert_eq!(found(&session, search("", Some("^nothing$"), &[])).await, Err(ReadError::Absent(Absence::NotFound)));
}
