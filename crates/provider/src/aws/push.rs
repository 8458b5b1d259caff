//! Values that are written into Secrets Manager and taken back.
//!
//! What is pushed bears the tag `managed-by`, which a new secret gets in the call that makes it. The service takes no
//! condition on what was read before, so that what is written elsewhere within the same moment can be lost; its versions
//! keep the one before.
//!
//! Must never: write to or remove a secret without the mark, or touch a secret's resource policy.

mod about;
mod property;
mod tags;
mod wanted;

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use sealbridge_secret::SecretBytes;

use super::search::tag_map;
use super::{AwsStore, classify, name};
use crate::turns::turn;
use crate::{Absence, AdmittedPush, Push, PushError, Pushed, Pusher, ReadError, Removed, Writer};
use about::About;
pub(super) use about::Format;
pub(super) use tags::{MARK, TagChange, ensure_may_be_set, is_pushed};
pub(super) use wanted::{Cut, Held, NO_TEXT, Wanted, cut};

const LEAVE_TO_CREATE: &str = "secretsmanager:CreateSecret and TagResource, and with a kmsKeyId to use that key";
const LEAVE_TO_WRITE: &str = "secretsmanager:PutSecretValue, and to use the key that the secret is encrypted with";
const LEAVE_TO_DESCRIBE: &str = "secretsmanager:TagResource, UntagResource and UpdateSecret";
const LEAVE_TO_REMOVE: &str = "secretsmanager:DeleteSecret";
const DELETED: PushError = PushError::Store(ReadError::Absent(Absence::Deleted));
const BY_ARN: PushError =
    PushError::Store(ReadError::InvalidKey("a secret is written by its name, and the key is an ARN; name the secret"));

/// How a secret is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Removal {
    /// At once, so that nobody can restore it.
    pub(super) at_once: bool,
    /// The days within which it can be restored; the service's own number unless it is given.
    pub(super) days: Option<i64>,
}

/// What is known of a secret beside its value.
struct Standing {
    tags: BTreeMap<String, String>,
    description: Option<String>,
    waits_for_deletion: bool,
    has_value: bool,
}

#[async_trait]
impl Writer for AwsStore {
    async fn push(&self, push: &Push) -> Result<Pushed, PushError> {
        let id = self.id_to_write(&push.at.as_key().key)?;
        let about = About::of(push.metadata.as_ref())?;
        let wanted = Wanted::of(push, about.format)?;
        let _turn = turn(&self.id, &id).await;
        let Some(standing) = self.standing(&id).await? else {
            self.create(&id, &wanted.over(None)?.ok_or(PushError::Changed)?, &about, push.pusher).await?;
            return Ok(Pushed::Written);
        };
        let is_pushed = is_pushed(&standing.tags);
        if !is_pushed && !push.only_if_absent {
            return Err(PushError::NotPushed);
        }
        if standing.waits_for_deletion {
            return Err(DELETED);
        }
        let held = self.held(&id, &standing).await?;
        if push.only_if_absent && held.as_ref().is_some_and(|held| wanted.is_in(held)) {
            return Ok(Pushed::Kept);
        }
        if !is_pushed {
            return Err(PushError::NotPushed);
        }
        let value = wanted.over(held.as_ref())?;
        let told = self.tell(&id, &standing, &about).await?;
        let Some(value) = value else { return Ok(if told { Pushed::Written } else { Pushed::Unchanged }) };
        self.put(&id, &value).await?;
        Ok(Pushed::Written)
    }

    async fn remove(&self, at: &AdmittedPush) -> Result<Removed, PushError> {
        let at = at.as_key();
        let id = self.id_to_write(&at.key)?;
        let _turn = turn(&self.id, &id).await;
        let Some(standing) = self.standing(&id).await? else { return Ok(Removed::Gone) };
        if !is_pushed(&standing.tags) {
            return Ok(Removed::NotPushed);
        }
        if standing.waits_for_deletion {
            return Ok(Removed::Gone);
        }
        let Some(property) = at.property.as_deref() else { return self.delete(&id).await };
        let Some(held) = self.held(&id, &standing).await? else { return Ok(Removed::Gone) };
        match cut(&held, property)? {
            Cut::Nothing => Ok(Removed::Gone),
            Cut::All => self.delete(&id).await,
            Cut::To(value) => self.put(&id, &value).await.map(|()| Removed::Gone),
        }
    }
}

impl AwsStore {
    fn id_to_write(&self, key: &str) -> Result<String, PushError> {
        let id = name::secret_id(&self.prefix, key)?;
        if id.starts_with("arn:") { Err(BY_ARN) } else { Ok(id) }
    }

