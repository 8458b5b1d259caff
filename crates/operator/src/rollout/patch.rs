//! The two requests by which a workload is told.
//!
//! Owns: a look that gives the uid, and a server-side apply of our annotations alone under a field manager of
//! its own, so that GitOps tools see no drift in what they manage.
//! Must never: create a workload: the uid in the body makes the API server refuse where there is none.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use kube::Client;
use sealbridge_api::bridged_secret::WorkloadKind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::annotation::annotation_name;
use super::batches::{Outcome, Workload};
use super::error::RolloutFailure;
use crate::apiserver::{Failure, METADATA_ONLY, exchange};
use crate::object_name::is_object_name;

/// The field manager of the annotations. Each apply holds all of a workload, since what is left out is removed.
const FIELD_MANAGER: &str = "sealbridge-rollout";

/// Tells the workload the revisions of all its Secrets, in one change of its pod template.
pub(super) async fn tell(client: &Client, workload: &Workload, revisions: &BTreeMap<String, String>) -> Outcome {
    let name = workload.workload.name.as_str();
    if !is_object_name(name) || !is_object_name(&workload.namespace) {
        return Outcome::Failed(RolloutFailure::NotFound);
    }
    let path = format!("/apis/apps/v1/namespaces/{}/{}/{name}", workload.namespace, plural(workload.workload.kind));
    let uid = match uid_of(client, &path).await {
        Ok(uid) => uid,
        Err(outcome) => return outcome,
    };
    let body = body(workload.workload.kind, name, &uid, revisions).to_string();
    let uri = format!("{path}?fieldManager={FIELD_MANAGER}&force=true");
    let request = Request::builder()
        .method(Method::PATCH)
        .uri(uri)
        .header(ACCEPT, METADATA_ONLY)
        .header(CONTENT_TYPE, "application/apply-patch+yaml")
        .body(Bytes::from(body));
    let Ok(request) = request else { return Outcome::Failed(RolloutFailure::Invalid) };
    match exchange(client, request).await {
        Ok(_) => Outcome::Told,
        Err(failure) => meaning(&failure),
    }
}

async fn uid_of(client: &Client, path: &str) -> Result<String, Outcome> {
    #[derive(Deserialize)]
    struct Metadata {
        uid: String,
    }
    #[derive(Deserialize)]
    struct Object {
        metadata: Metadata,
    }
    let request = Request::get(path).header(ACCEPT, METADATA_ONLY).body(Bytes::new());
    let request = request.map_err(|_| Outcome::Failed(RolloutFailure::Invalid))?;
    let answer = exchange(client, request).await.map_err(|failure| meaning(&failure))?;
    let object: Object = serde_json::from_slice(answer.expose()).map_err(|_| Outcome::Unavailable)?;
    Ok(object.metadata.uid)
}

fn body(kind: WorkloadKind, name: &str, uid: &str, revisions: &BTreeMap<String, String>) -> Value {
    let annotations: serde_json::Map<String, Value> =
        revisions.iter().map(|(secret, revision)| (annotation_name(secret), Value::from(revision.as_str()))).collect();
    json!({
        "apiVersion": "apps/v1",
        "kind": kind_name(kind),
        "metadata": {"name": name, "uid": uid},
        "spec": {"template": {"metadata": {"annotations": annotations}}},
    })
}

fn meaning(failure: &Failure) -> Outcome {
    let Failure::Refused(refusal) = failure else { return Outcome::Unavailable };
    match refusal.code {
        404 => Outcome::Failed(RolloutFailure::NotFound),
        // The workload was removed or replaced between look and write.
        409 => Outcome::Unavailable,
        422 if refusal.is_about_another_object() => Outcome::Unavailable,
        403 => Outcome::Failed(RolloutFailure::Forbidden),
        _ => Outcome::Failed(RolloutFailure::Invalid),
    }
}

fn kind_name(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "Deployment",
        WorkloadKind::StatefulSet => "StatefulSet",
        WorkloadKind::DaemonSet => "DaemonSet",
    }
}

fn plural(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Deployment => "deployments",
        WorkloadKind::StatefulSet => "statefulsets",
        WorkloadKind::DaemonSet => "daemonsets",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::{Cause, Refusal};
    use rstest::rstest;

    #[test]
    fn a_patch_holds_the_annotations_of_all_secrets_and_nothing_else() {
        let revisions = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        let expected = json!({
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "web", "uid": "u"},
            "spec": {"template": {"metadata": {"annotations": {
                "revision.sealbridge.dev/a": "1",
                "revision.sealbridge.dev/b": "2",
            }}}},
        });
        assert_eq!(body(WorkloadKind::StatefulSet, "web", "u", &revisions), expected);
    }

    #[rstest]
    #[case(404, Outcome::Failed(RolloutFailure::NotFound))]
    #[case(403, Outcome::Failed(RolloutFailure::Forbidden))]
    #[case(422, Outcome::Failed(RolloutFailure::Invalid))]
    #[case::removed_meanwhile(409, Outcome::Unavailable)]
    fn refusals_have_a_meaning(#[case] code: u16, #[case] expected: Outcome) {
        assert_eq!(meaning(&Failure::Refused(Refusal { code, ..Refusal::default() })), expected);
    }

    #[test]
    fn a_workload_that_was_replaced_meanwhile_is_tried_again() {
        let cause = Cause { reason: "FieldValueInvalid".to_owned(), field: "metadata.uid".to_owned() };
        let refusal = Refusal { code: 422, causes: vec![cause], ..Refusal::default() };
        assert_eq!(meaning(&Failure::Refused(refusal)), Outcome::Unavailable);
    }
}
