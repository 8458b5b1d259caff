//! What a Secret that takes its object's place keeps of that object: what other tools wrote there to find it again.
//!
//! Where an operator writes the Secret it gets none of this, since it would be taken for an object of Git; here it is one.

use sealbridge_api::labels;
use sealbridge_engine::DesiredSecret;
use sealbridge_manifest::document::Object;

/// Bookkeeping of kustomize and Helm while they run.
const OF_A_RUN: [&str; 2] = ["kustomize.config.k8s.io/", "postrenderer.helm.sh/"];
/// What the object looked like, which is another one.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Gives the Secret what it keeps.
pub(crate) fn carry(object: &Object<'_>, secret: &mut DesiredSecret) {
    for (field, pairs) in [("labels", &mut secret.labels), ("annotations", &mut secret.annotations)] {
        let is_kept = |(key, value): &(String, String)| {
            key != LAST_APPLIED
                && (labels::belongs_to_gitops_tool(key, value) || OF_A_RUN.iter().any(|prefix| key.starts_with(prefix)))
        };
        pairs.extend(object.metadata_texts(field).into_iter().filter(is_kept));
    }
}