    async fn standing(&self, id: &str) -> Result<Option<Standing>, ReadError> {
        self.traffic.request();
        let answer = match self.client.describe_secret().secret_id(id).send().await {
            Ok(answer) => answer,
            Err(error) => match classify::failure(&error) {
                ReadError::Absent(Absence::NotFound) => return Ok(None),
                error => return Err(error),
            },
        };
        name::ensure_answers(id, answer.name.as_deref(), answer.arn.as_deref())?;
        Ok(Some(Standing {
            tags: tag_map(answer.tags.unwrap_or_default()),
            description: answer.description.filter(|text| !text.is_empty()),
            waits_for_deletion: answer.deleted_date.is_some(),
            has_value: answer.version_ids_to_stages.is_some_and(|versions| !versions.is_empty()),
        }))
    }

    /// The newest value; one that was never written is none.
    async fn held(&self, id: &str, standing: &Standing) -> Result<Option<Held>, ReadError> {
        if !standing.has_value {
            return Ok(None);
        }
        self.traffic.request();
        let answer = match self.client.get_secret_value().secret_id(id).send().await {
            Ok(answer) => answer,
            Err(error) => match classify::failure(&error) {
                ReadError::Absent(Absence::NotFound) => return Ok(None),
                error => return Err(error),
            },
        };
        name::ensure_answers(id, answer.name.as_deref(), answer.arn.as_deref())?;
        match (answer.secret_string, answer.secret_binary) {
            (Some(text), _) => Ok(Some(Held { value: SecretBytes::new(text.into_bytes()), is_text: true })),
            (None, Some(bytes)) => Ok(Some(Held { value: SecretBytes::new(bytes.into_inner()), is_text: false })),
            (None, None) => Err(ReadError::BadAnswer),
        }
    }

    async fn create(&self, id: &str, value: &Held, about: &About<'_>, pusher: Pusher) -> Result<(), PushError> {
        let (text, bytes) = payload(value)?;
        let mark = [(MARK.to_owned(), pusher.mark().to_owned())];
        let tags = about.tags.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).chain(mark);
        self.traffic.request();
        let request = self.client.create_secret().name(id).set_secret_string(text).set_secret_binary(bytes);
        let request = request.set_tags(Some(tags.map(|(name, value)| tag(name, value)).collect()));
        let request = request.set_description(about.description.map(str::to_owned));
        let request = request.set_kms_key_id(about.kms_key_id.map(str::to_owned));
        request.send().await.map(drop).map_err(|error| classify::write_failure(&error, LEAVE_TO_CREATE))
    }

    async fn put(&self, id: &str, value: &Held) -> Result<(), PushError> {
        let (text, bytes) = payload(value)?;
        self.traffic.request();
        let request = self.client.put_secret_value().secret_id(id).set_secret_string(text).set_secret_binary(bytes);
        request.send().await.map(drop).map_err(|error| classify::write_failure(&error, LEAVE_TO_WRITE))
    }

    /// Brings tags and description to what the entry says of them; whether anything differed.
    async fn tell(&self, id: &str, standing: &Standing, about: &About<'_>) -> Result<bool, PushError> {
        let change = about.tags.as_ref().map_or_else(TagChange::default, |tags| TagChange::between(&standing.tags, tags));
        let mut differed = false;
        if !change.set.is_empty() {
            self.traffic.request();
            let tags = change.set.into_iter().map(|(name, value)| tag(name, value)).collect();
            let request = self.client.tag_resource().secret_id(id).set_tags(Some(tags));
            request.send().await.map_err(|error| classify::write_failure(&error, LEAVE_TO_DESCRIBE))?;
            differed = true;
        }
        if !change.remove.is_empty() {
            self.traffic.request();
            let request = self.client.untag_resource().secret_id(id).set_tag_keys(Some(change.remove));
            request.send().await.map_err(|error| classify::write_failure(&error, LEAVE_TO_DESCRIBE))?;
            differed = true;
        }
        if about.description.is_some() && about.description != standing.description.as_deref() {
            self.traffic.request();
            let request = self.client.update_secret().secret_id(id).set_description(about.description.map(str::to_owned));
            request.send().await.map_err(|error| classify::write_failure(&error, LEAVE_TO_DESCRIBE))?;
            differed = true;
        }
        Ok(differed)
    }

    async fn delete(&self, id: &str) -> Result<Removed, PushError> {
        self.traffic.request();
        let request = self.client.delete_secret().secret_id(id).set_recovery_window_in_days(self.removal.days);
        let request = request.set_force_delete_without_recovery(self.removal.at_once.then_some(true));
        match request.send().await {
            Ok(_) => Ok(Removed::Gone),
            Err(error) => match classify::write_failure(&error, LEAVE_TO_REMOVE) {
                PushError::Store(ReadError::Absent(_)) => Ok(Removed::Gone),
                error => Err(error),
            },
        }
    }
}

fn tag(name: String, value: String) -> Tag {
    Tag::builder().key(name).value(value).build()
}

/// The value as the SDK takes it, which does not wipe it.
fn payload(value: &Held) -> Result<(Option<String>, Option<Blob>), PushError> {
    let bytes = value.value.expose().to_vec();
    if value.is_text {
        Ok((Some(String::from_utf8(bytes).map_err(|_| NO_TEXT)?), None))
    } else {
        Ok((None, Some(Blob::new(bytes))))
    }
}
