//! Labels and annotations of ours, and those of GitOps tools that must not reach a Secret we write.
//!
//! None of ours may hold a value, an unkeyed hash of a value, or the length of one.

use std::collections::BTreeMap;

/// Label on every Secret that the operator writes; the value is [`MANAGED_VALUE`].
pub const MANAGED: &str = "sealbridge.dev/managed";
/// The value of [`MANAGED`].
pub const MANAGED_VALUE: &str = "true";
/// Annotation on a written Secret: namespace-local name of the BridgedSecret that it belongs to. A Secret
/// that several objects merge into carries none.
pub const OWNER: &str = "sealbridge.dev/owner";
/// Annotation on a written Secret: keyed digests as `<key id>:<inputs>:<written>`, hex.
pub const DIGEST: &str = "sealbridge.dev/digest";
/// Annotation on a written Secret: a random id that changes exactly when the data changes.
pub const REVISION: &str = "sealbridge.dev/revision";
/// Annotation on a written Secret: which run of its generators its values are of, and keyed digests of those that stand in
/// it as they were made. With an object that merges, its uid follows after a dash.
pub const GENERATED: &str = "sealbridge.dev/generated";
/// Annotation on a written Secret: the names of the labels and annotations that were set because the object
/// asks for them, so that they can be removed when it no longer does.
pub const SET_BY_NAME: &str = "sealbridge.dev/set-by-name";
/// Annotation on a written object that is no Secret: the names of the fields that were set, by which they can be removed
/// when they are no longer asked for.
pub const SET_FIELDS: &str = "sealbridge.dev/set-fields";
/// Annotation on an object whose generators have credentials made: `replaced` has those given back that were replaced
/// twice. Without it they end by themselves.
pub const GIVE_BACK: &str = "sealbridge.dev/give-back";
/// The one value of [`GIVE_BACK`] that asks for something.
pub const GIVE_BACK_REPLACED: &str = "replaced";
/// Prefix of the annotation on a Secret that objects merge into; the uid of the object follows. Names the
/// object and what it set.
pub const MERGED_PREFIX: &str = "sealbridge.dev/merged-";
/// Prefix of the annotation on a pod template; the Secret's name follows.
pub const ROLLOUT_PREFIX: &str = "revision.sealbridge.dev/";
/// Label on a Secret that was pushed through a store of provider `kubernetes`: who pushed it, as the mark `managed-by` says it
/// elsewhere. Only what bears it is replaced and removed.
pub const PUSHED_BY: &str = "sealbridge.dev/pushed-by";
/// Annotation on a BridgedSecret: a change asks for a refresh at once.
pub const REFRESH: &str = "sealbridge.dev/refresh";
/// Annotation on a BridgedSecret: its value, the generation, confirms a held deletion.
pub const CONFIRM_DELETION: &str = "sealbridge.dev/confirm-deletion";
/// Annotation on an object of another controller's kind: with the value `true` it is taken over from that
/// controller.
pub const ADOPT: &str = "sealbridge.dev/adopt";
/// Annotation on a ClusterSecretStore of External Secrets Operator's kind: `spec.limits` as our own kind has it, in YAML.
pub const LIMITS: &str = "sealbridge.dev/limits";
/// All annotations on a BridgedSecret whose change asks for a refresh at once.
pub const REFRESH_REQUESTS: [&str; 3] = [REFRESH, "reconcile.fluxcd.io/requestedAt", "force-sync"];
/// The annotation of Flux whose value is answered in `status.lastHandledReconcileAt`.
pub const FLUX_REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";

const FOREIGN_KEYS: [&str; 2] = ["app.kubernetes.io/instance", "kubectl.kubernetes.io/last-applied-configuration"];
const FOREIGN_PREFIXES: [&str; 7] = [
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "helm.sh/",
    "meta.helm.sh/",
    "config.kubernetes.io/",
    "internal.config.kubernetes.io/",
];

/// Whether a label or annotation belongs to a GitOps tool's own bookkeeping. On a Secret it would make
/// that tool take the Secret for an object from Git and prune it.
#[must_use]
pub fn belongs_to_gitops_tool(key: &str, value: &str) -> bool {
    FOREIGN_KEYS.contains(&key)
        || FOREIGN_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        || (key == "app.kubernetes.io/managed-by" && value == "Helm")
}

/// Whether a label or annotation is one that only the operator sets.
#[must_use]
pub fn is_reserved(key: &str) -> bool {
    key.starts_with("sealbridge.dev/") || key.starts_with(ROLLOUT_PREFIX)
}

/// Labels or annotations as somebody asks for them on a Secret, without those that are not theirs to ask for.
#[must_use]
pub fn permitted(mut asked: BTreeMap<String, String>) -> BTreeMap<String, String> {
    asked.retain(|key, value| !belongs_to_gitops_tool(key, value) && !is_reserved(key));
    asked
}
