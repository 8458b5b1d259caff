//! Brings the private half of a SealingKey into memory.
//!
//! Must never: repeat what was read, whatever is wrong with it.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use kube::Client;
use sealbridge_api::Reason;
use sealbridge_manifest::StoreName;
use sealbridge_provider::RemoteKey;
use sealbridge_seal::{Identity, KeyRing, Recipient, parse_identity_file};
use sealbridge_secret::SecretBytes;
use tokio::time::timeout;

use super::KeyInput;
use super::object::Source;
use crate::inputs::{InputId, InputKind, InputState, Inputs};
use crate::refusal::Refusal;
use crate::secret_entry;
use crate::stores::{StoreFailure, Stores};

/// For so long a private half may take to be read.
const DEADLINE: Duration = Duration::from_secs(30);

/// A private half in memory.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) recipient: Recipient,
    pub(super) ring: KeyRing,
}

/// Why a private half is not at hand. Equal causes are equal values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoadFailure {
    pub(super) reason: Reason,
    pub(super) message: String,
    /// Whether what was loaded before is still good: nobody said that it is not there any more.
    pub(super) may_pass: bool,
}

impl LoadFailure {
    fn lasting(reason: Reason, message: String) -> Self {
        Self { reason, message, may_pass: false }
    }

    fn passing(message: String) -> Self {
        Self { reason: Reason::StoreNotReady, message, may_pass: true }
    }
}

/// Reads private halves.
pub(super) struct Loader {
    pub(super) client: Client,
    pub(super) namespace: Arc<str>,
    pub(super) stores: Arc<Stores>,
    pub(super) inputs: Arc<Inputs<KeyInput>>,
}

impl Loader {
    /// The private half of the SealingKey `name`, which lives in `source`.
    pub(super) async fn load(&self, name: &Arc<str>, source: Option<&Source>) -> Result<Loaded, LoadFailure> {
        let Some(source) = source else {
            let message = "spec.identity cannot be read; set exactly one of secretRef, or remoteRef with secretStoreRef";
            return Err(LoadFailure::lasting(Reason::SpecInvalid, message.to_owned()));
        };
        let read = async {
            match source {
                Source::Secret { name: secret, entry } => self.read_secret(name, secret, entry).await,
                Source::Remote { store, key, property } => self.read_store(store, key, property.as_deref()).await,
            }
        };
        let late =
            || LoadFailure::passing("the private half was not handed out in time; it is asked for again by itself".to_owned());
        parse(&timeout(DEADLINE, read).await.map_err(|_| late())??)
    }

    async fn read_secret(&self, name: &Arc<str>, secret: &Arc<str>, entry: &str) -> Result<SecretBytes, LoadFailure> {
        let input = InputId { kind: InputKind::Secret, namespace: Arc::clone(&self.namespace), name: Arc::clone(secret) };
        let full_name = format!("Secret {}/{secret}", self.namespace);
        let missing = || LoadFailure::lasting(Reason::NoKey, format!("{full_name} does not exist; restore it from the backup"));
        let forbidden = || {
            let message = format!("the operator may not read {full_name}; grant its Role get, list and watch on Secrets there");
            LoadFailure { reason: Reason::Forbidden, message, may_pass: true }
        };
        let unavailable =
            || LoadFailure::passing(format!("the API server did not hand out {full_name}; it is asked again by itself"));
        let user = KeyInput::Key(Arc::clone(name));
        let states = self.inputs.states(&user, std::slice::from_ref(&input), DEADLINE).await.map_err(|_| unavailable())?;
        match states.first() {
            Some(InputState::Present { .. }) => {}
            Some(InputState::Forbidden) => return Err(forbidden()),
            Some(InputState::Missing) | None => return Err(missing()),
        }
        match secret_entry::read(&self.client, &self.namespace, secret, entry).await {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => {
                let message = format!("{full_name} has no entry {entry}; restore it from the backup, or correct spec.identity");
                Err(LoadFailure::lasting(Reason::NoKey, message))
            }
            Err(Refusal::NotFound) => Err(missing()),
            Err(Refusal::Forbidden) => Err(forbidden()),
            Err(_) => Err(unavailable()),
        }
    }

    async fn read_store(&self, store: &StoreName, key: &RemoteKey, property: Option<&str>) -> Result<SecretBytes, LoadFailure> {
        let refused = |failure: StoreFailure| LoadFailure {
            may_pass: failure.reason == Reason::StoreNotReady,
            reason: failure.reason,
            message: failure.detail,
        };
        let opened = self.stores.open(&self.namespace, store).await.map_err(refused)?;
        let key = opened.admit(key).map_err(refused)?;
        let answer = opened.session.read(vec![key]).next().await;
        let of_store = |message: String| format!("{}: {message}", opened.session.store);
        let Some((_, answer)) = answer else {
            return Err(LoadFailure::passing(of_store("no answer; it is asked again by itself".to_owned())));
        };
        let payload = answer.map_err(|error| LoadFailure {
            reason: error.reason(),
            may_pass: error.concerns_whole_store(),
            message: of_store(error.to_string()),
        })?;
        let selected = payload.select(property);
        selected.map_err(|error| LoadFailure::lasting(error.reason(), of_store(error.to_string())))
    }
}

/// Exactly one identity; comments around it, as `age-keygen` writes them, are fine.
fn parse(bytes: &SecretBytes) -> Result<Loaded, LoadFailure> {
    let wrong = |message: String| LoadFailure::lasting(Reason::NoKey, message);
    let identities = parse_identity_file(bytes.expose())
        .map_err(|error| wrong(format!("what spec.identity names is not a private key: {error}")))?;
    let [identity]: [Identity; 1] = identities
        .try_into()
        .map_err(|_| wrong("what spec.identity names holds several private keys; make one SealingKey for each".to_owned()))?;
    Ok(Loaded { recipient: identity.recipient().clone(), ring: KeyRing::new([identity]) })
}

#[cfg(test)]
mod tests {
    use sealbridge_seal::KeyPair;

    use super::*;

    fn identity() -> Vec<u8> {
        KeyPair::generate().unwrap().identity_text().expose().to_vec()
    }

    #[test]
    fn a_line_of_age_keygen_is_a_key() {
        let pair = KeyPair::generate().unwrap();
        let text = [b"# created: 2026\n", pair.identity_text().expose(), b"\n"].concat();
        let loaded = parse(&SecretBytes::new(text)).unwrap();
        assert_eq!(&loaded.recipient, pair.recipient());
        assert_eq!(loaded.ring.ids().collect::<Vec<_>>(), [pair.recipient().id()]);
    }

    #[test]
    fn two_keys_are_refused() {
        let failure = parse(&SecretBytes::new([identity(), b"\n".to_vec(), identity()].concat())).unwrap_err();
        assert_eq!(failure.reason, Reason::NoKey);
        assert!(failure.message.contains("several"), "{failure:?}");
    }

    #[test]
    fn what_is_no_key_is_not_repeated() {
        let failure = parse(&SecretBytes::new(b"AGE-SECRET-KEY-1CANARY".to_vec())).unwrap_err();
        assert!(!failure.message.contains("CANARY"), "{failure:?}");
    }
}
