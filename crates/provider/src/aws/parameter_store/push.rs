//! Values that are written into Parameter Store and taken back.
//!
//! What is pushed bears the tag `managed-by`, which a new parameter gets in the call that makes it. A parameter is one text; a
//! property is a member of the JSON object that the text is. The service takes no condition on what was read before.
//!
//! Must never: write to or remove a parameter without the mark.

mod about;

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_ssm::types::{Parameter, ResourceTypeForTagging, Tag};
use sealbridge_secret::SecretBytes;

use super::super::classify;
use super::super::push::{Cut, Format, Held, MARK, NO_TEXT, TagChange, Wanted, cut, is_pushed};
use super::{ParameterStore, plan, value};
use crate::turns::turn;
use crate::{Absence, AdmittedPush, Push, PushError, Pushed, Pusher, ReadError, Removed, Writer};
use about::About;

const LEAVE_TO_WRITE: &str = "ssm:PutParameter and AddTagsToResource, and for encrypted ones to use their key";
const LEAVE_TO_TAG: &str = "ssm:AddTagsToResource and RemoveTagsFromResource";
const LEAVE_TO_REMOVE: &str = "ssm:DeleteParameter";
const BY_ARN: PushError =
    PushError::Store(ReadError::InvalidKey("a parameter is written by its name, and the key is an ARN; name the parameter"));

