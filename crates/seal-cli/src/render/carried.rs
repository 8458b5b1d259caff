//! What a Secret that takes its object's place keeps of that object: what other tools wrote there to find it again.
//!
//! Where an operator writes the Secret it gets none of this, since it would be taken for an object of Git; here it is one.

use sealbridge_api::labels;
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::document::Object;

/// Bookkeeping of kustomize and Helm while they run.
const OF_A_RUN: [&str; 3] = ["config.k8s.io/", "kustomize.config.k8s.io/", "postrenderer.helm.sh/"];
/// What holds of the object and not of its Secret: what it looked like, and what part it has in a run.
const NOT_CARRIED: [&str; 3] =
    ["kubectl.kubernetes.io/last-applied-configuration", "config.kubernetes.io/function", "config.kubernetes.io/local-config"];

/// Gives the Secret what it keeps.
pub(crate) fn carry(object: &Object<'_>, secret: &mut DesiredSecret) {
    for (field, pairs) in [("labels", &mut secret.labels), ("annotations", &mut secret.annotations)] {
        let is_kept = |(key, value): &(String, String)| {
            !NOT_CARRIED.contains(&key.as_str())
                && (labels::belongs_to_gitops_tool(key, value) || OF_A_RUN.iter().any(|prefix| key.starts_with(prefix)))
        };
        pairs.extend(object.metadata_texts(field).into_iter().filter(is_kept));
    }
}
