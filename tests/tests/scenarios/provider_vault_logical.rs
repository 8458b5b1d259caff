//! Any engine's paths of a real `OpenBao`: what its certificate authority holds, and what a path is refused for.

use reqwest::Method;
use sealbridge_provider::{ReadError, RemoteKey};
use sealbridge_tests::Bao;
use serde_json::json;

use crate::provider_scope::{Surroundings, read, read_at, read_key, search, text};

#[tokio::test]
async fn a_certificate_authority_is_read_by_the_apis_path() {
    let bao = Bao::shared().await;
    let pki = bao.engine("pki").await;
    bao.call(Method::POST, &format!("{pki}/root/generate/internal"), Some(&json!({"common_name": "root.test", "ttl": "1h"})))
        .await
        .expect("an authority");
    let policy = bao.policy("", &format!("path \"{pki}/*\" {{ capabilities = [\"read\"] }}")).await;
    let token = bao.token("", &[&policy], json!({})).await;
    let auth = json!({"tokenSecretRef": {"name": "creds", "key": "token"}});
    let spec = json!({"server": bao.url(), "version": "logical", "auth": auth});
    let surroundings = Surroundings::default().entry("creds", "token", &token);
    for (path, key) in [(None, format!("{pki}/cert/ca")), (Some(&pki), "cert/ca".to_owned())] {
        let mut spec = spec.clone();
        if let Some(path) = path {
            spec["path"] = json!(path);
        }
        let session = surroundings.clone().session(json!({"vault": spec})).await;
        let payload = read(&session, &key).await.unwrap();
        assert!(text(&payload, Some("certificate")).starts_with("-----BEGIN CERTIFICATE-----"));
        assert_eq!(payload.version(), None);
    }

    let session = surroundings.session(json!({"vault": spec})).await;
    // Another engine's "not found" is no proof of anything, so that it can never delete.
    let missing = read(&session, &format!("{pki}/role/none")).await.unwrap_err();
    assert!(matches!(missing, ReadError::Misconfigured(_)), "{missing:?}");
    for refused in [
        read_at(&session, &format!("{pki}/cert/ca"), Some("1")).await,
        read_key(&session, RemoteKey::metadata(format!("{pki}/cert/ca"), None)).await,
        read_key(&session, search(&pki, None, &[])).await,
        read(&session, &format!("{pki}/../sys/seal-status")).await,
    ] {
        assert!(matches!(refused.unwrap_err(), ReadError::InvalidKey(_)));
    }
}