#[async_trait]
impl Writer for ParameterStore {
    async fn push(&self, push: &Push) -> Result<Pushed, PushError> {
        let name = self.name_to_write(&push.at.as_key().key)?;
        let about = About::of(push.metadata.as_ref())?;
        let wanted = Wanted::of(push, Some(Format::Text))?;
        let _turn = turn(&self.id, &name).await;
        let Some(there) = self.standing(&name).await? else {
            let value = wanted.over(None)?.ok_or(PushError::Changed)?;
            self.create(&name, &value, &about, push.pusher).await?;
            return Ok(Pushed::Written);
        };
        let is_other_type = about.kind.as_ref().is_some_and(|kind| there.r#type.as_ref() != Some(kind));
        let (kind, held) = (there.r#type.clone(), held(there)?);
        if push.only_if_absent && wanted.is_in(&held) {
            return Ok(Pushed::Kept);
        }
        let tags = self.tags_of(&name).await?;
        if !is_pushed(&tags) {
            return Err(PushError::NotPushed);
        }
        let value = wanted.over(Some(&held))?;
        let told = self.tell(&name, &tags, &about).await?;
        let value = value.or(is_other_type.then_some(held));
        let Some(value) = value else { return Ok(if told { Pushed::Written } else { Pushed::Unchanged }) };
        self.traffic.request();
        let request = self.client.put_parameter().name(&name).value(text(&value)?).overwrite(true);
        about.put_into(request, kind).send().await.map_err(|error| classify::write_failure(&error, LEAVE_TO_WRITE))?;
        Ok(Pushed::Written)
    }

    async fn remove(&self, at: &AdmittedPush) -> Result<Removed, PushError> {
        let at = at.as_key();
        let name = self.name_to_write(&at.key)?;
        let _turn = turn(&self.id, &name).await;
        let Some(there) = self.standing(&name).await? else { return Ok(Removed::Gone) };
        if !is_pushed(&self.tags_of(&name).await?) {
            return Ok(Removed::NotPushed);
        }
        let Some(property) = at.property.as_deref() else { return self.delete(&name).await };
        let kind = there.r#type.clone();
        match cut(&held(there)?, property)? {
            Cut::Nothing => Ok(Removed::Gone),
            Cut::All => self.delete(&name).await,
            Cut::To(value) => {
                self.traffic.request();
                let request = self.client.put_parameter().name(&name).value(text(&value)?).overwrite(true).set_type(kind);
                request.send().await.map_err(|error| classify::write_failure(&error, LEAVE_TO_WRITE))?;
                Ok(Removed::Gone)
            }
        }
    }
}

impl ParameterStore {
    fn name_to_write(&self, key: &str) -> Result<String, PushError> {
        let name = plan::name(&self.prefix, key)?;
        if name.starts_with("arn:") { Err(BY_ARN) } else { Ok(name) }
    }

    async fn standing(&self, name: &str) -> Result<Option<Parameter>, ReadError> {
        self.traffic.request();
        match self.client.get_parameter().name(name).with_decryption(true).send().await {
            Ok(answer) => {
                let parameter = answer.parameter.ok_or(ReadError::BadAnswer)?;
                value::ensure_answers(name, &parameter)?;
                Ok(Some(parameter))
            }
            Err(error) => match classify::failure(&error) {
                ReadError::Absent(Absence::NotFound) => Ok(None),
                error => Err(error),
            },
        }
    }

    async fn tags_of(&self, name: &str) -> Result<BTreeMap<String, String>, ReadError> {
        self.traffic.request();
        let request = self.client.list_tags_for_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
        let answer = request.send().await.map_err(|error| classify::failure(&error))?;
        Ok(answer.tag_list.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn create(&self, name: &str, value: &Held, about: &About<'_>, pusher: Pusher) -> Result<(), PushError> {
        let mark = [(MARK.to_owned(), pusher.mark().to_owned())];
        let tags = about.tags.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).chain(mark);
        let tags = tags.map(|(name, value)| tag(&name, &value)).collect::<Result<_, _>>()?;
        self.traffic.request();
        let request = self.client.put_parameter().name(name).value(text(value)?).overwrite(false).set_tags(Some(tags));
        let outcome = about.put_into(request, None).send().await;
        outcome.map(drop).map_err(|error| classify::write_failure(&error, LEAVE_TO_WRITE))
    }

    /// Brings the tags to what the entry says of them; whether any differed.
    async fn tell(&self, name: &str, tags: &BTreeMap<String, String>, about: &About<'_>) -> Result<bool, PushError> {
        let Some(wanted) = &about.tags else { return Ok(false) };
        let change = TagChange::between(tags, wanted);
        let mut differed = false;
        if !change.set.is_empty() {
            let set = change.set.iter().map(|(name, value)| tag(name, value)).collect::<Result<_, _>>()?;
            self.traffic.request();
            let request = self.client.add_tags_to_resource().resource_type(ResourceTypeForTagging::Parameter).resource_id(name);
            let outcome = request.set_tags(Some(set)).send().await;
            outcome.map_err(|error| classify::write_failure(&error, LEAVE_TO_TAG))?;
            differed = true;
        }
        if !change.remove.is_empty() {
            self.traffic.request();
            let request = self.client.remove_tags_from_resource().resource_type(ResourceTypeForTagging::Parameter);
            let outcome = request.resource_id(name).set_tag_keys(Some(change.remove)).send().await;
            outcome.map_err(|error| classify::write_failure(&error, LEAVE_TO_TAG))?;
            differed = true;
        }
        Ok(differed)
    }

    async fn delete(&self, name: &str) -> Result<Removed, PushError> {
        self.traffic.request();
        match self.client.delete_parameter().name(name).send().await {
            Ok(_) => Ok(Removed::Gone),
            Err(error) => match classify::write_failure(&error, LEAVE_TO_REMOVE) {
                PushError::Store(ReadError::Absent(_)) => Ok(Removed::Gone),
                error => Err(error),
            },
        }
    }
}

fn held(parameter: Parameter) -> Result<Held, ReadError> {
    let text = parameter.value.ok_or(ReadError::BadAnswer)?;
    Ok(Held { value: SecretBytes::new(text.into_bytes()), is_text: true })
}

/// The value as the SDK takes it, which does not wipe it.
fn text(value: &Held) -> Result<String, PushError> {
    String::from_utf8(value.value.expose().to_vec()).map_err(|_| NO_TEXT)
}

fn tag(name: &str, value: &str) -> Result<Tag, PushError> {
    // Both parts are given.
    Tag::builder().key(name).value(value).build().map_err(|_| PushError::Store(ReadError::BadAnswer))
}
