//! The first sealing key of a cluster that never had one.
//!
//! A key that is made in a cluster which had one before hides that the old one is lost: new values would be
//! sealed to the new key, and the old ones would stay closed for ever. Must never: make a key while anything
//! in the cluster says that there was one.

use std::collections::BTreeSet;

use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use sealbridge_api::sealing_key::{IdentitySecretRef, SealingIdentity};
use sealbridge_api::{SealingKey, SealingKeySpec};
use sealbridge_seal::KeyPair;

use super::backup::{CREATED, CREATED_VALUE};
use super::object::DEFAULT_ENTRY;
use super::recipients;
use crate::refusal::Refusal;
use crate::secret_entry;

/// The name of the Secret with the private half, in the operator's namespace.
pub const SECRET_NAME: &str = "sealbridge-sealing-key";
/// The name of the SealingKey.
pub const KEY_NAME: &str = "default";

/// What speaks for or against making a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// SealingKeys that exist.
    pub(super) keys: usize,
    /// Ids in the ConfigMap of recipients; absent if there is no such ConfigMap.
    pub(super) published: Option<Vec<String>>,
    /// Ids that sealed values in the cluster claim to be for.
    pub(super) claimed: BTreeSet<String>,
}

/// Whether a key is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// There are keys.
    HasKeys,
    /// There never was one.
    Create,
    /// There was one; these are missing, as far as their ids are known.
    Lost(BTreeSet<String>),
}

pub(super) fn decide(evidence: Evidence) -> Decision {
    if evidence.keys > 0 {
        return Decision::HasKeys;
    }
    if evidence.published.is_none() && evidence.claimed.is_empty() {
        return Decision::Create;
    }
    Decision::Lost(evidence.claimed.into_iter().chain(evidence.published.into_iter().flatten()).collect())
}

/// What to do about lost keys, for the log.
pub(super) fn how_to_restore(namespace: &str, missing: &BTreeSet<String>) -> String {
    let ids = if missing.is_empty() { "not known".to_owned() } else { missing.iter().cloned().collect::<Vec<_>>().join(", ") };
    format!(
        "no sealing key exists although there was one; its id: {ids}. No new key is made. Restore the Secret with the private key \
         in namespace {namespace} and a SealingKey that names it, from the backup. If the key is lost for good, delete ConfigMap \
         {namespace}/{} and every sealed value, then start the operator again",
        recipients::CONFIG_MAP
    )
}

/// Makes a key pair: first the Secret with the private half, then the SealingKey that names it. A Secret that
/// is there already is kept: an operator was stopped between the two.
pub(super) async fn create(client: &Client, namespace: &str) -> Result<(), Refusal> {
    let pair = KeyPair::generate().map_err(|_| Refusal::Unavailable)?;
    let text = pair.identity_text();
    match secret_entry::create(client, namespace, SECRET_NAME, DEFAULT_ENTRY, text.expose()).await {
        Ok(()) | Err(Refusal::Conflict) => {}
        Err(refusal) => return Err(refusal),
    }
    let api: Api<SealingKey> = Api::all(client.clone());
    match api.create(&PostParams::default(), &sealing_key()).await {
        Ok(_) => Ok(()),
        Err(error) => match Refusal::from(&error) {
            Refusal::Conflict => Ok(()),
            refusal => Err(refusal),
        },
    }
}

fn sealing_key() -> SealingKey {
    let identity = SealingIdentity {
        secret_ref: Some(IdentitySecretRef { name: SECRET_NAME.to_owned(), key: None }),
        ..SealingIdentity::default()
    };
    let spec = SealingKeySpec { identity, state: None, namespace_selector: None, unbound_namespaces: Vec::new() };
    let annotations = [(CREATED.to_owned(), CREATED_VALUE.to_owned())].into();
    let metadata = ObjectMeta { name: Some(KEY_NAME.to_owned()), annotations: Some(annotations), ..ObjectMeta::default() };
    SealingKey { metadata, spec, status: None }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    #[rstest]
    #[case::an_empty_cluster(0, None, &[], Decision::Create)]
    #[case::a_key(1, None, &[], Decision::HasKeys)]
    #[case::a_key_and_values(1, Some(&["a"][..]), &["a"], Decision::HasKeys)]
    #[case::values_without_a_key(0, None, &["b", "a"], Decision::Lost(ids(&["a", "b"])))]
    #[case::recipients_without_a_key(0, Some(&["a"][..]), &[], Decision::Lost(ids(&["a"])))]
    #[case::an_unreadable_list(0, Some(&[][..]), &[], Decision::Lost(ids(&[])))]
    #[case::both(0, Some(&["a"][..]), &["b"], Decision::Lost(ids(&["a", "b"])))]
    fn when_a_key_is_made(
        #[case] keys: usize,
        #[case] published: Option<&[&str]>,
        #[case] claimed: &[&str],
        #[case] expected: Decision,
    ) {
        let published = published.map(|all| all.iter().map(ToString::to_string).collect());
        assert_eq!(decide(Evidence { keys, published, claimed: ids(claimed) }), expected);
    }

    #[test]
    fn the_ids_are_told() {
        let text = how_to_restore("ops", &ids(&["0011223344556677"]));
        assert!(text.contains("0011223344556677") && text.contains("ops/sealbridge-recipients"), "{text}");
    }
}
