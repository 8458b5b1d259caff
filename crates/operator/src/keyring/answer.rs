//! What a SealingKey's status says.
//!
//! Must never: say something else while the cause is the same, or be written when it says what it said before.

use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use sealbridge_api::condition::condition;
use sealbridge_api::{ConditionType, Reason, SealingKey, SealingKeyStatus};
use sealbridge_seal::Recipient;
use serde_json::{Value, json};

use super::backup::BACKED_UP;
use super::load::LoadFailure;
use super::object::{KeyObject, Source};
use crate::refusal::Refusal;

/// What is known of a key, beside what its object says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knowledge<'a> {
    pub(super) outcome: Result<&'a Recipient, &'a LoadFailure>,
    /// How many objects need the key; absent if that is not known.
    pub(super) in_use: Option<usize>,
    /// The operator's namespace.
    pub(super) namespace: &'a str,
}

/// The status that `object` should have. A public half that was known once stays, so that it can be told
/// which private half is missing.
pub(super) fn status(object: &KeyObject, knowledge: Knowledge<'_>, now: Timestamp) -> SealingKeyStatus {
    let before = &object.status;
    let (ready, reason, message) = verdict(object, knowledge);
    let condition = |kind, status| condition(kind, status, reason, &message, object.generation, &before.conditions, now);
    let mut conditions = vec![condition(ConditionType::Ready, ready)];
    if !ready && reason == Reason::SpecInvalid {
        conditions.push(condition(ConditionType::Stalled, true));
    }
    let recipient = knowledge.outcome.ok();
    SealingKeyStatus {
        observed_generation: Some(object.generation),
        conditions,
        recipient: recipient.map(ToString::to_string).or_else(|| before.recipient.clone()),
        key_id: recipient.map(|recipient| recipient.id().to_string()).or_else(|| before.key_id.clone()),
        in_use: knowledge.in_use.map_or(before.in_use, |count| Some(i32::try_from(count).unwrap_or(i32::MAX))),
    }
}

fn verdict(object: &KeyObject, knowledge: Knowledge<'_>) -> (bool, Reason, String) {
    match knowledge.outcome {
        Err(failure) => (false, failure.reason, failure.message.clone()),
        Ok(_) if object.needs_backup => (true, Reason::BackupNeeded, backup_message(object, knowledge.namespace)),
        Ok(_) => (true, Reason::Valid, "the private key is at hand".to_owned()),
    }
}

fn backup_message(object: &KeyObject, namespace: &str) -> String {
    let secret = match &object.source {
        Some(Source::Secret { name, .. }) => name,
        Some(Source::Remote { .. }) | None => &object.name,
    };
    format!(
        "the private key exists in this cluster only, in Secret {namespace}/{secret}; put a copy of that Secret in a safe place, \
         then say so with: kubectl annotate sealingkey {} {BACKED_UP}=\"$(date +%F)\"",
        object.name
    )
}

/// Writes `status`.
pub(super) async fn write(client: &Client, object: &KeyObject, status: &SealingKeyStatus) -> Result<(), Refusal> {
    let api: Api<SealingKey> = Api::all(client.clone());
    let body = Patch::Merge(json!({"metadata": {"uid": object.uid}, "status": whole(status)}));
    let patched = api.patch_status(&object.name, &PatchParams::default(), &body).await;
    patched.map(drop).map_err(|error| Refusal::from(&error))
}

/// In a merge patch an absent field stays as it is: what is not there has to be null.
fn whole(status: &SealingKeyStatus) -> Value {
    json!({
        "observedGeneration": status.observed_generation,
        "conditions": status.conditions,
        "recipient": status.recipient,
        "keyId": status.key_id,
        "inUse": status.in_use,
    })
}

#[cfg(test)]
mod tests {
    use sealbridge_api::sealing_key::SealingKeyState;
    use sealbridge_seal::KeyPair;

    use super::*;

    fn object(needs_backup: bool) -> KeyObject {
        KeyObject {
            name: "default".into(),
            uid: "u".into(),
            generation: 2,
            source: Some(Source::Secret { name: "key".into(), entry: "identity".into() }),
            state: SealingKeyState::Active,
            limits: None,
            unbound: [].into(),
            needs_backup,
            status: SealingKeyStatus::default(),
        }
    }

    fn ready(status: &SealingKeyStatus) -> (&str, &str) {
        (&status.conditions[0].status, &status.conditions[0].reason)
    }

    #[test]
    fn a_key_at_hand() {
        let recipient = KeyPair::generate().unwrap().recipient().clone();
        let knowledge = Knowledge { outcome: Ok(&recipient), in_use: Some(3), namespace: "ops" };
        let first = status(&object(false), knowledge, Timestamp::UNIX_EPOCH);
        assert_eq!(ready(&first), ("True", "Valid"));
        assert_eq!(first.recipient.as_deref(), Some(recipient.as_str()));
        assert_eq!((first.in_use, first.observed_generation), (Some(3), Some(2)));
        let again = KeyObject { status: first.clone(), ..object(false) };
        assert_eq!(status(&again, knowledge, Timestamp::from_second(9).unwrap()), first, "nothing changed, nothing is written");
    }

    #[test]
    fn a_new_key_works_and_asks_for_a_backup() {
        let recipient = KeyPair::generate().unwrap().recipient().clone();
        let knowledge = Knowledge { outcome: Ok(&recipient), in_use: None, namespace: "ops" };
        let status = status(&object(true), knowledge, Timestamp::UNIX_EPOCH);
        assert_eq!(ready(&status), ("True", "BackupNeeded"));
        assert!(status.conditions[0].message.contains("Secret ops/key"), "{status:?}");
    }

    #[test]
    fn a_missing_private_half_leaves_the_public_one() {
        let failure = LoadFailure { reason: Reason::NoKey, message: "gone; restore it".into(), may_pass: false };
        let before = SealingKeyStatus {
            recipient: Some("age1x".into()),
            key_id: Some("ab".into()),
            in_use: Some(1),
            ..SealingKeyStatus::default()
        };
        let object = KeyObject { status: before, ..object(true) };
        let knowledge = Knowledge { outcome: Err(&failure), in_use: None, namespace: "ops" };
        let status = status(&object, knowledge, Timestamp::UNIX_EPOCH);
        assert_eq!(ready(&status), ("False", "NoKey"));
        assert_eq!((status.recipient.as_deref(), status.key_id.as_deref(), status.in_use), (Some("age1x"), Some("ab"), Some(1)));
    }
}
