//! Values that are written into a KV engine and taken back.
//!
//! What is pushed bears the mark `managed-by`, in version 2 among the custom metadata. A new key gets its mark before its
//! value: whoever is cut off in between leaves a marked key without a value, which the next push fills and a removal clears,
//! while a value without a mark could neither be replaced nor taken back. A key that stands there has its mark already, so
//! that nobody's other metadata is ever written. Each write of version 2 names the version that was read, so that nothing
//! that others wrote in between is lost; where that was the very first version, the mark is taken off their value again.
//!
//! Must never: write to or remove a key without the mark.

use async_trait::async_trait;
use reqwest::Method;
use sealbridge_api::store::VaultKvVersion;
use zeroize::Zeroizing;

use super::VaultStore;
use super::classify::written;
use super::edit::{Rest, Wanted, without};
use super::http::{Answer, Document, Path};
use super::key::Place;
use super::metadata::tags;
use super::standing::{MARK, Standing, standing, without_versions};
use crate::json::string_map;
use crate::turns::turn;
use crate::{AdmittedPush, Push, PushError, PushKey, Pushed, Pusher, ReadError, RemoteKey, Removed, Writer};

const LEAVE_TO_WRITE: &str = "create and update the key below data/ and metadata/ of its mount (KV version 1: the key itself)";
const LEAVE_TO_REMOVE: &str = "delete the key below metadata/ of its mount (KV version 1: the key itself)";

#[async_trait]
impl Writer for VaultStore {
    async fn push(&self, push: &Push) -> Result<Pushed, PushError> {
        if push.metadata.is_some() {
            return Err(PushError::Invalid {
                field: "metadata".to_owned(),
                problem: "a store of Vault or OpenBao takes none with a push; leave it out",
            });
        }
        let place = self.place_of(push.at.as_key())?;
        let wanted = Wanted::of(push, self.layout.kv)?;
        let _turn = self.turn_at(&place).await;
        let standing = self.standing(&place).await?;
        if push.only_if_absent && standing.as_ref().is_some_and(|found| found.holds(push.at.as_key().property.as_deref())) {
            return Ok(Pushed::Kept);
        }
        if standing.as_ref().is_some_and(|found| !found.is_pushed) {
            return Err(PushError::NotPushed);
        }
        let Some(object) = wanted.over(standing.as_ref())? else { return Ok(Pushed::Unchanged) };
        match (&standing, self.layout.kv) {
            (None, VaultKvVersion::V2) => self.create(&place, &object, push.pusher).await?,
            _ => self.write(&place, standing.as_ref(), &object).await?,
        }
        Ok(Pushed::Written)
    }

    async fn remove(&self, at: &AdmittedPush) -> Result<Removed, PushError> {
        let place = self.place_of(at.as_key())?;
        let _turn = self.turn_at(&place).await;
        let Some(standing) = self.standing(&place).await? else { return Ok(Removed::Gone) };
        if !standing.is_pushed {
            return Ok(Removed::NotPushed);
        }
        match without(at.as_key(), &standing, self.layout.kv)? {
            Rest::Everything => {}
            Rest::Object(object) => self.write(&place, Some(&standing), &object).await?,
            Rest::Nothing => self.delete(&place).await?,
        }
        Ok(Removed::Gone)
    }
}

impl VaultStore {
    fn place_of(&self, at: &PushKey) -> Result<Place, ReadError> {
        self.layout.place(&RemoteKey::value(at.key.as_str(), None))
    }

    async fn turn_at(&self, place: &Place) -> tokio::sync::MutexGuard<'static, ()> {
        let namespace = self.namespace.as_deref().unwrap_or("");
        turn(self.http.server().as_str(), &(namespace, place.value().segments)).await
    }

    /// What stands there: one read, and a second one of a key without a value.
    async fn standing(&self, place: &Place) -> Result<Option<Standing>, ReadError> {
        let found = standing(self.ask(&place.value()).await?, self.layout.kv)?;
        match self.layout.kv {
            VaultKvVersion::V2 if found.is_none() => without_versions(&self.ask(&place.metadata()?).await?),
            _ => Ok(found),
        }
    }

    /// A new key of version 2.
    async fn create(&self, place: &Place, object: &str, pusher: Pusher) -> Result<(), PushError> {
        let mark = [(MARK.to_owned(), pusher.mark().to_owned())].into();
        self.write_custom_metadata(place, &string_map(&mark)).await?;
        let outcome = self.write(place, None, object).await;
        if outcome == Err(PushError::Changed) {
            self.unmark(place).await?;
        }
        outcome
    }

    /// Takes the mark off a key that somebody else made between the look at it and the mark.
    async fn unmark(&self, place: &Place) -> Result<(), PushError> {
        let mut custom = tags(&self.ask(&place.metadata()?).await?)?;
        if custom.remove(MARK).is_some() {
            self.write_custom_metadata(place, &string_map(&custom)).await?;
        }
        Ok(())
    }

    async fn write_custom_metadata(&self, place: &Place, object: &str) -> Result<(), PushError> {
        let document = Zeroizing::new(format!("{{\"custom_metadata\":{object}}}"));
        let answer = self.tell(&Method::POST, &place.metadata()?, Some(document)).await?;
        written(&answer, LEAVE_TO_WRITE)
    }

    /// Writes the object, over what was read or where nothing was.
    async fn write(&self, place: &Place, over: Option<&Standing>, object: &str) -> Result<(), PushError> {
        let document = match self.layout.kv {
            VaultKvVersion::V2 => versioned(object, over.map_or(0, |found| found.version)),
            VaultKvVersion::V1 | VaultKvVersion::Logical => Zeroizing::new(object.to_owned()),
        };
        let answer = self.tell(&Method::POST, &place.value(), Some(document)).await?;
        written(&answer, LEAVE_TO_WRITE)
    }

    /// Removes a key with all its versions.
    async fn delete(&self, place: &Place) -> Result<(), PushError> {
        let path = match self.layout.kv {
            VaultKvVersion::V2 => place.metadata()?,
            VaultKvVersion::V1 | VaultKvVersion::Logical => place.value(),
        };
        written(&self.tell(&Method::DELETE, &path, None).await?, LEAVE_TO_REMOVE)
    }

    /// A request that changes something. It is not made again: the next push looks at what became of it.
    async fn tell(&self, method: &Method, path: &Path, document: Option<Zeroizing<String>>) -> Result<Answer, ReadError> {
        let _permit = self.permits.acquire().await.map_err(|_| ReadError::Unavailable)?;
        self.traffic.request();
        self.send(method, path, document.map(Document::new).as_ref()).await
    }
}

fn versioned(object: &str, over: u64) -> Zeroizing<String> {
    let (before, between) = (format!("{{\"options\":{{\"cas\":{over}}},\"data\":"), "}");
    // With room for all of it, no copy is left behind.
    let mut document = Zeroizing::new(String::with_capacity(before.len() + object.len() + between.len()));
    document.push_str(&before);
    document.push_str(object);
    document.push_str(between);
    document
}
