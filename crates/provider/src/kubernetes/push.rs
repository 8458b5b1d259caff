//! Values that are written into Secrets of a namespace and taken back.
//!
//! A property is one entry of a Secret's data; a value without one is a JSON object whose members become all entries. What is
//! pushed bears a label with the mark, since External Secrets Operator leaves no mark on Secrets and writes to any: here a Secret
//! that somebody else made is left unless its owner puts the label on it. Each write names the Secret that was read, by its uid
//! and version, so that nothing that others wrote in between is lost.
//!
//! Must never: write to or remove a Secret without the mark, or make one anew in order to change it.

mod about;
mod change;
mod standing;

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::json;
use zeroize::Zeroizing;

use super::{JSON, KubernetesStore, NO_NAME, classify, is_name};
use crate::http::Document;
use crate::turns::turn;
use crate::{AdmittedPush, Push, PushError, PushKey, Pushed, ReadError, Removed, Writer};
use about::About;
use change::{Change, Wanted};
pub(super) use standing::Standing;

const MERGE_PATCH: HeaderValue = HeaderValue::from_static("application/merge-patch+json");
const LEAVE_TO_CREATE: &str = "create secrets in remoteNamespace";
const LEAVE_TO_PATCH: &str = "patch that Secret";
const LEAVE_TO_REMOVE: &str = "delete that Secret";

#[async_trait]
impl Writer for KubernetesStore {
    async fn push(&self, push: &Push) -> Result<Pushed, PushError> {
        let at = push.at.as_key();
        ensure_name(at)?;
        let about = About::of(push.metadata.as_ref())?;
        let wanted = Wanted::of(push)?;
        let _turn = self.turn_at(at).await;
        let standing = self.standing(&at.key).await?;
        if push.only_if_absent && standing.as_ref().is_some_and(|found| found.holds(at.property.as_deref())) {
            return Ok(Pushed::Kept);
        }
        let Some(standing) = standing else {
            let metadata = json!({"name": at.key, "labels": about.labels_with_mark(push.pusher), "annotations": about.annotations});
            self.create(&metadata.to_string(), &wanted.data()).await?;
            return Ok(Pushed::Written);
        };
        if !standing.is_pushed() {
            return Err(PushError::NotPushed);
        }
        let change = Change {
            data: wanted.over(&standing),
            labels: about.labels_over(&standing),
            annotations: about.annotations_over(&standing),
        };
        if change.is_none() {
            return Ok(Pushed::Unchanged);
        }
        self.patch(&at.key, &standing, &change).await?;
        Ok(Pushed::Written)
    }

    async fn remove(&self, at: &AdmittedPush) -> Result<Removed, PushError> {
        let at = at.as_key();
        ensure_name(at)?;
        let _turn = self.turn_at(at).await;
        let Some(standing) = self.standing(&at.key).await? else { return Ok(Removed::Gone) };
        if !standing.is_pushed() {
            return Ok(Removed::NotPushed);
        }
        match at.property.as_deref() {
            Some(property) if !standing.holds(Some(property)) => {}
            Some(property) if standing.data.len() > 1 => {
                let change = Change { data: [(property.to_owned(), None)].into(), ..Change::default() };
                self.patch(&at.key, &standing, &change).await?;
            }
            _ => self.delete(&at.key, &standing).await?,
        }
        Ok(Removed::Gone)
    }
}

fn ensure_name(at: &PushKey) -> Result<(), ReadError> {
    if is_name(&at.key) { Ok(()) } else { Err(NO_NAME) }
}

impl KubernetesStore {
    async fn turn_at(&self, at: &PushKey) -> tokio::sync::MutexGuard<'static, ()> {
        turn(self.pool.server().as_str(), &(self.namespace.as_str(), at.key.as_str())).await
    }

    async fn standing(&self, name: &str) -> Result<Option<Standing>, ReadError> {
        Standing::of(&self.ask(self.url(&["secrets", name])?, JSON).await?, name)
    }

    async fn create(&self, metadata: &str, data: &BTreeMap<String, Option<Zeroizing<String>>>) -> Result<(), PushError> {
        let fixed = r#""apiVersion":"v1","kind":"Secret","type":"Opaque""#;
        let document = change::document(&[fixed, &format!("\"metadata\":{metadata}")], data);
        let answer = self.tell(&Method::POST, &["secrets"], Some((JSON, document))).await?;
        classify::written(&answer, LEAVE_TO_CREATE)
    }

    async fn patch(&self, name: &str, over: &Standing, change: &Change) -> Result<(), PushError> {
        let metadata = change.metadata_over(over);
        let document = change::document(&[&format!("\"metadata\":{metadata}")], &change.data);
        let answer = self.tell(&Method::PATCH, &["secrets", name], Some((MERGE_PATCH, document))).await?;
        classify::written(&answer, LEAVE_TO_PATCH)
    }

    async fn delete(&self, name: &str, over: &Standing) -> Result<(), PushError> {
        let preconditions = json!({"uid": over.uid, "resourceVersion": over.version});
        let options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions});
        let document = Zeroizing::new(options.to_string());
        let answer = self.tell(&Method::DELETE, &["secrets", name], Some((JSON, document))).await?;
        match classify::written(&answer, LEAVE_TO_REMOVE) {
            Err(_) if classify::is_absence(&answer, name) => Ok(()),
            outcome => outcome,
        }
    }

    /// A request that changes something.
    async fn tell(
        &self,
        method: &Method,
        below: &[&str],
        document: Option<(HeaderValue, Zeroizing<String>)>,
    ) -> Result<crate::http::Answer, ReadError> {
        let _permit = self.permits.acquire().await.map_err(|_| ReadError::Unavailable)?;
        self.traffic.request();
        let document = document.map(|(kind, text)| (kind, Document::new(text)));
        self.send(method, self.url(below)?, JSON, document.as_ref()).await
    }
}
