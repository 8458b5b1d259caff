//! Secrets that invite a SealedSecret by an annotation of their own to add to them.
//!
//! Owns: by which policy an object writes a Secret that is there. Must never: let an object that holds the Secret
//! already let go of it, since its template may bring the same annotation.

use std::borrow::Cow;

use sealbridge_api::bridged_secret::CreationPolicy;
use sealbridge_manifest::{TargetPlan, Unowned, sealed_secrets};

use super::guard::is_reference_to;
use super::live::LiveMeta;
use crate::identity::Owner;

/// The plan as it is for this live Secret. An object that is invited to add merges, and never owns the Secret, so
/// that entries of others do not go when the object does.
pub(super) fn plan_for<'a>(owner: &Owner, plan: &'a TargetPlan, live: Option<&LiveMeta>) -> Cow<'a, TargetPlan> {
    let invites = |live: &LiveMeta| {
        let is_set = live.annotations.get(sealed_secrets::PATCH).is_some_and(|value| value == "true");
        is_set && !live.controller().is_some_and(|controller| is_reference_to(controller, &owner.id))
    };
    if plan.unowned == Unowned::OpensItself && live.is_some_and(invites) {
        Cow::Owned(TargetPlan { creation_policy: CreationPolicy::Merge, ..plan.clone() })
    } else {
        Cow::Borrowed(plan)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::identity::{Kind, ObjectId};
    use crate::target::metadata::owner_reference;
    use crate::target::samples;

    #[rstest]
    #[case::invited(Unowned::OpensItself, "true", false, CreationPolicy::Merge)]
    #[case::another_word(Unowned::OpensItself, "yes", false, CreationPolicy::Owner)]
    #[case::holds_it(Unowned::OpensItself, "true", true, CreationPolicy::Owner)]
    #[case::another_kind(Unowned::TakenOver, "true", false, CreationPolicy::Owner)]
    fn policies(#[case] unowned: Unowned, #[case] word: &str, #[case] holds: bool, #[case] expected: CreationPolicy) {
        let id = ObjectId { kind: Kind::SealedSecret, ..samples::owner().id };
        let owner = Owner { id, ..samples::owner() };
        let plan = TargetPlan { unowned, ..samples::plan(CreationPolicy::Owner) };
        let live = LiveMeta {
            annotations: samples::pairs(&[(sealed_secrets::PATCH, word)]),
            owner_references: holds.then(|| owner_reference(&owner)).into_iter().collect(),
            ..LiveMeta::default()
        };
        assert_eq!(plan_for(&owner, &plan, Some(&live)).creation_policy, expected);
        assert_eq!(plan_for(&owner, &plan, None).creation_policy, CreationPolicy::Owner);
    }
}
