//! Which mount a key stands in, and which server it is: the proof behind "not found".
//!
//! Must never: vouch for a mount that the server did not name itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use sealbridge_api::store::VaultKvVersion;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::classify::{status, with_document};
use super::http::{Answer, Http, Path};
use crate::ReadError;
use crate::json::Json;

/// For this long what was found out about a mount is not asked again. It has to be shorter than the time between the
/// two looks after which an absence is believed: otherwise both would be judged by what the mount was before it was
/// removed and made anew.
const REMEMBERED: Duration = Duration::from_secs(3);

const NO_MOUNT: ReadError = ReadError::Misconfigured(
    "the store has no such mount, or its identity may not see it, so that a missing key proves nothing; check the store's path and namespace",
);
const OTHER_KIND: ReadError =
    ReadError::Misconfigured("what is mounted there is no KV engine of the declared version; check the store's path and version");

/// What the server says of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    kv: Option<VaultKvVersion>,
    /// Differs once a mount was removed and made again.
    id: Option<String>,
}

/// Mounts that were asked about lately.
#[derive(Default)]
pub(super) struct Mounts(Mutex<HashMap<Vec<String>, (Instant, Mount)>>);

impl Mounts {
    /// Proves that a KV engine of version `kv` is mounted at `mount`.
    pub(super) async fn confirm(
        &self,
        mount: &[String],
        kv: VaultKvVersion,
        ask: impl AsyncFnOnce(Path) -> Result<Answer, ReadError>,
    ) -> Result<(), ReadError> {
        let found = self.look_up(mount, ask).await?;
        if found.kv == Some(kv) { Ok(()) } else { Err(OTHER_KIND) }
    }

    /// What tells a mount from another one that takes its place.
    pub(super) async fn identity(
        &self,
        mount: &[String],
        ask: impl AsyncFnOnce(Path) -> Result<Answer, ReadError>,
    ) -> Result<String, ReadError> {
        self.look_up(mount, ask).await?.id.ok_or(ReadError::BadAnswer)
    }

    async fn look_up(
        &self,
        mount: &[String],
        ask: impl AsyncFnOnce(Path) -> Result<Answer, ReadError>,
    ) -> Result<Mount, ReadError> {
        if let Some((at, found)) = self.remembered().get(mount)
            && at.elapsed() < REMEMBERED
        {
            return Ok(found.clone());
        }
        let fixed = ["sys", "internal", "ui", "mounts"];
        let path = Path::new(fixed.into_iter().chain(mount.iter().map(String::as_str)));
        let found = described(&ask(path).await?)?;
        self.remembered().insert(mount.to_vec(), (Instant::now(), found.clone()));
        Ok(found)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<String>, (Instant, Mount)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn described(answer: &Answer) -> Result<Mount, ReadError> {
    match answer.status {
        200 => {}
        // The server says the same of a mount that is missing and of one that the token has no business in.
        400 | 403 | 404 => return Err(NO_MOUNT),
        _ => return Err(status(answer)),
    }
    with_document(&answer.body, |document| {
        let data = document.last_member("data").ok_or(ReadError::BadAnswer)?;
        let text = |name: &str| data.last_member(name).and_then(Json::as_str);
        let declared = data.last_member("options").and_then(|options| options.last_member("version")).and_then(Json::as_str);
        let kv = match (text("type").as_deref(), declared.as_deref()) {
            (Some("kv" | "generic"), None | Some("" | "1")) => Some(VaultKvVersion::V1),
            (Some("kv"), Some("2")) => Some(VaultKvVersion::V2),
            _ => None,
        };
        let id = text("uuid").or_else(|| text("accessor")).map(std::borrow::Cow::into_owned);
        Ok(Mount { kv, id })
    })
}

/// The id of the cluster, which the server tells without a login; standbys tell it too.
pub(super) async fn cluster_id(http: &Http) -> Result<String, ReadError> {
    let answer = http.get(&Path::new(["sys", "health"]), None, None).await?;
    // Any status but that of a sealed or uninitialised server comes with an id.
    with_document(&answer.body, |document| {
        let id = document.last_member("cluster_id").and_then(Json::as_str).filter(|id| !id.is_empty());
        id.map(std::borrow::Cow::into_owned).ok_or(ReadError::Unavailable)
    })
}

/// Sixteen hex digits for one server, namespace and mount.
pub(super) fn store_id(server: &Url, cluster: &str, namespace: Option<&str>, mount: Option<&str>) -> String {
    let mut hash = Sha256::new();
    for part in [server.as_str(), cluster, namespace.unwrap_or(""), mount.unwrap_or("")] {
        // No part can hold a line feed: addresses and headers refuse it, and ids are the server's own.
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    let digest = hash.finalize();
    hex::encode(digest.get(..8).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use zeroize::Zeroizing;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    const V1: VaultKvVersion = VaultKvVersion::V1;
    const V2: VaultKvVersion = VaultKvVersion::V2;
    const KV2: &str = r#"{"data":{"type":"kv","options":{"version":"2"},"uuid":"u1","accessor":"a1"}}"#;

    #[rstest]
    #[case(200, KV2, V2, Ok(()))]
    #[case(200, KV2, V1, Err(OTHER_KIND))]
    #[case(200, r#"{"data":{"type":"kv","options":null}}"#, V1, Ok(()))]
    #[case(200, r#"{"data":{"type":"kv","options":{}}}"#, V2, Err(OTHER_KIND))]
    #[case(200, r#"{"data":{"type":"transit"}}"#, V1, Err(OTHER_KIND))]
    #[case(200, "<html>", V2, Err(ReadError::BadAnswer))]
    #[case(403, "{}", V2, Err(NO_MOUNT))]
    #[case(404, "{}", V2, Err(NO_MOUNT))]
    #[case(503, "{}", V2, Err(ReadError::Unavailable))]
    #[tokio::test]
    async fn confirmed(#[case] code: u16, #[case] body: &str, #[case] kv: VaultKvVersion, #[case] wanted: Result<(), ReadError>) {
        let outcome = Mounts::default().confirm(&["kv".to_owned()], kv, async |_| Ok(answer(code, body))).await;
        assert_eq!(outcome, wanted);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_remembered_for_a_short_time() {
        let mounts = Mounts::default();
        let mount = ["kv".to_owned()];
        assert_eq!(mounts.identity(&mount, async |_| Ok(answer(200, KV2))).await.as_deref(), Ok("u1"));
        assert_eq!(mounts.confirm(&mount, V2, async |_| Err(ReadError::Unavailable)).await, Ok(()));
        tokio::time::advance(REMEMBERED).await;
        assert_eq!(mounts.confirm(&mount, V2, async |_| Err(ReadError::Unavailable)).await, Err(ReadError::Unavailable));
    }

    #[test]
    fn another_server_namespace_or_mount_is_another_store() {
        let server = Url::parse("https://a/").unwrap();
        let base = store_id(&server, "c", None, Some("m"));
        assert_eq!(base, store_id(&server, "c", None, Some("m")));
        assert_eq!(base.len(), 16);
        for other in [
            store_id(&Url::parse("https://b/").unwrap(), "c", None, Some("m")),
            store_id(&server, "d", None, Some("m")),
            store_id(&server, "c", Some("n"), Some("m")),
            store_id(&server, "c", None, Some("k")),
            store_id(&server, "c", Some("m"), None),
        ] {
            assert_ne!(base, other);
        }
    }
}
