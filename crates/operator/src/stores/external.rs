//! `SecretStore` and `ClusterSecretStore` of `external-secrets.io/v1`: as objects of the API server, and their status.
//!
//! Must never: write the status of a store that another controller serves.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use sealbridge_api::ConditionType;
use sealbridge_api::bridged_secret::StoreKind;
use sealbridge_api::store::ProviderSpec;
use sealbridge_manifest::StoreGroup;
use sealbridge_provider::is_written_to;
use serde_json::{Value, json};

/// The stores of one kind, of a namespace or of all.
pub(super) fn api(client: kube::Client, kind: StoreKind, namespace: Option<&str>) -> Api<DynamicObject> {
    let gvk = GroupVersionKind::gvk(StoreGroup::ExternalSecrets.as_str(), "v1", kind.as_str());
    let plural = match kind {
        StoreKind::SecretStore => "secretstores",
        StoreKind::ClusterSecretStore => "clustersecretstores",
    };
    let resource = ApiResource::from_gvk_with_plural(&gvk, plural);
    match namespace {
        Some(namespace) => Api::namespaced_with(client, namespace, &resource),
        None => Api::all_with(client, &resource),
    }
}

/// The conditions in the words of that kind; after them stands what failed and what to do.
pub(super) fn conditions(native: &[Condition]) -> Vec<Condition> {
    let ready = native.iter().filter(|condition| condition.type_ == ConditionType::Ready.as_str());
    ready
        .map(|ready| {
            let is_ready = ready.status == "True";
            let message = if is_ready {
                "store validated".to_owned()
            } else {
                format!("unable to validate store: {}: {}", ready.reason, ready.message)
            };
            let reason = if is_ready { "Valid" } else { "InvalidProviderConfig" };
            Condition { observed_generation: None, reason: reason.to_owned(), message, ..ready.clone() }
        })
        .collect()
}

/// What can be done with a store, in the words of that kind; of one that cannot be read, nothing is known.
pub(super) fn capabilities(provider: Option<&ProviderSpec>) -> Option<&'static str> {
    provider.map(|provider| if is_written_to(provider) { "ReadWrite" } else { "ReadOnly" })
}

/// The status as that kind has it.
pub(super) fn status(provider: Option<&ProviderSpec>, conditions: &[Condition]) -> Value {
    json!({"capabilities": capabilities(provider), "conditions": conditions})
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;

    #[test]
    fn what_can_be_done_is_told_of_stores_that_can_be_read() {
        let fake: ProviderSpec = serde_json::from_value(json!({"fake": {"data": []}})).unwrap();
        assert_eq!((capabilities(Some(&fake)), capabilities(None)), (Some("ReadOnly"), None));
        let server = json!({"server": {"url": "https://a"}, "auth": {"token": {"bearerToken": {"name": "a", "key": "b"}}}});
        let kubernetes: ProviderSpec = serde_json::from_value(json!({"kubernetes": server})).unwrap();
        assert_eq!(status(Some(&kubernetes), &[])["capabilities"], "ReadWrite");
    }

    #[test]
    fn the_words_are_those_of_the_other_controller() {
        let condition = |status: &str, reason: &str| Condition {
            type_: "Ready".to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: "the store is down; wait".to_owned(),
            observed_generation: Some(2),
            last_transition_time: Time(jiff::Timestamp::UNIX_EPOCH),
        };
        let told = conditions(&[condition("True", "Valid"), Condition { type_: "Stalled".to_owned(), ..condition("True", "x") }]);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].reason.as_str(), told[0].message.as_str()), ("Valid", "store validated"));
        let told = conditions(&[condition("False", "StoreNotReady")]);
        assert_eq!(told[0].reason, "InvalidProviderConfig");
        assert_eq!(told[0].message, "unable to validate store: StoreNotReady: the store is down; wait");
        assert_eq!(told[0].observed_generation, None);
    }
}
